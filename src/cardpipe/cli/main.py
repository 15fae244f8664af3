"""The entry point `cardpipe`: runs the subcommand, and turns failures into a message and an exit code."""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cardpipe import __version__
from cardpipe.cli.streams import (
    COLOURS,
    OutputError,
    choose,
    detail,
    is_quiet,
    is_verbose,
    open_closed_streams,
    output_failure,
    reset_choices,
    say,
)
from cardpipe.errors import CardpipeError
from cardpipe.parallel import interruption
from cardpipe.parallel.threads import use_one_thread_in_numpy
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "cache": "Manage the cache.",
    "ci": "Comment on pull requests from a build server.",
    "completion": "Print a script for completion in a shell.",
    "diff": "Show which cards changed.",
    "doctor": "Check the installation.",
    "editions": "List the deck's editions.",
    "export": "Build the deck in its formats.",
    "feedback": "Take a learner's corrections back into the cards.",
    "figure": "Explain a figure kind.",
    "figures": "List the figure kinds.",
    "fmt": "Format card files.",
    "formats": "List the export formats.",
    "import": "Create a deck project from existing decks.",
    "init": "Create a new deck project.",
    "kind": "Show the declaration of a kind of cards.",
    "kinds": "List the kinds of cards and the deck's note types.",
    "lint": "Check the cards and show all findings.",
    "list": "List the deck's cards.",
    "move": "Move cards to another subdeck.",
    "new": "Create the file of a new card.",
    "progress": "Write progress from the site into a package.",
    "release": "Create a release.",
    "rename": "Change the ID of a card.",
    "review": "Show a change to a reviewer.",
    "rule": "Explain a lint rule.",
    "rules": "List the lint rules.",
    "schema": "Print the JSON Schema of cards, for editors.",
    "serve": "Preview the cards in the browser.",
    "tag": "Change tags in the whole deck.",
    "verify": "Test a package in Anki.",
}
"""The help line of each subcommand, so that `--help` need not import them."""

_MODULES = {"import": "import_"}
"""The modules of commands whose names are words of Python."""
_WITHOUT_PROJECT = frozenset(
    {
        "ci",
        "completion",
        "figure",
        "figures",
        "formats",
        "import",
        "init",
        "progress",
        "rule",
        "rules",
        "schema",
        "verify",
    }
)
EXIT_FAILURE = interruption.EXIT_CODE
_EXIT_PIPE = 128 + 13
"""The exit code that a shell reports for SIGPIPE."""
_NEW_OBJECTS = 20_000
"""New objects after which the interpreter looks for cyclic garbage."""
_INTERRUPTED = "cardpipe: interrupted; no file was left half-written."


class _Commands(click.Group):
    """A command group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the same
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"cardpipe.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return _with_output_options(command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands without importing them."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from cardpipe.text.suggestions import nearest

            near = nearest(args[0], COMMANDS)
            ctx.fail(f"Unknown command “{args[0]}”." + (f" Did you mean {near}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _set_output(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Apply an option on the output; after the command it adds to what is set before it."""
    if value is None or value is False:
        return
    name = parameter.name
    ctx.find_root().call_on_close(reset_choices)
    choose(
        colour=str(value) if name == "color" else None,
        quiet=True if name == "quiet" else None,
        verbose=True if name == "verbose" else None,
    )
    if is_quiet() and is_verbose():
        raise click.UsageError("--quiet and --verbose exclude each other.", ctx)


def _output_options(*, hidden: bool) -> list[click.Option]:
    """Return the options on the output, which can come before the command or, hidden, after it."""
    return [
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            expose_value=False,
            hidden=hidden,
            callback=_set_output,
            help="Write only results, findings, warnings and failures.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            hidden=hidden,
            callback=_set_output,
            help="Write details too: the project, what was rebuilt and why, the time.",
        ),
        click.Option(
            ["--color"],
            type=click.Choice(COLOURS, case_sensitive=False),
            expose_value=False,
            hidden=hidden,
            callback=_set_output,
            help="When to write in colour. [default: auto: on a terminal; NO_COLOR and FORCE_COLOR change that]",
        ),
    ]


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="-q, -v and --color can also follow the command.\n\nExample:  cardpipe lint && cardpipe export --format pdf",
    params=_output_options(hidden=False),
)
@click.option(
    "-C",
    "--directory",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The project's folder. [default: the nearest project from the working folder upward]",
)
@click.version_option(__version__, prog_name="cardpipe", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, directory: Path | None) -> None:
    """Compile flashcards from YAML to Anki decks, CSV, printable PDF, HTML, Markdown and a website."""
    ctx.obj = directory


def _with_output_options(command: click.Command) -> click.Command:
    """Let a command and its subcommands take the options on the output too."""
    if not any(parameter.name == "quiet" for parameter in command.params):
        command.params += _output_options(hidden=True)
        for inner in command.commands.values() if isinstance(command, click.Group) else ():
            _with_output_options(inner)
    return command


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 clean, 1 findings, 2 the tool or its use failed or the run was interrupted.

    As with other programs, 141 means that the reader of standard output closed it.
    """
    open_closed_streams()
    # By default, Python looks for cyclic garbage after every 700 new objects, which took an eighth of a small export.
    gc.set_threshold(_NEW_OBJECTS)
    use_one_thread_in_numpy()
    interruption.listen(_INTERRUPTED)
    interruption.leave(_run(sys.argv[1:] if args is None else args))


def _run(args: list[str]) -> int:
    try:
        code = _invoke(args)
    except Exception as error:  # noqa: BLE001 - the last line of defence before the user
        failure = output_failure()
        return _explain(error if failure is None else failure)
    failure = output_failure()
    return code if failure is None else _explain(failure)


def _invoke(args: list[str]) -> int:
    """Run a command like click's standalone mode, but without handling exceptions."""
    if os.environ.get("_CARDPIPE_COMPLETE"):
        cli.main(args=args, prog_name="cardpipe")
    started = time.monotonic()
    try:
        with cli.make_context("cardpipe", list(args)) as context:
            result: Any = cli.invoke(context)
            detail(f"Time: {time.monotonic() - started:.1f} s")
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> int:
    """Print one message for a failure, without a traceback unless it is requested."""
    if isinstance(error, OutputError):
        return _explain_output(error)
    if isinstance(error, click.NoSuchOption) and error.option_name in {"-C", "--directory"} and error.ctx is not None:
        name = error.ctx.info_name
        if name in _WITHOUT_PROJECT:
            _complain(f"`cardpipe {name}` does not use a project, so it has no {error.option_name}.")
        else:
            _complain(
                f"{error.option_name} must come before the command.", f"Type: cardpipe {error.option_name} DIR {name}"
            )
    elif isinstance(error, click.ClickException):
        text = io.StringIO()
        error.show(text)
        say(text.getvalue(), err=True, nl=False)
    elif isinstance(error, CardpipeError):
        _complain(safe(error.message), error.hint)
    elif os.environ.get("CARDPIPE_TRACEBACK"):
        raise error
    elif isinstance(error, MemoryError):
        _complain(
            "there is not enough memory.",
            "Close other programs, raise the limit of this process, or export fewer cards.",
        )
    elif isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        _complain(
            safe(f"{where}{error.strerror}."), "The operating system reported an error; no file was left half-written."
        )
    else:
        _complain(
            safe(f"internal error: {type(error).__name__}: {error}"),
            "This is a bug in cardpipe, not in your cards. Please report it with the steps to reproduce it; "
            "CARDPIPE_TRACEBACK=1 shows where it happened.",
        )
    return EXIT_FAILURE


def _explain_output(error: OutputError) -> int:
    if error.errno == errno.EPIPE:  # `cardpipe list | head` is not an error
        return _EXIT_PIPE
    if error.errno == errno.EBADF:
        _complain("standard output is closed, so the result could not be shown.")
    else:
        _complain(f"standard output could not be written: {error}.")
    return EXIT_FAILURE


def _complain(message: str, hint: str | None = None) -> None:
    say(f"cardpipe: {message}", err=True)
    if hint:
        say(f"  {hint}", err=True)
