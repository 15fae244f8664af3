"""Checks of declarations that all plug-ins share: names, one-line summaries, options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def expect(condition: object, message: str) -> None:
    """Raise AssertionError with a message unless a condition holds."""
    if not condition:
        raise AssertionError(message)


def check_attributes(plugin: object, what: str, *names: str) -> None:
    """Check that a plug-in has all required attributes."""
    for name in names:
        expect(hasattr(plugin, name), f"The {what} {plugin!r} has no “{name}”.")


def check_name(plugin: object, what: str) -> str:
    """Check name and summary; return the words for the plug-in in messages."""
    check_attributes(plugin, what, "name", "summary")
    name = getattr(plugin, "name", None)
    expect(
        isinstance(name, str) and _NAME.fullmatch(name),
        f"The name of a {what} must be lower-case words with hyphens, not {name!r}.",
    )
    called = f"The {what} “{name}”"
    summary = getattr(plugin, "summary", None)
    expect(
        isinstance(summary, str) and summary.strip() and "\n" not in summary,
        f"{called} needs a summary of one line, not {summary!r}.",
    )
    return called


def check_options(called: str, options: object) -> None:
    """Check that all declared values of options, including defaults, are valid."""
    from cardpipe.writers.api import WriterOption

    expect(isinstance(options, (tuple, list)), f"{called} needs a tuple of options, not {type(options).__name__}.")
    seen = set()
    for option in _each(options):
        expect(isinstance(option, WriterOption), f"{called} has an option that is not a WriterOption: {option!r}.")
        if not isinstance(option, WriterOption):
            continue
        of = f"{called}: the option “{option.name}”"
        expect(_NAME.fullmatch(option.name), f"{of} needs a name of lower-case words with hyphens.")
        expect(option.name not in seen, f"{of} is declared twice.")
        seen.add(option.name)
        expect(option.help.strip(), f"{of} has no help text.")
        expect(isinstance(option.choices, tuple), f"{of} needs a tuple of choices.")
        expect(len(set(option.choices)) == len(option.choices), f"{of} has a choice twice.")
        if option.form:
            try:
                re.compile(option.form)
            except re.error as error:
                raise AssertionError(f"{of} has a form that is not a valid regular expression: {error}.") from error
            expect(option.form_name, f"{of} has a form, but no form_name for help and messages.")
        expect(option.takes(option.default), f"{of} does not accept its default, “{option.default}”.")
        expect(not option.flag or _NAME.fullmatch(option.flag), f"{of} needs a flag of lower-case words with hyphens.")
        expect(not option.bare or option.takes(option.bare), f"{of} does not accept its bare value, “{option.bare}”.")


def _each(options: object) -> Sequence[object]:
    return options if isinstance(options, (tuple, list)) else ()
