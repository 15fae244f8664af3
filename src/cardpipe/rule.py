"""What a lint rule is: a check with a code, a name and a page, found through the group `cardpipe.rules`."""

from __future__ import annotations

import enum
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cardpipe.diagnostics import Finding, Severity
    from cardpipe.figure_kind import FigureKind
    from cardpipe.markup import Scan
    from cardpipe.markup.words import Word
    from cardpipe.mathjax import MathError
    from cardpipe.model import Deck
    from cardpipe.positions import SourceText


class Scope(enum.Enum):
    """What a rule is shown: one card, the whole deck, or nothing, since the reader or renderer itself reports it."""

    CARD = "card"
    DECK = "deck"
    READER = "reader"
    RENDERER = "renderer"
    ENGINE = "engine"
    """Reported by the engine itself, of what silences rules."""


class Context(Protocol):
    """What a rule may ask beside what it is shown; answers are shared between rules."""

    @property
    def deck(self) -> Deck:
        """The whole deck."""

    def scan(self, text: SourceText) -> Scan:
        """The text divided into prose, math, code and references."""

    def words(self, text: SourceText) -> tuple[Word, ...]:
        """The words that readers read, outside of formulas, code and addresses."""

    def math_error(self, tex: str, *, display: bool) -> MathError | None:
        """What MathJax says against a formula, if anything."""

    def figure_kind(self, name: str) -> FigureKind | None:
        """The figure kind with a name, if there is one."""

    def figure_kinds(self) -> Iterable[str]:
        """The names of all figure kinds."""


_ESSENTIAL = frozenset({"YML", "SCH", "IDN", "REL", "CFG", "SUP"})
"""Families on the form of files, on identity, on releases, and on what silences rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check and all that the documentation says of it.

    `code` and `name` are promises: never reused. `check` takes `(card, context)` or `(deck, context)` by scope, and
    yields findings with this rule's code. Its docstring is the rule's page: a first sentence, then the headings
    `## What it does`, `## Why is this bad?`, `## Example`, `## Use instead`.
    """

    code: str
    name: str
    severity: Severity
    since: str
    scope: Scope
    check: Callable[..., Iterable[Finding]]

    @property
    def essential(self) -> bool:
        """Whether it always counts: without it a card cannot be built, or would harm those who have it."""
        return self.scope in {Scope.READER, Scope.RENDERER} or self.code[:3] in _ESSENTIAL

    @property
    def page(self) -> str:
        """The rule's manual in Markdown."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """The first line of the manual."""
        return self.page.partition("\n")[0]
