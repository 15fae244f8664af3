"""`cardpipe fmt`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardpipe.cli.project import in_project, is_among, nearest_project, projects
from cardpipe.cli.streams import note, read_input, say, write_data
from cardpipe.errors import UsageError, command_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.text.positions import SourceFile


@click.command(epilog="Example:  cardpipe fmt --check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[PATH|-]...")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and list the files that would change.")
@click.option(
    "--diff", "show", is_flag=True, help="Write nothing; show the changes as a diff, and exit 1 if there are any."
)
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], check: bool, show: bool) -> int:
    """Format card files: the order of the keys, quotes, indentation, lists.

    Only the formatting changes, no text, number or comment; each file is parsed again to verify this. PATHs are files
    or folders, by default all cards; - formats standard input to standard output. Files with invalid YAML are skipped
    and listed.
    """
    if any(str(path) == "-" for path in paths):
        return _standard_input(paths)
    roots = projects(ctx, paths)
    return max(
        _format(
            root, [path for path in paths if len(roots) == 1 or nearest_project(path) == root], check=check, show=show
        )
        for root in roots
    )


def _format(root: Path, paths: Sequence[Path], *, check: bool, show: bool) -> int:
    from cardpipe.cli.source_changes import editing

    with editing(root, dry_run=check or show):
        files = _files(root, paths)
        changed, broken = {}, []
        for file in files:
            text = _form(file)
            if text is None:
                broken.append(file.path)
            elif text != file.text:
                changed[file.path] = text.encode("utf-8")
        before = {file.path: file for file in files}
        _print_result(changed, broken, before, root, check=check, show=show)
        return 1 if broken or (changed and (check or show)) else 0


def _form(file: SourceFile) -> str | None:
    from cardpipe.fix.formatting import formatted

    return formatted(file)


def _print_result(
    changed: dict[str, bytes], broken: list[str], before: dict[str, SourceFile], root: Path, *, check: bool, show: bool
) -> None:
    from cardpipe.cli.rewriting import show_diff, write_all

    if show:
        show_diff(before, changed)
    elif check:
        for path in changed:
            say(f"{path} would be reformatted.")
    else:
        write_all(root, before, changed)
    for path in broken:
        say(f"{path} was skipped; `{command_line('cardpipe', 'lint', path)}` can show the reason.", err=True)
    word = "file" if len(changed) == 1 else "files"
    if not show:
        told = f"{len(changed)} {word} would change." if check else f"{len(changed)} {word} changed."
        note(f"{told} {len(before) - len(changed) - len(broken)} unchanged.")


def _standard_input(paths: Sequence[Path]) -> int:
    from cardpipe.text.positions import SourceFile

    if len(paths) > 1:
        raise UsageError("- cannot be combined with other paths.")
    try:
        text = read_input().decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError("Standard input is not UTF-8.") from None
    result = _form(SourceFile("<standard input>", text))
    write_data((text if result is None else result).encode())
    return 1 if result is None else 0


def _files(root: Path, paths: Sequence[Path]) -> list[SourceFile]:
    """Return the card files to format."""
    from cardpipe.source.load import load_settings, read_data
    from cardpipe.source.text_files import text_file

    wanted = [in_project(path, root) for path in paths]
    found = []
    for file in load_settings(root).card_files:
        if not is_among(file.path, wanted):
            continue
        data = read_data(file, {}, [])
        source = text_file(file.path, data, []) if data is not None else None
        if source is not None:
            found.append(source)
    return found
