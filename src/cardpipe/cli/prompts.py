"""Ask questions in a terminal, with completion where the system offers it."""

from __future__ import annotations

import atexit
import contextlib
import sys
from typing import TYPE_CHECKING, Final

from cardpipe.cli.streams import read_line, say
from cardpipe.parallel import interruption
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_INTERRUPTED: Final = "\ncardpipe: interrupted; nothing was written."
_SEPARATORS: Final = " ,"


def can_ask() -> bool:
    """Return whether a person can answer: both standard streams are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """Ask questions within the block; an interruption says that nothing was written, and restores the terminal."""
    _restore_terminal_at_exit()
    with interruption.saying(_INTERRUPTED):
        yield


def ask(question: str, check: Callable[[str], str | None], choices: Sequence[str] = ()) -> str:
    """Return the answer, asked again until `check` has no objection; Tab completes the words of `choices`.

    Raises UsageError at the end of the input.
    """
    with _completing(choices):
        while True:
            answer = read_line(f"{safe(question)}: ").strip()
            objection = check(answer)
            if objection is None:
                return answer
            say(f"  {objection}")


@contextlib.contextmanager
def _completing(choices: Sequence[str]) -> Iterator[None]:
    try:
        import readline
    except ImportError:  # Windows has none
        yield
        return
    former = (readline.get_completer(), readline.get_completer_delims())

    def complete(word: str, state: int) -> str | None:
        found = [f"{choice} " for choice in choices if choice.casefold().startswith(word.casefold())]
        return found[state] if state < len(found) else None

    readline.set_completer(complete)
    readline.set_completer_delims(_SEPARATORS)
    is_libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    if hasattr(readline, "set_auto_history"):
        readline.set_auto_history(False)
    try:
        yield
    finally:
        readline.set_completer(former[0])
        readline.set_completer_delims(former[1])


def _restore_terminal_at_exit() -> None:
    """Let the end of the process restore the terminal, which readline has changed if a signal ends a question."""
    try:
        import termios

        number = sys.stdin.fileno()
        attributes = termios.tcgetattr(number)
    except (ImportError, OSError, termios.error):
        return
    atexit.register(termios.tcsetattr, number, termios.TCSANOW, attributes)
