"""`cardpipe figures`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from cardpipe.cli.streams import say

if TYPE_CHECKING:
    from cardpipe.figures.api import FigureKind


@click.command(epilog="Example:  cardpipe figures")
def command() -> int:
    """List the figure kinds, including those of plug-ins; `cardpipe figure KIND` shows the keys of one."""
    from cardpipe import plugins
    from cardpipe.cli.reports import warn_of_faulty_plugins

    kinds = [cast("FigureKind", kind) for _, kind in plugins.load_all(plugins.FIGURES)]
    width = max((len(kind.name) for kind in kinds), default=0)
    for kind in kinds:
        say(f"{kind.name:<{width}}  {kind.summary}")
    warn_of_faulty_plugins()
    return 0
