"""The HTML of the preview's own pages, and of their parts that a script replaces after a change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.model.deck import CardKind, Difficulty
from cardpipe.model.diagnostics import Severity
from cardpipe.report.excerpt import marked_line
from cardpipe.serve.editor import editor_address
from cardpipe.serve.views import VIEWS
from cardpipe.writers.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.report.excerpt import MarkedLine
    from cardpipe.serve.address import Address
    from cardpipe.serve.live_deck import CurrentCard, Listed, LiveDeck
    from cardpipe.serve.views import View
    from cardpipe.text.positions import SourceFile

_MOST_FINDINGS: Final = 100
"""Findings that a page shows; the others are counted."""


class ShownFinding(NamedTuple):
    """A finding, and the part of the source line that it is about."""

    diagnostic: Diagnostic
    line: MarkedLine | None
    address: str
    """Opens the line in an editor; empty for readers on other machines."""


class SourceLine(NamedTuple):
    """A line of the source and the findings on it."""

    number: int
    text: str
    findings: Sequence[Diagnostic]
    address: str

    @property
    def severity(self) -> str:
        """The worst severity of its findings; empty without any."""
        order = [severity.value for severity in Severity]
        return min((one.severity.value for one in self.findings), key=order.index, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A card in a view, with what there is to say about it."""

    current: CurrentCard | None
    view: View | None = None
    message: str = ""
    """Why the view cannot be shown."""
    is_pending: bool = False
    """Whether a newer state of the view is being made."""
    drawing: Sequence[Diagnostic] = ()
    """The findings of drawing its figures."""


class Pages:
    """Makes the pages of a deck's preview for one state of it."""

    def __init__(self, deck: LiveDeck, *, token: str, revision: int, is_local: bool) -> None:
        self._deck = deck
        self._language = deck.settings.language.text if deck.settings is not None else "en"
        self._token = token
        self._revision = revision
        self._is_local = is_local

    def page(self, address: Address, panel: Panel) -> str:
        """Return the whole page."""
        return self._render("page", address, **self._list_values(address), **self._card_values(panel))

    def card_part(self, address: Address, panel: Panel) -> str:
        """Return the part with the card."""
        return self._render("card", address, **self._card_values(panel))

    def list_part(self, address: Address) -> str:
        """Return the part with the list of cards."""
        return self._render("list", address, **self._list_values(address))

    def _render(self, template: str, address: Address, **values: object) -> str:
        settings = self._deck.settings
        return render(
            f"serve/{template}.html",
            self._language,
            name=settings.name.text if settings is not None else self._deck.root.name,
            address=address,
            views=VIEWS,
            token=self._token,
            revision=self._revision,
            is_local=self._is_local,
            failure=self._deck.failure,
            is_deck_broken=self._deck.is_deck_broken,
            is_checked=self._deck.is_checked,
            others=[self._shown(one, _source(self._deck.root, one)) for one in self._others()],
            **values,
        )

    def _others(self) -> Sequence[Diagnostic]:
        return sorted(self._deck.other_findings(), key=lambda one: one.sort_key)[:_MOST_FINDINGS]

    def _list_values(self, address: Address) -> Mapping[str, object]:
        listed = self._deck.listed()
        settings = self._deck.settings
        found = [one for one in listed if _is_wanted(one, address)]
        tags = Counter(tag for one in listed for tag in dict.fromkeys(one.entry.tags))
        return {
            "cards": found[: address.rows],
            "found": len(found),
            "total": len(listed),
            "errors": sum(one.errors > 0 for one in listed),
            "with_findings": sum(one.findings > 0 for one in listed),
            "tags": sorted(tags.items(), key=lambda item: item[0].casefold()),
            "kinds": [*(kind.value for kind in CardKind), *(settings.note_types if settings is not None else ())],
            "difficulties": [level.value for level in Difficulty],
            "is_filtered": any((address.text, address.tag, address.kind, address.difficulty, address.findings)),
        }

    def _card_values(self, panel: Panel) -> Mapping[str, object]:
        current = panel.current
        if current is None:
            return {"panel": panel, "current": None, "findings": [], "more": 0, "lines": [], "file": "", "line": 1}
        findings = [*current.findings, *panel.drawing]
        line = current.card.span.line if current.card is not None and not current.is_stale else 1
        return {
            "panel": panel,
            "current": current,
            "findings": [self._shown(one, current.source) for one in findings[:_MOST_FINDINGS]],
            "more": max(0, len(findings) - _MOST_FINDINGS),
            "lines": list(self._lines(current.source, findings)),
            "file": self._address(current.entry.path, line, 1),
            "line": line,
        }

    def _lines(self, source: SourceFile, findings: Sequence[Diagnostic]) -> Sequence[SourceLine]:
        by_line: dict[int, list[Diagnostic]] = {}
        for one in findings:
            by_line.setdefault(one.span.line, []).append(one)
        return [
            SourceLine(
                number,
                source.line(number),
                by_line.get(number, []),
                self._address(source.path, number, by_line[number][0].span.column if number in by_line else 1),
            )
            for number in range(1, len(source.line_starts) + 1)
            if number < len(source.line_starts) or source.line(number)
        ]

    def _shown(self, one: Diagnostic, source: SourceFile | None) -> ShownFinding:
        span = one.span
        line = marked_line(source, span) if source is not None else None
        return ShownFinding(one, line, self._address(span.path, span.line, span.column))

    def _address(self, path: str, line: int, column: int) -> str:
        return editor_address(self._deck.root / path, line, column) if self._is_local else ""


def _source(root: Path, one: Diagnostic) -> SourceFile | None:
    """Return the file of a finding, if it is a small text."""
    from cardpipe.errors import CardpipeError
    from cardpipe.source.load import read_data
    from cardpipe.source.text_files import text_file
    from cardpipe.source.tree import FoundFile

    if not one.span.path.endswith((".yaml", ".yml", ".py")):
        return None
    try:
        data = read_data(FoundFile(one.span.path, root), {}, [])
    except CardpipeError:
        return None
    return text_file(one.span.path, data, []) if data is not None else None


def _is_wanted(one: Listed, address: Address) -> bool:
    entry = one.entry
    words = address.text.casefold().split()
    text = f"{entry.id} {entry.label}".casefold()
    return (
        all(word in text for word in words)
        and (not address.tag or any(tag == address.tag or tag.startswith(f"{address.tag}::") for tag in entry.tags))
        and (not address.kind or entry.kind == address.kind)
        and (not address.difficulty or entry.difficulty == address.difficulty)
        and (not address.findings or one.findings > 0)
    )
