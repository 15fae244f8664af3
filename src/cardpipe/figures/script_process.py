"""The processes of figure scripts: on Linux copies of one that has loaded matplotlib, elsewhere new ones."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol, cast

from cardpipe.parallel.interruption import ending_with_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from io import BufferedReader

SERVE: Final = "serve"
"""The runner's argument that makes it a server."""
_START: Final = 60.0
"""Seconds that the server may take to load its modules."""


class ScriptProcess(Protocol):
    """A process that leads its own group, with pipes to its standard input and from its standard output."""

    @property
    def pid(self) -> int:
        """Return its number."""

    @property
    def question(self) -> IO[bytes]:
        """Return the pipe to its standard input."""

    @property
    def answer(self) -> BufferedReader:
        """Return the pipe from its standard output."""

    def wait(self, seconds: float) -> int | None:
        """Return its exit status, negative for a signal; None if it has not ended by then."""

    def kill(self) -> None:
        """End it at once."""

    def close(self) -> None:
        """End it and the processes that it started, and close the pipes."""


class ServerEndedError(OSError):
    """The server has ended, for example because the system killed it; no fault of a script."""

    def __init__(self) -> None:
        super().__init__(0, "the process of figure scripts has ended")


class NewProcess:
    """A process that was started as a command."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid
        self.question = cast("IO[bytes]", process.stdin)
        self.answer = cast("BufferedReader", process.stdout)

    def wait(self, seconds: float) -> int | None:
        """Return its exit status, negative for a signal; None if it has not ended by then."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self) -> None:
        """End it and, if process groups are supported, the processes that it started; close the pipes."""
        _kill_group(self.pid)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        _close(self.question, self.answer)


class CopiedProcess:
    """A copy of the server. What it started has ended when its exit status is known."""

    def __init__(self, question: IO[bytes], answer: BufferedReader, status: IO[bytes]) -> None:
        self.question = question
        self.answer = answer
        self._status = status
        self._ended = False
        self.pid = int(self._line(_START))

    def wait(self, seconds: float) -> int | None:
        """Return its exit status, negative for a signal; None if it has not ended by then.

        Raises OSError if the server ended before.
        """
        if not _readable(self._status, seconds):
            return None
        status = int(self._line(0))
        self._ended = True
        return status

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, unless its exit status is known, and close the pipes."""
        # The number of a process that has ended may be another one's.
        if not self._ended:
            _kill_group(self.pid)
        _close(self.question, self.answer, self._status)

    def _line(self, seconds: float) -> bytes:
        line = self._status.readline() if _readable(self._status, seconds) else b""
        if not line:
            raise ServerEndedError
        return line


class _ScriptServer:
    """A process that has loaded what scripts need, and makes a copy of itself for each."""

    def __init__(self, command: Sequence[str], environment: Callable[[Path], Mapping[str, str]]) -> None:
        self.has_ended = False
        """Whether a script noticed that it has."""
        self.scripts = 0
        """The number of scripts that run."""
        self._command = tuple(command)
        self._owner = os.getpid()
        with ExitStack() as stack:
            settings = Path(stack.enter_context(_temporary_folder()))
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            stack.enter_context(self._socket)
            with theirs:
                pipes = theirs.fileno(), subprocess.DEVNULL
                self._process = _started([*command, SERVE], pipes, settings, environment(settings))
            stack.enter_context(ending_with_us(self._process))
            self._stack = stack.pop_all()

    def serves(self, command: Sequence[str]) -> bool:
        """Return whether it was started by a command in this process, not in one that this is a copy of, and runs."""
        if self.has_ended or self._owner != os.getpid():
            return False
        return self._command == tuple(command) and self._process.poll() is None

    def copy(self, workplace: Path) -> CopiedProcess:
        """Return a copy that works in a folder; raises OSError if the server has ended."""
        pipes = [os.pipe() for _ in range(3)]
        (theirs, question), (answer, its_answer), (status, its_status) = pipes
        ours: list[IO[bytes]] = [os.fdopen(question, "wb", 0), os.fdopen(answer, "rb"), os.fdopen(status, "rb", 0)]
        try:
            try:
                _send(self._socket, workplace, [theirs, its_answer, its_status])
            finally:
                for descriptor in (theirs, its_answer, its_status):
                    os.close(descriptor)
            return CopiedProcess(ours[0], cast("BufferedReader", ours[1]), ours[2])
        except BaseException:
            _close(*ours)
            raise

    def close(self) -> None:
        """End it; copies go on, but their exit status is unknown. Nothing happens in a copy of the process."""
        if self._owner != os.getpid():
            return
        # A worker process may have inherited the socket, so its end is not enough.
        _kill_group(self._process.pid)
        self._process.wait()
        self._stack.close()


class _ScriptServers:
    """The server of this process, and its lock."""

    lock: Final = threading.RLock()
    """A signal can interrupt the main thread while it holds it, and end the process."""
    current: _ScriptServer | None = None
    closed: bool = False
    """Whether this process is ending, and starts no more."""


def has_server() -> bool:
    """Return whether scripts run in copies of a server here.

    Only on Linux can a process be copied safely, whatever its libraries do, and pass descriptors on.
    """
    return sys.platform == "linux"


@contextlib.contextmanager
def script_process(command: Sequence[str], environment: Callable[[Path], Mapping[str, str]]) -> Iterator[ScriptProcess]:
    """Start the runner in an empty folder, and end it with the block.

    The environment is made for a folder with matplotlib's settings. Raises OSError if the process cannot be started.
    """
    with ExitStack() as stack:
        workplace = Path(stack.enter_context(_temporary_folder()))
        if has_server():
            process: ScriptProcess = stack.enter_context(_server(command, environment)).copy(workplace)
        else:
            settings = Path(stack.enter_context(_temporary_folder()))
            pipes = subprocess.PIPE, subprocess.PIPE
            process = NewProcess(_started(command, pipes, workplace, environment(settings)))
        stack.callback(process.close)
        stack.enter_context(ending_with_us(process))
        yield process


@contextlib.contextmanager
def _server(command: Sequence[str], environment: Callable[[Path], Mapping[str, str]]) -> Iterator[_ScriptServer]:
    """Return the server, which is started if none is running, and use it in the block."""
    with _ScriptServers.lock:
        server = _ScriptServers.current
        if server is None or not server.serves(command):
            _end(server)
            if _ScriptServers.closed:
                raise OSError(0, "this program is ending")
            server = _ScriptServers.current = _ScriptServer(command, environment)
            atexit.register(_end_finally)
        server.scripts += 1
    try:
        yield server
    except ServerEndedError:
        server.has_ended = True
        raise
    finally:
        with _ScriptServers.lock:
            server.scripts -= 1


def start_server(command: Sequence[str], environment: Callable[[Path], Mapping[str, str]]) -> None:
    """Start the server, if there can be one, before a script needs it, and do not wait for it."""
    if has_server():
        with _server(command, environment):
            pass


def end_server() -> None:
    """End the server, which takes as much memory as matplotlib, unless a script is running."""
    with _ScriptServers.lock:
        server = _ScriptServers.current
        if server is not None and not server.scripts:
            _end(server)


def _end_finally() -> None:
    with _ScriptServers.lock:
        _ScriptServers.closed = True
        _end(_ScriptServers.current)


def _end(server: _ScriptServer | None) -> None:
    if server is not None:
        _ScriptServers.current = None
        atexit.unregister(_end_finally)
        server.close()


def _started(
    command: Sequence[str], pipes: tuple[int, int], folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a process that leads its own group, with standard input and output."""
    return subprocess.Popen(  # noqa: S603 - Python with our own runner; nothing of it comes from a deck
        command,
        stdin=pipes[0],
        stdout=pipes[1],
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cardpipe-figure-", ignore_cleanup_errors=True)


def _send(to: socket.socket, workplace: Path, descriptors: list[int]) -> None:
    try:
        socket.send_fds(to, [os.fsencode(workplace)], descriptors)
    except ConnectionError as error:
        raise ServerEndedError from error


def _readable(pipe: IO[bytes], seconds: float) -> bool:
    """Wait until there is something to read, or the end; `select` refuses descriptors from 1024 on."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    return bool(waiting.poll(max(0.0, seconds) * 1000))


def _kill_group(leader: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def _close(*pipes: IO[bytes]) -> None:
    for pipe in pipes:
        with contextlib.suppress(OSError):
            pipe.close()
