"""Figure scripts: their drawings are returned, and any other behaviour ends in one clear message."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING

import pytest

from cardpipe.errors import FigureError
from cardpipe.figures import landlock
from cardpipe.figures.picture import faults
from cardpipe.figures.sandbox import Limits, run_script
from cardpipe.writers.api import FigureForm

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.figures.api import Drawing

SHORT = Limits(cpu_seconds=4, wall_seconds=20.0, memory_bytes=1 << 30)
POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows has no limits on resources")
LINUX = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="only Linux refuses this, on the architectures whose numbers we know",
)


def has_landlock() -> bool:
    """Asked in a process of its own, since giving up files is for good."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        os._exit(0 if landlock.restrict_files([]) else 1)
    return os.waitpid(child, 0)[1] == 0


LANDLOCK = pytest.mark.skipif(not has_landlock(), reason="this kernel has no Landlock")


def run(body: str, limits: Limits = SHORT, form: FigureForm = FigureForm.SVG, **parameters: str | float) -> Drawing:
    """Run a script whose `draw` has the given lines."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    source = f"import os, sys\nimport numpy as np\ndef draw(figure, **parameters):\n    'Test.'\n{lines}\n"
    return run_script("sample.py", source.encode(), parameters, form, limits)


def failure(body: str, limits: Limits = SHORT) -> str:
    """The message of a script that fails; line 5 is the first of its body."""
    with pytest.raises(FigureError) as caught:
        run(body, limits)
    message = caught.value.message
    assert message.startswith("The figure script sample.py ")
    assert "\n" not in message
    return message


TRAINING = """
rng = np.random.default_rng(0)
x = rng.standard_normal((200, 30))
w = rng.standard_normal(30)
for _ in range(200):
    w -= 0.01 * x.T @ (x @ w - np.sign(x[:, 0])) / 200
axes = figure.add_subplot(xlabel="weight $w$")
axes.hist(w, bins=parameters.get("bins", 10))
axes.scatter(np.random.rand(9), np.random.rand(9))
print("what a script prints is nobody's business", {"a", "b", "c"})
"""


@pytest.mark.quick_cases("FigureForm.SVG")
@pytest.mark.parametrize("form", FigureForm)
def test_the_picture_comes_back_and_is_the_same_each_time(form: FigureForm) -> None:
    one, other = run(TRAINING, form=form), run(TRAINING, form=form)
    assert one == other
    assert (one.width, one.height, one.drawn) == (480, 320, True)
    assert faults(one.data, form, one.width, one.height) == ""


@pytest.mark.slow
def test_parameters_reach_draw_with_their_types() -> None:
    run("assert parameters == {'bins': 3, 'rate': 0.5, 'name': '3'}\nfigure.add_subplot()", bins=3, rate=0.5, name="3")


@pytest.mark.slow
def test_a_script_may_set_the_size() -> None:
    drawing = run("figure.set_size_inches(480 / 72, 400 / 72)")
    assert (drawing.width, drawing.height) == (480, 400)


@pytest.mark.slow
def test_a_script_may_use_dataclasses_and_the_style() -> None:
    source = b"""
from __future__ import annotations
from dataclasses import dataclass
from cardpipe.figures import style
@dataclass
class Point:
    x: float
def draw(figure):
    figure.add_subplot().plot([Point(1.0).x], "o", color=style.INK)
"""
    assert run_script("sample.py", source, {}, FigureForm.SVG, SHORT).width == 480


@pytest.mark.quick_cases(
    "1 / 0-failed, line 5: ZeroDivisionError: division by zero",
    "os._exit(3)-ended with exit status 3 before its picture was finished",
)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1 / 0", "failed, line 5: ZeroDivisionError: division by zero"),
        ("figure.add_subplot(\n    unknown=1)", "failed, line 5: AttributeError"),
        ("x = [", "failed, line 5: SyntaxError"),
        ("sys.exit(0)", "failed, line 5: SystemExit: 0"),
        ("raise KeyboardInterrupt", "failed, line 5: KeyboardInterrupt"),
        ("np.random.default_rng()", "failed, line 5: ValueError: default_rng needs a seed"),
        ("os._exit(0)", "ended with exit status 0 before its picture was finished"),
        ("os._exit(3)", "ended with exit status 3 before its picture was finished"),
        ("figure.set_size_inches(1000, 1)", "a figure's sides must be"),
        ("figure.text(0, 0, 'x', url='javascript:alert(1)')", "unsafe picture: it contains the element a"),
        ("class E(Exception):\n    def __str__(self): raise self\nraise E", "failed, line 7: "),
        ("def f(): f()\nf()", "RecursionError"),
        ("raise ValueError('\\x1b[31m' + 'x' * 10**6)", "ValueError: \N{REPLACEMENT CHARACTER}[31m"),
        (
            "for number in range(3, 64):\n  try: os.write(number, b'garbage\\n' * 999)\n  except OSError: pass",
            "before its picture",
        ),
        ("sys.stdout.write('garbage' * 99999)\nraise ValueError('end')", "line 6: ValueError: end"),
        (
            "for number in range(3, 64):\n"
            '  try: os.write(number, b\'{"width": 480, "height": 320}\\n<svg onload="x"/>\')\n'
            "  except OSError: pass\n"
            "os._exit(0)",
            "unsafe picture",
        ),
    ],
)
def test_a_failing_script_is_one_clear_message(body: str, said: str) -> None:
    assert said in failure(body)


@pytest.mark.slow
def test_a_script_without_draw() -> None:
    with pytest.raises(FigureError, match="defines no function draw"):
        run_script("sample.py", b"x = 1", {}, FigureForm.SVG, SHORT)


@pytest.mark.slow
def test_sleeping_is_stopped_in_time() -> None:
    assert "it took longer than 2 s" in failure("import time\ntime.sleep(60)", Limits(wall_seconds=2.0))


def test_an_endless_picture_is_stopped() -> None:
    body = (
        "while True:\n  for number in range(3, 64):\n    try: os.write(number, b'x' * 65536)\n    except OSError: pass"
    )
    assert "larger than 1 MiB" in failure(body, Limits(wall_seconds=20.0, picture_bytes=1 << 20))


@POSIX
@pytest.mark.slow
def test_an_endless_loop_is_stopped_by_its_cpu_time() -> None:
    assert "more than 2 s of CPU time" in failure("while True: pass", Limits(cpu_seconds=2, wall_seconds=60.0))
    last = failure("while True: pass", Limits(cpu_seconds=1, wall_seconds=60.0, extensible=False))
    assert "more than 1 s of CPU time (the maximum)" in last


@pytest.mark.quick_cases("bytearray(10 << 30)")
@POSIX
@pytest.mark.parametrize("body", ["bytearray(10 << 30)", "np.ones(10 << 27)", "x = [0]\nwhile True: x += x"])
def test_memory_is_bounded(body: str) -> None:
    if sys.platform == "darwin":
        pytest.skip("macOS does not enforce the limit")
    message = failure(body)
    assert "MemoryError" in message or "too much memory" in message


def test_the_environment_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDPIPE_TEST_SECRET", "very-secret")
    message = failure(
        "raise ValueError([name for name in os.environ if 'SECRET' in name], os.listdir('.') if 0 else 0)"
    )
    assert "ValueError: ([], 0)" in message


@pytest.mark.slow
def test_working_folder_is_not_the_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) not in failure("raise ValueError(os.getcwd())")


@pytest.mark.quick_cases("np.save('x.npy', np.ones(9))")
@POSIX
@pytest.mark.parametrize(
    "body",
    [
        "with open('file', 'w') as file: file.write('x')",
        "import tempfile\nwith tempfile.TemporaryFile() as file: file.write(b'x')",
        "np.save('x.npy', np.ones(9))",
        "figure.savefig('x.png')",
    ],
)
def test_no_file_is_written(body: str) -> None:
    message = failure(body)
    assert "Error" in message


def not_refused(attempts: list[str]) -> str:
    """Which lines of Python a script can run without an OSError or ValueError."""
    body = (
        "done = []\n"
        f"for attempt in {attempts!r}:\n"
        "  try: exec(attempt)\n"
        "  except (OSError, ValueError): pass\n"
        "  else: done.append(attempt)\n"
        "raise LookupError(done)"
    )
    return failure(body).partition("LookupError: ")[2]


@LINUX
def test_other_processes_and_the_network_are_out_of_reach() -> None:
    attempts = [
        "os.fork()",
        "import subprocess; subprocess.run(['true'])",
        "os.execv(sys.executable, [sys.executable])",
        "os.posix_spawn(sys.executable, [sys.executable], {})",
        "import multiprocessing as m; m.Process(target=print).start()",
        "import socket; socket.socket()",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import asyncio; asyncio.run(asyncio.sleep(0))",
        "os.kill(os.getppid(), 9)",
        "os.kill(os.getpid(), 9)",
        "os.chmod(sys.executable, 0o777)",
        "os.chown(sys.executable, 0, 0)",
        "os.utime(sys.executable)",
        "os.setpriority(os.PRIO_PROCESS, 0, 5)",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))",
    ]
    assert not_refused(attempts) == "[]"


@LANDLOCK
def test_files_are_out_of_reach() -> None:
    attempts = [
        "open('/etc/passwd')",
        "open(f'/proc/{os.getppid()}/environ', 'rb')",
        "open('/proc/self/environ', 'rb')",
        "os.listdir('/')",
        "os.listdir('/home')",
        "os.listdir('.')",
        "open('x', 'w')",
        "os.mkdir('x')",
        "os.symlink('x', 'y')",
        "os.mkfifo('x')",
    ]
    assert not_refused(attempts) == "[]"


@pytest.mark.slow
@LANDLOCK
def test_files_cannot_be_deleted_or_renamed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept", encoding="utf-8")
    for body in (f"os.remove({str(victim)!r})", f"os.rename({str(victim)!r}, 'x')", f"os.truncate({str(victim)!r}, 0)"):
        assert "PermissionError" in failure(body)
    assert victim.read_text(encoding="utf-8") == "kept"


def test_python_itself_can_still_import() -> None:
    run("import csv, decimal, fractions, statistics\nimport numpy.linalg\nfigure.add_subplot(projection='3d')")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<svg", "not well-formed"),
        (b"<!DOCTYPE svg [<!ENTITY a 'aaaa'>]><svg>&a;</svg>", "XML declarations"),
        (b"<html xmlns='http://www.w3.org/2000/svg'/>", "not SVG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "element script"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><foreignObject/></svg>", "element foreignObject"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><style>@import 'x'</style></svg>", "style sheet"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "attribute onload"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><use href='http://x'/></svg>", "attribute href"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='data:text/html,x'/></svg>", "attribute href"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><path style='fill: url(http://x)'/></svg>", "external"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><path style='fill: u\\72l(http://x)'/></svg>", "external"),
    ],
)
def test_an_svg_that_is_more_than_a_picture_is_refused(data: bytes, said: str) -> None:
    assert said in faults(data, FigureForm.SVG, 480, 320)


def test_a_png_must_have_the_size_that_it_claims() -> None:
    drawing = run("figure.add_subplot()", form=FigureForm.PNG)
    assert faults(drawing.data, FigureForm.PNG, 480, 320) == ""
    assert "size" in faults(drawing.data, FigureForm.PNG, 500, 320)
    assert "not a PNG" in faults(drawing.data[:99], FigureForm.PNG, 480, 320)
