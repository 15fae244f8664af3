"""`cardpipe formats`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from cardpipe.writers.api import Writer


@click.command(epilog="Example:  cardpipe formats")
def command() -> int:
    """List the export formats with their options, including those of plug-ins."""
    from cardpipe import plugins
    from cardpipe.cli.export import writer_flags
    from cardpipe.cli.reports import warn_of_faulty_plugins
    from cardpipe.cli.writer_flags import spellings

    writers = [cast("Writer", writer) for _, writer in plugins.load_all(plugins.WRITERS)]
    flags = writer_flags()
    width = max((len(writer.name) for writer in writers), default=0)
    for writer in writers:
        say(f"{writer.name:<{width}}  {writer.summary}")
        for option in writer.options:
            choices = "|".join(option.values)
            names = " or ".join(spellings(flags, writer.name, option))
            say(f"{'':<{width}}    {names} {choices}: {option.help}")
    warn_of_faulty_plugins()
    return 0
