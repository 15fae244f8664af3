"""Rules on the TeX macros of `deck.yaml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import settings_rule, summaries_rule
from cardpipe.lint.tex_advice import advice
from cardpipe.mathjax.macros import MacroError, by_name, commands, expanded
from cardpipe.mathjax.refusals import refusals
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries
    from cardpipe.model.deck import DeckSettings, Macro

_PARAMETER: Final = re.compile(r"\\.|#(.?)", re.DOTALL)
_BRACE: Final = re.compile(r"\\.|[{}$%]", re.DOTALL)
_BACKSLASH: Final = re.compile(r"(?<!\\)(?:\\\\)*(\\)\Z")
_UNDEFINED: Final = re.compile(r"Undefined control sequence \\([A-Za-z]+)")


@settings_rule("MTH030", "invalid-macro", since="0.2")
def invalid_macro(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    r"""A TeX macro of the deck is invalid.

    ## What it does

    Checks the entries under `macros:` in `deck.yaml`: parameters beyond the number of arguments, unbalanced braces and
    dollar signs, a backslash at the end, commands that are unknown or not allowed in formulas, and macros that contain
    themselves or expand to very long formulas.

    ## Why is this bad?

    Each formula that uses the macro would be broken.

    ## Example

    ```yaml
    # deck.yaml
    macros:
      norm: {args: 1, body: '\lVert #2 \rVert'}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    macros:
      norm: {args: 1, body: '\lVert #1 \rVert'}
    ```
    """
    table = by_name(settings.macros)
    for macro in settings.macros:
        found = next(_faults(macro, table, context), None)
        if found is not None:
            start, end, message, help_ = found
            yield Finding("MTH030", macro.body.span(start, end), message, help_)


def _faults(macro: Macro, table: Mapping[str, Macro], context: Context) -> Iterator[tuple[int, int, str, str | None]]:
    body = macro.body.text
    for match in _PARAMETER.finditer(body):
        number = match[1]
        if number is not None and not (number.isascii() and number.isdigit() and 0 < int(number) <= macro.args):
            count = f"`args: {number}`" if number.isascii() and number.isdigit() and number != "0" else "#1 to #9"
            yield *match.span(), f"\\{macro.name.text} has no argument {match[0]}.", f"Write {count}."
    for refused in refusals(body):
        yield (
            refused.start,
            refused.end,
            f"\\{refused.macro} is not allowed: {refused.why}.",
            refused.instead,
        )
    yield from _unbalanced(body)
    if (ending := _BACKSLASH.search(body)) is not None:
        yield *ending.span(1), "This backslash would make a command of what follows the macro.", "Remove it."
    tex = f"\\{macro.name.text}" + "{x}" * macro.args
    try:
        whole = expanded(tex, table).text
    except MacroError as failed:
        yield 0, len(body), f"{failed.error.message}.", "A macro cannot contain itself."
        return
    for match in re.finditer(r"\\([A-Za-z]+)", body):
        if match[1] not in table and match[1] in commands(whole) and not context.is_tex_command(match[1]):
            message = f"Undefined control sequence \\{match[1]}"
            yield *match.span(), *advice(message, match[0], context.nearest)


def _unbalanced(body: str) -> Iterator[tuple[int, int, str, str | None]]:
    opened: list[int] = []
    for match in _BRACE.finditer(body):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}":
            if not opened:
                yield *match.span(), "This brace closes nothing.", "Remove it, or write \\} for the character."
                return
            opened.pop()
        elif match[0] == "$":
            yield *match.span(), "A macro is within a formula already.", "Remove the dollar sign."
        elif match[0] == "%":
            yield *match.span(), "This begins a comment, which would hide the rest of the formula.", "Write \\%."
    if opened:
        yield opened[-1], opened[-1] + 1, "This brace is not closed.", "Close it, or write \\{ for the character."


@summaries_rule("MTH031", "unused-macro", severity=Severity.WARNING, since="0.2")
def unused_macro(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    r"""No formula uses a TeX macro of the deck.

    ## What it does

    Looks for macros of `deck.yaml` that no formula of a card or of the deck's description uses, nor another macro.

    ## Why is this bad?

    Often its name is misspelt there, or it is left over.

    ## Example

    ```yaml
    # deck.yaml
    macros: {RR: '\mathbb{R}'}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    description: Questions about $\RR$.
    macros: {RR: '\mathbb{R}'}
    ```
    """
    if summaries.faulty_ids:  # the formulas of cards that could not be loaded are unknown
        return
    settings = summaries.settings
    used = {name for card in summaries.cards for name in card.macros}
    for formula in context.scan(settings.description).math():
        used |= commands(formula.tex)
    for macro in settings.macros:
        others = (commands(other.body.text) for other in settings.macros if other is not macro)
        if macro.name.text not in used.union(*others):
            message = f"No formula uses \\{macro.name.text}."
            yield Finding("MTH031", macro.name.span(), message, "Use it, or remove it from `macros`.")


@settings_rule("MTH032", "macro-shadows-command", severity=Severity.WARNING, since="0.2")
def macro_shadows_command(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    r"""A TeX macro of the deck has the name of a TeX command.

    ## What it does

    Looks for macros of `deck.yaml` whose names MathJax knows already.

    ## Why is this bad?

    People who know TeX read formulas wrongly, and copied formulas look different elsewhere.

    ## Example

    ```yaml
    # deck.yaml
    macros: {phi: '\varphi'}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    macros: {turn: '\varphi'}
    ```
    """
    for macro in settings.macros:
        if context.is_tex_command(macro.name.text):
            yield Finding(
                "MTH032",
                macro.name.span(),
                f"\\{macro.name.text} is a TeX command, which this macro replaces in all formulas.",
                "Choose another name.",
            )


RULES = (invalid_macro, unused_macro, macro_shadows_command)
