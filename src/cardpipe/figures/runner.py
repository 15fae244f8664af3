"""The child process that runs a figure script: request on standard input, response on the original standard output.

The request is one JSON object (`name`, `source`, `parameters`, `form`, `limits`). The answer is one line of JSON and,
where the script succeeded, the picture's bytes after it. Run by `cardpipe.figures.sandbox` only.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import linecache
import os
import select
import signal
import socket
import sys
import traceback
import types
from typing import TYPE_CHECKING, Any, Final, NoReturn

from cardpipe.figures.script_process import SERVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure


_LONGEST_PATH: Final = 1 << 14
"""Bytes."""
_WAKEUPS: Final = 4096
"""Signals that are read at once; one is enough to look for all copies that have ended."""
_MOST_DESCRIPTORS: Final = 1024
"""More than the server has: the system gives the lowest free number, and a few scripts run at a time.

The system's own limit can be a thousand million, which takes long where each number is tried.
"""


def main() -> None:
    """Run a script, or with the argument `serve`, each script that a socket brings in a copy of this process."""
    gc.disable()
    if sys.argv[1:] == [SERVE]:
        _serve()
    else:
        _run()


def _serve() -> None:
    """Load what scripts need, and make copies until the socket's other end is closed.

    The socket is the standard input. Each message is a working folder, with three descriptors: standard input and
    output of the copy, and a pipe for its number and, when it has ended, its exit status. A copy leads its own group,
    which ends with it.
    """
    control = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    _load_engine()
    # What was imported until here stays, and need not be searched for garbage.
    gc.freeze()
    # A handler could run between any two steps of this loop, so that a signal only wakes it.
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    pipes: dict[int, int] = {}
    while True:
        ready = select.select([control.fileno(), woken], [], [])[0]
        if woken in ready:
            os.read(woken, _WAKEUPS)
            _report_ended(pipes)
        if control.fileno() not in ready:
            continue
        folder, descriptors, _, _ = socket.recv_fds(control, _LONGEST_PATH, 3)
        if not folder:
            # Nobody limits their time any more.
            for running in pipes:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(running, signal.SIGKILL)
            return
        copy = _forked() if len(descriptors) == 3 else None
        if copy is None:
            # The pipe without a number says so; scripts that run go on.
            for descriptor in descriptors:
                os.close(descriptor)
            continue
        if copy == 0:
            signal.set_wakeup_fd(-1)
            control.close()
            _become_script(folder, descriptors)
        question, answer, status = descriptors
        os.close(question)
        os.close(answer)
        with contextlib.suppress(OSError):  # it is no longer waited for
            os.write(status, b"%d\n" % copy)
        pipes[copy] = status


def _forked() -> int | None:
    """Return the number of a copy, 0 in the copy; None if the system makes none."""
    with contextlib.suppress(OSError):
        return os.fork()
    return None


def _report_ended(pipes: dict[int, int]) -> None:
    """Write the exit status of each copy that has ended into its pipe, and end what it started."""
    while pipes and (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        # Its number is not given to another process before the next call.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(ended.si_pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(ended.si_pid, 0)[1])
        pipe = pipes.pop(ended.si_pid)
        with contextlib.suppress(OSError):
            os.write(pipe, b"%d\n" % code)
        os.close(pipe)


def _become_script(folder: bytes, descriptors: list[int]) -> NoReturn:
    """Run a script in this copy of the server, which keeps nothing else open."""
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(folder)
        for standard, descriptor in enumerate(descriptors[:2]):
            os.dup2(descriptor, standard)
        os.closerange(3, _MOST_DESCRIPTORS)
        _run()
    finally:
        os._exit(70)


def _run() -> None:
    """Draw, respond and exit without waiting for threads or exit handlers of the script."""
    request = json.load(sys.stdin.buffer)
    answer = _private_answer()
    process = os.getpid()
    head, picture = _drawn(request)
    if os.getpid() != process:
        # A copy that the script made of this process must not answer as well.
        os._exit(70)
    with os.fdopen(answer, "wb") as pipe:
        pipe.write(json.dumps(head).encode() + b"\n" + picture)
    os._exit(0)


def _private_answer() -> int:
    """Keep the pipe to the parent for the answer alone: what the script prints goes nowhere."""
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    return answer


def _drawn(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    from cardpipe.figures import style
    from cardpipe.figures.confinement import confine
    from cardpipe.model.figure_form import FigureForm

    name = request["name"]
    with style.shared_style(own_formulas=False):
        _load_engine()
        # What was imported until here stays, and need not be searched for garbage.
        gc.freeze()
        gc.enable()
        _settle_randomness(name)
        try:
            confine(**request["limits"])
            figure = style.new_figure()
            _draw(figure, name, request["source"], request["parameters"])
            drawing = style.save(figure, FigureForm(request["form"]))
        except BaseException as error:  # noqa: BLE001 - SystemExit and the like are the script's failures too
            return _failure(error, name), b""
    return {"width": drawing.width, "height": drawing.height}, drawing.data


def _draw(figure: Figure, name: str, source: str, parameters: dict[str, Any]) -> None:
    made = _draw_function(name, source)(figure, **parameters)
    if isinstance(made, type(figure)) and made is not figure:
        raise TypeError("draw returned a figure of its own: draw into the one that it is given")


def _load_engine() -> None:
    """Import all that drawing needs, before the limits are so tight that it could not be."""
    for module in ("matplotlib.figure", "matplotlib.backends.backend_svg", "PIL.PngImagePlugin"):
        importlib.import_module(module)


def _settle_randomness(script: str) -> None:
    """Seed the generators: the same source must give the same bytes.

    A new generator without a seed is refused to the script; a library that makes one gets a seed.
    """
    import random

    import numpy as np

    random.seed(0)
    np.random.seed(0)
    original: Callable[..., np.random.Generator] = np.random.default_rng

    def default_rng(seed: Any = None) -> np.random.Generator:
        if seed is None and sys._getframe(1).f_code.co_filename == script:
            raise ValueError("default_rng needs a seed to make the figure reproducible: default_rng(0)")
        return original(0 if seed is None else seed)

    np.random.default_rng = default_rng


def _draw_function(name: str, source: str) -> Callable[..., object]:
    """The function `draw` of a script."""
    # The traceback can then show the script's own lines.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    module = types.ModuleType("figure_script")
    # Dataclasses look their module up there.
    sys.modules[module.__name__] = module
    exec(compile(source, name, "exec", dont_inherit=True), vars(module))  # noqa: S102 - running the script is this process's purpose
    draw: Callable[[Figure], object] | None = getattr(module, "draw", None)
    if not callable(draw):
        raise TypeError("the script defines no function draw(figure)")
    return draw


def _failure(error: BaseException, name: str) -> dict[str, Any]:
    """The last line of a traceback and the script's own line that led to it."""
    try:
        if isinstance(error, SyntaxError):
            line = error.lineno
        else:
            line = next(
                (
                    frame.lineno
                    for frame in reversed(traceback.extract_tb(error.__traceback__))
                    if frame.filename == name
                ),
                None,
            )
        said = traceback.format_exception_only(error)[-1].strip()
    except BaseException:  # noqa: BLE001 - an exception of the script's own class may fail in its own words
        return {"error": type(error).__name__, "line": None}
    return {"error": said[:500], "line": line}


if __name__ == "__main__":
    main()
