"""New IDs for cards that no release has shipped, in everything that refers to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.authoring.card_assets import asset_moves, edit_asset_references
from cardpipe.authoring.card_places import card_folder, moved_schema, prefixes, used_ids
from cardpipe.authoring.references import FileEdits, all_cards, edit_card_references, edit_per_path
from cardpipe.authoring.source_change import SourceChange
from cardpipe.errors import CardpipeError, UsageError
from cardpipe.files.reading import read_whole
from cardpipe.lint.baseline import BASELINE_PATH, with_new_paths
from cardpipe.model.card_ids import FreeIds, id_prefix
from cardpipe.model.card_label import card_label
from cardpipe.model.release_lock import LOCK_PATH
from cardpipe.source.load import DECK_PATH
from cardpipe.source.splicing import rewriting
from cardpipe.text.positions import SourceFile
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from cardpipe.model.deck import Card, Deck
    from cardpipe.model.release_lock import ReleaseLock
    from cardpipe.source.load import LoadResult
    from cardpipe.text.positions import SourceText

_LARGEST_BASELINE: Final = 16 * 1024 * 1024


class RefusedError(CardpipeError):
    """A change would harm learners; the message says how, and the hint what to do instead."""


@dataclass(slots=True)
class Renamed:
    """Cards with new IDs."""

    change: SourceChange
    ids: dict[str, str]
    """The new IDs by old ID."""
    left: list[str] = field(default_factory=list)
    """Places that still mention an old ID: `path:line`."""


def renamed_cards(
    root: Path,
    loaded: LoadResult,
    new_ids: Sequence[tuple[Card, str]],
    *,
    is_meant: Callable[[SourceText], bool] = lambda _text: True,
    new_prefix: tuple[str, str] | None = None,
) -> Renamed:
    """Give cards new IDs, which must be free, and let references to them that are meant name the new ones.

    A file that is named after its only card is renamed, and moved to the folder of the new prefix if cards of the old
    one are in another. `new_prefix` renames a prefix in `deck.yaml`. Raises RefusedError if a release has shipped one
    of the cards, and UsageError if something cannot be edited safely.
    """
    deck = _deck(loaded)
    ids = {card.id.text: new for card, new in new_ids}
    renamed = {id(card) for card, _ in new_ids}
    # If another card keeps an ID, references and files that are named after it can be that card's.
    others = {card.id.text for card in all_cards(deck) if id(card) not in renamed}
    _refuse_released(deck, loaded, [card for card, _ in new_ids], others)
    refuse_unread(loaded, set(ids))
    edits = FileEdits()
    for card, new in new_ids:
        edits.add(card.id, rewriting(card.id, new))
    moves = _card_moves(deck, new_ids, keeps_folder=new_prefix is not None)
    for card, _ in new_ids:
        path = card.file.path
        schema = moved_schema(card.file, moves[path]) if path in moves else None
        if schema is not None and PurePosixPath(path).parent != PurePosixPath(moves[path]).parent:
            edits.add_splices(card.file, [schema])
    left = edit_card_references(deck, ids, edits, is_meant=is_meant)
    assets = asset_moves(root, deck, {old: new for old, new in ids.items() if old not in others})
    edit_asset_references(deck, assets, edits)
    edit_per_path(deck, moves, edits)
    if new_prefix is not None:
        for subdeck in deck.settings.subdecks:
            if subdeck.prefix.text == new_prefix[0]:
                edits.add(subdeck.prefix, rewriting(subdeck.prefix, new_prefix[1]))
    change = SourceChange(before=dict(edits.files), contents=edits.contents(), moves={**moves, **assets})
    _rename_in_baseline(root, change)
    mentions = [f"{text.file.path}:{text.file.position(text.start)[0]}" for text in left]
    if not left:
        mentions = list(_mentions(loaded, deck, change, {old for old in ids if old not in others}))
    return Renamed(change, ids, mentions)


def checked_id(deck: Deck, loaded: LoadResult, new: str) -> str:
    """Return a new ID; raises UsageError if it is invalid, has no subdeck, or is or was used."""
    form = deck.settings.id_form
    if not form.matches(new):
        near = next((other for other in (new.upper(), new.lower()) if form.matches(other)), None)
        raise UsageError(
            f"“{new}” is not a valid card ID: {form.described()}.",
            hint=f"Did you mean {near}?"
            if near
            else f"Write an ID such as {form.example(next(iter(prefixes(deck)), ''))}.",
        )
    checked_prefix(deck, id_prefix(new))
    lock = deck.settings.lock
    free = FreeIds(used_ids(loaded), form)
    if lock is not None and new in lock.gone:
        raise UsageError(
            f"{new} was a card that {lock.gone[new]} removed; learners can still have it.",
            hint=_free_hint(free, id_prefix(new)),
        )
    if not free.is_free(new):
        raise UsageError(f"{new} is used already.", hint=_free_hint(free, id_prefix(new)))
    return new


def checked_prefix(deck: Deck, prefix: str) -> str:
    """Return a prefix; raises UsageError if no subdeck has it."""
    known = {subdeck.prefix.text: subdeck.name.text for subdeck in deck.settings.subdecks}
    if prefix not in known:
        near = nearest(prefix, known)
        listed = ", ".join(f"{name} ({title})" for name, title in known.items())
        raise UsageError(
            f"Unknown ID prefix “{prefix}”: no subdeck has it.",
            hint=(f"Did you mean {near}? " if near else "")
            + f"The deck has {listed}; add new ones under `subdecks` in source/deck.yaml.",
        )
    return prefix


def _free_hint(free: FreeIds, prefix: str) -> str:
    unused = free.next(prefix)
    if unused is None and free.is_named:
        return "Choose another name."
    return f"{unused} is free." if unused is not None else f"All IDs of the prefix {prefix} are used."


def _deck(loaded: LoadResult) -> Deck:
    if loaded.deck is None:
        raise UsageError("source/deck.yaml has errors.", hint="`cardpipe lint` shows them; fix them first.")
    return loaded.deck


def _refuse_released(deck: Deck, loaded: LoadResult, cards: Sequence[Card], others: Collection[str]) -> None:
    """Refuse cards that a release has shipped; of two with a released ID, that is the one with the released title."""
    lock = deck.settings.lock
    if lock is None:
        if any(file.path == LOCK_PATH for file in loaded.files):
            raise RefusedError(
                f"{LOCK_PATH} cannot be read, so whether learners have these cards is unknown.",
                hint="`cardpipe lint` shows the reason; restore the file first.",
            )
        return
    released = [
        card.id.text
        for card in cards
        if card.id.text in lock.cards
        and (card.id.text not in others or card_label(card) == lock.cards[card.id.text].title)
    ]
    if released:
        raise RefusedError(_is_released(released, lock), hint=_instead(released[0]))


def _is_released(released: Sequence[str], lock: ReleaseLock) -> str:
    names = ", ".join(released[:6]) + (f" and {len(released) - 6} others" if len(released) > 6 else "")
    verb, them = ("was", "it") if len(released) == 1 else ("were", "them")
    return (
        f"{names} {verb} released (last release: {lock.version}): with a new ID, learners would get {them} a second "
        "time, without review history, and the old notes would get no more updates."
    )


def _instead(card_id: str) -> str:
    return (
        f"Keep the ID; everything else of the card can change. To replace it, create a card with `cardpipe new`, and "
        f"write `status: retired` and `replaced_by: NEW-ID` in {card_id}."
    )


def refuse_unread(loaded: LoadResult, names: Iterable[str]) -> None:
    """Raise UsageError if a file was not read, or is not read completely and mentions one of some names."""
    read = {file.path for file in loaded.files}
    for finding in loaded.findings:
        if finding.span.path not in read:
            raise UsageError(
                f"{finding.span.path} was not read, so its references cannot be changed.",
                hint=f"`cardpipe lint {finding.span.path}` says why; fix it first.",
            )
    broken = {finding.span.path for finding in loaded.findings if finding.code.startswith(("YML", "SCH007"))}
    for file in loaded.files:
        if file.path in broken and any(name in file.text for name in names):
            raise UsageError(
                f"{file.path} has errors, so its references cannot be changed safely.",
                hint=f"`cardpipe lint {file.path}` shows them; fix them first.",
            )


def _card_moves(deck: Deck, new_ids: Sequence[tuple[Card, str]], *, keeps_folder: bool) -> dict[str, str]:
    """Return the new paths of files that are named after their only card."""
    cards: dict[str, int] = {}
    for card in all_cards(deck):
        cards[card.file.path] = cards.get(card.file.path, 0) + 1
    moves = {}
    for card, new in new_ids:
        path = PurePosixPath(card.file.path)
        stem = str(path.with_suffix(""))
        if cards[card.file.path] > 1 or not stem.casefold().endswith(f"/{card.id.text}".casefold()):
            continue
        folder = stem[: -len(card.id.text) - 1]
        before, after = id_prefix(card.id.text), id_prefix(new)
        if before != after:
            home = card_folder(deck, before)
            if keeps_folder:
                place = PurePosixPath(folder)
                if place.name in {before, before.lower()} and folder == home:
                    folder = str(place.with_name(after if place.name == before else after.lower()))
            elif folder == home:
                folder = card_folder(deck, after)
        moves[card.file.path] = f"{folder}/{new}{path.suffix}"
    return moves


def _rename_in_baseline(root: Path, change: SourceChange) -> None:
    try:
        text = read_whole(root, BASELINE_PATH, _LARGEST_BASELINE).decode("utf-8")
    except (OSError, CardpipeError, UnicodeDecodeError):
        return
    new = with_new_paths(text, change.moves)
    if new != text:
        change.before[BASELINE_PATH] = SourceFile(BASELINE_PATH, text)
        change.contents[BASELINE_PATH] = new.encode()


def _mentions(loaded: LoadResult, deck: Deck, change: SourceChange, old: set[str]) -> Iterable[str]:
    """Return the lines of cards, scripts and `deck.yaml` that mention old IDs, such as comments."""
    texts = {file.path: file.text for file in loaded.files if file.path != LOCK_PATH}
    texts |= {path: data.decode("utf-8", "replace") for path, data in change.contents.items() if path in texts}
    texts |= {f"source/figures/{one.name}": one.data.decode("utf-8", "replace") for one in deck.settings.scripts}
    for path, text in sorted(texts.items(), key=lambda item: (item[0] != DECK_PATH, item[0])):
        if not any(card_id in text for card_id in old):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if not old.isdisjoint(deck.settings.id_form.found_in(line)):
                yield f"{change.new_path(path)}:{number}"
