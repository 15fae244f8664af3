"""Format changes as text for a terminal, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, Final

from cardpipe.release.word_diff import NEW, OLD, SAME, Budget, word_diff
from cardpipe.text.code_host import inert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cardpipe.release.changes import (
        CardTitle,
        ChangedCard,
        ChangedPart,
        Changes,
        EmptiedCloze,
        FrontChange,
        RenamedCard,
        SafetyChange,
    )

_HARMFUL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NEAR: Final = 60
"""Characters of unchanged text that are shown around a change."""


def counted(changes: Changes) -> str:
    """Return the numbers of changes in one line."""
    numbers = [
        (len(changes.added), "added"),
        (len(changes.changed), "changed"),
        (len(changes.retired), "retired"),
        (len(changes.removed), "removed"),
        (len(changes.moved), "moved"),
    ]
    return ", ".join(f"{number} {word}" for number, word in numbers if number) or "No changes"


def as_text(changes: Changes) -> str:
    """Return text for a terminal: a section for each kind of change, words as `[-old-]{+new+}`."""
    lines = [f"{counted(changes)}."]
    budget = Budget()
    lines += _section("Safety", (_safety(item, _safe) for item in changes.safety))
    lines += _section("Added", map(_listed, changes.added))
    lines += _section("Changed", (line for card in changes.changed for line in _changed(card, budget)))
    lines += _section("Retired", map(_listed, changes.retired))
    lines += _section("Removed cloze deletions", (_emptied(card) for card in changes.emptied if not card.of_faces))
    lines += _section("Cards that are no longer made", (_emptied(card) for card in changes.emptied if card.of_faces))
    lines += _section("Removed", map(_listed, changes.removed))
    lines += _section("Possibly renamed", (f"{_safe(item.before)} → {_safe(item.after)}" for item in changes.renamed))
    lines += _section("Moved", map(_moved, changes.moved))
    if changes.deck_name is not None:
        lines += _section("Deck", [f"“{_safe(changes.deck_name.before)}” → “{_safe(changes.deck_name.after)}”"])
    if changes.front is not None:
        lines += _section("Above questions", [front_change(changes.front), FRONT_EFFECT])
    lines += _section("Note types", (f"{_safe(kind)}: style, templates or field names" for kind in changes.note_types))
    return "\n".join(lines) + "\n"


FRONT_EFFECT: Final = "Anki changes all cards of learners at the next import, and keeps their progress."
"""What a change of the templates does, which Anki imports if they are newer (`update_notetypes` “if newer”)."""


def front_change(change: FrontChange) -> str:
    """Return another choice of what stands above questions, in words."""
    return f"{change.before} → {change.after}"


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *found] if found else []


def _listed(card: CardTitle) -> str:
    return f"{_safe(card.id)}  {_safe(card.title)}"


def _safety(item: SafetyChange, shown: Callable[[str], str]) -> str:
    if item.after is None:
        return f"{shown(item.code)} is enabled again"
    again = "" if item.before is None else f", before for another reason: {shown(item.before)}"
    return f"{shown(item.code)}, a safety rule, is disabled: {shown(item.after)}{again}"


def _emptied(card: EmptiedCloze) -> str:
    return f"{_safe(card.id)}  {_safe(card.title)}: {_safe(card.names)}"


def _cards_of(card: EmptiedCloze) -> dict[str, object]:
    return {"faces": list(card.cards)} if card.of_faces else {"clozes": [int(number) for number in card.cards]}


def _moved(item: RenamedCard) -> str:
    return f"{_safe(item.id)}  {_safe(item.title)}: {_safe(item.before)} → {_safe(item.after)}"


def _changed(card: ChangedCard, budget: Budget) -> Iterator[str]:
    yield f"{_safe(card.id)}  {_safe(card.title)}: {', '.join(part.name for part in card.parts)}"
    for part in card.parts:
        words = part_words(part, budget)
        if words:
            signs = {SAME: ("", ""), OLD: ("[-", "-]"), NEW: ("{+", "+}")}
            text = "".join(f"{signs[sign][0]}{piece}{signs[sign][1]}" for sign, piece in words)
            yield f"    {part.name}: {text}".replace("\n", "\n        ")


def part_words(part: ChangedPart, budget: Budget) -> tuple[tuple[str, str], ...]:
    """Return the word diff of a changed part, with unchanged text shortened; empty if unknown or unchanged."""
    if part.before is None or part.after is None or part.before == part.after:
        return ()
    pieces = word_diff(_safe(part.before, keep="\n"), _safe(part.after, keep="\n"), budget)
    last = len(pieces) - 1
    return tuple(
        (sign, _shortened(text, first=number == 0, last=number == last) if sign == SAME else text)
        for number, (sign, text) in enumerate(pieces)
    )


def _shortened(text: str, *, first: bool, last: bool) -> str:
    if first and last:
        return text
    if first:
        return text if len(text) <= _NEAR else "… " + text[-_NEAR:]
    if last:
        return text if len(text) <= _NEAR else text[:_NEAR] + " …"
    return text if len(text) <= 2 * _NEAR else f"{text[:_NEAR]} … {text[-_NEAR:]}"


def as_markdown(changes: Changes) -> str:
    """Return Markdown for a pull request comment: headings, and words in `del` and `ins`."""
    lines = [f"**{counted(changes)}.**"]
    budget = Budget()
    lines += _heading("Safety", [f"- {_safety(item, inert)}" for item in changes.safety])
    lines += _heading("Added", [_item(card.id, card.title) for card in changes.added])
    if changes.changed:
        lines += ["", "### Changed", ""]
        for card in changes.changed:
            lines += _markdown_card(card, budget)
    lines += _heading("Retired", [_item(card.id, card.title) for card in changes.retired])
    for heading, of_faces in (("Removed cloze deletions", False), ("Cards that are no longer made", True)):
        emptied = [card for card in changes.emptied if card.of_faces is of_faces]
        lines += _heading(heading, [f"{_item(card.id, card.title)}: {inert(card.names)}" for card in emptied])
    lines += _heading("Removed", [_item(card.id, card.title) for card in changes.removed])
    lines += _heading("Possibly renamed", [f"- {inert(item.before)} → {inert(item.after)}" for item in changes.renamed])
    lines += _heading(
        "Moved",
        [f"{_item(item.id, item.title)}: {inert(item.before)} → {inert(item.after)}" for item in changes.moved],
    )
    if changes.deck_name is not None:
        lines += _heading("Deck", [f"- {inert(changes.deck_name.before)} → {inert(changes.deck_name.after)}"])
    if changes.front is not None:
        lines += _heading("Above questions", [f"- {front_change(changes.front)}. {FRONT_EFFECT}"])
    lines += _heading("Note types", [f"- {inert(kind)}" for kind in changes.note_types])
    return "\n".join(lines) + "\n"


def _heading(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"### {title}", "", *lines] if lines else []


def _item(card_id: str, title: str) -> str:
    return f"- **{inert(card_id)}** {inert(title)}"


def _markdown_card(card: ChangedCard, budget: Budget) -> Iterator[str]:
    yield f"{_item(card.id, card.title)}: {', '.join(part.name for part in card.parts)}"
    for part in card.parts:
        words = part_words(part, budget)
        if words:
            tags = {SAME: ("", ""), OLD: ("<del>", "</del>"), NEW: ("<ins>", "</ins>")}
            text = "".join(f"{tags[sign][0]}{html.escape(piece)}{tags[sign][1]}" for sign, piece in words)
            # Within `pre`, a code host reads neither Markdown nor mentions.
            yield f"\n<pre>{part.name}: {text}</pre>\n"


_BACKSLASH: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")
_ENTITY: Final = re.compile(r"[<@]|#(?=\d)|&(?=#?\w+;)")
_SIGN: Final = re.compile(r"`|\](?=\()|\$(?!\d)")
_BLOCK_SIGN: Final = re.compile(r"^(?:[>\[]|[-+](?=\s|$)|-(?=[-\s]+$)|#(?=#{0,5}(?:\s|$)))|(?<=\s)#(?=#*$)")
"""What begins a quotation, a task list item, a list, a horizontal rule or a heading, and what ends a heading."""
_ITEM_NUMBER: Final = re.compile(r"^([0-9]{1,9})(?=[.)](?:\s|$))")
_RUN: Final = re.compile(r"\*+|_+|~+")


def markdown(text: str) -> str:
    """Escape plain text for one line of Markdown, with as few escapes as possible."""
    line = _BACKSLASH.sub(r"\\\\", " ".join(_safe(text).split()))
    line = _ENTITY.sub(_entity, line)
    line = _SIGN.sub(r"\\\g<0>", line)
    if line.count("$") > 1:
        # Two of them can be a formula; one before a number is a price.
        line = re.sub(r"(?<!\\)\$", r"\\$", line)
    line = _RUN.sub(_run, line)
    return _ITEM_NUMBER.sub(r"\1\\", _BLOCK_SIGN.sub(r"\\\g<0>", line))


def _entity(match: re.Match[str]) -> str:
    # Code hosts notify people who are mentioned with @, and link numbers after #, even if both are entities.
    return {"@": "&#64;&#8203;", "#": "#&#8203;"}.get(match[0]) or html.escape(match[0])


def _run(match: re.Match[str]) -> str:
    """Escape a run of emphasis marks, unless it is literal: between spaces, or underscores within a word."""
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 1]
    alone = before.isspace() and after.isspace()
    within_word = match[0][0] == "_" and before.isalnum() and after.isalnum()
    return match[0] if alone or within_word else re.sub(r"(.)", r"\\\1", match[0])


def as_json(changes: Changes, against: str) -> str:
    """Return JSON: one object, with the word diff of each changed part as pairs of sign and text."""
    budget = Budget()
    content: dict[str, Any] = {
        "against": against,
        "safety": [{"rule": item.code, "before": item.before, "after": item.after} for item in changes.safety],
        "added": [_json_listed(card) for card in changes.added],
        "changed": [
            {
                "id": card.id,
                "title": card.title,
                "parts": [
                    {"name": part.name, "words": [list(pair) for pair in part_words(part, budget)]}
                    for part in card.parts
                ],
            }
            for card in changes.changed
        ],
        "retired": [_json_listed(card) for card in changes.retired],
        "emptied": [{"id": card.id, "title": card.title, **_cards_of(card)} for card in changes.emptied],
        "removed": [_json_listed(card) for card in changes.removed],
        "renamed": [{"from": item.before, "to": item.after} for item in changes.renamed],
        "moved": [{"id": item.id, "from": item.before, "to": item.after} for item in changes.moved],
        "deck": (
            {"from": changes.deck_name.before, "to": changes.deck_name.after} if changes.deck_name is not None else None
        ),
        "note_types": list(changes.note_types),
    }
    if changes.front is not None:
        content["front"] = {"from": changes.front.before, "to": changes.front.after}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _json_listed(card: CardTitle) -> dict[str, str]:
    return {"id": card.id, "title": card.title, "deck": card.deck}


def _safe(text: str, keep: str = "") -> str:
    """Return the text without control sequences and changes of the writing direction."""
    return _HARMFUL.sub("\ufffd", text if "\n" in keep else text.replace("\n", " "))
