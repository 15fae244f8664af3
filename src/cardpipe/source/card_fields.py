"""The field table of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cardpipe.markup.picture_width import EXPLAINED, PATTERN
from cardpipe.model.anki_identity import GUID_FORM, LONGEST_GUID
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
"""A rule checks the format, as for the ID, so that one mistake is one finding."""
_GUID: Final = Text(
    single_line=True,
    any_scalar=True,
    pattern=GUID_FORM,
    pattern_doc="A GUID has visible characters; spaces only between them, and no tabs or line breaks.",
    max_length=LONGEST_GUID,
)


class _Alternatives(NamedTuple):
    """The alternative texts of a figure."""

    front: SourceText | None
    back: SourceText | None


_ALTERNATIVE: Final = Text(max_length=bounds.ALTERNATIVE)
ALTERNATIVE_FIELDS: Final = (
    Field(
        "question",
        _ALTERNATIVE,
        "The alternative text in the question, which must not give the answer away.",
        required=True,
        example="A country on a map of Europe.",
    ),
    Field(
        "answer",
        _ALTERNATIVE,
        "The alternative text everywhere else.",
        required=True,
        example="France on a map of Europe.",
    ),
)


def _alternatives(values: dict[str, Any], _node: MapNode) -> _Alternatives:
    return _Alternatives(values["question"], values["answer"])


def _same_alternative(text: SourceText) -> _Alternatives:
    return _Alternatives(None, text)


FIGURE_FIELDS: Final = (
    Field("id", _NAME, "The ID by which texts refer to it: `![](figure:ID)`.", required=True, example="xor"),
    Field("kind", _NAME, "The figure kind, which determines the other keys.", required=True, example="script"),
    Field(
        "alt",
        OneOf(_ALTERNATIVE, Record(ALTERNATIVE_FIELDS, _alternatives), _same_alternative),
        "An alternative text for people who cannot see the figure; or two, if the one in the question must not give "
        "the answer away.",
        example="Four points; no line separates the two classes.",
    ),
    Field("caption", Text(), "A line below the figure, in Markdown.", example="XOR is not linearly separable."),
    Field(
        "width",
        Text(single_line=True, any_scalar=True, pattern=PATTERN, pattern_doc=EXPLAINED, words="percentage or pixels"),
        "The width: in percent of the text's width (`50%`), or in CSS pixels (`240px`). Default: the natural one.",
        example="50%",
    ),
)
"""The keys of all figures; each kind adds its own."""

_FIGURE_NAMES: Final = frozenset(field.name for field in FIGURE_FIELDS)


def _figure(values: dict[str, Any], node: MapNode) -> Figure:
    alternatives = values.get("alt", _Alternatives(None, None))
    others = tuple([entry for entry in node.entries if entry[0].text not in _FIGURE_NAMES])
    return Figure(
        id=values["id"],
        kind=values["kind"],
        alt=alternatives.back,
        caption=values.get("caption"),
        parameters=MapNode(others, node.file, node.start, node.end),
        span=values["id"].span(),
        width=values.get("width"),
        front_alt=alternatives.front,
    )


REFERENCE_FIELDS: Final = (
    Field("text", Text(), "Author, year and title, in Markdown.", required=True, example="Rosenblatt (1958)"),
    Field(
        "url",
        Text(single_line=True, max_length=bounds.ADDRESS),
        "The address of the source.",
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
        "The permanent ID of the card, in the form that `deck.yaml` chooses under `ids`; by default a prefix that it "
        "lists under `subdecks`, and four digits. It must never be changed or reused.",
        required=True,
        example="ML0044",
    ),
    Field(
        "title",
        Text(single_line=True, max_length=bounds.LINE),
        "A short title, plain text. Without a title, the question stands for the card in lists.",
        example="Perceptron",
    ),
    Field(
        "kind",
        Choice(CardKind),
        "The card kind: `basic`, a question and its answer (the default); `reversed`, in both directions; `cloze`, a "
        "text with cloze deletions, `{{c1::…}}`; `typed`, a type-in answer.",
        example="basic",
    ),
    Field(
        "question",
        Text(),
        "The question, in Markdown; for a cloze, the text with its cloze deletions.",
        required=True,
        example="What is a perceptron?",
    ),
    Field(
        "answer",
        Text(),
        "The short answer, in Markdown; for a typed card, plain text on one line.",
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
        "Figures that are drawn for this card. Figures without a reference are shown after the details.",
        example=[{"id": "xor", "kind": "script", "script": "perceptron_xor.py", "alt": "Four points, no line."}],
    ),
    Field("tags", ListOf(_TAG, max=bounds.TAGS), "Tags from the vocabulary in `deck.yaml`.", example=["NN"]),
    Field("related", ListOf(_NAME, max=bounds.RELATED), "IDs of cards to read next.", example=["ML0045"]),
    Field(
        "references",
        ListOf(OneOf(Text(), Record(REFERENCE_FIELDS, _reference), _reference_from_text), max=bounds.REFERENCES),
        "Sources for further reading; a text, or a text and an address.",
        example=[{"text": "Rosenblatt (1958)", "url": "https://doi.org/10.1037/h0042519"}],
    ),
    Field("difficulty", Choice(Difficulty), "The required previous knowledge.", example="easy"),
    Field(
        "status",
        Choice(Status),
        "Whether the card is exported. Default: `active`; `draft` cards only with `--include-drafts`; `retired` cards "
        "stay in Anki, in CSV and on the site with a notice, and are left out of all other formats.",
        example="retired",
    ),
    Field("replaced_by", _NAME, "The ID of the card that replaces a retired one.", example="ML0045"),
    Field(
        "guid",
        _GUID,
        "The GUID of a note of the same note type that learners have already, so that they keep its review history. "
        "Default: a GUID that is derived from the ID.",
        example="e.(A$]qOSM",
    ),
)


def card_of(values: Mapping[str, Any], node: MapNode) -> Card:
    """Build a card from its decoded values, which must include all required ones."""
    return Card(
        id=values["id"],
        title=values.get("title"),
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
        guid=values.get("guid"),
        file=node.file,
        span=values["id"].span(),
    )
