"""The interface of figure kinds: declared fields and a drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cardpipe.model.deck import DeckSettings, Figure, FigureScript
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
    """False for a media picture, which dark mode must not change."""


class FigureKind(Protocol):
    """A plug-in of the group `cardpipe.figures`.

    Loading the plug-in must be cheap: `draw` imports matplotlib and other heavy packages.
    """

    @property
    def name(self) -> str:
        """The value of `kind` in YAML."""

    @property
    def summary(self) -> str:
        """A one-line description."""

    @property
    def fields(self) -> Sequence[Field]:
        """Its keys in addition to id, kind, alt, caption and width."""

    def check(self, figure: Figure, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[Finding]:
        """Check what the field table cannot express (code FIG005); `values` are the decoded fields."""

    def inputs(self, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[bytes]:
        """Return all inputs of the picture other than the values (scripts, data files), for the cache key."""

    def draw(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:
        """Draw it; raises RenderError if the tool fails although the source is valid.

        Several threads can draw at the same time.
        """


@runtime_checkable
class ScriptedKind(FigureKind, Protocol):
    """A figure kind that runs a script from the source, which may be untrusted."""

    def script(self, values: Mapping[str, Any], settings: DeckSettings) -> FigureScript | None:
        """Return the script that would run; None if it does not exist."""

    def placeholder(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:
        """Draw a placeholder without running the script."""


@runtime_checkable
class HasPreparation(ScriptedKind, Protocol):
    """A kind that runs scripts, and can start what they need while the deck is still linted."""

    def prepare(self) -> None:
        """Start what scripts need, without running any; called in a thread of its own."""


@runtime_checkable
class FittingKind(FigureKind, Protocol):
    """A figure kind without files that can be drawn in any width, in CSS pixels, and so in a panel."""

    def check_within(self, figure: Figure, values: Mapping[str, Any], width: float) -> Sequence[Finding]:
        """Check like `check`, and whether everything fits in a width."""

    def size_within(self, values: Mapping[str, Any], width: float) -> tuple[float, float]:
        """Return its size in a width; the values have passed `check_within` for it."""

    def draw_within(self, values: Mapping[str, Any], width: float, form: FigureForm) -> Drawing:
        """Draw it in a width; the values have passed `check_within` for it."""


@runtime_checkable
class HasSynonyms(FigureKind, Protocol):
    """A figure kind with synonyms."""

    @property
    def synonyms(self) -> Sequence[str]:
        """The synonyms, in lower case with hyphens."""


def kind_called(word: str, kinds: Iterable[FigureKind]) -> str | None:
    """Return the kind that a word is a synonym of, if any."""
    wanted = word.casefold().replace(" ", "-").replace("_", "-")
    return next((kind.name for kind in kinds if isinstance(kind, HasSynonyms) and wanted in kind.synonyms), None)


@runtime_checkable
class ExemplaryKind(FigureKind, Protocol):
    """A figure kind without files, with an example for its manual.

    For other kinds, the manual builds an example from those of the fields.
    """

    @property
    def example(self) -> str:
        """The fields of an example in YAML."""

    def draw_alone(self, values: Mapping[str, Any], form: FigureForm) -> Drawing:
        """Draw values that have passed `check`, without a deck."""
