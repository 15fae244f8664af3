"""Attacks of figure scripts on each layer of the sandbox.

A new attack is a line in `ATTACKS`: code that must fail with an OSError, and the layers each of which stops it alone.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from cardpipe.errors import FigureError
from cardpipe.figures import sandbox, script_process, seccomp
from cardpipe.figures.sandbox import Limits, layers, run_script
from cardpipe.writers.api import FigureForm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="only Linux contains scripts, and the numbers of system calls are known for two architectures",
)
KEY: Final = 0x48530000
COLUMN: Final = 0 if platform.machine() == "x86_64" else 1
LIMITS: Final = Limits(cpu_seconds=20, wall_seconds=120.0)

SECCOMP, LANDLOCK, SCOPES, TREE, NETWORK, IPC, LIMITED = (
    "seccomp filter",
    "Landlock",
    "Landlock's scopes",
    "namespace of files",
    "namespace of the network",
    "namespace of IPC",
    "resource limits",
)
WITHOUT: Final[Mapping[str, str]] = {
    "nothing": "pass",
    "Landlock's scopes": "landlock._SCOPES = 0",
    "Landlock": "landlock.restrict_files = lambda readable: 0",
    "namespaces": "namespaces.enter = lambda readable, workplace: []",
    "Landlock and namespaces": "landlock.restrict_files = lambda readable: 0\n"
    "namespaces.enter = lambda readable, workplace: []",
    "seccomp filter": "seccomp.restrict_system_calls = lambda: False",
}
"""What older kernels and stricter systems lack, and how the runner's process is made to do without it."""
TAKEN: Final[Mapping[str, frozenset[str]]] = {
    "nothing": frozenset(),
    "Landlock's scopes": frozenset({SCOPES}),
    "Landlock": frozenset({LANDLOCK, SCOPES}),
    "namespaces": frozenset({TREE, NETWORK, IPC}),
    "Landlock and namespaces": frozenset({LANDLOCK, SCOPES, TREE, NETWORK, IPC}),
    "seccomp filter": frozenset({SECCOMP}),
}

HELPERS = """\
import ctypes, fcntl, mmap, resource, select, signal, socket, struct, sys, time
LIBRARY = ctypes.CDLL(None, use_errno=True)
LIBRARY.syscall.restype = ctypes.c_long
def call(number, *args):
    done = LIBRARY.syscall(ctypes.c_long(number), *(ctypes.c_long(a) if isinstance(a, int) else a for a in args))
    if done == -1:
        raise OSError(ctypes.get_errno(), 'refused')
    return done
def numbered(x86, arm):
    return (x86, arm)[COLUMN]
"""

ATTACKS: list[tuple[str, set[str]]] = [
    # Files: read, listed, looked at, watched.
    ("open('/etc/passwd').read()", {LANDLOCK, TREE}),
    ("open(secret).read()", {LANDLOCK, TREE}),
    ("open(f'/proc/{parent}/environ', 'rb').read()", {LANDLOCK, TREE}),
    ("open(f'/proc/{victim}/maps', 'rb').read()", {LANDLOCK, TREE}),
    ("open('/proc/self/environ', 'rb').read()", {LANDLOCK, TREE}),
    ("os.listdir('/home')", {LANDLOCK, TREE}),
    ("os.listdir('/proc')", {LANDLOCK, TREE}),
    ("os.listdir(os.path.dirname(secret))", {LANDLOCK, TREE}),
    ("os.stat(secret)", {TREE}),
    ("os.lstat(secret)", {TREE}),
    ("os.readlink('/proc/self/exe')", {TREE}),
    ("os.statvfs('/')", {SECCOMP}),
    ("os.getxattr(secret, 'user.x')", {SECCOMP, TREE}),
    ("call(numbered(254, 27), call(numbered(294, 26), 0), secret.encode(), 0xfff)", {SECCOMP}),
    ("call(numbered(300, 262), 0, 0)", {SECCOMP}),
    # Files: written, made, moved, changed.
    ("open(secret, 'w')", {SECCOMP, LANDLOCK, TREE}),
    ("open(secret, 'a')", {SECCOMP, LANDLOCK, TREE}),
    ("os.open(secret, os.O_RDONLY | os.O_TRUNC)", {SECCOMP, LANDLOCK, TREE}),
    ("os.open(secret, os.O_RDONLY | os.O_CREAT)", {SECCOMP, TREE}),
    ("os.open('/tmp', os.O_TMPFILE | os.O_RDWR)", {SECCOMP, LANDLOCK, TREE}),
    ("open('new', 'x')", {SECCOMP, LANDLOCK}),
    ("os.remove(secret)", {SECCOMP, LANDLOCK, TREE}),
    ("os.rename(secret, secret + '2')", {SECCOMP, LANDLOCK, TREE}),
    ("os.truncate(secret, 0)", {SECCOMP, LANDLOCK, TREE}),
    ("os.mkdir('folder')", {SECCOMP, LANDLOCK}),
    ("os.mkfifo('pipe')", {SECCOMP, LANDLOCK}),
    ("os.symlink('/etc/passwd', 'link')", {SECCOMP, LANDLOCK}),
    ("os.link(secret, 'link')", {SECCOMP, LANDLOCK, TREE}),
    ("os.symlink('/etc/passwd', os.path.join(os.path.dirname(secret), 'link'))", {SECCOMP, LANDLOCK, TREE}),
    ("os.chmod(secret, 0o777)", {SECCOMP, TREE}),
    ("os.chmod(sys.executable, 0o777)", {SECCOMP}),
    ("os.chown(secret, 0, 0)", {SECCOMP, TREE}),
    ("os.utime(secret)", {SECCOMP, TREE}),
    ("os.setxattr(secret, 'user.x', b'x')", {SECCOMP, TREE}),
    ("os.memfd_create('x')", {SECCOMP}),
    ("fcntl.flock(os.open(sys.executable, os.O_RDONLY), fcntl.LOCK_SH)", {SECCOMP}),
    ("fcntl.lockf(os.open(sys.executable, os.O_RDONLY), fcntl.LOCK_SH)", {SECCOMP}),
    ("fcntl.fcntl(os.open(sys.executable, os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)", {SECCOMP}),
    ("fcntl.fcntl(os.open('/usr/lib', os.O_RDONLY), fcntl.F_NOTIFY, 1)", {SECCOMP}),
    ("os.chroot('/usr')", {SECCOMP}),
    ("call(numbered(165, 40), b'none', b'/usr', b'tmpfs', 0, 0)", {SECCOMP, LANDLOCK}),
    # Network.
    ("socket.socket(socket.AF_INET).connect(('127.0.0.1', port))", {SECCOMP, NETWORK}),
    ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))", {SECCOMP, NETWORK}),
    ("socket.socket(socket.AF_INET6).connect(('::1', port))", {SECCOMP, NETWORK}),
    ("socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", {SECCOMP}),
    ("socket.socket(socket.AF_UNIX).connect(chr(0) + abstract)", {SECCOMP, SCOPES, NETWORK}),
    ("socket.socket(socket.AF_UNIX).connect(path)", {SECCOMP, TREE}),
    ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)", {SECCOMP}),
    ("socket.socket(socket.AF_VSOCK)", {SECCOMP}),
    ("socket.socket(socket.AF_PACKET)", {SECCOMP}),
    ("socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)", {SECCOMP}),
    ("socket.socketpair()", {SECCOMP}),
    ("socket.getaddrinfo('example.org', 80)", {SECCOMP, NETWORK}),
    # Processes: started, signalled, looked into, slowed down.
    ("os.fork()", {SECCOMP}),
    ("os.posix_spawn(sys.executable, [sys.executable], {})", {SECCOMP}),
    ("os.execv(sys.executable, [sys.executable, '-c', ''])", {SECCOMP}),
    ("call(numbered(58, 220), 0x11)", {SECCOMP}),
    ("call(435, (ctypes.c_uint64 * 8)(), 64)", {SECCOMP}),
    ("call(322, -1, b'', 0, 0, 0x1000) if not numbered(0, 1) else call(281, -1, b'', 0, 0, 0x1000)", {SECCOMP}),
    ("import threading; threading.Thread(target=print).start()", {SECCOMP}),
    ("os.kill(victim, 9)", {SECCOMP, SCOPES}),
    ("os.kill(parent, 9)", {SECCOMP, SCOPES}),
    ("os.kill(-1, 9)", {SECCOMP}),
    ("os.killpg(0, 9)", {SECCOMP}),
    ("call(numbered(200, 130), victim, 9)", {SECCOMP, SCOPES}),
    ("call(numbered(234, 131), victim, victim, 9)", {SECCOMP, SCOPES}),
    ("call(numbered(129, 138), victim, 9, (ctypes.c_int * 32)(9, 0, -1))", {SECCOMP, SCOPES}),
    ("call(numbered(297, 240), victim, victim, 9, (ctypes.c_int * 32)(9, 0, -1))", {SECCOMP, SCOPES}),
    ("signal.pidfd_send_signal(os.pidfd_open(victim), 9)", {SECCOMP, SCOPES}),
    ("call(438, os.pidfd_open(parent), 0, 0)", {SECCOMP}),
    ("fcntl.fcntl(reader, fcntl.F_SETOWN, victim)", {SECCOMP}),
    ("fcntl.fcntl(reader, 10, 15)", {SECCOMP}),
    ("fcntl.fcntl(reader, 15, struct.pack('ii', 1, victim))", {SECCOMP}),
    ("fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC)", {SECCOMP}),
    ("fcntl.ioctl(reader, 0x8901, struct.pack('i', victim))", {SECCOMP}),
    ("fcntl.ioctl(reader, 0x8902, struct.pack('i', victim))", {SECCOMP}),
    ("fcntl.ioctl(reader, 0x5452, struct.pack('i', 1))", {SECCOMP}),
    # The kernel looks at the low half of a command only.
    ("call(numbered(72, 25), reader, (1 << 32) + 8, victim)", {SECCOMP}),
    ("call(numbered(16, 29), reader, (1 << 32) + 0x8901, ctypes.byref(ctypes.c_int(victim)))", {SECCOMP}),
    ("call(numbered(157, 167), 1, 9)", {SECCOMP}),
    ("call(numbered(157, 167), 4, 1)", {SECCOMP}),
    ("call(numbered(157, 167), 0x59616d61, -1)", {SECCOMP}),
    ("call(numbered(222, 107), 0, (ctypes.c_int * 32)(0, 9, 4, victim), ctypes.byref(ctypes.c_int()))", {SECCOMP}),
    ("call(numbered(101, 117), 16, victim, 0, 0)", {SECCOMP}),
    ("call(numbered(310, 270), victim, (ctypes.c_long * 2)(), 1, (ctypes.c_long * 2)(), 1, 0)", {SECCOMP}),
    ("call(numbered(311, 271), victim, (ctypes.c_long * 2)(), 1, (ctypes.c_long * 2)(), 1, 0)", {SECCOMP}),
    ("call(numbered(312, 272), parent, victim, 1, 0, 0)", {SECCOMP}),
    ("os.setpriority(os.PRIO_PROCESS, victim, 19)", {SECCOMP}),
    ("os.sched_setaffinity(victim, {0})", {SECCOMP}),
    ("os.sched_setscheduler(victim, os.SCHED_IDLE, os.sched_param(0))", {SECCOMP}),
    ("os.sched_setparam(victim, os.sched_param(0))", {SECCOMP}),
    ("call(numbered(314, 274), victim, (ctypes.c_int * 12)(48, 5), 0)", {SECCOMP}),
    ("call(numbered(251, 30), 1, victim, 3 << 13)", {SECCOMP}),
    ("call(numbered(256, 238), victim, 8, (ctypes.c_long * 1)(1), (ctypes.c_long * 1)(1))", {SECCOMP}),
    ("resource.prlimit(victim, resource.RLIMIT_NOFILE)", {SECCOMP}),
    ("resource.prlimit(victim, resource.RLIMIT_NOFILE, (3, 3))", {SECCOMP}),
    ("call(numbered(160, 164), 7, ctypes.byref((ctypes.c_long * 2)()))", {SECCOMP}),
    ("call(numbered(302, 261), 0, 7, ctypes.byref((ctypes.c_long * 2)()), 0)", {SECCOMP}),
    ("call(numbered(302, 261), 1 << 32, 7, ctypes.byref((ctypes.c_long * 2)()), 0)", {SECCOMP}),
    # IPC that would outlast the script, or reach another program.
    ("call(numbered(29, 194), KEY, 4096, 0o1600)", {SECCOMP}),
    ("call(numbered(68, 186), KEY, 0o1600)", {SECCOMP}),
    ("call(numbered(64, 190), KEY, 1, 0o1600)", {SECCOMP}),
    ("call(numbered(240, 180), b'cardpipe-attack', 0o102, 0o600, 0)", {SECCOMP, LIMITED}),
    ("call(numbered(30, 196), shared, 0, 0)", {SECCOMP, IPC}),
    ("call(numbered(31, 195), shared, 0, 0)", {SECCOMP, IPC}),
    ("import multiprocessing; multiprocessing.Lock()", {SECCOMP, LANDLOCK, TREE}),
    (
        "from multiprocessing.shared_memory import SharedMemory; SharedMemory('cardpipe-attack', True, 9)",
        {SECCOMP, LANDLOCK, TREE},
    ),
    ("call(numbered(248, 217), b'user', b'cardpipe', b'x', 1, -3)", {SECCOMP}),
    ("call(numbered(250, 219), 0, -3, 1)", {SECCOMP}),
    ("call(numbered(249, 218), b'user', b'cardpipe', 0, -3)", {SECCOMP}),
    # The kernel's larger surfaces.
    ("call(425, 8, (ctypes.c_int * 40)())", {SECCOMP}),
    ("call(numbered(321, 280), 0, (ctypes.c_int * 40)(1, 4, 4, 4), 72)", {SECCOMP}),
    ("call(numbered(298, 241), (ctypes.c_int * 40)(1, 128), 0, -1, -1, 0)", {SECCOMP}),
    ("call(numbered(323, 282), 1)", {SECCOMP}),
    ("call(numbered(272, 97), 0x10000000)", {SECCOMP}),
    ("call(numbered(308, 268), reader, 0)", {SECCOMP}),
    ("call(numbered(317, 277), 0, 0, 0)", {SECCOMP}),
    ("call(numbered(135, 92), 0x0040000)", {SECCOMP}),
    ("call(numbered(103, 116), 3, 0, 0)", {SECCOMP}),
    ("call(numbered(303, 264), -100, b'/', (ctypes.c_int * 40)(128), ctypes.byref(ctypes.c_int()), 0)", {SECCOMP}),
    # Terminals.
    ("os.open('/dev/tty', os.O_RDONLY)", {LANDLOCK, TREE}),
    ("fcntl.ioctl(os.open(terminal, os.O_RDONLY), 0x5412, b'x')", {SECCOMP, LANDLOCK, TREE}),
    ("fcntl.ioctl(os.open(terminal, os.O_RDONLY), 0x541c, b'x')", {SECCOMP, LANDLOCK, TREE}),
    ("os.write(os.open(terminal, os.O_RDWR), b'x')", {SECCOMP, LANDLOCK, TREE}),
]
"""Code, and the layers each of which refuses it."""


def run(body: str, limits: Limits = LIMITS, **parameters: str | int) -> None:
    """Run a script whose `draw` has the given lines."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    names = "".join(f", {name}" for name in parameters)
    source = f"import os\nCOLUMN, KEY = {COLUMN}, {KEY}\n{HELPERS}\ndef draw(figure{names}):\n    'Test.'\n{lines}\n"
    run_script("attack.py", source.encode(), parameters, FigureForm.SVG, limits)


def failure(body: str, limits: Limits = LIMITS, **parameters: str | int) -> str:
    with pytest.raises(FigureError) as caught:
        run(body, limits, **parameters)
    return caught.value.message


def done(attacks: list[str], **parameters: str | int) -> list[str]:
    """Which of some attacks do not fail; the script's message is bounded, so numbers are told."""
    body = (
        "reader, writer = os.pipe()\n"
        "done = []\n"
        f"for number, attack in enumerate({attacks!r}):\n"
        "  try: exec(attack, {**globals(), **locals()})\n"
        "  except (OSError, RuntimeError): pass\n"
        "  except ValueError as error: done.append((number, str(error)))\n"
        "  else: done.append(number)\n"
        "raise LookupError(done)"
    )
    told = failure(body, LIMITS, **parameters).partition("LookupError: ")
    assert told[1], told[0]
    return [attacks[number] if isinstance(number, int) else str(number) for number in ast.literal_eval(told[2])]


def here() -> frozenset[str]:
    """The layers of this kernel."""
    told = layers()
    given = told["namespaces"].split(", ")
    return frozenset(
        layer
        for layer, is_there in {
            SECCOMP: told["seccomp filter"],
            LANDLOCK: told["Landlock"],
            SCOPES: "signals" in told["Landlock"],
            TREE: "files" in given,
            NETWORK: "network" in given,
            IPC: "IPC" in given,
            LIMITED: told["resource limits"],
        }.items()
        if is_there
    )


@pytest.fixture(scope="module")
def kernel() -> frozenset[str]:
    return here()


def without(patch: pytest.MonkeyPatch, missing: str) -> None:
    """Have the runner's process do without a layer."""
    code = f"from cardpipe.figures import landlock, namespaces, runner, seccomp\n{WITHOUT[missing]}\nrunner.main()"
    patch.setattr(sandbox, "_RUNNER", ("-c", code))


class Victims:
    """What attacks are aimed at, and what must be as it was."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(["sleep", "600"])
        self.secret = folder / "secret"
        self.secret.write_text("secret")
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.abstract = f"cardpipe-attack-{os.getpid()}"
        self.sockets = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        # The path of a socket has little room.
        self.folder = tempfile.mkdtemp(prefix="cp-")
        self.sockets[0].bind(f"{self.folder}/s")
        self.sockets[1].bind(f"\0{self.abstract}")
        for one in (*self.sockets, self.tcp):
            one.listen()
            one.setblocking(False)
        self.master, self.terminal = os.openpty()
        os.set_blocking(self.master, False)
        self.library = ctypes.CDLL(None)
        self.shared = self.library.shmget(KEY + 1, 4096, 0o1600)
        self.before = self.state()

    def state(self) -> dict[str, object]:
        pid = self.process.pid
        facts = Path(f"/proc/{pid}/stat").read_text().split()
        # Other programs may use these meanwhile: what counts is what the attacks would make.
        ipc = [Path(f"/proc/sysvipc/{kind}").read_text() for kind in ("shm", "msg", "sem")]
        status = self.secret.stat()
        return {
            "alive": self.process.poll() is None,
            "stopped": facts[2] in "Tt",
            "priority": facts[17:19],
            "policy": os.sched_getscheduler(pid),
            "affinity": os.sched_getaffinity(pid),
            "limits": resource.prlimit(pid, resource.RLIMIT_NOFILE),
            "IPC": [str(KEY) in text for text in ipc],
            "shared memory": sorted(Path("/dev", "shm").glob("cardpipe-attack*")),
            "secret": (self.secret.read_text(), status.st_mode, status.st_mtime_ns, status.st_nlink),
            "folder": sorted(self.secret.parent.iterdir()),
            "executable": Path(sys.executable).stat().st_mode,
        }

    def untouched(self) -> None:
        assert self.state() == self.before
        for one in (*self.sockets, self.tcp):
            with pytest.raises(BlockingIOError):
                one.accept()
        with pytest.raises(BlockingIOError):
            os.read(self.master, 1)

    def parameters(self) -> dict[str, str | int]:
        return {
            "victim": self.process.pid,
            "parent": os.getpid(),
            "secret": str(self.secret),
            "port": self.tcp.getsockname()[1],
            "abstract": self.abstract,
            "path": f"{self.folder}/s",
            "terminal": os.ttyname(self.terminal),
            "shared": self.shared,
        }

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.library.shmctl(self.shared, 0, None)
        for one in (*self.sockets, self.tcp):
            one.close()
        for descriptor in (self.master, self.terminal):
            os.close(descriptor)


@pytest.fixture
def victims(tmp_path: Path) -> Iterator[Victims]:
    made = Victims(tmp_path)
    with contextlib.closing(made):
        yield made


@pytest.mark.quick_cases("nothing")
@pytest.mark.parametrize("missing", WITHOUT)
def test_attacks_fail_while_one_layer_that_stops_them_is_there(
    kernel: frozenset[str], missing: str, victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, missing)
    there = kernel - TAKEN[missing]
    # What nothing stops is not tried: it would do harm.
    attacks = [code for code, stopped_by in ATTACKS if stopped_by & there]
    assert done(attacks, **victims.parameters()) == []
    victims.untouched()


@pytest.mark.quick_cases("nothing")
@pytest.mark.parametrize("missing", ["nothing", "Landlock and namespaces"])
def test_every_system_call_that_is_not_needed_is_refused(
    kernel: frozenset[str], missing: str, victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    if SECCOMP not in kernel:
        pytest.skip("this kernel filters no system calls")
    without(monkeypatch, missing)
    allowed: set[int | None] = {numbers[COLUMN] for numbers in seccomp._ALLOWED.values()}
    allowed |= {checked.numbers[COLUMN] for checked in seccomp._CHECKED.values()}
    # The kernel's own way back from a probe on x86: it ends whoever else calls it, before any filter.
    allowed |= {335, 336} if COLUMN == 0 else set()
    others = [number for number in range(600) if number not in allowed]
    others += [0x40000000 + number for number in range(600)] + [2**31 - 1, -1]
    body = (
        "answers = {}\n"
        f"for number in {others!r}:\n"
        "  for args in ((0,) * 6, (victim, 0, 0, 0, 0, 0)):\n"
        "    try: answers[number] = call(number, *args)\n"
        "    except OSError as error:\n"
        "      if error.errno not in (1, 38): answers[number] = error.errno\n"
        "raise LookupError(answers)"
    )
    assert "LookupError: {}" in failure(body, victim=victims.process.pid)
    victims.untouched()


@pytest.mark.skipif(COLUMN == 1, reason="the other way into the kernel is one of x86")
def test_the_calls_of_32_bit_programs_end_the_process(kernel: frozenset[str]) -> None:
    if SECCOMP not in kernel:
        pytest.skip("this kernel filters no system calls")
    body = (
        "page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "page.write(bytes.fromhex('b814000000cd80c3'))  # mov eax, getpid; int 0x80; ret\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()"
    )
    assert "signal 31" in failure(body)


def test_legitimate_scripts_have_what_they_need() -> None:
    run(
        "import asyncio.events, concurrent.futures, csv, dataclasses, datetime, decimal, fractions, io, json, random\n"
        "import sqlite3, statistics, subprocess, tempfile, threading, zoneinfo\n"
        "import matplotlib.image, matplotlib.tri, mpl_toolkits.mplot3d, numpy as np\n"
        "rng = np.random.default_rng(0)\n"
        "matrix = rng.standard_normal((300, 300))\n"
        "np.linalg.svd(matrix); np.fft.fft2(matrix); np.linalg.eigh(matrix @ matrix.T)\n"
        "lock = threading.Lock()\n"
        "with lock: time.sleep(0.01)\n"
        "time.time(), time.monotonic(), time.process_time(), datetime.datetime.now(zoneinfo.ZoneInfo('UTC'))\n"
        "with sqlite3.connect(':memory:') as base: base.execute('SELECT 1')\n"
        "with open(json.__file__) as file: file.read()\n"
        "os.urandom(9), os.cpu_count(), os.uname(), os.getcwd(), os.getpid(), os.isatty(0), os.get_terminal_size\n"
        "resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_AS)\n"
        "one, other = os.pipe(); os.write(other, b'x'); select.select([one], [], [], 1); os.read(one, 1)\n"
        "os.set_blocking(one, False); os.set_inheritable(one, True); os.close(one)\n"
        "signal.signal(signal.SIGALRM, signal.SIG_IGN); signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.05)\n"
        "big = np.ones(10**7); big.resize(2 * 10**7); del big\n"
        "axes = figure.add_subplot(projection='3d'); axes.plot_surface(*np.meshgrid([1, 2], [1, 2]), np.eye(2))"
    )


def test_nothing_of_the_parent_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    with (tmp_path / "secret").open("w+") as file:
        os.set_inheritable(file.fileno(), True)
        body = (
            "open_ = []\n"
            "for number in range(64):\n"
            "  try: open_.append((number, os.fstat(number).st_mode >> 12))\n"
            "  except OSError: pass\n"
            "raise LookupError(open_, 'GITHUB_TOKEN' in os.environ, os.getenv('HOME'))"
        )
        # Three that lead nowhere, and the pipe for the answer.
        assert "([(0, 2), (1, 2), (2, 2), (3, 1)], False, None)" in failure(body)


BOMBS: list[tuple[str, str]] = [
    ("while True: os.fork()", "PermissionError"),
    ("x = []\nwhile True: x.append(os.open('/dev/null', os.O_RDONLY))", "OSError: [Errno 24]"),
    ("x = []\nwhile True: x.append(os.pipe())", "OSError: [Errno 24]"),
    ("x = []\nwhile True: x.append(mmap.mmap(-1, 1 << 26))", "OSError: [Errno 12]"),
    ("x = [b'x' * 2**26]\nwhile True: x += x[:1] + [x[0] * 2]", "MemoryError"),
    ("signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", "CPU time"),
    ("import itertools\nfor _ in itertools.count(): time.sleep(1)", "longer than"),
    ("for number in range(64):\n  try: os.close(number)\n  except OSError: pass\ntime.sleep(99)", "longer than"),
    ("while True: print('x' * 10**6)", "CPU time"),
    ("while True: os.write(3, b'x' * 65536)", "larger than"),
    ("os.write(3, b'x' * 9000)\nos._exit(0)", "before its picture"),
    ("raise ValueError('\\x1b]0;title\\x07\\x9b31m\\u202e\\r\\n' * 999)", "\N{REPLACEMENT CHARACTER}]0;title"),
]
"""What uses something up, or spoils the answer; and what the message says."""


@pytest.mark.quick_cases(every=12)
@pytest.mark.parametrize(("body", "said"), BOMBS, ids=[body[:30] for body, _ in BOMBS])
def test_nothing_is_used_up(body: str, said: str) -> None:
    limits = Limits(cpu_seconds=4, wall_seconds=60.0, memory_bytes=1 << 30, picture_bytes=1 << 20)
    if said == "longer than":
        limits = Limits(cpu_seconds=4, wall_seconds=4.0)
    message = failure(body, limits)
    assert said in message
    assert message.isprintable()
    assert len(message) < 1000


ANSWERS: list[bytes] = [
    b"",
    b"\n",
    b"{}\n<svg/>",
    b"[]\n",
    b"null\n",
    b"1e999\n",
    b"[" * 9_000 + b"\n",
    b'{"width": ' + b"[" * 9_000 + b"\n",
    b'{"width": ' + b"9" * 5_000 + b', "height": 1}\n',
    b'{"width": 1e999, "height": 320}\n<svg/>',
    b'{"width": NaN, "height": NaN}\n<svg/>',
    b'{"width": true, "height": true}\n<svg/>',
    b'{"width": "480", "height": null}\n<svg/>',
    b'{"width": -480, "height": 320}\n<svg/>',
    b'{"width": 480, "height": 320}\n',
    b'{"width": 480, "height": 320}\n<svg onload="x"/>',
    b'{"width": 480, "height": 320}\n\xff\xfe\x00',
    b'{"error": "\\u001b[2J\\ud800\\u0000", "line": 1}\n',
    b'{"error": {"a": ["\\u001b[2J"]}, "line": true}\n',
    b'{"error": "x", "line": ' + b"9" * 4_000 + b"}\n",
    b'{"error": "x", "line": -5}\n',
    b'{"error": "' + b"x" * 9_000 + b'"}\n',
    b'{"error": "' + b"x" * 90_000 + b'"}\n',
    b"\x80\x04\x95\x1b\x00\x00\x00cos\nsystem\n.",
]
"""Answers that a script could write in place of ours."""


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: repr(answer[:30]))
def test_no_answer_harms_the_parent(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import os\nanswer = {answer!r}\nwhile answer: answer = answer[os.write(1, answer):]"
    monkeypatch.setattr(script_process, "has_server", lambda: False)
    monkeypatch.setattr(sandbox, "python_command", lambda: [sys.executable, "-I", "-S"])
    monkeypatch.setattr(sandbox, "_RUNNER", ("-c", code))
    message = failure("pass")
    assert message.isprintable()
    assert len(message) < 1000
