"""The lint engine: sorting, duplicates, cached formulas, failing rules, and arbitrary cards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardpipe.cache.store import Cache
from cardpipe.errors import PluginError
from cardpipe.lint import engine
from cardpipe.lint.api import Rule, Scope
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import lint
from cardpipe.lint.registry import all_rules
from cardpipe.markup.plain import plain_paragraphs
from cardpipe.mathjax import MathJax
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.text.positions import SourceText, Span
from cpu_time import assert_seconds_linear
from lint_sample import CACHE, DEFAULTS, cards_of, codes, deck_of, markdown_findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card

BEGIN = Span("source/cards/ML0044.yaml", 1, 1, 1, 2)


def rule(code: str, check: object, scope: Scope = Scope.CARD) -> Rule:
    return Rule(code=code, name=code.lower(), severity=Severity.ERROR, since="1.0.0", scope=scope, check=check)  # type: ignore[arg-type] # checks of any shape


_WORDS = "A word, it's (so): www.a.example \u201cI\u201d 5 % x^2 ==a== %%b%% :a: 1) #a \u6f22 \u200d ! ??? / @ \""
_PLAIN_WORDS = st.sampled_from([*_WORDS.split(), ",\n", ".\n\n"])


@given(st.lists(st.one_of(_PLAIN_WORDS, st.characters()), max_size=16).map(" ".join))
def test_rules_that_need_markup_find_nothing_in_plain_paragraphs(text: str) -> None:
    if plain_paragraphs(text) is None:
        return
    with LintContext(deck_of(cards_of(DEFAULTS)).settings, CACHE) as context:
        for rule in all_rules():
            check = rule.checks(Scope.TEXT) if rule.needs_markup else None
            assert check is None or list(check(SourceText.inline(text), context)) == [], rule.code


def test_findings_are_sorted_and_not_repeated() -> None:
    later = Finding("YML001", Span("source/cards/ML0044.yaml", 2, 1, 2, 2), "Later.")
    first = Finding("SCH001", BEGIN, "First.")
    assert codes(lint(None, [later, first, later], Cache.disabled())) == ["SCH001", "YML001"]


def test_a_finding_gets_the_name_and_severity_of_its_rule() -> None:
    (found,) = lint(None, [Finding("YML002", BEGIN, "Twice.", "Take one out.")], Cache.disabled())
    assert (found.name, found.severity, found.help) == ("duplicate-key", Severity.ERROR, "Take one out.")


def test_a_rule_that_raises_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(card: Card, _context: Context) -> Iterator[Finding]:
        titles: dict[str, str] = {}
        yield Finding("BAD001", card.span, titles[card.id.text])

    monkeypatch.setattr(engine, "all_rules", lambda: (rule("BAD001", check),))
    with pytest.raises(PluginError, match="BAD001 bad001 failed: KeyError"):
        lint(deck_of(cards_of("id: ML0044\n")), (), Cache.disabled())


def test_too_little_memory_is_not_a_fault_of_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(_card: Card, _context: Context) -> Iterator[Finding]:
        raise MemoryError

    monkeypatch.setattr(engine, "all_rules", lambda: (rule("BAD001", check),))
    with pytest.raises(MemoryError):
        lint(deck_of(cards_of("id: ML0044\n")), (), Cache.disabled())


def test_a_rule_cannot_speak_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "all_rules", lambda: (rule("BAD001", lambda *_: [Finding("IDN001", BEGIN, "?")]),))
    with pytest.raises(PluginError, match="IDN001, which is not its own"):
        lint(deck_of(cards_of("id: ML0044\n")), (), Cache.disabled())


def test_a_formula_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache.in_memory()
    with LintContext(deck_of().settings, cache) as context:
        first = context.math_error("\\foo", display=True)
        assert first is not None
        assert context.math_error("x", display=True) is None
    monkeypatch.setattr(MathJax, "check", lambda *_args, **_kw: pytest.fail("asked again"))
    with LintContext(deck_of().settings, cache) as context:
        assert context.math_error("\\foo", display=True) == first
        assert context.math_error("x", display=True) is None


@pytest.mark.parametrize("junk", [b"", b"{}", b"[1]", b"\xff", b'["x", null]', b"null"])
def test_a_damaged_cache_is_not_used(junk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache.in_memory()
    monkeypatch.setattr(cache, "get", lambda _key: junk)
    with LintContext(deck_of().settings, cache) as context:
        assert context.math_error("\\foo", display=True) is not None


WORDS = r"""$ $$ \( ` ``` [ ] ![ ]( ) < > <b> <sub> </sub> \\ \$ \foo \begin{array} \end{array} { } & % _ * ** ~ # - 😀
card:ML0001 figure:x https://a.b javascript: [sound: {{c1:: a 5 ../a.png \text{"""
CONTROLS = [
    "\x1f",
    "\u202e",
    "\ud800",
    "\U000e0041",
    " ",
    "\t",
    "\n",
    "\n\n",
    "\n  ",
    "\n> ",
    "\n- ",
    "\n|a|b|\n|-|-|\n",
]
PIECES = st.sampled_from([*WORDS.split(), *CONTROLS])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_breaks_a_rule(text: str) -> None:
    for finding in markdown_findings(text):
        span = finding.span
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_line <= text.count("\n") + 1


@settings(max_examples=settings().max_examples // 10)
@given(st.text(max_size=80))
def test_no_character_breaks_a_rule(text: str) -> None:
    markdown_findings(text)


HOSTILE = "* _ ** *a* a*b_ ![a][b]_ ~a [^a] https://a_ <b> [a](b) [[type: {{c1:: |a|b|/|-|-|/ a__/ - a/=/ &#91;"


@pytest.mark.parametrize("unit", [mark.replace("_", " ").replace("/", "\n") for mark in HOSTILE.split()])
def test_rules_are_linear_on_hostile_text(unit: str) -> None:
    def seconds(size: int) -> float:
        from cardpipe.lint.api import Scope
        from cardpipe.lint.rules import markdown, markup
        from cardpipe.text.positions import SourceText

        text = SourceText.inline(unit * (size // len(unit)))
        with LintContext(deck_of().settings, CACHE) as context:
            started = time.process_time()
            for one in (rule for rule in (*markdown.RULES, *markup.RULES) if rule.scope is Scope.TEXT):
                # Positions are worked out for each finding; the checks themselves must be linear.
                check = one.checks(Scope.TEXT)
                for number, _ in enumerate(check(text, context) if check is not None else ()):
                    if number > 100:
                        break
            return time.process_time() - started

    assert_seconds_linear(seconds, 4_000, factor=8, noticeable=0.01)
