"""Closed and full streams, escape sequences on the terminal, and signals: one clear message, never a crash."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from cardpipe.cli.main import COMMANDS
from cardpipe.report.terminal import clean
from waiting import PATIENCE, until_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the shell's redirections, and signals, of POSIX")

DECK = """\
uid: 7e4e631f-5be9-4023-a07e-de1296e0ae1a
slug: sample
name: Sample
language: en
authors: [A. Author]
licence: CC-BY-4.0
description: Cards to learn from.
tags:
  example: Cards that show something
subdecks:
  EX: Examples
formats:
  csv:
  html:
"""


def written(root: Path) -> Path:
    """A deck of three cards that are made in no time."""
    (root / "source/cards").mkdir(parents=True)
    (root / "source/deck.yaml").write_text(DECK, encoding="utf-8")
    for number in range(1, 4):
        card = f'id: EX000{number}\ntitle: Sum {number}\nquestion: What is {number} + 1?\nanswer: "{number + 1}"\n'
        (root / f"source/cards/EX000{number}.yaml").write_text(card, encoding="utf-8")
    return root


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Such a deck of the test's own."""
    return written(tmp_path / "sample")


CALLS = {
    "--help": ["--help"],
    "--version": ["--version"],
    "cache": ["cache", "info"],
    "ci": ["ci", "comment", "--data", "no-such.json", "--dry-run"],
    "completion": ["completion", "bash"],
    "diff": ["diff", "--json", "empty.lock"],
    "doctor": ["doctor"],
    "editions": ["editions"],
    "export": ["export", "--format", "csv"],
    "feedback": ["feedback", "no-such.apkg"],
    "figure": ["figure", "heatmap"],
    "figures": ["figures"],
    "fmt": ["fmt", "-"],
    "formats": ["formats"],
    "import": ["import", "no-such.apkg"],
    "init": ["init", "another"],
    "lint": ["lint", "--output-format", "json"],
    "kind": ["kind", "basic"],
    "kinds": ["kinds"],
    "list": ["list"],
    "move": ["move", "EX", "NN", "--dry-run"],
    "new": ["new", "--prefix", "EX"],
    "progress": ["progress", "no-such.json", "--to-anki", "no-such.apkg", "-o", "new.apkg"],
    "release": ["release", "--dry-run"],
    "rename": ["rename", "EX0001", "EX0009", "--dry-run"],
    "review": ["review", "no-such"],
    "rule": ["rule", "MTH001"],
    "rules": ["rules"],
    "schema": ["schema"],
    "serve": ["serve", "--host", "192.0.2.1"],
    "tag": ["tag", "rename", "example", "other", "--dry-run"],
    "verify": ["verify", "no-such.apkg"],
}
"""A call of each command that writes something."""
SILENT_ON_STDOUT = {"ci", "verify", "diff", "feedback", "import", "progress", "review", "serve"}
"""Calls that fail before they have anything to show: their message is the only one."""


def shell(line: str, folder: Path, *args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cardpipe", *args]
    return subprocess.run(
        ["bash", "-c", line.replace("CARDPIPE", '"$@"'), "bash", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
    )


def is_one_message(stderr: str) -> bool:
    return "internal error" not in stderr and "Traceback" not in stderr and "Exception ignored" not in stderr


def test_every_command_is_called_here() -> None:
    assert set(COMMANDS) <= set(CALLS)


@pytest.mark.quick_cases(every=8)
@pytest.mark.parametrize("name", CALLS)
def test_a_closed_standard_output_is_reported(plain: Path, name: str) -> None:
    done = shell("CARDPIPE >&- < source/cards/EX0001.yaml", plain, *CALLS[name])
    assert is_one_message(done.stderr)
    assert done.returncode == 2
    if name not in SILENT_ON_STDOUT:
        assert "standard output is closed" in done.stderr


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("name", ["--help", "export", "lint", "fmt", "schema", "list"])
@pytest.mark.parametrize("buffering", ["", "1"])
def test_a_full_standard_output_is_reported(plain: Path, name: str, buffering: str) -> None:
    done = shell(f"PYTHONUNBUFFERED={buffering} CARDPIPE > /dev/full < source/cards/EX0001.yaml", plain, *CALLS[name])
    assert is_one_message(done.stderr)
    assert done.returncode == 2
    assert "standard output could not be written: No space left" in done.stderr


@pytest.mark.quick_cases(every=6)
@pytest.mark.parametrize("closing", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize("name", ["export", "list", "lint"])
def test_an_unreadable_standard_error_stops_nothing(plain: Path, closing: str, name: str) -> None:
    done = shell(f"CARDPIPE {closing}", plain, *CALLS[name])
    assert done.returncode == 0
    assert done.stdout
    assert (plain / "output/sample.csv").is_file() == (name == "export")


@pytest.mark.parametrize("args", [("fmt", "-"), ("lint", "-")])
def test_a_closed_standard_input_is_reported(plain: Path, args: tuple[str, ...]) -> None:
    done = shell("CARDPIPE <&-", plain, *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Standard input is closed" in done.stderr
    assert is_one_message(done.stderr)


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("closing", ["<&- >&- 2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(plain: Path, closing: str) -> None:
    shell(f"CARDPIPE {closing}", plain, "export", "--format", "csv")
    assert (plain / "output/sample.csv").is_file()
    assert shell("CARDPIPE", plain, "cache", "verify").returncode == 0


@pytest.mark.parametrize("name", ["list", "rules", "--help"])
def test_a_closed_pipe_is_not_an_error(plain: Path, name: str) -> None:
    done = shell("CARDPIPE | exec true; echo ${PIPESTATUS[0]}", plain, *CALLS[name])
    assert done.stderr == ""
    assert done.stdout.strip() in {"0", "141"}  # 0 where it was written before the reader went


# What a terminal or a build server obeys, or what turns the direction of a text.
ESCAPES = {
    "colour": "\x1b[31m",
    "title of the window": "\x1b]0;PWN\x07",
    "link": "\x1b]8;;http://evil\x1b\\",
    "bell": "\x07",
    "C1": "\x9b31m",
    "turned round": "\u202e",
    "isolated": "\u2067",
    "separator": "\u2028",
    "return": "\r",
    "backspace": "\x08",
    "delete": "\x7f",
    "half a character": "\udc9b",
    "tag": "\U000e0041",
}
ALL = "".join(ESCAPES.values())
TITLE = (
    "T" + "".join(ESCAPES[name] for name in ESCAPES if name not in {"separator", "return", "half a character"}) + "T"
)
HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def in_yaml(text: str) -> str:
    """A double-quoted YAML scalar whose value is the text."""
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08X}" for c in text) + '"'


def is_harmless(data: bytes) -> bool:
    return HARMFUL.search(data.decode("utf-8")) is None


@pytest.mark.parametrize("name", ESCAPES)
def test_terminal_output_contains_no_control_sequences(name: str) -> None:
    shown = clean(f"a{ESCAPES[name]}b\nc\td")
    assert is_harmless(shown.encode())
    assert shown.startswith("a<U+")
    assert shown.endswith("b\nc\td")


@pytest.fixture(scope="module")
def hostile_deck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deck with escapes in every text that people read."""
    root = written(tmp_path_factory.mktemp("escapes") / "sample")
    bad = in_yaml(TITLE)
    deck = root / "source/deck.yaml"
    text = deck.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^name:.*$", lambda _: f"name: {bad}", text)
    text += f"\neditions:\n  short:\n    title: {bad}\n"
    deck.write_text(text, encoding="utf-8")
    for card in (root / "source/cards").glob("*.yaml"):
        body = card.read_text(encoding="utf-8")
        card.write_text(re.sub(r"(?m)^title:.*$", lambda _: f"title: {bad}", body), encoding="utf-8")
    (root / "pack\x1b[31m.apkg").write_bytes(b"PK")
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null"]
    for args in (["init", "-q"], ["add", "source/deck.yaml"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *args], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def hostile_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deck with files whose names hold such characters."""
    root = written(tmp_path_factory.mktemp("names") / "sample")
    (root / "source/cards" / os.fsdecode(b"EX\x1b[31m\xff.yaml")).write_text("x: y\n")
    (root / "source/media").mkdir(exist_ok=True)
    (root / "source/media" / "\x1b]0;PWN\x07\n.png").write_bytes(b"")
    return root


HOSTILE_CALLS = [
    ["list"],
    ["list", "--json"],
    ["list", "--tag", ALL],
    ["editions"],
    ["editions", "--json"],
    ["lint"],
    ["lint", "--output-format", "concise"],
    ["lint", "--output-format", "json"],
    ["lint", "--output-format", "sarif"],
    ["lint", "--output-format", "junit"],
    ["lint", "--output-format", "github"],
    ["lint", "--statistics"],
    ["lint", "--diff", "--unsafe-fixes"],
    ["lint", ALL],
    ["lint", "--changed", ALL],
    ["fmt", "--diff"],
    ["fmt", "--check"],
    ["export", "--format", ALL],
    ["export", "--format", "csv"],
    ["export", "--edition", ALL],
    ["export", "--trusted-revision", ALL, "--trust-figures", "repo"],
    ["diff", "HEAD"],
    ["diff", "HEAD", "--json"],
    ["diff", "HEAD", "--output-format", "markdown"],
    ["diff", ALL],
    ["diff", "pack\x1b[31m.apkg"],
    ["diff", f"{ALL}.lock"],
    ["verify", "pack\x1b[31m.apkg"],
    ["release", "--dry-run"],
    ["release", ALL],
    ["figure", ALL],
    ["figures"],
    ["rule", ALL],
    ["rules", ALL],
    ["schema", ALL],
    ["cache", "info"],
    ["doctor"],
    ["review", ALL],
    ["ci", "comment", "--data", ALL],
    ["ci", ALL],
    ["init", f"{ALL}/x"],
    [ALL],
    [f"--{ALL}"],
    ["-C", ALL, "list"],
]


@pytest.mark.quick_cases(every=5)
@pytest.mark.parametrize("args", HOSTILE_CALLS, ids=lambda args: " ".join(map(ascii, args))[:60])
def test_no_command_prints_control_sequences(hostile_deck: Path, args: list[str]) -> None:
    command = [sys.executable, "-m", "cardpipe", *args]
    done = subprocess.run(command, cwd=hostile_deck, capture_output=True, check=False, timeout=120)
    assert is_harmless(done.stdout), ascii(done.stdout.decode())
    assert is_harmless(done.stderr), ascii(done.stderr.decode())
    assert b"internal error" not in done.stderr
    assert b"Traceback" not in done.stderr
    # A deck whose escapes are refused is not listed; the findings say so on standard error.
    refused = done.returncode == 1 and not done.stdout and b"YML004" in done.stderr
    if not refused and ("--json" in args or args[-1] in {"json", "sarif"}):
        json.loads(done.stdout)
    if args[-1] == "junit":
        ET.fromstring(done.stdout)  # noqa: S314 - our own output


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "junit", "github", "gitlab"])
def test_no_name_of_a_file_does_either(hostile_names: Path, form: str) -> None:
    test_no_command_prints_control_sequences(hostile_names, ["lint", "--output-format", form])


def test_a_title_keeps_its_characters_in_json(hostile_deck: Path, run: Run) -> None:
    [first, *_] = json.loads(run("-C", hostile_deck, "list", "--json").stdout)
    assert first["title"] == TITLE


@pytest.mark.parametrize("line", ["::add-mask::x", "  ::stop-commands::x", "a ##[group]x"])
def test_a_build_server_receives_no_commands(plain: Path, run: Run, line: str) -> None:
    path = plain / "source/cards/EX0001.yaml"
    path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    done = run("-C", plain, "diff", f"\n{line}", env={"GITHUB_ACTIONS": "true"})
    for shown in (done.stdout + done.stderr).splitlines():
        assert not shown.lstrip().startswith("::")
        assert "##[" not in shown


@pytest.mark.slow
def test_sigterm_at_any_moment_of_a_cold_export_is_one_message(project: Path, tmp_path: Path) -> None:
    """A few moments here; what ends an export at one of a hundred was looked for by hand."""
    shutil.rmtree(project / ".cardpipe")
    moments = random.Random(0)  # noqa: S311 - moments, not secrets
    spare = tmp_path / "tmp"
    spare.mkdir()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) * 2:
        process = subprocess.Popen(
            [sys.executable, "-m", "cardpipe", "-C", str(project), "export"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(spare)},
            start_new_session=True,
        )
        while process.poll() is None and not (project / ".cardpipe").exists():
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 2))
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode in {0, 2}, stderr
        if process.returncode == 2:
            assert stderr.decode() == "cardpipe: interrupted; no file was left half-written.\n"
        assert not list(spare.iterdir())
        shutil.rmtree(project / ".cardpipe", ignore_errors=True)
        assert not (project / ".cardpipe").exists()


def test_a_signal_that_is_ignored_from_outside_stays_ignored(plain: Path) -> None:
    line = "trap '' HUP; CARDPIPE & while kill -HUP $! 2>&-; do sleep 0.05; done; wait $!"
    done = shell(line, plain, "export", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")


@contextlib.contextmanager
def lock_held(deck: Path) -> Iterator[None]:
    from filelock import FileLock

    (deck / "output").mkdir(exist_ok=True)
    with FileLock(deck / "output/.cardpipe-lock"):
        yield


@contextlib.contextmanager
def slow_git(deck: Path) -> Iterator[None]:
    (deck / ".git").mkdir()
    program = deck / "git"
    program.write_text("#!/bin/sh\nexec sleep 120\n")
    program.chmod(0o755)
    yield


WAITS: dict[str, tuple[Callable[[Path], AbstractContextManager[object]], list[str]]] = {
    "lock": (lock_held, ["export", "--format", "csv"]),
    "lint's standard input": (contextlib.nullcontext, ["lint", "-"]),
    "fmt's standard input": (contextlib.nullcontext, ["fmt", "-"]),
    "git": (slow_git, ["lint", "--changed"]),
    "git for scripts": (slow_git, ["diff", "main"]),
}
"""What a command can wait for without an end, each with what makes it wait."""


@pytest.mark.quick_cases(every=3)
@pytest.mark.parametrize("wait", WAITS)
def test_no_wait_swallows_an_interruption(plain: Path, wait: str) -> None:
    hold, args = WAITS[wait]
    command = [sys.executable, "-m", "cardpipe", "-C", str(plain), *args]
    env = {**os.environ, "PATH": f"{plain}{os.pathsep}{os.environ['PATH']}"}
    with (
        hold(plain),
        (plain / "said").open("wb") as said,
        subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said, env=env) as process,
    ):
        until_waiting(process)
        process.send_signal(signal.SIGINT)
        # What it waits for ends later than that.
        assert process.wait(timeout=60) == 2
    assert "interrupted" in (plain / "said").read_text()


CALLED_BACK = """
import os, signal, sqlite3, tempfile, time
from cardpipe.parallel import interruption
interruption.listen("the message")
folder = tempfile.TemporaryDirectory()
print(folder.name, flush=True)
class Deaf:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
{}
time.sleep(60)
"""


@pytest.mark.parametrize(
    "deaf",
    [
        "Deaf()",
        "sqlite3.connect(':memory:').create_collation('x', lambda a, b: 0) or Deaf()",
        "db = sqlite3.connect(':memory:'); db.set_trace_callback(lambda _: Deaf()); db.execute('select 1')",
    ],
)
def test_no_library_swallows_an_interruption(deaf: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALLED_BACK.format(deaf)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (2, "the message\n")
    assert not Path(done.stdout.strip()).exists()


def test_worker_processes_end_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys, time\n"
        "from cardpipe.parallel import interruption\n"
        "from cardpipe.parallel.pool import WorkerPool\n"
        "def process(_worker, _job):\n"
        "    return os.getpid()\n"
        "def sleep(_worker, seconds):\n"
        "    time.sleep(seconds)\n"
        "if __name__ == '__main__':\n"
        "    interruption.listen('the message')\n"
        "    pool = WorkerPool(int)\n"
        "    print(*set(pool.map(process, range(9), processes=2)), flush=True)\n"
        "    list(pool.map(sleep, [60, 60], processes=2))\n"
    )
    for number, code in ((signal.SIGTERM, 2), (signal.SIGKILL, -9)):
        parent = subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert parent.stdout is not None
        children = [int(child) for child in parent.stdout.readline().split()]
        time.sleep(0.2)
        parent.send_signal(number)
        _, stderr = parent.communicate(timeout=60)
        assert parent.returncode == code
        if code == 2:  # after a kill, Python's tracker of semaphores has a word of its own
            assert stderr == "the message\n"
        deadline = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert children
        assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_the_message_reaches_standard_error_while_an_engine_redirects_it(tmp_path: Path) -> None:
    script = tmp_path / "redirected.py"
    script.write_text(
        "import os, time\n"
        "from cardpipe.parallel import interruption\n"
        "interruption.listen('the message')\n"
        "os.dup2(os.open(os.devnull, os.O_WRONLY), 2)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (2, "the message\n")
