"""`cardpipe figure`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from cardpipe.cli import completing
from cardpipe.cli.manual_page import for_terminal
from cardpipe.cli.streams import note, say

if TYPE_CHECKING:
    from cardpipe.figures.api import FigureKind


@click.command(epilog="Example:  cardpipe figure heatmap --draw heatmap.svg")
@click.argument("kind", shell_complete=completing.figure_kinds)
@click.option(
    "-o",
    "--draw",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw the example to a file that ends in .svg or .png.",
)
def command(kind: str, draw: Path | None) -> int:
    """Explain a figure kind: its keys, their values, and an example to start from."""
    from cardpipe.build.publish import write_file
    from cardpipe.figures.reference import kind_page

    found = _found(kind.lower())
    if draw is None:
        say(for_terminal(kind_page(found)))
        return 0
    write_file(draw, _drawn(found, draw))
    note(f"Wrote {draw}.", err=False)
    return 0


def _found(name: str) -> FigureKind:
    """Return the kind with a name or synonym."""
    from cardpipe import plugins
    from cardpipe.figures.api import kind_called

    if name not in plugins.names(plugins.FIGURES):
        kinds = (cast("FigureKind", kind) for _, kind in plugins.load_all(plugins.FIGURES))
        name = kind_called(name, kinds) or name
    return cast("FigureKind", plugins.load(plugins.FIGURES, name))


def _drawn(kind: FigureKind, path: Path) -> bytes:
    """Draw the example of a kind, in the format of the file's extension."""
    from cardpipe.errors import UsageError
    from cardpipe.figures.reference import example_drawing
    from cardpipe.writers.api import FigureForm

    forms = {".svg": FigureForm.SVG, ".png": FigureForm.PNG}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"Unknown figure format: {path.name}.", hint="Use a name that ends in .svg or .png.")
    drawing = example_drawing(kind, form)
    if drawing is None:
        raise UsageError(f"The kind “{kind.name}” has no example that can be drawn.")
    return drawing.data
