"""Processes that run cardpipe and start fast: copies of one process that has imported it.

A start of Python with all that an export imports takes most of the time of a small export. Each command still has a
process, an environment, a working folder and standard streams of its own. `python -m cardpipe` runs it instead where
the system is not Linux, and where a variable of the environment could change what the interpreter or an
imported library does.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Result = subprocess.CompletedProcess[str]

TIMEOUT: Final = 300
"""Seconds."""
_LIBRARIES: Final = (
    "PIL.ImageDraw",
    "PIL.ImageFont",
    "anki.collection",
    "brotli",
    "concurrent.futures.process",
    "filelock",
    "fontTools.ttLib.woff2",
    "genanki",
    "markdown",
    "matplotlib.figure",
    "nh3",
    "pikepdf",
    "plutoprint",
    "quickjs",
    "rapidfuzz",
    "uharfbuzz",
)
"""What commands import when they need it; what is not installed is left out."""
_HARMLESS: Final = (
    "CARDPIPE_",
    "PYTEST_",
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "GIT_",
    # Commands set these for what they start and import, also where a test calls one as a function.
    "OPENBLAS_NUM_THREADS",
    "PYTHONSAFEPATH",
    "GITHUB_",
    "PATH",
    "SOURCE_DATE_EPOCH",
)
"""How names of variables begin that nothing reads before a command runs."""
_MESSAGE: Final = 1 << 20
"""The bytes of the longest request."""


def run_in_new_process(args: Sequence[str], cwd: Path | None, environment: Mapping[str, str]) -> Result:
    """Run `python -m cardpipe` with arguments."""
    return subprocess.run(
        [sys.executable, "-m", "cardpipe", *args],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=TIMEOUT,
    )


class CommandServer:
    """A process whose copies run commands, one at a time. It starts with the first command."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._environment: dict[str, str] = {}

    def run(self, args: Sequence[str], cwd: Path | None, environment: Mapping[str, str]) -> Result:
        """Run cardpipe with arguments."""
        if sys.platform != "linux":
            return run_in_new_process(args, cwd, environment)
        if self._socket is None:
            self._socket = self._started()
        if self._must_start(environment):
            return run_in_new_process(args, cwd, environment)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            request = json.dumps([list(args), str(cwd or Path.cwd()), dict(environment)]).encode()
            code = self._answer(request, array.array("i", [out.fileno(), err.fileno()]))
            streams = []
            for stream in (out, err):
                stream.seek(0)
                # As `subprocess` reads text.
                streams.append(stream.read().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n"))
        return Result(["cardpipe", *args], code, *streams)

    def close(self) -> None:
        """End the process."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._server is not None:
            self._server.wait(TIMEOUT)
            self._server = None

    def _answer(self, request: bytes, files: array.array[int]) -> int:
        """Return the exit code of a command. If there is none in time, end the process and raise OSError."""
        assert self._socket is not None
        assert self._server is not None
        try:
            self._socket.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
            answer = self._socket.recv(_MESSAGE)
            if not answer:
                raise ConnectionError("The process that starts commands has ended.")
        except OSError:
            # A later answer would be taken for that of the next command.
            os.killpg(self._server.pid, signal.SIGKILL)
            self.close()
            raise
        return int(answer)

    def _started(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(TIMEOUT)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MESSAGE)
        self._environment = dict(os.environ)
        with theirs:
            # With -P, modules of the working folder are not imported, as `python -m cardpipe` prevents itself.
            self._server = subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours

    def _must_start(self, environment: Mapping[str, str]) -> bool:
        changed = {
            name
            for name in environment.keys() | self._environment.keys()
            if environment.get(name) != self._environment.get(name)
        }
        return not all(name.startswith(_HARMLESS) for name in changed)


def _import() -> None:
    import cardpipe

    for module in pkgutil.walk_packages(cardpipe.__path__, "cardpipe."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in _LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Otherwise each copy would write to all objects of Python, and so copy them, when it looks for garbage.
    gc.freeze()


def _serve(requests: socket.socket) -> None:
    _import()
    # Threads of libraries are idle, and a copy does without them.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    while True:
        request, ancillary, _, _ = requests.recvmsg(_MESSAGE, socket.CMSG_SPACE(2 * array.array("i").itemsize))
        if not request:
            return
        files = array.array("i")
        for _, _, data in ancillary:
            files.frombytes(data)
        child = os.fork()
        if child == 0:
            requests.close()
            _become_command(*json.loads(request), *files)
        for file in files:
            os.close(file)
        requests.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _become_command(args: list[str], folder: str, environment: dict[str, str], out: int, err: int) -> NoReturn:
    """Run the command in this process, as the interpreter would with `-m cardpipe`."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.close(out)
    os.close(err)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = args
    code: object = 1
    try:
        runpy.run_module("cardpipe", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 - the interpreter would print it too
        traceback.print_exc()
    finally:
        # Removing all objects, as the interpreter does at its end, takes longer than most commands.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
