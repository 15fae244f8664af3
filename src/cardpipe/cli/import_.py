"""`cardpipe import`."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import note, say
from cardpipe.errors import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.importing.project import Outcome
    from cardpipe.model.note_types import NoteType

_GITIGNORE = ".gitignore"


@click.command(name="import", epilog="Example:  cardpipe import german.apkg --into german && cardpipe -C german export")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--into",
    "target",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The new project's folder. [default: from the deck's name]",
)
@click.option("--format", "format_", metavar="NAME", help="The format of FILE. [default: by its name and content]")
@click.option(
    "--columns", metavar="NAMES", help="The columns of a table, such as front,back,tags; an empty name leaves one out."
)
@click.option("--part", metavar="NAME", help="The deck to read of a recipe that builds several. [default: all]")
@click.option("--name", help="The new deck's name. [default: that of the imported deck]")
@click.option(
    "--language",
    metavar="TAG",
    help="The language of the cards, such as en. [default: that of the source, else und, unknown]",
)
@click.option(
    "--convert",
    is_flag=True,
    help="Ship cards in cardpipe's note types instead of those that learners have, whose progress then ends; only "
    "that of clozes can go on.",
)
@click.option("--dry-run", is_flag=True, help="Import, show the result, and write nothing.")
def command(
    files: tuple[Path, ...],
    target: Path | None,
    format_: str | None,
    columns: str | None,
    part: str | None,
    name: str | None,
    language: str | None,
    convert: bool,
    dry_run: bool,
) -> int:
    """Create a deck project from existing decks: Anki's packages, tables, notes.

    Several FILEs become one deck. HTML becomes Markdown where that shows the same; everything else is kept as a block
    of original HTML. DIR/import-report.md lists such fields, and what was left out. Scripts and remote pictures are
    never taken over.
    """
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.cli.schema import schema_text
    from cardpipe.importing.api import ReadOptions
    from cardpipe.importing.project import Settings, import_decks
    from cardpipe.importing.report import report_text
    from cardpipe.importing.sources import opened
    from cardpipe.importing.staging import REPORT, refuse_taken, staged

    if target is not None:
        refuse_taken(target)
    named = tuple(one.strip() for one in columns.split(",")) if columns is not None else ()
    options = ReadOptions(columns=named, part=part or "")

    def schemas(note_types: Mapping[str, NoteType], adopts: bool) -> dict[str, str]:
        names = ["card", "deck", *(["table"] if note_types else []), *(["anki"] if adopts else [])]
        return {f"{what}.schema.json": schema_text(what, note_types) for what in names}

    chosen = Settings(name=name or "", language=language or "", adopts=not convert, schemas=schemas)
    with opened(files, format_, options) as decks, TerminalProgress() as progress:
        into = target if target is not None else _default_folder(name or decks[0].name)
        with staged(into, keeps=not dry_run) as folder:
            outcome = import_decks(decks, folder, chosen, progress)
            if not os.path.lexists(into / _GITIGNORE):
                ignored = resources.files("cardpipe.cli") / "scaffold" / "gitignore"
                (folder / _GITIGNORE).write_bytes(ignored.read_bytes())
            (folder / REPORT).write_text(
                report_text(outcome, [path.name for path in files]), encoding="utf-8", newline="\n"
            )
    _say_result(outcome, into, dry_run=dry_run)
    return 0


def _default_folder(name: str) -> Path:
    from cardpipe.source.slugs import slug_of

    return Path(slug_of(name))


def _say_result(outcome: Outcome, into: Path, *, dry_run: bool) -> None:
    from cardpipe.importing.report import overview, share
    from cardpipe.importing.staging import REPORT
    from cardpipe.text.counting import counted

    found = outcome.survey
    verb = "would be written to" if dry_run else "written to"
    cards, media = counted(outcome.cards, "card"), counted(outcome.media, "media file")
    say(f"{counted(found.notes, 'note')}, {cards} and {media} {verb} {into}.")
    kept = f", {outcome.originals} kept as original HTML" if outcome.originals else ""
    less = f", {outcome.simplified} simplified" if outcome.simplified else ""
    note(
        f"{share(outcome.exact, outcome.fields)} of {counted(outcome.fields, 'field')} as Markdown{kept}{less}.",
        err=False,
    )
    if outcome.left_out:
        say(f"{counted(outcome.left_out, 'card')} could not be written; the report says why.", err=True)
    if outcome.remarks:
        note(f"{counted(len(outcome.remarks), 'remark')} on what was left out.", err=False)
    if dry_run:
        note(f"\n{overview(outcome)}".rstrip(), err=False)
        return
    place = f".{os.sep}{into}" if str(into).startswith("-") else into
    note(f"Read {into / REPORT}, and try:\n", err=False)
    for name in ("lint", "export"):
        note(f"    {command_line('cardpipe', '-C', place, name)}", err=False)
