"""The man page, made from the help of the commands."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Final

import click

from cardpipe.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH: Final = 100
_EXAMPLE: Final = "Example:"
_ENVIRONMENT: Final = (
    ("CARDPIPE_TRACEBACK", "Show where an internal error happened."),
    ("CARDPIPE_TRUST_FIGURES", "The default of --trust-figures: never, repo or always."),
    ("EDITOR, VISUAL", "The editor of `cardpipe new --edit`; it can have arguments."),
    ("FORCE_COLOR", "Write in colour, also into files and pipes, unless it is 0."),
    ("NO_COLOR", "Never write in colour; --color has precedence over both."),
    ("SOURCE_DATE_EPOCH", "The time of a release, in seconds since 1970."),
)
_FILES: Final = (
    ("source/deck.yaml", "The deck's identity and settings."),
    ("source/cards/", "The cards: YAML files, preferably one per card."),
    ("source/release.lock", "What was released last; only `cardpipe release` writes it."),
    ("output/", "The exported files."),
    (".cardpipe/", "The cache, which can be deleted at any time."),
)
_EXIT_STATUS: Final = (
    ("0", "Success."),
    ("1", "There are findings, or a change was refused because it would harm learners."),
    ("2", "cardpipe failed, was used wrongly or was interrupted."),
)


def contexts() -> Iterator[click.Context]:
    """Return a context for the program, each command and each subcommand, for their help at a fixed width."""
    names = cli.context_settings["help_option_names"]
    top = click.Context(
        cli, info_name="cardpipe", max_content_width=_WIDTH, terminal_width=_WIDTH, help_option_names=names
    )
    yield top
    for name in COMMANDS:
        called = cli.get_command(top, name)
        if called is None:
            raise AssertionError(name)
        context = _below(top, name, called)
        yield context
        for inner_name, inner in called.commands.items() if isinstance(called, click.Group) else ():
            yield _below(context, inner_name, inner)


def _below(parent: click.Context, name: str, command: click.Command) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, max_content_width=_WIDTH, terminal_width=_WIDTH)


def man_page() -> str:
    """Return the man page in the macros of man(7)."""
    top, *others = contexts()
    lines = [
        '.TH CARDPIPE 1 "" "cardpipe" "User Commands"',
        ".SH NAME",
        r"cardpipe \- compile flashcards from YAML to Anki decks, CSV, PDF, HTML, Markdown and a website",
        ".SH SYNOPSIS",
        r".B cardpipe",
        r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(top.command.help or ""),
        ".PP",
        *_paragraphs((top.command.epilog or "").partition(_EXAMPLE)[0]),
        ".SH OPTIONS",
        *_options(top),
        ".SH COMMANDS",
    ]
    for context in others:
        usage = " ".join(context.command.collect_usage_pieces(context))
        lines += [f".SS {_plain(context.command_path)} {_plain(usage)}", *_paragraphs(context.command.help or "")]
        lines += _options(context)
        example = (context.command.epilog or "").partition(_EXAMPLE)[2].strip()
        if example:
            lines += [".PP", "Example:", ".PP", ".RS", ".nf", _protected(_plain(example)), ".fi", ".RE"]
    for title, rows in (("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES), ("EXIT STATUS", _EXIT_STATUS)):
        lines.append(f".SH {title}")
        for name, text in rows:
            lines += [".TP", rf"\fB{_plain(name)}\fR", _protected(_marked(text))]
    return "\n".join(lines) + "\n"


def _options(context: click.Context) -> Iterator[str]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield from (".TP", rf"\fB{_plain(record[0])}\fR", _protected(_marked(" ".join(record[1].split()))))


def _paragraphs(text: str) -> Iterator[str]:
    """Return the paragraphs of a docstring; indented ones are code."""
    paragraphs = [part for part in re.split(r"\n\s*\n", inspect.cleandoc(text)) if part.strip()]
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        if paragraph.startswith("    "):
            yield from (".RS", ".nf", *(_protected(_plain(line.strip())) for line in paragraph.splitlines()))
            yield from (".fi", ".RE")
        else:
            yield _protected(_marked(" ".join(paragraph.split())))


def _marked(text: str) -> str:
    """Return a text with what is between backquotes in bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", _plain(text))


def _plain(text: str) -> str:
    """Return a text without characters that have a meaning in roff."""
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")


def _protected(line: str) -> str:
    """Return a line that is no request, even if it begins with a dot."""
    return rf"\&{line}" if line.startswith((".", "'")) else line
