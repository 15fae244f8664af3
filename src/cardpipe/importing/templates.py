"""Anki's card templates: which fields they show, and what they show for a note.

The language is that of Anki's manual, “Card Templates”: `{{Field}}`, filters as in `{{type:Field}}`, conditions as in
`{{#Field}}…{{/Field}}` and `{{^Field}}…{{/Field}}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.text.anki_templates import COMMENT, SPECIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MARK: Final = re.compile(r"\{\{(?P<sign>[#^/]?)(?P<name>[^{}]{1,500})\}\}")
_NOT_SHOWN: Final = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
_FURIGANA: Final = re.compile(r" ?([^ >]+?)\[(?!sound:)(.+?)\]")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a template: text, a field with its filters, or the begin or end of a condition."""

    text: str = ""
    name: str = ""
    sign: str = ""
    filters: tuple[str, ...] = ()


def parts(template: str) -> Iterator[Part]:
    """Yield the parts of a template in order, without comments, scripts and style sheets."""
    template = _NOT_SHOWN.sub("", COMMENT.sub("", template))
    position = 0
    for match in _MARK.finditer(template):
        if match.start() > position:
            yield Part(text=template[position : match.start()])
        position = match.end()
        *filters, name = (piece.strip() for piece in match["name"].split(":"))
        yield Part(name=name, sign=match["sign"], filters=tuple(filters))
    if position < len(template):
        yield Part(text=template[position:])


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a template as a tree: text, a field with its filters, or a condition with its content."""

    text: str = ""
    name: str = ""
    filters: tuple[str, ...] = ()
    negated: bool = False
    content: tuple[Node, ...] | None = None
    """The content of a condition; None for other parts."""

    @property
    def is_value(self) -> bool:
        """Whether it shows a field."""
        return bool(self.name) and self.content is None


def tree(template: str) -> tuple[Node, ...]:
    """Return the parts of a template as a tree; a condition that is not closed ends with the template."""
    levels: list[list[Node]] = [[]]
    begun: list[Part] = []

    def close() -> None:
        opener, content = begun.pop(), tuple(levels.pop())
        levels[-1].append(Node(name=opener.name, negated=opener.sign == "^", content=content))

    for part in parts(template):
        if part.sign in {"#", "^"}:
            begun.append(part)
            levels.append([])
        elif part.sign == "/":
            if begun:
                close()
        else:
            levels[-1].append(Node(part.text, part.name, part.filters))
    while begun:
        close()
    return tuple(levels[0])


def values_of(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield all nodes that show a field, also those within conditions."""
    for node in nodes:
        if node.content is not None:
            yield from values_of(node.content)
        elif node.name:
            yield node


def runs_code(template: str) -> bool:
    """Return whether a template contains a script."""
    return re.search(r"<script\b|\son[a-z]{3,20}\s*=|javascript:", template, re.IGNORECASE) is not None


def shown_fields(template: str) -> tuple[str, ...]:
    """Return the names of the fields that a template shows, each once."""
    return tuple(dict.fromkeys(part.name for part in parts(template) if part.name and not part.sign))


def static_text(template: str) -> str:
    """Return the words of a template itself, outside of elements and conditions' marks."""
    text = "".join(part.text for part in parts(template))
    return " ".join(_TAG.sub(" ", text).replace("&nbsp;", " ").split())


def conditions(template: str) -> frozenset[str]:
    """Return the names of the fields on which a part of a template depends."""
    return frozenset(part.name for part in parts(template) if part.sign in {"#", "^"})


def is_filled(template: str, values: Mapping[str, str]) -> bool:
    """Return whether Anki makes a card of a front: whether it shows a field that is not empty."""
    return any(
        part.name in values and not is_blank(values[part.name])
        for part in _chosen(template, values)
        if part.name and part.name not in SPECIAL
    )


def filled(template: str, values: Mapping[str, str], *, front: str = "", hides: frozenset[str] = frozenset()) -> str:
    """Return the HTML of a side for a note; `front` stands for `{{FrontSide}}`.

    Fields with one of the filters in `hides` are left out.
    """
    made = []
    for part in _chosen(template, values):
        if not part.name:
            made.append(part.text)
        elif part.name == "FrontSide":
            made.append(front)
        elif part.name in values and hides.isdisjoint(part.filters):
            made.append(_filtered(values[part.name], part.filters))
    return "".join(made)


def _chosen(template: str, values: Mapping[str, str]) -> Iterator[Part]:
    """Yield the texts and fields whose conditions hold."""
    hidden: list[bool] = []
    for part in parts(template):
        if part.sign in {"#", "^"}:
            is_empty = is_blank(values.get(part.name, ""))
            hidden.append(is_empty if part.sign == "#" else not is_empty)
        elif part.sign == "/":
            if hidden:
                hidden.pop()
        elif not any(hidden):
            yield part


def is_blank(value: str) -> bool:
    """Return whether Anki counts a field as empty: only spaces and line breaks."""
    return not re.sub(r"</?(?:br|div)\s*/?>|&nbsp;|\s", "", value, flags=re.IGNORECASE)


def _filtered(value: str, filters: tuple[str, ...]) -> str:
    for name in reversed(filters):
        if name == "text":
            value = _TAG.sub("", value)
        elif name == "kanji":
            value = _FURIGANA.sub(r"\1", value)
        elif name == "kana":
            value = _FURIGANA.sub(r"\2", value)
        elif name == "furigana":
            value = _FURIGANA.sub(r"<ruby>\1<rt>\2</rt></ruby>", value)
    return value
