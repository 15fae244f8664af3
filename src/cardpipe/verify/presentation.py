"""Format the result of a verification as text or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.verify.outcome import Update
    from cardpipe.verify.remedies import Remedy
    from cardpipe.verify.verification import FreshImport, PackageProblem, Verification

_SHOWN: Final = 5
"""The maximum number of names on a line."""
_IN_ROW: Final = 3
"""The same beside a count."""
_LISTED: Final = 20
"""The maximum number of names below a problem."""


def as_text(found: Verification, package: str, older: str | None) -> str:
    """Return a short report: the results of each import, the problems, and the verdict."""
    lines = [f"{package} in an empty collection", *_fresh(found.fresh)]
    if found.update is not None:
        lines += ["", f"{package} over {older}", *_update(found.update)]
    if found.remedies:
        lines += ["", "Other import options, tried on the same collection", *map(_remedy, found.remedies)]
    if found.problems:
        lines += ["", "Problems"]
        for problem in found.problems:
            lines += _problem(problem)
    count = len(found.problems)
    verdict = "All checks passed." if not count else f"{counted(count, 'problem')} found."
    return "\n".join([*lines, "", verdict]) + "\n"


def _fresh(fresh: FreshImport) -> Iterator[str]:
    check = fresh.check
    yield f"  notes      {fresh.imported.new} of {fresh.imported.found}, which make {counted(fresh.cards, 'card')}"
    yield f"  decks      {_some(fresh.decks)}"
    yield f"  note types {_some(fresh.note_types)}"
    media = f"{check.media}, of which {len(check.missing_media)} missing and {len(check.unused_media)} unused"
    yield f"  media      {media}"
    yield f"  empty      {counted(check.empty_cards, 'card')}"
    yield f"  integrity  {check.integrity or 'ok'}"


def _update(update: Update) -> Iterator[str]:
    acts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in update.deeds.items() if count)
    whose = "of the older file" if update.history == "own" else "simulated"
    yield f"  history       {counted(update.cards, 'card')}, {update.reviewed} of them with reviews ({whose})"
    if acts:
        yield f"  learner       notes: {acts}"
    yield "  notes"
    yield from _rows(
        ("updated", update.landed),
        ("unchanged", update.unchanged),
        ("new", update.added),
        ("own edit kept", update.kept),
        ("edit replaced", update.overwritten),
        ("restored", update.restored),
        ("not updated", update.not_landed),
        ("as imported", update.as_imported),
        ("conflicting", update.conflicting),
        ("duplicated", update.duplicated),
        ("exchanged", update.exchanged),
        ("only in older", update.only_older),
    )
    yield "  cards"
    yield from _rows(
        ("changed", update.cards_changed),
        ("other question", update.questions_changed),
        ("lost", update.cards_lost),
        ("new siblings", update.cards_added),
        ("became empty", update.emptied),
        ("not moved", update.moved),
    )
    yield f"    {'without note':<14}{update.orphans:>7}"
    yield f"  note types doubled {_some(update.note_types_doubled)}"


def _rows(*rows: tuple[str, Sequence[str]]) -> Iterator[str]:
    for label, names in rows:
        some = "" if not names or label == "unchanged" else f"  {_some(names, _IN_ROW)}"
        yield f"    {label:<14}{len(names):>7}{some}"


def _remedy(remedy: Remedy) -> str:
    facts = [
        f"{remedy.landed} updated",
        f"{remedy.conflicting} conflicting",
        f"{len(remedy.not_landed)} not updated",
        f"{len(remedy.lost)} lost" if remedy.lost else "history kept",
    ]
    facts += [f"{remedy.cards_added} with new siblings"] if remedy.cards_added else []
    facts += [f"{remedy.emptied} with empty cards"] if remedy.emptied else []
    facts += [f"{remedy.edits_lost} own edits lost"] if remedy.edits_lost else []
    facts += ["needed at each import"] if remedy.every_time else []
    return f"  {remedy.options}: {', '.join(facts)}"


def _problem(problem: PackageProblem) -> Iterator[str]:
    yield f"  {problem.code}: {problem.message}"
    yield from (f"    - {name}" for name in problem.notes[:_LISTED])
    if len(problem.notes) > _LISTED:
        yield f"    and {len(problem.notes) - _LISTED} more (all with --json)"
    if problem.remedy:
        yield f"    Remedy: {problem.remedy}"


def _some(names: Sequence[str], most: int = _SHOWN) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


def as_json(found: Verification, package: str, older: str | None) -> str:
    """Return one JSON object with all names."""
    content = {
        "package": package,
        "older": older,
        "ok": not found.problems,
        "fresh": asdict(found.fresh),
        "update": asdict(found.update) if found.update is not None else None,
        "remedies": [{**asdict(remedy), "works": remedy.works} for remedy in found.remedies],
        "problems": [asdict(problem) for problem in found.problems],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
