"""The deck in memory: what is known of each card, and what a save changes.

A saved card file is read and linted by itself at once (`update`). The whole deck is linted afterwards in another
process (`checked_deck`), and its result is taken over (`take`).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.build.pipeline import check
from cardpipe.errors import CardpipeError, ProjectError
from cardpipe.lint.baseline import read_baseline, without_known
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import LocalChecks, examine, file_diagnostics, local_checks
from cardpipe.lint.file_cache import digest
from cardpipe.model.deck import Status
from cardpipe.model.diagnostics import Severity
from cardpipe.model.selection import CardEntry
from cardpipe.source.load import load_settings, read_cards, read_data
from cardpipe.source.tree import FoundFile
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Mapping, Sequence, Set
    from pathlib import Path

    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.diagnostics import Diagnostic

_MOST_KEPT: Final = 500
"""The number of cards whose last good state is kept."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A card in the list of cards."""

    entry: CardEntry
    errors: int
    findings: int
    is_readable: bool = True
    """False if its file has no card that can be built; ID and title are then those of before, or of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentCard:
    """A card as it is to be shown."""

    entry: CardEntry
    card: Card | None
    """The card of the last good state if the file has errors; None if there was none."""
    data: bytes
    """The file that contains the card in the state that is shown."""
    source: SourceFile
    """The file as it is now."""
    findings: Sequence[Diagnostic]
    is_stale: bool
    """Whether the card is shown as it was before its file had errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDeck:
    """The result of a check of the whole deck, which can be passed between processes."""

    cards: Sequence[CardEntry] | None = None
    """In source order; None if `deck.yaml` is invalid."""
    diagnostics: Sequence[Diagnostic] = ()
    state: Mapping[str, str] = field(default_factory=dict)
    """A digest of each input except the card files, by name."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """A digest of each card file, by path."""
    paths: frozenset[str] = frozenset()
    """All files."""
    failure: str | None = None
    """Why the project could not be checked."""
    hint: str | None = None


def checked_deck(root: Path, cache: Cache) -> CheckedDeck:
    """Lint the whole deck; all results of files that did not change come from the cache."""
    try:
        checked = check(root, cache=cache)
    except CardpipeError as error:
        return CheckedDeck(failure=error.message, hint=error.hint)
    return CheckedDeck(
        cards=checked.cards if checked.settings is not None else None,
        diagnostics=checked.diagnostics,
        state=dict(checked.state),
        contents=dict(checked.contents),
        paths=frozenset(checked.files),
    )


class LiveDeck:
    """The state of a project; an instance belongs to one thread."""

    def __init__(self, root: Path, cache: Cache) -> None:
        self.root = root
        self.settings: DeckSettings | None = None
        """Those of the last valid `deck.yaml`."""
        self.state: Mapping[str, str] = {}
        """A digest of each input other than cards, in the state that `settings` belongs to."""
        self.entries: dict[str, CardEntry] = {}
        """The cards in source order, by ID."""
        self.diagnostics: dict[str, Sequence[Diagnostic]] = {}
        """By path."""
        self.failure: CardpipeError | None = None
        """Why the project could not be checked."""
        self.is_deck_broken = False
        """Whether `deck.yaml` is invalid now, so that `settings` are older."""
        self.is_checked = False
        """Whether the findings are those of the whole deck, and not only of changed files."""
        self._cache = cache
        self._contents: dict[str, str] = {}
        """A digest of each card file in the state that the findings belong to, by path."""
        self._unreadable: set[str] = set()
        """IDs of entries whose file has no such card that can be built."""
        self._context: LintContext | None = None
        self._checks: LocalChecks | None = None
        self._known: Mapping[str, Counter[str]] = {}
        self._good: dict[str, tuple[Card, bytes]] = {}

    # --- Changes ---

    def update(self, paths: Iterable[str]) -> tuple[set[str], bool]:
        """Read changed card files and lint each by itself.

        Returns the IDs of cards that may have changed, and whether this is all: only a check of the whole deck can tell
        what other files, and new and removed ones, change.
        """
        settings, context = self.settings, self._context
        if settings is None or context is None:
            return set(), False
        known: dict[str, set[str]] = {}
        for entry in self.entries.values():
            known.setdefault(entry.path, set()).add(entry.id)
        changed: set[str] = set()
        is_all = True
        self.is_checked = False
        for path in paths:
            data = self._read(path) if path in known else None
            if data is None:
                is_all = False
            else:
                changed |= known[path] | self._relint(path, data, settings, context)
        return changed, is_all

    def _relint(self, path: str, data: bytes, settings: DeckSettings, context: LintContext) -> set[str]:
        if self._checks is None:
            self._checks = local_checks()
        self._contents[path] = digest(data)
        file = read_cards(path, data, settings)
        result = examine(file, context, self._checks)
        found: Sequence[Diagnostic] = file_diagnostics(result, settings)
        if path in self._known:
            source = file.source or SourceFile(path, "")
            found, _ = without_known(found, {path: source}, {path: self._known[path]})
        self.diagnostics[path] = found
        self.failure = None
        entries = [CardEntry(*(getattr(card, name) for name in CardEntry._fields)) for card in result.cards]
        self._replace(entries, paths={path}, still_there={path})
        return {entry.id for entry in entries}

    def take(self, checked: CheckedDeck) -> None:
        """Take over a check of the whole deck; a failure is kept in `failure`."""
        self.failure = None if checked.failure is None else ProjectError(checked.failure, hint=checked.hint)
        if checked.failure is not None:
            return
        self.is_checked = True
        found: dict[str, list[Diagnostic]] = {}
        for diagnostic in checked.diagnostics:
            found.setdefault(diagnostic.span.path, []).append(diagnostic)
        self.diagnostics = dict(found)
        if checked.cards is not None and (checked.state != self.state or self.settings is None):
            self._load_settings(checked.state)
        self.is_deck_broken = checked.cards is None
        if checked.cards is None:
            return
        self._contents = dict(checked.contents)
        self._replace(checked.cards, paths=None, still_there=checked.paths)

    def _load_settings(self, state: Mapping[str, str]) -> None:
        try:
            settings = load_settings(self.root).settings
            self._known = read_baseline(self.root)
        except CardpipeError as error:
            self.failure = error
            return
        if settings is None:  # broken since; the next check says so
            return
        self.settings, self.state = settings, dict(state)
        if self._context is not None:
            self._context.close()
        self._context = LintContext(settings, self._cache)

    def _replace(self, entries: Sequence[CardEntry], *, paths: set[str] | None, still_there: Set[str]) -> None:
        """Replace the entries of some files, or of all; those of cards that can no longer be read stay."""
        fresh: dict[str, CardEntry] = {}
        for entry in entries:
            fresh.setdefault(entry.id, entry)
        # A renamed ID in a file of one card: the entry under the new ID stands for it.
        places = {(entry.path, entry.number) for entry in entries}
        broken = {path for path in (still_there if paths is None else paths) if self._has_errors(path)}
        kept = {
            entry.id: entry
            for entry in self.entries.values()
            if entry.id not in fresh
            and (
                (paths is not None and entry.path not in paths)
                or (entry.path in broken and (entry.path, entry.number) not in places)
            )
        }
        for path in broken - {entry.path for entry in (*fresh.values(), *kept.values())}:
            entry = _entry_of_file(path)
            kept.setdefault(entry.id, entry)
        if paths is None:
            self._unreadable = set(kept)
        else:
            self._unreadable -= {entry.id for entry in entries}
            self._unreadable |= {card_id for card_id, entry in kept.items() if entry.path in paths}
        merged = {**kept, **fresh}
        if merged.keys() != self.entries.keys() or any(merged[key] != self.entries[key] for key in merged):
            ordered = sorted(merged.values(), key=lambda entry: (entry.path, entry.number))
            self.entries = {entry.id: entry for entry in ordered}

    def _has_errors(self, path: str) -> bool:
        return any(found.severity is Severity.ERROR for found in self.diagnostics.get(path, ()))

    # --- Views ---

    def listed(self) -> list[Listed]:
        """Return all cards, with the numbers of their findings."""
        with_findings = {path for path, diagnostics in self.diagnostics.items() if diagnostics}
        of_cards: dict[str, Mapping[str, Sequence[Diagnostic]]] = {}
        found = []
        for entry in self.entries.values():
            diagnostics: Sequence[Diagnostic] = ()
            if entry.path in with_findings:
                if entry.path not in of_cards:
                    of_cards[entry.path] = self._findings_by_card(entry.path)
                diagnostics = of_cards[entry.path].get(entry.id, ())
            errors = sum(one.severity is Severity.ERROR for one in diagnostics)
            found.append(Listed(entry, errors, len(diagnostics), entry.id not in self._unreadable))
        return found

    def other_findings(self) -> list[Diagnostic]:
        """Return the findings that belong to no card: in `deck.yaml` and files without cards."""
        of_cards = {entry.path for entry in self.entries.values()}
        return [one for path, found in self.diagnostics.items() if path not in of_cards for one in found]

    def current(self, card_id: str) -> CurrentCard | None:
        """Return a card as it is to be shown; None if the deck has no such card."""
        entry = self.entries.get(card_id)
        if entry is None:
            return None
        data = self._read(entry.path)
        if data is not None and self._contents.get(entry.path) != digest(data):
            # It was saved a moment ago: content and findings belong together.
            self.update([entry.path])
            entry = self.entries.get(card_id, entry)
        file = read_cards(entry.path, data, self.settings)
        card = next((card for card in file.cards if card.id.text == card_id), None)
        findings = self._findings_by_card(entry.path).get(card_id, ())
        source = file.source or SourceFile(entry.path, "")
        is_good = card is not None and not any(one.severity is Severity.ERROR for one in findings)
        if card is not None and data is not None and is_good:
            self._good.pop(card_id, None)
            self._good[card_id] = (card, data)
            if len(self._good) > _MOST_KEPT:
                self._good.pop(next(iter(self._good)))
        kept = self._good.get(card_id)
        if not is_good and kept is not None:
            card, data = kept
        return CurrentCard(
            entry=entry,
            card=card,
            data=data or b"",
            source=source,
            findings=findings,
            is_stale=not is_good and kept is not None,
        )

    def titles(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the labels of cards by ID, as far as they exist."""
        return {card_id: self.entries[card_id].label for card_id in ids if card_id in self.entries}

    def _findings_by_card(self, path: str) -> Mapping[str, Sequence[Diagnostic]]:
        """Return the findings of a file by the ID of the card: those up to the next card, and of the first those above.

        Entries of a file whose cards cannot be read have all of its findings.
        """
        found = self.diagnostics.get(path, ())
        ids = [entry.id for entry in self.entries.values() if entry.path == path]
        if not found or len(ids) == 1:
            return dict.fromkeys(ids, found)
        lines = {card.id.text: card.span.line for card in read_cards(path, self._read(path), self.settings).cards}
        begins = sorted(lines.values())
        split: dict[str, Sequence[Diagnostic]] = dict.fromkeys(ids, found)
        for card_id, begin in lines.items():
            number = bisect_right(begins, begin)
            first = 0 if number == 1 else begin
            end = begins[number] if number < len(begins) else None
            split[card_id] = [one for one in found if first <= one.span.line and (end is None or one.span.line < end)]
        return split

    def _read(self, path: str) -> bytes | None:
        try:
            return read_data(FoundFile(path, self.root), {}, [])
        except CardpipeError:
            return None


def _entry_of_file(path: str) -> CardEntry:
    """Return an entry for a file without a card that can be read."""
    stem = PurePosixPath(path).stem
    return CardEntry(stem, path, path, 0, (), Status.ACTIVE.value, None, "")
