"""The release notes: Markdown for learners, grouped by kind of change."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from cardpipe.release.presentation import markdown
from cardpipe.writers.anki.notes import RETIRED_TAG
from cardpipe.writers.anki.shipment import MARK_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.release.changes import CardTitle, ChangedCard, Changes

_Card = TypeVar("_Card", "CardTitle", "ChangedCard")


def release_notes(lock: ReleaseLock, changes: Changes, *, first: bool, mark: bool) -> str:
    """Return the release notes; `lock` is the new release lock."""
    day = datetime.fromtimestamp(lock.time, UTC).date().isoformat()
    lines = [f"# {markdown(lock.name)} {lock.version}", "", f"Released on {day}, {_cards(len(lock.cards))}.", ""]
    if first:
        lines += ["The first release.", ""]
    lines += _by_deck("New cards", changes.added, lambda card: f"**{card.id}** {markdown(card.title)}")
    lines += _by_deck("Improved cards", changes.changed, _improved)
    if mark and changes.changed:
        tag = f"{MARK_PREFIX}{lock.version}"
        lines += [f"Improved cards have the tag `{tag}`; search for `tag:{tag}` in Anki's browser.", ""]
    if changes.retired:
        lines += _by_deck("Retired cards", changes.retired, lambda card: f"**{card.id}** {markdown(card.title)}")
        lines += [
            "These cards are no longer updated and say so when you review them. To stop seeing them, search in the "
            f"browser for `tag:{RETIRED_TAG} -is:suspended` and suspend the result.",
            "",
        ]
    for heading, what, of_faces in (
        ("Removed cloze deletions", "A card without its cloze deletion", False),
        ("Cards that are no longer made", "A card that is no longer made", True),
    ):
        emptied = [card for card in changes.emptied if card.of_faces is of_faces]
        if emptied:
            lines += [f"## {heading}", "", *(f"- **{card.id}** {markdown(card.title)}" for card in emptied)]
            lines += ["", f"{what} is empty; *Tools → Empty Cards* in Anki removes it.", ""]
    if changes.removed:
        lines += _by_deck("Removed cards", changes.removed, lambda card: f"**{card.id}** {markdown(card.title)}")
        search = " or ".join(f"ID:{card.id}" for card in changes.removed)
        lines += [
            "Anki keeps your copies. To find them, search in the browser for "
            f"`{search}`, and suspend or delete them if you like.",
            "",
        ]
    if changes.moved or changes.deck_name is not None:
        lines += _moved(lock, changes)
    if changes.note_types:
        lines += ["## Appearance", "", "The style, templates or field names have changed.", ""]
    if changes.front is not None:
        lines += [
            "## Above the questions",
            "",
            f"Cards now show above their questions: {changes.front.after} (before: {changes.front.before}).",
            "",
        ]
    lines += _how_to_import() if first else _how_to_update(changes)
    return "\n".join(lines) + "\n"


def _how_to_import() -> list[str]:
    return [
        "## How to import",
        "",
        "In Anki, choose *File → Import*, then the package, and keep the default options.",
    ]


def _how_to_update(changes: Changes) -> list[str]:
    exception = ", except on the improved cards listed here" if changes.changed else ""
    return [
        "## How to update",
        "",
        "In Anki, choose *File → Import*, then the new package, and keep the default options. Your progress stays, "
        f"and so do your own edits{exception}.",
    ]


def _improved(card: ChangedCard) -> str:
    return f"**{card.id}** {markdown(card.title)}: {', '.join(part.name for part in card.parts)}"


def _by_deck(title: str, cards: Sequence[_Card], line: Callable[[_Card], str]) -> Iterator[str]:
    if not cards:
        return
    yield from (f"## {title}", "")
    for deck, members in groupby(sorted(cards, key=lambda card: card.deck), key=lambda card: card.deck):
        yield from (f"### {markdown(deck.rpartition('::')[2])}", "")
        yield from (f"- {line(card)}" for card in members)
        yield ""


def _moved(lock: ReleaseLock, changes: Changes) -> Iterator[str]:
    yield from ("## Renamed decks", "")
    if changes.deck_name is not None:
        yield f"- {markdown(changes.deck_name.before)} is now {markdown(lock.name)}"
    pairs = {(item.before, item.after): None for item in changes.moved}
    yield from (f"- {markdown(before)} is now {markdown(after)}" for before, after in pairs)
    yield ""
    yield (
        "Rename your deck in Anki before you import; otherwise new cards are added to a new deck, and "
        "your existing cards stay in the old one."
    )
    yield ""


def _cards(count: int) -> str:
    return f"{count} card{'' if count == 1 else 's'}"
