"""`cardpipe export`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from cardpipe.cli import completing
from cardpipe.cli.comma_lists import callback, comma_separated
from cardpipe.cli.figure_trust import trust_options
from cardpipe.cli.opening import open_result
from cardpipe.cli.streams import is_verbose, note, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.build.pipeline import Export
    from cardpipe.cli.figure_trust import TrustOptions
    from cardpipe.cli.writer_flags import Flag
    from cardpipe.writers.api import Writer


_FUTURE: Final = "REL002"
"""Rules whose warnings an export prints itself: the package would do harm, and it is not visible there."""


_OWN_OPTIONS_ONLY: Final = "cardpipe.cli.export.own_options_only"


class _ExportCommand(click.Command):
    """The command with the options of all writers (`--csv-dialect`), which are known once plug-ins are loaded.

    That takes as long as many exports, so they are not loaded if the arguments contain only the command's own options.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse arguments; explain `--format` if a format is given as an argument."""
        from cardpipe import plugins
        from cardpipe.errors import UsageError, command_line

        own = {name for parameter in self.params for name in parameter.opts}
        options = {arg.partition("=")[0] for arg in args if arg.startswith("-")}
        ctx.meta[_OWN_OPTIONS_ONLY] = options <= own
        _, extra, _ = self.make_parser(ctx).parse_args(args=list(args))
        named = [name.lower() for name in comma_separated(extra)]
        if named and set(named) <= set(plugins.names(plugins.WRITERS)):
            hint = command_line("cardpipe", "export", "--format", ",".join(named))
            raise UsageError(f"Use --format to name a format, not “{' '.join(extra)}” alone.", hint=f"Type: {hint}")
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        from cardpipe.cli.writer_flags import parameters

        own = super().get_params(ctx)
        if ctx.meta.get(_OWN_OPTIONS_ONLY):
            return own
        return [*own[:-1], *parameters(writer_flags()), own[-1]]  # --help stays last


@functools.cache
def writer_flags() -> tuple[Flag, ...]:
    """Return the flags of all writers that can be loaded."""
    from cardpipe import plugins
    from cardpipe.cli.writer_flags import FlagTarget, flags

    writers = [cast("Writer", writer) for _, writer in plugins.load_all(plugins.WRITERS, ours_first=True)]
    targets = [FlagTarget(writer.name, option) for writer in writers for option in writer.options]
    return flags(targets, {"help", *(name.lstrip("-") for parameter in command.params for name in parameter.opts)})


@click.command(
    cls=_ExportCommand, epilog="Example:  cardpipe export --format pdf --layout cards --paper letter --tag NN"
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    callback=callback,
    metavar="NAME",
    shell_complete=completing.formats,
    help="A format to write; can be repeated or comma-separated.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The output folder. [default: output/ in the project]",
)
@click.option(
    "--tag",
    "tags",
    multiple=True,
    callback=callback,
    metavar="TAG",
    shell_complete=completing.tags,
    help="Only cards with this tag; can be repeated or comma-separated.",
)
@click.option(
    "--id",
    "ids",
    multiple=True,
    callback=callback,
    metavar="ID",
    shell_complete=completing.card_ids,
    help="Only this card; can be repeated or comma-separated.",
)
@click.option(
    "--edition",
    metavar="NAME",
    shell_complete=completing.editions,
    help="An edition that deck.yaml defines; `cardpipe editions` lists them.",
)
@click.option("--include-drafts", is_flag=True, help="Include cards with `status: draft`.")
@trust_options
@click.option("--open", "opens", is_flag=True, help="Open the result: the file, or the folder if there are several.")
@click.option("--explain", is_flag=True, help="Show what was rebuilt, and the reasons.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    formats: tuple[str, ...],
    output: Path | None,
    tags: tuple[str, ...],
    ids: tuple[str, ...],
    edition: str | None,
    include_drafts: bool,
    figure_trust: TrustOptions,
    opens: bool,
    explain: bool,
    **writer_options: Any,
) -> int:
    """Build the deck in the formats of `deck.yaml`, or those that --format names.

    The cards are checked first; if there is an error, nothing is written and the findings are shown. With --tag and
    --id, a card is exported if it has one of the tags or is one of the cards named; with --edition, only cards of that
    edition, with the parts that it shows. Selections, drafts and a --layout or --dialect other than the deck's are
    written to files with their own names, which the output lists; the files of the whole deck do not change.

    Options that apply to several formats (--group-by) can be set for one of them, by the format and the
    name in `deck.yaml`: --html-group. `cardpipe formats` lists both.
    """
    from cardpipe import plugins
    from cardpipe.build.pipeline import export
    from cardpipe.cli.progress_bar import TerminalProgress
    from cardpipe.cli.project import project_root
    from cardpipe.cli.reports import warn_of_faulty_plugins
    from cardpipe.model.selection import Request

    root = project_root(ctx)
    known = plugins.names(plugins.WRITERS)
    formats = tuple(name if name in known else name.lower() for name in formats)
    request = Request(
        formats=tuple(dict.fromkeys(formats)),
        tags=tags,
        ids=ids,
        edition=edition,
        include_drafts=include_drafts,
        trust=figure_trust.within(root),
        options=_given(formats, writer_options),
    )
    with TerminalProgress() as progress:
        result = export(root, output if output is not None else root / "output", request, progress)
    warn_of_faulty_plugins()
    code = _report(result)
    if explain or is_verbose():
        say("")
        say("\n".join(result.rebuild_log.lines()))
    if opens and result.published:
        open_result([item.path for item in result.published])
    return code


def _given(formats: Sequence[str], values: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the options by writer; raises UsageError for a flag that none of the formats has."""
    from cardpipe.cli.writer_flags import given, idle
    from cardpipe.errors import UsageError

    if not values:
        return {}
    found = writer_flags()
    if formats and (idling := idle(found, values, formats)):
        flag = idling[0]
        takers = " or ".join(f"--format {target.writer}" for target in flag.targets)
        raise UsageError(f"--{flag.name} has no effect on {', '.join(formats)}.", hint=f"Use it with {takers}.")
    return given(found, values)


def _report(result: Export) -> int:
    from cardpipe.cli.project import shown
    from cardpipe.cli.reports import print_report

    checked = result.checked
    if checked.settings is None or checked.errors:
        print_report(checked.diagnostics, checked.files, "full", err=True)
        say("Nothing was written: fix the errors above first.", err=True)
        return 1
    if checked.diagnostics:
        count = len(checked.diagnostics)
        note(f"{count} finding{'' if count == 1 else 's'}; `cardpipe lint` shows them.")
    for finding in checked.diagnostics:
        if finding.code == _FUTURE:
            say(f"cardpipe: warning: {finding.span.path}: {finding.message} {finding.help}", err=True)
    if not any(result.counts.values()):
        say("cardpipe: warning: no card was exported.", err=True)
    for remark in result.warnings:
        say(f"cardpipe: warning: {remark}", err=True)
    rows = [
        (
            shown(item.path) + ("/" if item.path.is_dir() else ""),
            size_in_words(item.size),
            counted(result.counts[item.format]),
        )
        for item in result.published
    ]
    for line in aligned(rows):
        note(line, err=False)
    return 0


def size_in_words(size: int) -> str:
    """Return a human-readable size: 1 kB is 1,000 bytes."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB"


def counted(count: int) -> str:
    """Return a number of cards as text."""
    return f"{count} card{'' if count == 1 else 's'}"


def aligned(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Return rows as lines: the first column left-aligned, the others right-aligned."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for first, second, third in rows:
        yield f"{first:<{widths[0]}}  {second:>{widths[1]}}  {third:>{widths[2]}}"
