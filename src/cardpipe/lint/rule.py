"""What a lint rule is: a check with a code, a name and a page."""

from __future__ import annotations

import enum
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from cardpipe.assets.inspection import Inspection
    from cardpipe.figures.api import FigureKind
    from cardpipe.lint.spelling import Speller
    from cardpipe.markup import Scan
    from cardpipe.markup.words import Word
    from cardpipe.mathjax import MathError
    from cardpipe.model.deck import DeckSettings, Media
    from cardpipe.model.diagnostics import Finding, Severity
    from cardpipe.text.positions import SourceText


class Scope(enum.Enum):
    """What a rule's check gets: a card, a text, the deck, or nothing if another component reports the rule.

    Findings on cards and texts are cached per file, and a file that did not change is not checked again. So a rule
    on them must depend only on what it gets and on the deck's settings and files.
    """

    CARD = "card"
    TEXT = "text"
    """Each Markdown text of the cards, and the deck's description."""
    SETTINGS = "settings"
    """The deck without its cards: `deck.yaml`, media and scripts."""
    SUMMARIES = "summaries"
    """CardSummaries of all cards: `cardpipe.lint.summary.Summaries`."""
    DECK = "deck"
    """The whole deck with all cards; every run then reads every card."""
    READER = "reader"
    RENDERER = "renderer"
    ENGINE = "engine"
    """Nothing: the engine reports it, on settings and comments that suppress rules."""


class Context(Protocol):
    """What a rule can look up; results are shared between rules."""

    @property
    def settings(self) -> DeckSettings:
        """The deck without its cards."""

    def scan(self, text: SourceText) -> Scan:
        """Return the text divided into prose, math, code and references."""

    def words(self, text: SourceText) -> tuple[Word, ...]:
        """Return the words of the prose, without formulas, code and addresses."""

    def bare_words(self, text: SourceText) -> tuple[str, ...]:
        """Return the same words without positions, for rules that check every word of every card."""

    def math_error(self, tex: str, *, display: bool) -> MathError | None:
        """Return MathJax's error for a formula, if any."""

    def is_tex_command(self, name: str) -> bool:
        """Return whether MathJax knows a command, without its backslash; the deck's macros do not count."""

    def nearest(self, word: str, known: Collection[str], *, other_than: str = "") -> str | None:
        """Return the known name closest to a word, if one is close; comparisons are limited per file."""

    @property
    def tags(self) -> Collection[str]:
        """The tags of the deck's vocabulary, in order."""

    def same_tag(self, word: str) -> str | None:
        """Return the tag of the vocabulary that a word is a different spelling of, if any."""

    @property
    def prefixes(self) -> Collection[str]:
        """The ID prefixes of the deck's subdecks, in order."""

    @property
    def known_words(self) -> Collection[str]:
        """The words that need no explanation in this deck, including its tags."""

    @property
    def media_names(self) -> Mapping[str, str]:
        """The names of the files in `source/media/`, by `cardpipe.model.deck.media_key`."""

    def inspected(self, media: Media) -> Inspection:
        """Return the inspection results of a media picture: its faults, by rule code."""

    @property
    def speller(self) -> Speller | None:
        """The spelling checker, if the deck enables it."""

    def figure_kind(self, name: str) -> FigureKind | None:
        """Return the figure kind with a name, if there is one."""

    def figure_kinds(self) -> Iterable[str]:
        """The names of all figure kinds."""


_ESSENTIAL = frozenset({"YML", "SCH", "IDN", "REL", "CFG", "SUP", "NTY"})
"""Rule families on file structure, identity, releases and suppressions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A lint rule: its check, code, name and manual.

    `code` and `name` are promises: never reused. `check` takes what its scope says and the context, and yields
    findings with this rule's code; `also` has more checks, by their scopes. The docstring of `check` is the rule's
    page: a first sentence, then the headings `## What it does`, `## Why is this bad?`, `## Example`, `## Use instead`.
    """

    code: str
    name: str
    severity: Severity
    since: str
    scope: Scope
    check: Callable[..., Iterable[Finding]]
    also: Mapping[Scope, Callable[..., Iterable[Finding]]] = field(default_factory=dict)
    needs_markup: bool = False
    """Whether its check of texts finds nothing in plain paragraphs (`markup.plain`), and is not called for them."""
    safety: bool = False
    """Whether it protects learners: cards cannot suppress it, and the deck only by naming it under `allow-unsafe`."""

    def checks(self, scope: Scope) -> Callable[..., Iterable[Finding]] | None:
        """Return the check for a scope, if there is one."""
        return self.check if scope is self.scope else self.also.get(scope)

    @property
    def essential(self) -> bool:
        """Whether the rule cannot be suppressed: cards that break it cannot be built, or would harm learners."""
        return self.safety or self.scope in {Scope.READER, Scope.RENDERER} or self.code[:3] in _ESSENTIAL

    @property
    def page(self) -> str:
        """The rule's manual in Markdown."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """The first line of the manual."""
        return self.page.partition("\n")[0]
