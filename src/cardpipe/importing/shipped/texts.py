"""Fields that cardpipe rendered as Markdown: what it was rendered from, where rendering it again shows the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.importing.elements import SIGNS
from cardpipe.importing.markdown import DEEPEST, MOST_TAGS, Converted, depth_of
from cardpipe.importing.shipped.atoms import tokens_of
from cardpipe.importing.shipped.writing import MarkdownWriter, grouped, html_of
from cardpipe.importing.shown import shown
from cardpipe.model.card_ids import LIKE_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bs4.element import PageElement

    from cardpipe.importing.markdown import Converter, Media
    from cardpipe.importing.shipped.atoms import Atom, Tokens
    from cardpipe.text.translation import Words

_LIKE_ID: Final = re.compile(LIKE_ID)
_PICTURE: Final = re.compile(r"!\[(?:[^\[\]\\]|\\.)*\]\(([^()\s]+)(?: \"[^\"]*\")?\)")

_NONE: Final[frozenset[str]] = frozenset()
_LEVELS: Final = ((_NONE, False), (_NONE, True), (SIGNS, False), (SIGNS, True))
"""Escapes of signs, and of beginnings of lines, in the order in which they are tried."""


class ShippedTexts:
    """Converts fields of HTML that cardpipe rendered in a language."""

    def __init__(self, converter: Converter, media: Media, words: Words) -> None:
        self._converter = converter
        self._media = media
        self._words = words

    def converted(
        self, source: str, *, clozes: bool = False, figures: Mapping[str, str] | None = None, is_line: bool = False
    ) -> Converted:
        """Return a field as Markdown; `figures` are the IDs of the card's figures by the names of their assets."""
        figures = figures or {}
        if not source.strip():
            return Converted("")
        if "<" not in source and "&" not in source and not is_line:
            return self._converter.html(source, clozes=clozes)
        made = self._source_of(source, clozes=clozes, figures=figures, is_line=is_line)
        if made is not None:
            return Converted(made)
        return self._otherwise(source, clozes=clozes, figures=figures)

    def _source_of(self, source: str, *, clozes: bool, figures: Mapping[str, str], is_line: bool) -> str | None:
        """Return the Markdown of a field; None if it would not show the same."""
        from bs4 import BeautifulSoup

        if source.count("<") > MOST_TAGS or depth_of(source) > DEEPEST:
            return None
        tokens = tokens_of(
            source, clozes=clozes, name_of=self._media.name_of, figures=figures, ids=_mentioned, words=self._words
        )
        soup = BeautifulSoup(f"<wbr>{tokens.html}", "html.parser")
        for mark in soup.find_all("wbr"):
            mark.extract()
        if is_line:
            return self._written(tokens, [soup.contents], 0, clozes=clozes, is_line=True)
        groups = grouped(soup.contents, MarkdownWriter(tokens).is_block)
        notes = _notes(groups)
        text = self._written(tokens, groups[:-2] if notes else groups, len(notes), clozes=clozes)
        if text is not None and notes:
            text = self._with_notes(tokens, text, notes)
        if text is None or not self._shows(text, tokens, tokens.html, clozes=clozes):
            return None
        return text

    def _written(
        self,
        tokens: Tokens,
        groups: Sequence[Sequence[PageElement]],
        notes: int,
        *,
        clozes: bool,
        is_line: bool = False,
    ) -> str | None:
        """Return blocks with as few escaped characters as each of them needs."""
        made = []
        former = ""
        for group in groups:
            html = html_of(group)
            found = None
            for signs, starts in _LEVELS:
                text = self._block(MarkdownWriter(tokens, signs, starts=starts), group, former, is_line=is_line)
                if self._shows(text, tokens, html, clozes=clozes, is_line=is_line):
                    found = self._fewest(tokens, group, former, html, signs, starts, clozes=clozes, is_line=is_line)
                    break
            if found is None:
                return None
            writer = MarkdownWriter(tokens, found[0], starts=found[1], notes=notes)
            text = self._block(writer, group, former, is_line=is_line)
            name = getattr(group[0], "name", "")
            former = _marker(text) if name in {"ul", "ol"} else ""
            if text:
                made.append(text)
        return "\n\n".join(made)

    def _block(self, writer: MarkdownWriter, group: Sequence[PageElement], former: str, *, is_line: bool) -> str:
        return " ".join(writer.inline(group).split()) if is_line else writer.block(group, former)

    def _fewest(
        self,
        tokens: Tokens,
        group: Sequence[PageElement],
        former: str,
        html: str,
        signs: frozenset[str],
        starts: bool,
        *,
        clozes: bool,
        is_line: bool,
    ) -> tuple[frozenset[str], bool]:
        """Return the escapes without which a block would not show the same, each sign as a whole."""
        for sign in sorted(signs):
            fewer = signs - {sign}
            if sign not in html and not (sign == "[" and "]" in html):
                signs = fewer
                continue
            text = self._block(MarkdownWriter(tokens, fewer, starts=starts), group, former, is_line=is_line)
            if self._shows(text, tokens, html, clozes=clozes, is_line=is_line):
                signs = fewer
        return signs, starts

    def _with_notes(self, tokens: Tokens, text: str, notes: Sequence[Sequence[PageElement]]) -> str | None:
        """Return a text with its footnotes below it."""
        lines = []
        for number, content in enumerate(notes, 1):
            made = MarkdownWriter(tokens, notes=len(notes)).blocks(content)
            lines.append(f"[^{number}]: " + made.replace("\n", "\n    ").replace("\n    \n", "\n\n"))
        return f"{text}\n\n" + "\n".join(lines)

    def _shows(self, text: str, tokens: Tokens, html: str, *, clozes: bool, is_line: bool = False) -> bool:
        original = shown(tokens.restored(html, _comparable), clozes=clozes)
        return self._converter.shows(text, original, clozes=clozes, is_line=is_line)

    def _otherwise(self, source: str, *, clozes: bool, figures: Mapping[str, str]) -> Converted:
        """Convert a field like that of any other program; figures stay figures of the card."""
        made = self._converter.html(source, clozes=clozes)
        names = {self._media.name_of(asset): figure for asset, figure in figures.items()}

        def placed(match: re.Match[str]) -> str:
            return f"![](figure:{names[match[1]]})" if match[1] in names else match[0]

        text = made.text if made.original or not figures else _PICTURE.sub(placed, made.text)
        return Converted(text, exact=made.exact, original=made.original, remarks=made.remarks)


def _comparable(atom: Atom) -> str:
    return atom.comparable


def _marker(text: str) -> str:
    """Return the marker of a list: its bullet, or the sign after its numbers."""
    first = text.lstrip()[:12]
    return first[:1] if first[:1] in "-*" else re.sub("[0-9]", "", first)[:1]


def _notes(groups: Sequence[Sequence[PageElement]]) -> list[list[PageElement]]:
    """Return the contents of footnotes, which are a list below a rule at the end; empty if there are none."""
    from bs4 import Tag

    if len(groups) < 3:
        return []
    rule, last = groups[-2][0], groups[-1][0]
    if not isinstance(rule, Tag) or not isinstance(last, Tag) or (rule.name, last.name) != ("hr", "ol"):
        return []
    items = list(last.find_all("li", recursive=False))
    parts = [part for group in groups for part in group if isinstance(part, Tag)]
    references = {one.get_text() for part in parts for one in (part, *part.find_all("sup")) if one.name == "sup"}
    if not items or not {str(number) for number in range(1, len(items) + 1)} <= references:
        return []
    notes = []
    for item in items:
        content: list[PageElement] = [child for child in item.contents if str(child).strip()]
        while len(content) == 1 and isinstance(inner := content[0], Tag) and inner.name in {"p", "small"}:
            content = list(inner.contents)
        notes.append(content)
    return notes


def _mentioned(words: str) -> str:
    """Return the ID that a text mentions; empty if there is none."""
    match = _LIKE_ID.search(words)
    return match[0] if match is not None else ""
