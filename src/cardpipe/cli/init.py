"""`cardpipe init`."""

from __future__ import annotations

import json
import os
import uuid
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.streams import note, say
from cardpipe.errors import ProjectError, UsageError, command_line
from cardpipe.files.reading import normal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_NAMES = {"gitignore": ".gitignore"}
"""Files with a different name in the package, because tools would act on the real name there."""


@click.command(epilog="Example:  cardpipe init spanish --name 'Spanish verbs' && cardpipe -C spanish export")
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--name", help="The deck's name. [default: from the folder's name]")
@click.option("--github", is_flag=True, help="Add workflows, issue forms and templates for GitHub.")
@click.option("--gitlab", is_flag=True, help="Add a pipeline and templates for GitLab.")
@click.option("--overwrite", is_flag=True, help="With --github or --gitlab: replace files that differ.")
@click.option(
    "--install-from",
    metavar="ADDRESS",
    help="With --github or --gitlab: where they install cardpipe from, such as git+https://example.org/cardpipe@v1.0. "
    "[default: the package index]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be written, without writing files.")
def command(
    directory: Path,
    name: str | None,
    github: bool,
    gitlab: bool,
    overwrite: bool,
    install_from: str | None,
    dry_run: bool,
) -> int:
    """Create a new deck project in DIR, with example cards.

    With --github or --gitlab, DIR can be an existing project: then only the files for the code host are added. Files
    that exist are kept, unless --overwrite replaces them.
    """
    hosts = [host for host, is_wanted in (("github", github), ("gitlab", gitlab)) if is_wanted]
    exists = os.path.lexists(directory / "source")
    if exists and not hosts:
        raise ProjectError(
            f"{directory} already has a source/ folder.",
            hint="Choose another folder; --github and --gitlab add their files to an existing project.",
        )
    for option, is_set in (("--overwrite", overwrite), ("--install-from", install_from is not None)):
        if is_set and not hosts:
            raise UsageError(f"{option} is for files of a code host.", hint="Use it with --github or --gitlab.")
    if hosts:
        from cardpipe.cli.forge_files import add_forge_files, check_address, refuse_linked

        check_address(install_from)
        # Before anything is written.
        refuse_linked(directory, hosts)
    if not exists:
        _create(directory, name, dry_run=dry_run)
    if hosts:
        add_forge_files(directory, hosts, dry_run=dry_run, overwrite=overwrite, install_from=install_from)
    if dry_run:
        say("A dry run: nothing was written.")
    return 0


def _create(directory: Path, name: str | None, *, dry_run: bool) -> None:
    from cardpipe.build.publish import write_file
    from cardpipe.source.slugs import slug_of

    title = " ".join((name or normal(directory).name.replace("-", " ").replace("_", " ")).split())
    if not title or not title.isprintable():
        raise ProjectError("The deck's name must have printable characters.", hint="Set it with --name.")
    title = title[:1].upper() + title[1:]
    values = {
        "UID": str(uuid.uuid4()),
        "SLUG": slug_of(title),
        "NAME": json.dumps(title, ensure_ascii=False),
        "TITLE": title,
    }
    files = (*_scaffold(values), *_schemas())
    if dry_run:
        say(f"The deck “{title}” would be created in {directory}:")
        for path, _ in files:
            say(f"  {'kept' if os.path.lexists(directory / path) else 'create':<9}  {path.as_posix()}")
        return
    try:
        for path, content in files:
            target = directory / path
            if not os.path.lexists(target):  # an existing README is kept
                write_file(target, content.encode(), root=directory)
    except OSError as error:
        raise ProjectError(f"The project could not be written to {directory}: {error.strerror or error}.") from error
    note(f"Created the deck “{title}” in {directory}.", err=False)
    # Other programs would read a name that begins with a dash as an option.
    place = f".{os.sep}{directory}" if str(directory).startswith("-") else directory
    note(f"Read {directory / 'README.md'}, and try:\n", err=False)
    for command_name in ("lint", "export"):
        note(f"    {command_line('cardpipe', '-C', place, command_name)}", err=False)


def _scaffold(values: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """Return the files of a new project, by path."""
    for path, source in _files(resources.files("cardpipe.cli") / "scaffold", Path()):
        content = source.read_text(encoding="utf-8")
        for key, value in values.items():
            content = content.replace(f"%%{key}%%", value)
        yield path, content


def _schemas() -> Iterator[tuple[Path, str]]:
    """Return the JSON Schemas for editors; the first line of each file names its schema."""
    from cardpipe.cli.schema import schema_text

    for what in ("card", "deck"):
        yield Path("source") / f"{what}.schema.json", schema_text(what)


def _files(folder: Traversable, below: Path) -> Iterator[tuple[Path, Traversable]]:
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        path = below / _NAMES.get(item.name, item.name)
        if item.is_dir():
            yield from _files(item, path)
        else:
            yield path, item
