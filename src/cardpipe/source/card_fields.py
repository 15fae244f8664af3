"""The keys of a card, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.model.deck import Card, CardKind, Difficulty, Figure, Reference, Status
from cardpipe.source import bounds
from cardpipe.source.fields import Choice, Field, ListOf, OneOf, Record, Text
from cardpipe.text.nodes import MapNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.text.positions import SourceText

_NAME: Final = Text(single_line=True, any_scalar=True, max_length=bounds.NAME)
"""An ID or the name of a kind."""
_TAG: Final = Text(single_line=True, any_scalar=True, max_length=bounds.TAG)
"""Like the ID's, its form is checked by a rule, so that one mistake is one finding."""

FIGURE_FIELDS: Final = (
    Field("id", _NAME, "What the card's texts place it by: `![](figure:ID)`.", required=True, example="xor"),
    Field("kind", _NAME, "What draws it; the kind decides which keys follow.", required=True, example="script"),
    Field(
        "alt",
        Text(max_length=bounds.ALTERNATIVE),
        "What the figure shows, for those who cannot see it.",
        example="Four points; no line parts the two classes.",
    ),
    Field("caption", Text(), "A line below the figure, in Markdown.", example="XOR is not linearly separable."),
)
"""Beside these a figure has the keys of its kind."""

_FIGURE_NAMES: Final = frozenset(field.name for field in FIGURE_FIELDS)


def _figure(values: dict[str, Any], node: MapNode) -> Figure:
    others = tuple([entry for entry in node.entries if entry[0].text not in _FIGURE_NAMES])
    return Figure(
        id=values["id"],
        kind=values["kind"],
        alt=values.get("alt"),
        caption=values.get("caption"),
        parameters=MapNode(others, node.file, node.start, node.end),
        span=values["id"].span(),
    )


REFERENCE_FIELDS: Final = (
    Field("text", Text(), "Author, year and title, in Markdown.", required=True, example="Rosenblatt (1958)"),
    Field(
        "url",
        Text(single_line=True, max_length=bounds.ADDRESS),
        "Where to read it.",
        example="https://doi.org/10.1037/h0042519",
    ),
)


def _reference(values: dict[str, Any], _node: MapNode) -> Reference:
    return Reference(text=values["text"], url=values.get("url"))


def _reference_from_text(text: SourceText) -> Reference:
    return Reference(text=text, url=None)


CARD_FIELDS: Final = (
    Field(
        "id",
        _NAME,
        "The card's permanent name: two to eight capital letters that `deck.yaml` lists under `subdecks`, and four "
        "digits. It is never changed and never used twice.",
        required=True,
        example="ML0044",
    ),
    Field(
        "title",
        Text(single_line=True, max_length=bounds.LINE),
        "A short title, plain text.",
        required=True,
        example="Perceptron",
    ),
    Field(
        "kind",
        Choice(CardKind),
        "How the card asks: `basic`, a question and its answer (the default); `reversed`, asked both ways; `cloze`, a "
        "text with blanks, `{{c1::…}}`; `typed`, an answer to type.",
        example="basic",
    ),
    Field(
        "question",
        Text(),
        "The question, in Markdown; for a cloze, the text with its blanks.",
        required=True,
        example="What is a perceptron?",
    ),
    Field(
        "answer",
        Text(),
        "The short answer, as one would say it aloud, in Markdown; for a typed card, plain text on one line.",
        required=True,
        unless=("kind", CardKind.CLOZE.value),
        example="A weighted sum and a threshold: $y = f(w^\\top x + b)$.\n",
    ),
    Field(
        "details",
        Text(),
        "Everything else, in Markdown with `$…$` and `$$…$$`.",
        example="The update rule moves the boundary.\n\n![](figure:xor)\n",
    ),
    Field(
        "figures",
        ListOf(Record(FIGURE_FIELDS, _figure, unknown="keep"), max=bounds.FIGURES),
        "Pictures that are drawn for this card. One that no text places is shown after the details.",
        example=[{"id": "xor", "kind": "script", "script": "perceptron_xor.py", "alt": "Four points, no line."}],
    ),
    Field("tags", ListOf(_TAG, max=bounds.TAGS), "Words of the vocabulary in `deck.yaml`.", example=["NN"]),
    Field("related", ListOf(_NAME, max=bounds.RELATED), "IDs of cards to read next.", example=["ML0045"]),
    Field(
        "references",
        ListOf(OneOf(Text(), Record(REFERENCE_FIELDS, _reference), _reference_from_text), max=bounds.REFERENCES),
        "Sources to read on; a text, or a text and an address.",
        example=[{"text": "Rosenblatt (1958)", "url": "https://doi.org/10.1037/h0042519"}],
    ),
    Field("difficulty", Choice(Difficulty), "How much a reader must know before.", example="easy"),
    Field(
        "status",
        Choice(Status),
        "Whether the card is shipped. Default: `active`; a `draft` only with `--include-drafts`; a `retired` one "
        "stays in the Anki deck with a notice, for those who have it, and leaves everything else.",
        example="retired",
    ),
    Field(
        "replaced_by",
        _NAME,
        "The ID of the card that takes a retired one's place.",
        example="ML0045",
    ),
)


def card_of(values: Mapping[str, Any], node: MapNode) -> Card:
    """The card with these decoded values, which hold all required ones."""
    return Card(
        id=values["id"],
        title=values["title"],
        kind=values.get("kind", CardKind.BASIC),
        question=values["question"],
        answer=values.get("answer"),
        details=values.get("details"),
        figures=values.get("figures", ()),
        tags=values.get("tags", ()),
        related=values.get("related", ()),
        references=values.get("references", ()),
        difficulty=values.get("difficulty"),
        status=values.get("status", Status.ACTIVE),
        replaced_by=values.get("replaced_by"),
        file=node.file,
        span=values["id"].span(),
    )
