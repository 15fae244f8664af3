"""A new name for a tag, in the cards, the vocabulary and the editions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.authoring.card_renaming import refuse_unread
from cardpipe.authoring.references import FileEdits, all_cards
from cardpipe.authoring.source_change import SourceChange
from cardpipe.errors import UsageError
from cardpipe.fix.splice import splices
from cardpipe.lint.rules.tags import TAG_FORM
from cardpipe.model.diagnostics import Edit
from cardpipe.model.edition import LONGEST_TAG, is_below, levels_of
from cardpipe.report.terminal import safe
from cardpipe.source.fields.plain_values import core_value
from cardpipe.source.splicing import rewriting, without_item
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.model.deck import Deck
    from cardpipe.source.load import LoadResult
    from cardpipe.text.positions import SourceText


@dataclass(frozen=True, slots=True)
class RenamedTag:
    """A tag with its new name."""

    change: SourceChange
    cards: int
    released: int
    """The number of its cards that a release has shipped."""


def renamed_tag(loaded: LoadResult, old: str, new: str, *, merge: bool = False) -> RenamedTag:
    """Rename a tag and its subtags wherever they are used.

    With `merge`, the new tag may exist: cards then have it once, and the vocabulary keeps its description. Raises
    UsageError if the old tag is unknown, the new one is invalid or exists, or something cannot be edited safely.
    """
    deck = loaded.deck
    if deck is None:
        raise UsageError("source/deck.yaml has errors.", hint="`cardpipe lint` shows them; fix them first.")
    _check(deck, old, new, merge=merge)
    refuse_unread(loaded, [old])
    edits = FileEdits()
    cards = released = 0
    lock = deck.settings.lock
    for card in all_cards(deck):
        if _edit_list(card.tags, old, new, edits):
            cards += 1
            released += lock is not None and card.id.text in lock.cards
    for edition in deck.settings.editions:
        for names in (edition.tags, edition.without):
            _edit_list(names, old, new, edits)
    _edit_vocabulary(deck, old, new, edits)
    return RenamedTag(SourceChange(before=dict(edits.files), contents=edits.contents()), cards, released)


def _check(deck: Deck, old: str, new: str, *, merge: bool) -> None:
    known = levels_of(_all_tags(deck))
    if old not in known:
        near = nearest(old, sorted(known))
        raise UsageError(
            f"The deck has no tag “{old}”.", hint=f"Did you mean {near}?" if near else "`cardpipe list` shows all tags."
        )
    if (
        TAG_FORM.fullmatch(new) is None
        or len(new) > LONGEST_TAG
        or safe(new) != new
        or new.casefold() in {"leech", "marked"}
    ):
        raise UsageError(
            f"“{new}” is not a valid tag.",
            hint="Use letters, digits and _ . + - / # &, and :: between levels; Anki uses `leech` and `marked` itself.",
        )
    if new == old:
        raise UsageError("The two names are the same.")
    others = {tag for tag in known if not is_below(tag, old)}
    clash = next((tag for tag in sorted(others) if tag.casefold() == new.casefold()), None)
    if clash is not None and not merge:
        raise UsageError(
            f"The deck has the tag “{clash}” already.",
            hint="Use --merge to unite the two tags.",
        )
    if clash is not None and clash != new:
        raise UsageError(f"The deck writes this tag “{clash}”.", hint=f"Name it like this: {clash}.")


def _all_tags(deck: Deck) -> Iterator[str]:
    yield from (info.name.text for info in deck.settings.tags)
    for card in all_cards(deck):
        yield from (tag.text for tag in card.tags)
    for edition in deck.settings.editions:
        yield from (tag.text for tag in (*edition.tags, *edition.without))


def _new_name(tag: str, old: str, new: str) -> str:
    return new + tag[len(old) :] if is_below(tag, old) else tag


def _edit_list(tags: Sequence[SourceText], old: str, new: str, edits: FileEdits) -> bool:
    """Rename a tag in a list, or remove it if the list has the new one; return whether anything changed."""
    changed = False
    kept = {tag.text for tag in tags if not is_below(tag.text, old)}
    remaining = list(tags)
    for tag in tags:
        renamed = _new_name(tag.text, old, new)
        if renamed == tag.text:
            continue
        changed = True
        if renamed in kept:
            edits.add(tag, without_item(remaining, remaining.index(tag)))
            remaining.remove(tag)
        else:
            kept.add(renamed)
            edits.add(tag, _written(tag, renamed))
    return changed


def _written(tag: SourceText, new: str) -> Edit | None:
    """Return the edit that renames a tag, in quotes if it would not be text without them, such as `null`."""
    if not tag.style and core_value(tag._replace(text=new)) != new:
        return Edit(tag.span(), f'"{new}"')
    return rewriting(tag, new)


def _edit_vocabulary(deck: Deck, old: str, new: str, edits: FileEdits) -> None:
    infos = deck.settings.tags
    kept = {info.name.text for info in infos if not is_below(info.name.text, old)}
    for number, info in enumerate(infos):
        renamed = _new_name(info.name.text, old, new)
        if renamed == info.name.text:
            continue
        if renamed not in kept:
            kept.add(renamed)
            edits.add(info.name, _written(info.name, renamed))
            continue
        before = infos[number - 1].description if number else None
        after = infos[number + 1].name if number + 1 < len(infos) else None
        edit = _without_entry(info.name, info.description, before, after)
        edits.add_splices(info.name.file, splices(info.name.file, [edit]))


def _without_entry(key: SourceText, value: SourceText, before: SourceText | None, after: SourceText | None) -> Edit:
    """Return the edit that removes a key and its value from a mapping, in block or in flow style."""
    file = key.file
    line, column = file.position(key.start)
    if not file.text[key.start - column + 1 : key.start].strip():
        last = file.position(max(value.start, value.end - 1))[0]
        starts = file.line_starts
        return Edit(file.span(starts[line - 1], starts[last] if last < len(starts) else len(file.text)), "")
    if before is not None:
        return Edit(file.span(before.end, value.end), "")
    return Edit(file.span(key.start, after.start if after is not None else value.end), "")
