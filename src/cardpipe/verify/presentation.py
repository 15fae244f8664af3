"""Format the result of a verification as text or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.verify.verification import FreshImport, Update, Verification

_SHOWN: Final = 5
"""The maximum number of note names per line."""


def as_text(found: Verification, package: str, older: str | None) -> str:
    """Return a short report: the results of each import, the problems, and the verdict."""
    lines = [f"{package} in an empty collection", *_fresh(found.fresh)]
    if found.update is not None:
        lines += ["", f"{package} over {older}", *_update(found.update)]
    if found.problems:
        lines += ["", "Problems"]
        for problem in found.problems:
            lines.append(f"  {problem.code}: {problem.message}")
            lines += [f"    {_some(problem.notes)}"] if problem.notes else []
    count = len(found.problems)
    verdict = "All checks passed." if not count else f"{count} problem{'' if count == 1 else 's'} found."
    return "\n".join([*lines, "", verdict]) + "\n"


def _fresh(fresh: FreshImport) -> Iterator[str]:
    check = fresh.check
    yield f"  notes      {fresh.imported.new} of {fresh.imported.found}, which make {_counted(fresh.cards, 'card')}"
    yield f"  decks      {_some(fresh.decks)}"
    yield f"  note types {_some(fresh.note_types)}"
    media = f"{check.media}, of which {len(check.missing_media)} missing and {len(check.unused_media)} unused"
    yield f"  media      {media}"
    yield f"  empty      {_counted(check.empty_cards, 'card')}"
    yield f"  integrity  {check.integrity or 'ok'}"


def _update(update: Update) -> Iterator[str]:
    acts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in update.deeds.items() if count)
    yield f"  learner    {_counted(update.reviewed, 'card')} reviewed; notes: {acts or 'nothing done'}"
    yield f"  added      {_listed(update.added)}"
    yield f"  landed     {_listed(update.landed)}"
    yield f"  not landed {_listed(update.not_landed)}"
    yield f"  own edits  kept: {_listed(update.kept)}; replaced by a newer text: {_listed(update.overwritten)}"
    yield f"  only older {_listed(update.only_older)}"
    if update.deeds.get("deleted"):
        yield f"  deleted    by the learner, and restored: {_listed(update.restored)}"
    yield f"  emptied    {_counted(update.emptied, 'card')}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return f"{len(names)}: {_some(names)}" if names else "none"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more if names else "none"


def as_json(found: Verification, package: str, older: str | None) -> str:
    """Return one JSON object with all names."""
    content = {
        "package": package,
        "older": older,
        "ok": not found.problems,
        "fresh": asdict(found.fresh),
        "update": asdict(found.update) if found.update is not None else None,
        "problems": [asdict(problem) for problem in found.problems],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
