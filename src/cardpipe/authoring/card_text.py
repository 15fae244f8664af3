"""The text of a new card: the fields of its kind, and comments that explain them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.fix.scalar_form import WIDTH, on_one_line
from cardpipe.model.deck import CardKind
from cardpipe.model.note_types import FieldKind
from cardpipe.report.terminal import safe
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceFile, SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.model.note_types import NoteType

_MOST_TAGS: Final = 12
"""The number of tags that the comment on tags names."""
_ANSWER: Final = (
    "The short answer first, as you would say it; $x^2$ is a formula. A text of several lines begins with a bar:",
    "  answer: |",
    "    The first line, indented by two spaces.",
)
_TEXTS: Final = {
    CardKind.BASIC: (
        ("question", ("One question that can be understood without the rest of the deck.",)),
        ("answer", _ANSWER),
    ),
    CardKind.REVERSED: (
        ("question", ("A term. The card is also asked the other way round, from the answer to this text.",)),
        ("answer", ("Its meaning, precise enough that only this term fits.",)),
    ),
    CardKind.CLOZE: (
        (
            "question",
            (
                "A text with cloze deletions. Each number is asked as a card of its own; a hint can follow:",
                "  question: |",
                "    Water boils at {{c1::100 °C}} and freezes at {{c2::0 °C::a temperature}}.",
            ),
        ),
    ),
    CardKind.TYPED: (
        ("question", ("A question whose answer can be typed without doubt about its spelling.",)),
        ("answer", ("What learners type: plain text on one line, without formulas; in quotes if it is a number.",)),
    ),
}
"""The required texts of each kind, each with its explanation."""
_DETAILS: Final = (
    "details: |",
    "  Everything else: examples, a figure, equations with every symbol defined.",
    "",
    "  ![](figure:curve)",
)
_OPTIONAL: Final = (
    "figures:",
    "  - id: curve",
    "    kind: function",
    "    curves: [x**2]",
    "    x: [-2, 2]",
    "    alt: What a reader who cannot see the figure must know.",
    "related: [ID]",
    "references:",
    "  - text: Author (year), title",
    "    url: https://example.org",
    "difficulty: easy",
    "status: draft",
)
_REMOVE: Final = "Remove the # before what this card needs; `cardpipe figures` lists the kinds of figures."
_FIELDS: Final = {
    FieldKind.LINE: "Markdown on one line",
    FieldKind.TEXT: "Markdown; a text of several lines begins with a bar",
    FieldKind.PICTURE: "a file in source/media/, or figure:ID",
    FieldKind.SOUND: "a file in source/media/",
    FieldKind.NUMBER: "a number",
    FieldKind.LIST: "lines in brackets: [one, two]",
}
"""What the value of a field is, by its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """What the author has decided about a new card."""

    kind: CardKind = CardKind.BASIC
    note_type: NoteType | None = None
    """The deck's note type, in place of the kind."""
    title: str = ""
    tags: tuple[str, ...] = ()


def card_text(card_id: str, card: NewCard, *, schema: str | None, known_tags: Sequence[str]) -> str:
    """Return the text of a new card's file: values that the author has yet to write are empty.

    Raises UsageError if the title or a tag cannot be written on one line.
    """
    text = "\n".join(_lines(card_id, card, schema, known_tags)) + "\n"
    _verify(text, card_id, card)
    return text


def _lines(card_id: str, card: NewCard, schema: str | None, known_tags: Sequence[str]) -> Iterator[str]:
    if schema is not None:
        yield f"# yaml-language-server: $schema={schema}"
    yield "# `cardpipe lint` shows what is missing. The ID is permanent, and the file is named after it."
    yield f"id: {card_id}"
    if card.note_type is not None:
        yield from _typed(card, card.note_type)
    else:
        yield f"title: {_word(card.title, 'The title')}".rstrip()
        if card.kind is not CardKind.BASIC:
            yield f"kind: {card.kind.value}"
        for key, explanation in _TEXTS[card.kind]:
            yield ""
            yield from _comments(explanation)
            yield f"{key}:"
    yield ""
    yield from _comments([_about_tags(known_tags)])
    yield f"tags: [{', '.join(_word(tag, 'A tag', flow=True) for tag in card.tags)}]"
    # No empty lines from here on: `cardpipe fmt` removes those between comments.
    yield "#"
    yield from _comments([_REMOVE, *(_DETAILS if card.note_type is None else ()), *_OPTIONAL])


def _typed(card: NewCard, note_type: NoteType) -> Iterator[str]:
    if card.title:
        yield f"title: {_word(card.title, 'The title')}"
    yield f"type: {note_type.key.text}"
    yield ""
    yield "# A field that stays empty has no value."
    yield "fields:"
    for field in note_type.fields:
        what = _FIELDS[field.kind]
        name = "" if field.label is None else f"{safe(field.name)}: "
        yield f"  # {name}{what if name else what[:1].upper() + what[1:]}{'; required' if field.required else ''}"
        yield f"  {field.key.text}:"


def _comments(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"# {line}".rstrip()


def _about_tags(known: Sequence[str]) -> str:
    if not known:
        return "Tags group cards across subdecks, for example: tags: [basics]"
    line = "The deck's tags:"
    for number, tag in enumerate(known):
        longer = f"{line}{',' if number else ''} {tag}"
        if number == _MOST_TAGS or len(longer) + 20 > WIDTH:
            return f"{line} and others, see source/deck.yaml"
        line = longer
    return line


def _word(text: str, what: str, *, flow: bool = False) -> str:
    if not text:
        return ""
    written = on_one_line(SourceText.inline(text), flow=flow)
    if written is None or safe(text) != text:
        raise UsageError(f"{what} must be one line of printable characters.")
    return written


def _verify(text: str, card_id: str, card: NewCard) -> None:
    """Ensure that the file says what was asked for, whatever characters the title and the tags have."""
    node = read_yaml(SourceFile("new.yaml", text), [])
    values = {key.text: value for key, value in node.entries} if isinstance(node, MapNode) else {}
    tags = values.get("tags")
    said = [item.text for item in tags.items if isinstance(item, SourceText)] if isinstance(tags, ListNode) else []
    wanted = {"id": card_id, "title": card.title}
    if card.note_type is not None:
        wanted |= {"type": card.note_type.key.text}
    same = all(
        (isinstance(value := values.get(key), SourceText) and value.text == text) or (value is None and not text)
        for key, text in wanted.items()
    )
    if not same or said != list(card.tags):
        raise UsageError("The title and the tags must be lines of printable characters.")
