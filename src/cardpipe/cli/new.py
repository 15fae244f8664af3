"""`cardpipe new`."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from cardpipe.cli import completing
from cardpipe.cli.comma_lists import callback
from cardpipe.cli.streams import is_quiet, say
from cardpipe.errors import UsageError, command_line
from cardpipe.model.deck import CardKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.authoring.card_text import NewCard
    from cardpipe.model.card_ids import FreeIds, IdForm
    from cardpipe.model.deck import Deck
    from cardpipe.model.note_types import NoteType
    from cardpipe.source.load import LoadResult

_KINDS = tuple(kind.value for kind in CardKind)


@click.command(epilog="Example:  cardpipe new --kind cloze --prefix ML --title 'Chain rule' --tag NN --edit")
@click.option(
    "--kind",
    metavar=f"[{'|'.join(_KINDS)}|TYPE]",
    shell_complete=completing.kinds,
    help="basic: a question and its answer; reversed: asked in both directions; cloze: a text with cloze deletions; "
    "typed: a type-in answer; TYPE: a note type of the deck. [default: basic]",
)
@click.option(
    "--prefix",
    metavar="PREFIX",
    shell_complete=completing.prefixes,
    help="The ID prefix, which determines the subdeck; required if the deck has several.",
)
@click.option("--title", metavar="TITLE", help="The card's title.")
@click.option(
    "--id",
    "wanted",
    metavar="ID",
    help="The card's ID. [default: the next number; for IDs with names, the prefix and the title]",
)
@click.option(
    "--tag",
    "tags",
    multiple=True,
    callback=callback,
    metavar="TAG",
    shell_complete=completing.tags,
    help="A tag of the card; can be repeated or comma-separated.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder of the file, below source/cards/. [default: where most cards with the prefix are]",
)
@click.option("--edit", is_flag=True, help="Open the file in $VISUAL or $EDITOR.")
@click.pass_context
def command(
    ctx: click.Context,
    kind: str | None,
    prefix: str | None,
    title: str | None,
    wanted: str | None,
    tags: tuple[str, ...],
    folder: Path | None,
    edit: bool,
) -> int:
    """Create the file of a new card, with the next free ID.

    The file has comments that explain its fields. In a terminal, `cardpipe new` without options asks for kind, prefix,
    title and tags. The ID is one higher than the highest of its prefix in the cards, in the release lock and in the
    names of card files in the newest git branches. If the deck's IDs have names, the title is the name, or --id gives
    the ID. An existing file is never overwritten.
    """
    from cardpipe.authoring.card_text import NewCard
    from cardpipe.cli.editor import editor
    from cardpipe.cli.project import project_root
    from cardpipe.cli.prompts import asking, can_ask
    from cardpipe.cli.reports import print_report
    from cardpipe.cli.source_changes import editing
    from cardpipe.source.load import load

    root = project_root(ctx)
    program = editor() if edit else []
    with editing(root, dry_run=False):
        loaded = load(root)
    if loaded.deck is None:
        from cardpipe.lint.engine import diagnosed

        print_report(diagnosed(loaded.findings), {file.path: file for file in loaded.files}, "full", err=True)
        return 1
    deck = loaded.deck
    asks = can_ask()
    if wanted is not None:
        prefix = _prefix_of(deck, loaded, wanted, prefix)
    if asks and not (kind or prefix or title or tags or folder or edit):
        from cardpipe.cli.new_dialogue import ask_all

        with asking():
            prefix, card = ask_all(deck)
    else:
        if prefix is not None or len(deck.settings.subdecks) == 1 or not asks:
            prefix = _checked_prefix(deck, prefix)
        else:
            from cardpipe.cli.new_dialogue import ask_prefix

            with asking():
                prefix = ask_prefix(deck)
        built_in, note_type = kind_of(deck, kind or CardKind.BASIC.value)
        card = NewCard(
            kind=built_in,
            note_type=note_type,
            title=" ".join((title or "").split(" ")).strip(" "),
            tags=checked_tags(deck, tags),
        )
    path = _create(root, loaded, deck, prefix, card, folder, wanted)
    _say_next(ctx, root, path, edit=edit)
    if program:
        from cardpipe.cli.editor import open_in

        open_in(program, root / path)
    return 0


def kind_of(deck: Deck, name: str) -> tuple[CardKind, NoteType | None]:
    """Return the built-in kind or the deck's note type with a name; raises UsageError if there is neither."""
    from cardpipe.cli.project import refuse_faulty_note_types
    from cardpipe.text.suggestions import nearest

    own = deck.settings.note_types
    if name in own:
        return CardKind.BASIC, own[name]
    if name.lower() in _KINDS:
        return CardKind(name.lower()), None
    refuse_faulty_note_types(deck.settings)
    near = nearest(name, [*_KINDS, *own])
    advice = f"Did you mean {near}? " if near else ""
    raise UsageError(f"Unknown kind “{name}”.", hint=f"{advice}`cardpipe kinds` lists all kinds and note types.")


def _prefix_of(deck: Deck, loaded: LoadResult, wanted: str, prefix: str | None) -> str:
    from cardpipe.authoring.card_renaming import checked_id
    from cardpipe.model.card_ids import id_prefix

    found = id_prefix(checked_id(deck, loaded, wanted))
    if prefix is not None and prefix.casefold() != found.casefold():
        raise UsageError(
            f"The ID {wanted} does not have the prefix {prefix}.", hint="Use only one of --id and --prefix."
        )
    return found


def _checked_prefix(deck: Deck, prefix: str | None) -> str:
    from cardpipe.text.suggestions import nearest

    known = {subdeck.prefix.text: subdeck.name.text for subdeck in deck.settings.subdecks}
    listed = ", ".join(f"{name} ({title})" for name, title in known.items())
    if prefix is None:
        if len(known) == 1:
            return next(iter(known))
        raise UsageError("The deck has several ID prefixes.", hint=f"Choose one with --prefix: {listed}.")
    found = next((name for name in known if name.casefold() == prefix.casefold()), None)
    if found is None:
        near = nearest(prefix, known)
        advice = f"Did you mean {near}? " if near else ""
        raise UsageError(
            f"Unknown ID prefix “{prefix}”: no subdeck has it.",
            hint=f"{advice}The deck has {listed}; add new ones under `subdecks` in source/deck.yaml.",
        )
    return found


def checked_tags(deck: Deck, tags: Sequence[str]) -> tuple[str, ...]:
    """Return tags without repetition; raises UsageError for one that a card of the deck cannot have."""
    from cardpipe.lint.rules.tags import TAG_FORM
    from cardpipe.text.suggestions import nearest

    vocabulary = {info.name.text for info in deck.settings.tags}
    for tag in tags:
        if TAG_FORM.fullmatch(tag) is None:
            raise UsageError(
                f"“{tag}” is not a valid tag.", hint="Use letters, digits and _ . + - / # &, and :: between levels."
            )
        if not deck.settings.open_tags and tag not in vocabulary:
            near = nearest(tag, sorted(vocabulary))
            advice = f"Did you mean {near}? " if near else ""
            raise UsageError(
                f"Unknown tag “{tag}”.", hint=f"{advice}Add new tags under `tags` in source/deck.yaml first."
            )
    return tuple(dict.fromkeys(tags))


def _create(
    root: Path, loaded: LoadResult, deck: Deck, prefix: str, card: NewCard, folder: Path | None, wanted: str | None
) -> str:
    """Write the file; return its path in the project."""
    from cardpipe.authoring.card_places import (
        card_folder,
        card_suffix,
        ids_in_branches,
        ids_of_files,
        schema_address,
        used_ids,
    )
    from cardpipe.authoring.card_text import card_text
    from cardpipe.authoring.source_change import editing
    from cardpipe.build.publish import create_file
    from cardpipe.model.card_ids import FreeIds

    form = deck.settings.id_form
    place = card_folder(deck, prefix) if folder is None else _folder_in_project(root, folder)
    known = [info.name.text for info in deck.settings.tags]
    suffix = card_suffix(deck)
    elsewhere = ids_in_branches(root, form)
    for reason in elsewhere.unread:
        say(f"cardpipe: warning: {reason} Its cards may have the same ID.", err=True)
    # Another process may create a card in another folder at the same time.
    with editing(root):
        free = FreeIds(used_ids(loaded) | elsewhere.ids | ids_of_files(root, form), form)
        for card_id in _candidates(free, form, prefix, card, wanted):
            path = f"{place}/{card_id}{suffix}"
            schema = schema_address(root, loaded, str(PurePosixPath(path).parent))
            text = card_text(card_id, card, schema=schema, known_tags=known)
            if create_file(root / path, text.encode(), root):
                return path
            free.take(card_id)
    if wanted is not None:
        raise UsageError(f"{wanted} is used already, by a file or in another branch.", hint="Choose another ID.")
    raise UsageError(
        f"All IDs of the prefix {prefix} are used.", hint="Add another prefix under `subdecks` in source/deck.yaml."
    )


def _candidates(free: FreeIds, form: IdForm, prefix: str, card: NewCard, wanted: str | None) -> Iterator[str]:
    """Yield IDs for a new card until one is taken: the wanted one, the next numbers, or names made of the title."""
    from cardpipe.model.card_ids import slug

    if wanted is not None:
        if free.is_free(wanted):
            yield wanted
        return
    if not form.named:
        while (card_id := free.next(prefix)) is not None:
            yield card_id
        return
    named: str | None = f"{prefix}/{slug(card.title)}"
    if named is None or not form.matches(named):
        raise UsageError(
            "The IDs of this deck have names, and the title gives none.",
            hint=f"Use --title with Latin letters, or --id, for example --id {form.example(prefix)}.",
        )
    while named is not None:
        named = named if free.is_free(named) else free.after(named)
        if named is not None:
            yield named


def _folder_in_project(root: Path, folder: Path) -> str:
    from cardpipe.files.reading import normal
    from cardpipe.source.card_paths import CARDS_FOLDER

    cards = PurePosixPath(CARDS_FOLDER)
    try:
        inside = PurePosixPath(normal(folder.resolve()).relative_to(root.resolve()).as_posix())
    except ValueError:
        # A link in the project leads out of it; what exists nowhere is meant to be below source/cards/.
        is_new = not folder.is_absolute() and not os.path.lexists(root / folder)
        inside = cards / folder.as_posix() if is_new and not os.path.lexists(folder) else PurePosixPath()
    is_hidden = any(part.startswith(".") for part in inside.parts)
    if is_hidden or not inside.is_relative_to(cards) or not str(inside).isprintable():
        raise UsageError(f"{folder} is not a folder for cards.", hint="Name a folder below source/cards/.")
    return str(inside)


def _say_next(ctx: click.Context, root: Path, path: str, *, edit: bool) -> None:
    from cardpipe.cli.project import shown
    from cardpipe.files.git import checkout_of

    name = shown(root / path)
    project = () if ctx.obj is None else ("-C", ctx.obj)
    if is_quiet():
        say(name)
        return
    say(f"Created {name}.\n\nNext:")
    if not edit:
        say(f"  1. Write the card in {name}.")
    else:
        say("  1. Write the card in the editor.")
    say(f"  2. See it in all formats, at each save:  {command_line('cardpipe', *project, 'serve', '--open')}")
    say(f"  3. Check it:   {command_line('cardpipe', 'lint', name)}")
    if checkout_of(root) is not None:
        say(f"  4. Commit it:  {command_line('git', 'add', name)} && git commit")
