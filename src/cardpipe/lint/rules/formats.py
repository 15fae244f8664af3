"""Rules on `formats` in `deck.yaml`: names, options and values."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING, cast

from cardpipe import plugins
from cardpipe.errors import PluginError
from cardpipe.lint.api import Rule, Scope
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import DeckSettings
    from cardpipe.text.positions import SourceText
    from cardpipe.writers.api import Writer


def unknown_format(settings: DeckSettings, context: Context) -> Iterator[Finding]:  # noqa: ARG001 - the signature of every rule
    """`deck.yaml` names an unknown format.

    ## What it does

    Checks that each name under `formats:` is a built-in format or one of an installed plug-in.

    ## Why is this bad?

    `cardpipe export` would fail.

    ## Example

    ```yaml
    # deck.yaml
    formats:
      markdwon:
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    formats:
      markdown:
    ```

    `cardpipe formats` lists them all.
    """
    known = plugins.names(plugins.WRITERS)
    for name in settings.formats:
        if name.text not in known:
            yield Finding(
                "SCH005",
                name.span(),
                f"Unknown format “{name.text}”.",
                help=_instead(name.text, known, "Install the plug-in that adds it, or choose from: "),
            )


def wrong_format_option(deck_settings: DeckSettings, context: Context) -> Iterator[Finding]:  # noqa: ARG001 - the signature of every rule
    """`deck.yaml` sets an unknown format option, or an invalid value.

    ## What it does

    Compares the settings under each format with the options of the format.

    ## Why is this bad?

    `cardpipe export` would fail.

    ## Example

    ```yaml
    # deck.yaml
    formats:
      pdf: {paper: a3}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    formats:
      pdf: {paper: letter}
    ```

    `cardpipe formats` shows each format's options and their values.
    """
    written: dict[str, list[SourceText]] = {}
    for key in deck_settings.option_names:
        written.setdefault(key.text, []).append(key)
    for name, settings in deck_settings.format_options.items():
        writer = _writer(name)
        if writer is None:
            continue
        options = {option.name: option for option in writer.options}
        for option, value in settings.items():
            if option not in options:
                keys = written.get(option, [])
                before = bisect_left(keys, value.start, key=attrgetter("start"))
                yield Finding(
                    "SCH006",
                    (keys[before - 1] if before else value).span(),
                    f"Unknown option “{option}” of the format “{name}”.",
                    help=_instead(option, options, "Options: "),
                )
            elif not options[option].takes(value.text):
                yield Finding(
                    "SCH006",
                    value.span(),
                    f"Invalid value “{value.text}” for the option “{option}” of the format “{name}”.",
                    help=_instead(value.text, options[option].values, "Choose from: "),
                )


def _writer(name: str) -> Writer | None:
    if name not in plugins.names(plugins.WRITERS):
        return None
    try:
        return cast("Writer", plugins.load(plugins.WRITERS, name))
    except PluginError:  # reported where plug-ins are reported
        return None


def _instead(word: str, known: Iterable[str], otherwise: str) -> str:
    names = list(known)
    near = nearest(word, names)
    return f"Did you mean “{near}”?" if near else f"{otherwise}{', '.join(names) or 'nothing'}."


RULES = (
    Rule(
        code="SCH005",
        name="unknown-format",
        severity=Severity.ERROR,
        since="0.1",
        scope=Scope.SETTINGS,
        check=unknown_format,
    ),
    Rule(
        code="SCH006",
        name="wrong-format-option",
        severity=Severity.ERROR,
        since="0.1",
        scope=Scope.SETTINGS,
        check=wrong_format_option,
    ),
)
