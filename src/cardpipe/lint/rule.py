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
    from cardpipe.model.deck import Deck, Media
    from cardpipe.model.diagnostics import Finding, Severity
    from cardpipe.text.positions import SourceText


class Scope(enum.Enum):
    """What a rule is shown: a card, a text, the deck, or nothing, since the reader or renderer itself reports it.

    Findings on cards and texts are kept file by file, and a file that did not change is not looked at again. So a rule
    on them may ask for nothing but what it is shown and the deck's own settings and files.
    """

    CARD = "card"
    TEXT = "text"
    """One Markdown text after another: the cards' and the deck's description."""
    FRAME = "frame"
    """The deck without its cards: `deck.yaml`, media and scripts."""
    SUMMARIES = "summaries"
    """What is known in short of all cards: `cardpipe.lint.summary.Summaries`."""
    DECK = "deck"
    """The whole deck, with every card as it is written; it makes every run read every card."""
    READER = "reader"
    RENDERER = "renderer"
    ENGINE = "engine"
    """Reported by the engine itself, of what silences rules."""


class Context(Protocol):
    """What a rule may ask beside what it is shown; answers are shared between rules."""

    @property
    def deck(self) -> Deck:
        """The deck; only rules of scope DECK find its cards there."""

    def scan(self, text: SourceText) -> Scan:
        """The text divided into prose, math, code and references."""

    def words(self, text: SourceText) -> tuple[Word, ...]:
        """The words that readers read, outside of formulas, code and addresses."""

    def bare_words(self, text: SourceText) -> tuple[str, ...]:
        """The same words without their places, for rules that look at every word of every card."""

    def math_error(self, tex: str, *, display: bool) -> MathError | None:
        """What MathJax says against a formula, if anything."""

    def nearest(self, word: str, known: Collection[str], *, other_than: str = "") -> str | None:
        """The known name most like a word, if one is; only so many names are compared for a file."""

    @property
    def tags(self) -> Collection[str]:
        """The tags of the deck's vocabulary, in order."""

    def same_tag(self, word: str) -> str | None:
        """The tag of the vocabulary that is another spelling of a word, if one is."""

    @property
    def prefixes(self) -> Collection[str]:
        """The ID prefixes of the deck's subdecks, in order."""

    @property
    def known_words(self) -> Collection[str]:
        """The words that every learner of the deck knows, its tags among them."""

    def inspected(self, media: Media) -> Inspection:
        """What is known of an author's picture: what is wrong with it, by the codes of rules."""

    @property
    def speller(self) -> Speller | None:
        """What knows how words are spelt, where the deck wants its words looked up."""

    def figure_kind(self, name: str) -> FigureKind | None:
        """The figure kind with a name, if there is one."""

    def figure_kinds(self) -> Iterable[str]:
        """The names of all figure kinds."""


_ESSENTIAL = frozenset({"YML", "SCH", "IDN", "REL", "CFG", "SUP"})
"""Families on the form of files, on identity, on releases, and on what silences rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check and all that the documentation says of it.

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
    safety: bool = False
    """Whether it keeps learners safe: no card can silence it, and the deck only by naming it below `allow-unsafe`."""

    def checks(self, scope: Scope) -> Callable[..., Iterable[Finding]] | None:
        """What the rule looks at in a scope, if at anything."""
        return self.check if scope is self.scope else self.also.get(scope)

    @property
    def essential(self) -> bool:
        """Whether it always counts: without it a card cannot be built, or would harm those who have it."""
        return self.safety or self.scope in {Scope.READER, Scope.RENDERER} or self.code[:3] in _ESSENTIAL

    @property
    def page(self) -> str:
        """The rule's manual in Markdown."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """The first line of the manual."""
        return self.page.partition("\n")[0]
