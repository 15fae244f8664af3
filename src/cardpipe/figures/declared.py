"""Figure kinds that depend only on the values of the figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardpipe.figures.labels import findings_within
from cardpipe.figures.style import WIDTH
from cardpipe.source.fields import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.kind import Drawing
    from cardpipe.model.deck import DeckSettings, Figure
    from cardpipe.model.diagnostics import Finding
    from cardpipe.source.fields import Field
    from cardpipe.writers.api import FigureForm


def example_of(name: str) -> str:
    """Return the example of a built-in kind, from `examples/`."""
    return (Path(__file__).parent / "examples" / f"{name}.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing function for an empty canvas in the shared style, and the required size in CSS pixels."""

    width: float
    height: float
    draw: Callable[[Canvas], object] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredKind:
    """A figure kind without files: it can be drawn in any width, and so in a panel."""

    name: str
    summary: str
    fields: Sequence[Field]
    example: str = field(repr=False)
    """The fields of an example in YAML, for the manual."""
    findings: Callable[[Figure, Mapping[str, Any], float], Iterable[Finding]] = field(default=lambda *_: (), repr=False)
    """A check for what the field table cannot express, in a width in CSS pixels."""
    room: Callable[[Figure, Mapping[str, Any], float], Iterable[Finding]] = field(default=lambda *_: (), repr=False)
    """Finds what does not fit in that width; called if there are no other findings."""
    synonyms: Sequence[str] = ()
    """Synonyms of the name."""
    scene: Callable[[Mapping[str, Any], float], Scene] = field(repr=False)
    """The function that draws values without findings, in a width in CSS pixels."""

    def check(self, figure: Figure, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[Finding]:  # noqa: ARG002 - the interface
        """Check what the field table cannot express, at a figure's natural width."""
        return self.check_within(figure, values, WIDTH)

    def check_within(self, figure: Figure, values: Mapping[str, Any], width: float) -> Sequence[Finding]:
        """Check what the field table cannot express, and whether everything fits in a width in CSS pixels."""
        if any(field.required and field.name not in values for field in self.fields):
            # The field table has already reported it.
            return ()
        found = [*findings_within(Record(self.fields), values), *self.findings(figure, values, width)]
        return tuple(found) or tuple(self.room(figure, values, width))

    def size_within(self, values: Mapping[str, Any], width: float) -> tuple[float, float]:
        """Return the size of the figure in a width, in CSS pixels; the values have passed `check_within` for it."""
        scene = self.scene(values, width)
        return scene.width, scene.height

    def inputs(self, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[bytes]:  # noqa: ARG002 - the interface
        """Return nothing: the values are the only input."""
        return ()

    def draw(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Draw at a figure's natural width; the values have passed `check`."""
        return self.draw_alone(values, form)

    def draw_alone(self, values: Mapping[str, Any], form: FigureForm) -> Drawing:
        """Draw at a figure's natural width; the values have passed `check`."""
        return self.draw_within(values, WIDTH, form)

    def draw_within(self, values: Mapping[str, Any], width: float, form: FigureForm) -> Drawing:
        """Draw in a width in CSS pixels; the values have passed `check_within` for it."""
        from cardpipe.figures.style import paint

        scene = self.scene(values, width)
        return paint(scene.draw, form, width=scene.width, height=scene.height)
