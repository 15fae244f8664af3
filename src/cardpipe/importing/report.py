"""The report of an import: what was taken over, what learners must do, and what must be looked at."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from cardpipe.importing.code import fence_of
from cardpipe.importing.instructions import general_instructions, instructions_of
from cardpipe.importing.templates import runs_code
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.plan import TypeKey
    from cardpipe.importing.project import Entry, Outcome

_LONGEST_FORM: Final = 4_000
_MOST_REMARKS: Final = 1_000
_MOST_PLACES: Final = 20

_WITH_UID: Final = (
    "The deck has its uid again, and the cards have their IDs, so that learners of the deck keep their progress. "
    "`source/release.lock` records where fields and faces are, and when each note last changed, so that the next "
    "release updates only the cards that are edited until then."
)
_WITHOUT_UID: Final = (
    "The source does not say the uid of the deck, so each card says its GUID, and the note types get other ids."
)
_NOT_IN_PACKAGE: Final = (
    "Not in the source: data and scripts of figures, which are pictures now; the names of media files as they were "
    "written; comments and drafts; titles of cards of note types of the deck, and note types without cards; the "
    "vocabulary of tags, macros, editions, and the settings of lint and formats."
)


def report_text(outcome: Outcome, sources: list[str]) -> str:
    """Return the report in Markdown; the same import gives the same text."""
    parts = (_summary(outcome, sources), _note_types(outcome), _shipped(outcome), _remarks(outcome), _fields(outcome))
    return "\n".join(line for part in parts for line in part) + "\n"


def overview(outcome: Outcome) -> str:
    """Return what learners must do, and what is left out, in Markdown: the report of an import that wrote nothing."""
    return "\n".join(line for part in (_note_types(outcome), _remarks(outcome)) for line in part)


def _summary(outcome: Outcome, sources: list[str]) -> Iterator[str]:
    found = outcome.survey
    yield "# Import report"
    yield ""
    yield f"Imported from {', '.join(_code(source) for source in sources)} by `cardpipe import`."
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| Notes read | {found.notes} |"
    yield f"| Cards written | {outcome.cards} |"
    if outcome.left_out:
        yield f"| **Cards left out** | {outcome.left_out} |"
    yield f"| Media files written | {outcome.media} |"
    yield f"| Fields | {outcome.fields} |"
    yield f"| … as Markdown that shows the same | {outcome.exact} ({share(outcome.exact, outcome.fields)}) |"
    yield f"| … kept as original HTML | {outcome.originals} |"
    yield f"| … simplified | {outcome.simplified} |"
    if found.suspended or found.flagged:
        yield f"| Suspended cards, flagged cards (not taken over) | {found.suspended}, {found.flagged} |"
    yield ""


def _note_types(outcome: Outcome) -> Iterator[str]:
    yield "## Note types"
    yield ""
    for (_, _), (name, notes, how, remarks) in sorted(_types(outcome).items()):
        yield f"- **{_plain(name)}**: {notes} notes, {how}."
        for remark in remarks:
            yield f"  - {remark}"
    for sentence in general_instructions(outcome):
        yield f"- {_plain(sentence)}"
    yield ""


def _types(outcome: Outcome) -> dict[TypeKey, tuple[str, int, str, list[str]]]:
    made = {}
    for key, plan in outcome.survey.plans.items():
        kind = plan.note_type
        own = outcome.survey.own.get(key)
        shipped = outcome.survey.shipped.get(key)
        if shipped is not None and shipped.kind is not None:
            how = f"made by cardpipe, as cards of the kind `{shipped.kind.value}`"
        elif plan.is_direct:
            how = f"as cards of the kind `{plan.kind.value}`"
        elif own is not None:
            count = len(own.faces)
            where = "in tables" if own.is_table else "in a file each"
            how = f"as notes of the type `{own.key}` with {count} {'face' if count == 1 else 'faces'}, {where}"
        elif len(kind.templates) > 1:
            how = f"each of its {len(kind.templates)} templates as a card of its own"
        else:
            how = "as cards with the texts of its template"
        remarks = [
            f"The script of the template “{_plain(template.name)}” is not taken over."
            for template in kind.templates
            if runs_code(template.front) or runs_code(template.back)
        ]
        remarks = [*map(_plain, instructions_of(outcome, key)), *remarks]
        if own is not None:
            remarks += map(_plain, own.remarks[:_MOST_REMARKS])
        made[key] = (kind.name, outcome.survey.notes_of_type[key], how, remarks)
    return made


def _shipped(outcome: Outcome) -> Iterator[str]:
    """Yield what is said of a package that cardpipe made."""
    found = outcome.survey
    if not found.shipped:
        return
    yield "## A deck of cardpipe"
    yield ""
    yield _WITH_UID if found.deck.uid else _WITHOUT_UID
    yield ""
    yield _NOT_IN_PACKAGE
    yield ""


def _remarks(outcome: Outcome) -> Iterator[str]:
    if not outcome.remarks:
        return
    by_message: dict[str, list[str]] = defaultdict(list)
    for place, message in outcome.remarks:
        by_message[message].append(place)
    yield "## Left out"
    yield ""
    for message in sorted(by_message)[:_MOST_REMARKS]:
        places = sorted(dict.fromkeys(by_message[message]))
        more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        yield f"- {_plain(message)}: {', '.join(_code(place) for place in places[:_MOST_PLACES])}{more}"
    if len(by_message) > _MOST_REMARKS:
        yield f"- {len(by_message) - _MOST_REMARKS} other remarks"
    yield ""


def _fields(outcome: Outcome) -> Iterator[str]:
    for title, explanation, is_original in (
        (
            "Simplified fields",
            "These show less than the original. The first form is what the source has, the second what was written.",
            False,
        ),
        ("Fields kept as original HTML", "These show what the original shows, but are not Markdown.", True),
    ):
        entries = [entry for entry in outcome.entries if entry.original is is_original]
        if not entries:
            continue
        yield f"## {title}"
        yield ""
        yield explanation
        yield ""
        for entry in entries:
            yield from _entry(entry)
        left = (outcome.originals if is_original else outcome.simplified) - len(entries)
        if left > 0:
            yield f"And {left} others."
            yield ""


def _entry(entry: Entry) -> Iterator[str]:
    yield f"### {entry.card}, {entry.field} ({_plain(entry.place)})"
    yield ""
    for form in (entry.source, entry.written):
        text = shortened(form.strip(), _LONGEST_FORM)
        fence = fence_of(text)
        yield f"{fence}text"
        yield text
        yield fence
        yield ""


def share(part: int, whole: int) -> str:
    """Return a share in per cent, rounded down, so that 100 % means all."""
    return f"{part * 1000 // whole / 10:g} %" if whole else "100 %"


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def _plain(text: str) -> str:
    """Return text of a stranger for Markdown: on one line, without markup."""
    line = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|&" else letter for letter in line)
