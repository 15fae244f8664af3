"""All that a layout of the group `cardpipe.pdf_layouts` needs: one way to put a deck on paper.

A layout makes HTML of the cards (`rewrite`, `html_text`), has the job's engine lay it out (`text_paper`, `Resources`),
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
    """What is to be printed, and how."""

    deck: RenderedDeck
    engine: Engine
    """What makes pages of HTML."""
    paper: str
    """The value of `PAPER_OPTION`."""
    margin: str
    """The value of `MARGIN_OPTION`."""
    scale: float
    """How many times larger than usual the text is to be."""
    points: float
    """The size that the text is to have, whatever the scale; 0 for the scale."""
    group: str
    """By what cards are grouped, where the layout groups them: a value of `GROUP_OPTION`."""
    options: Mapping[str, str]
    """The value of each option of the writer and of the layouts."""
    progress: Callable[[int, int], None]
    memory: Memory | None = None
    """What was made of former exports, where something keeps it."""

    def scaled(self, usual: float) -> float:
        """How many times larger than usual the text is to be, where it usually has so many points."""
        return self.points / usual if self.points else self.scale


class Layout(Protocol):
    """One way to put a deck on paper."""

    @property
    def name(self) -> str:
        """As a user types it after `--layout`."""

    @property
    def summary(self) -> str:
        """A few words for the help."""

    @property
    def options(self) -> Sequence[WriterOption]:
        """Settings beside those of the writer; one that several layouts share is the same object in each."""

    def make(self, job: PrintJob) -> bytes:
        """The finished PDF; raises RenderError where the engine fails and UsageError for options it cannot meet."""


@runtime_checkable
class TwoSided(Protocol):
    """A layout whose backs belong behind its fronts, so that a printer that feeds crooked does harm."""

    def sheet(self, job: PrintJob) -> tuple[float, float]:
        """Width and height of the paper in millimetres, as it is printed on."""

    def edge(self, job: PrintJob) -> str:
        """Over which edge the printer turns the paper: `long` or `short`."""
