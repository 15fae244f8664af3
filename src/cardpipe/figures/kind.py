"""What a figure kind is: declared fields and a drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.model.deck import Deck, Figure, FigureScript
    from cardpipe.model.diagnostics import Finding
    from cardpipe.source.fields import Field
    from cardpipe.writers.api import FigureForm


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished picture: its bytes, their type, and its natural size in CSS pixels."""

    data: bytes = field(repr=False)
    media_type: str
    width: float
    height: float
    drawn: bool = True
    """False for an author's own picture, which dark mode must leave as it is."""


class FigureKind(Protocol):
    """A plug-in of the group `cardpipe.figures`.

    Loading the plug-in must be cheap: matplotlib and the like are imported by `draw`.
    """

    @property
    def name(self) -> str:
        """What an author writes as `kind`."""

    @property
    def summary(self) -> str:
        """One line on what it draws."""

    @property
    def fields(self) -> Sequence[Field]:
        """The keys it takes beside id, kind, alt and caption."""

    def check(self, figure: Figure, values: Mapping[str, Any], deck: Deck) -> Sequence[Finding]:
        """Find what the field table cannot say (code FIG005); `values` are the decoded fields."""

    def inputs(self, values: Mapping[str, Any], deck: Deck) -> Sequence[bytes]:
        """Everything beside the values that shapes the picture (scripts, data files), for the cache key."""

    def draw(self, values: Mapping[str, Any], deck: Deck, form: FigureForm) -> Drawing:
        """Draw it; raises RenderError where the tool fails and the source is not at fault.

        Several threads may draw at once.
        """


@runtime_checkable
class ScriptedKind(FigureKind, Protocol):
    """A figure kind that runs a program from the source, which not everybody who builds the deck may want to run."""

    def script(self, values: Mapping[str, Any], deck: Deck) -> FigureScript | None:
        """The program that would run; None where there is none of that name."""

    def stand_in(self, values: Mapping[str, Any], deck: Deck, form: FigureForm) -> Drawing:
        """A picture in its place that says so, drawn without running anything."""


@runtime_checkable
class FittingKind(FigureKind, Protocol):
    """A figure kind that can be drawn into any width, in CSS pixels, and so stand in a panel; it looks at no files."""

    def check_within(self, figure: Figure, values: Mapping[str, Any], width: float) -> Sequence[Finding]:
        """Find what `check` does, and what leaves no room in a width."""

    def size_within(self, values: Mapping[str, Any], width: float) -> tuple[float, float]:
        """Width and height that it takes in a width; the values have passed `check_within` for it."""

    def draw_within(self, values: Mapping[str, Any], width: float, form: FigureForm) -> Drawing:
        """Draw it into a width; the values have passed `check_within` for it."""


@runtime_checkable
class FamiliarKind(FigureKind, Protocol):
    """A figure kind that people may look for by other names."""

    @property
    def synonyms(self) -> Sequence[str]:
        """Those names, in small letters with hyphens."""


def kind_called(word: str, kinds: Iterable[FigureKind]) -> str | None:
    """The name of the kind that a word is another name of."""
    wanted = word.casefold().replace(" ", "-").replace("_", "-")
    return next((kind.name for kind in kinds if isinstance(kind, FamiliarKind) and wanted in kind.synonyms), None)


@runtime_checkable
class ExemplaryKind(FigureKind, Protocol):
    """A figure kind that looks at no files, with an example for its manual.

    For other kinds, the manual makes an example from those of the fields.
    """

    @property
    def example(self) -> str:
        """The fields of a telling figure in YAML."""

    def draw_alone(self, values: Mapping[str, Any], form: FigureForm) -> Drawing:
        """Draw without a deck what has passed `check`."""
