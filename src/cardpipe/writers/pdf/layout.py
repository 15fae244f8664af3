"""The plug-in API for PDF layouts (entry point group `cardpipe.pdf_layouts`).

A layout builds HTML of the cards (`rewrite`, `html_text`), has the job's engine lay it out (`text_paper`, `Resources`),
draws the pages (`draw`) and adds outline and metadata (`finish`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from cardpipe.errors import RenderError, UsageError
from cardpipe.text.escaping import PlainText, html_text, line
from cardpipe.writers.api import Memory, RenderedCard, RenderedDeck, WriterOption
from cardpipe.writers.page.fragment import rewrite
from cardpipe.writers.page.grouping import Group, group_cards
from cardpipe.writers.pdf.composing.books import Book, Page, Placed
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.finish import Entry, finish
from cardpipe.writers.pdf.composing.paper import MILLIMETRE, Paper, length_of, size_of, text_paper
from cardpipe.writers.pdf.engine import Engine, Resources, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "MILLIMETRE",
    "Book",
    "Engine",
    "Entry",
    "Group",
    "Layout",
    "Memory",
    "Page",
    "Paper",
    "Place",
    "Placed",
    "PlainText",
    "PrintJob",
    "RenderError",
    "RenderedCard",
    "RenderedDeck",
    "Resources",
    "TwoSided",
    "UsageError",
    "WriterOption",
    "draw",
    "finish",
    "group_cards",
    "html_text",
    "length_of",
    "line",
    "rewrite",
    "size_of",
    "text_paper",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintJob:
    """A deck to print, with its settings."""

    deck: RenderedDeck
    engine: Engine
    """The PDF engine."""
    paper: str
    """The value of `PAPER_OPTION`."""
    margin: str
    """The value of `MARGIN_OPTION`."""
    scale: float
    """The scale of the text; 1 is the default size."""
    points: float
    """The font size in points, which overrides the scale; 0 to use the scale."""
    group: str
    """The grouping of cards, if the layout groups them: a value of `GROUP_OPTION`."""
    options: Mapping[str, str]
    """The value of each option of the writer and of the layouts."""
    progress: Callable[[int, int], None]
    memory: Memory | None = None
    """The cache of earlier exports, if there is one."""

    def scaled(self, usual: float) -> float:
        """Return the scale of a text with a default size in points."""
        return self.points / usual if self.points else self.scale


class Layout(Protocol):
    """A PDF layout."""

    @property
    def name(self) -> str:
        """The name for `--layout`."""

    @property
    def summary(self) -> str:
        """A short description for the help text."""

    @property
    def options(self) -> Sequence[WriterOption]:
        """Options in addition to those of the writer; an option that layouts share is the same object in each."""

    def make(self, job: PrintJob) -> bytes:
        """Return the finished PDF; raises RenderError if the engine fails and UsageError for invalid options."""


@runtime_checkable
class TwoSided(Protocol):
    """A layout with fronts and backs, for which duplex misalignment matters."""

    def sheet(self, job: PrintJob) -> tuple[float, float]:
        """Return the width and height of the printed paper in millimetres."""

    def edge(self, job: PrintJob) -> str:
        """Return the edge over which the printer flips the paper: `long` or `short`."""
