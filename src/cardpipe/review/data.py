"""The data of a review that a comment needs, as JSON.

The JSON of a pull request is written by a job that a stranger controls, so it is read as hostile: `parse` checks
size and types, and the code that shows the values must escape them.
"""

from __future__ import annotations

import html
import json
import typing
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import UsageError
from cardpipe.release.word_diff import Budget
from cardpipe.review.cards import changed_cards, listed_cards
from cardpipe.review.risks import risks

if TYPE_CHECKING:
    from cardpipe.review.state import Review

VERSION: Final = 1
LARGEST_DATA: Final = 4 * 1024 * 1024
"""Maximum bytes of the JSON."""
_LONGEST_TEXT: Final = 4000
"""Characters of a rendered text; the page shows longer ones."""
_LONGEST_WORDS: Final = 8000
"""Characters of the words of a changed part."""
_LARGEST_NUMBER: Final = 10**9
_MOST: Final = 200
"""Cards and findings that a comment could have room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardData:
    """A card by its ID and title."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedData:
    """An added card; its texts are HTML."""

    id: str
    title: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartData:
    """A changed part with its word diff; no words if only files differ or the text is too long."""

    name: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedData:
    """A changed card."""

    id: str
    title: str
    parts: tuple[PartData, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingData:
    """A finding."""

    severity: str
    code: str
    place: str
    """`path:line:column`."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseData:
    """What learners would get at the next release."""

    last: str
    new: int
    updated: int
    retired: int
    removed: int
    note_types: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewData:
    """The short form of a review."""

    version: int
    deck: str
    against: str
    commit: str
    summary: str
    added: tuple[AddedData, ...]
    changed: tuple[ChangedData, ...]
    retired: tuple[CardData, ...]
    removed: tuple[CardData, ...]
    more: int
    """Cards of the change that are not in these lists, because there are too many."""
    renamed: tuple[tuple[str, str], ...]
    """Names of decks and IDs, before and after."""
    risks: tuple[str, ...]
    """Sentences on safety, history and code."""
    findings: tuple[FindingData, ...]
    findings_count: int
    errors: int
    release: ReleaseData | None
    remarks: tuple[str, ...]

    @property
    def matters(self) -> bool:
        """Return whether there is anything to say about the change."""
        lists = (self.added, self.changed, self.retired, self.removed, self.renamed, self.risks, self.findings)
        return self.more > 0 or any(lists)


def data_of(review: Review) -> ReviewData:
    """Return the short form of a review."""
    changes, release = review.changes, review.release
    return ReviewData(
        version=VERSION,
        deck=review.deck,
        against=review.against,
        commit=review.commit,
        summary=review.summary,
        added=tuple(_added(review)),
        changed=tuple(_changed(review)),
        retired=tuple(CardData(id=card.id, title=card.title) for card in changes.retired[:_MOST]),
        removed=tuple(CardData(id=card.id, title=card.title) for card in changes.removed[:_MOST]),
        more=sum(
            max(0, len(cards) - _MOST) for cards in (changes.added, changes.changed, changes.retired, changes.removed)
        ),
        renamed=tuple(
            (item.before, item.after)
            for item in (
                *((changes.deck_name,) if changes.deck_name is not None else ()),
                *changes.moved[:_MOST],
                *changes.renamed[:_MOST],
            )
        ),
        risks=tuple(
            " ".join(filter(None, (f"{risk.subject}: {risk.sentence}", risk.remedy))) for risk in risks(review)[:_MOST]
        ),
        findings=tuple(
            FindingData(
                severity=item.severity.value,
                code=item.code,
                place=f"{item.span.path}:{item.span.line}:{item.span.column}",
                message=item.message,
            )
            for item in review.findings[:_MOST]
        ),
        findings_count=len(review.findings),
        errors=review.errors,
        release=None
        if release is None
        else ReleaseData(
            last=release.last,
            new=len(release.changes.added),
            updated=len(release.changes.changed),
            retired=len(release.changes.retired),
            removed=len(release.changes.removed),
            note_types=len(release.changes.note_types),
        ),
        remarks=review.remarks,
    )


def _added(review: Review) -> typing.Iterator[AddedData]:
    for card in listed_cards(review, review.changes.added[:_MOST]):
        written = {part.name: f"<pre>{html.escape(part.words[0][1])}</pre>" for part in card.parts}
        rendered = {"question": card.after.question, "answer": card.after.answer} if card.after is not None else written
        question, answer = rendered.get("question", ""), rendered.get("answer", "")
        yield AddedData(
            id=card.id,
            title=card.title,
            question=question if len(question) <= _LONGEST_TEXT else "",
            answer=answer if len(answer) <= _LONGEST_TEXT else "",
        )


def _changed(review: Review) -> typing.Iterator[ChangedData]:
    for card in changed_cards(review, Budget(), most=_MOST):
        parts = (
            PartData(
                name=part.name,
                words=part.words if sum(len(text) for _, text in part.words) <= _LONGEST_WORDS else (),
            )
            for part in card.parts
        )
        yield ChangedData(id=card.id, title=card.title, parts=tuple(parts))


def to_json(data: ReviewData) -> bytes:
    """Return the data as JSON, small enough to be read again: cards that exceed the limit are left out."""
    encoded = json.dumps(asdict(data), ensure_ascii=True, indent=1).encode("ascii")
    if len(encoded) <= LARGEST_DATA:
        return encoded
    more = data.more + len(data.added) + len(data.changed)
    return to_json(replace(data, added=(), changed=(), more=more))


def parse(text: bytes) -> ReviewData:
    """Read the JSON of a review; raises UsageError if it is anything else."""
    if len(text) > LARGEST_DATA:
        raise UsageError(f"The review's data are larger than {LARGEST_DATA // 1024 // 1024} MiB.")
    try:
        found = json.loads(text)
        data = _decoded(ReviewData, found)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise UsageError("The review's data are invalid.", hint="Write them with `cardpipe review --data`.") from None
    if data.version != VERSION:
        raise UsageError(f"The review's data have version {data.version}, not {VERSION}.")
    return typing.cast("ReviewData", data)


def _decoded(kind: Any, value: Any) -> Any:
    """Return a JSON value as a type of this module; raises TypeError if it is of another type."""
    if is_dataclass(kind):
        if not isinstance(value, dict):
            raise TypeError
        hints = typing.get_type_hints(kind)
        made: Any = kind
        return made(**{field.name: _decoded(hints[field.name], value[field.name]) for field in fields(kind)})
    arguments = typing.get_args(kind)
    if type(None) in arguments:
        return None if value is None else _decoded(arguments[0], value)
    if typing.get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise TypeError
        if arguments[-1] is Ellipsis:
            return tuple(_decoded(arguments[0], item) for item in value)
        if len(value) != len(arguments):
            raise TypeError
        return tuple(_decoded(one, item) for one, item in zip(arguments, value, strict=True))
    # A truth value is an integer for Python.
    if type(value) is not kind:
        raise TypeError
    if kind is int and not 0 <= value <= _LARGEST_NUMBER:
        raise ValueError
    return value
