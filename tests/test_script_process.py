"""Figure scripts run in copies of a server on Linux and in new processes elsewhere, with the same results."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from cardpipe.errors import FigureError, RenderError
from cardpipe.figures import sandbox, script_process
from cardpipe.figures.sandbox import Limits, run_script
from cardpipe.figures.script_process import end_server
from cardpipe.writers.api import FigureForm
from waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.figures.api import Drawing

SERVER: Final = pytest.mark.skipif(not script_process.has_server(), reason="only Linux has a server of scripts")
LIMITS: Final = Limits(cpu_seconds=4, wall_seconds=20.0)


def run(*lines: str, limits: Limits = LIMITS, form: FigureForm = FigureForm.SVG) -> Drawing:
    """Run a script whose `draw` has these lines."""
    body = "".join(f"    {line}\n" for line in lines)
    return run_script(
        "sample.py", f"import os, time\ndef draw(figure):\n    'Test.'\n{body}".encode(), {}, form, limits
    )


def failure(*lines: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(FigureError) as caught:
        run(*lines, limits=limits)
    return caught.value.message


def server() -> int:
    """The number of the server's process."""
    current = script_process._ScriptServers.current
    assert current is not None
    return int(current._process.pid)


def children(process: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.fixture(autouse=True)
def _no_server() -> Iterator[None]:
    end_server()
    yield
    end_server()
    assert script_process._ScriptServers.current is None


PLOT: Final = ("axes = figure.subplots()", "axes.plot([0, 3, 1], label='$x_1$')", "axes.legend()")


@SERVER
@pytest.mark.parametrize("form", FigureForm)
def test_both_ways_give_the_same_bytes(form: FigureForm, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = [run(*PLOT, form=form).data for _ in range(2)]
    monkeypatch.setattr(script_process, "has_server", lambda: False)
    assert [run(*PLOT, form=form).data] * 2 == copies


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("1 / 0", "failed, line 4: ZeroDivisionError: division by zero"),
        ("os._exit(3)", "ended with exit status 3 before its picture was finished"),
        ("os.abort()", "was stopped by signal "),
        ("while True: pass", "was stopped: it used more than 1 s of CPU time"),
        ("bytearray(10 << 30)", "failed, line 4: MemoryError"),
    ],
)
def test_new_processes_fail_with_the_same_messages(line: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(cpu_seconds=1, wall_seconds=20.0)
    if script_process.has_server():
        assert said in failure(line, limits=limits)
        monkeypatch.setattr(script_process, "has_server", lambda: False)
    if os.name == "posix":
        assert said in failure(line, limits=limits)


def test_a_figure_of_its_own_is_refused() -> None:
    assert "draw into the one that it is given" in failure(
        "import matplotlib.figure", "return matplotlib.figure.Figure()"
    )
    assert run("return figure").width == 480


@SERVER
def test_one_server_serves_all_scripts_and_ends_without_any() -> None:
    run("pass")
    first = server()
    failure("os._exit(1)")
    assert "longer than" in failure("time.sleep(60)", limits=Limits(wall_seconds=0.5))
    with ThreadPoolExecutor(3) as pool:
        sizes = list(pool.map(lambda width: run(f"figure.set_size_inches({width}, 3)").width, (2, 3, 4, 5, 6)))
    assert sizes == [144, 216, 288, 360, 432]
    assert server() == first
    wait_until(lambda: not children(first))
    end_server()
    assert first not in children(os.getpid())


@SERVER
def test_many_scripts_at_once_do_not_disturb_each_other() -> None:
    def ending(number: int) -> str:
        if number % 3:
            return f"{run('pass').width:g}"
        return failure("os._exit(3)")

    with ThreadPoolExecutor(8) as pool:
        endings = Counter(pool.map(ending, range(150)))
    assert endings == {
        "480": 100,
        "The figure script sample.py ended with exit status 3 before its picture was finished.": 50,
    }


@SERVER
def test_a_script_that_takes_too_long_is_ended_with_its_process() -> None:
    run("pass")
    assert "longer than" in failure("time.sleep(60)", limits=Limits(wall_seconds=0.3))
    wait_until(lambda: not children(server()))


@SERVER
def test_a_server_that_has_ended_is_replaced() -> None:
    run("pass")
    former = server()
    os.kill(former, signal.SIGKILL)
    os.waitid(os.P_PID, former, os.WEXITED | os.WNOWAIT)
    assert run("pass").width == 480
    assert server() != former


@SERVER
def test_a_script_whose_server_ends_runs_again() -> None:
    run("pass")
    former = server()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run, "time.sleep(1)")
        wait_until(lambda: bool(children(former)))
        os.kill(former, signal.SIGKILL)
        assert waiting.result().width == 480
    assert server() != former


@SERVER
def test_servers_that_end_again_and_again_are_no_fault_of_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_RUNNER", ("-c", "import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(RenderError) as caught:
        run("pass")
    assert caught.value.message.endswith("could not be run: the process of figure scripts has ended.")
    assert caught.value.hint is not None
    assert "memory" in caught.value.hint


@SERVER
def test_a_copy_of_this_process_leaves_the_server_alone() -> None:
    run("pass")
    copy = os.fork()
    if copy == 0:
        end_server()
        os._exit(0)
    os.waitpid(copy, 0)
    former = server()
    assert run("pass").width == 480
    assert server() == former


@SERVER
def test_more_open_files_than_select_takes() -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, limits[1]), limits[1]))
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        assert run("pass").width == 480
    finally:
        for file in files:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@SERVER
def test_a_running_script_keeps_its_server() -> None:
    widths: list[float] = []
    run("pass")
    waiting = threading.Thread(target=lambda: widths.append(run("time.sleep(1)").width))
    waiting.start()
    wait_until(lambda: bool(children(server())))
    end_server()
    waiting.join()
    assert widths == [480]


@SERVER
def test_nothing_that_a_script_changes_reaches_the_next() -> None:
    run(
        "import builtins, matplotlib, numpy, sys",
        "builtins.left = matplotlib.left = numpy.left = sys.left = 1",
        "os.environ['LEFT'] = '1'",
        "matplotlib.rcParams['lines.linewidth'] = 40",
        "numpy.random.seed(7)",
    )
    run(
        "import builtins, matplotlib, numpy, sys",
        "assert not any(hasattr(one, 'left') for one in (builtins, matplotlib, numpy, sys))",
        "assert 'LEFT' not in os.environ and matplotlib.rcParams['lines.linewidth'] < 10",
    )
    assert run("import numpy", "figure.set_size_inches(3 + numpy.random.rand(), 3)").width == pytest.approx(
        run("import numpy", "figure.set_size_inches(3 + numpy.random.rand(), 3)").width
    )


@SERVER
def test_the_server_ends_with_a_command_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal\n"
        "from cardpipe.figures import script_process\n"
        "from cardpipe.figures.sandbox import run_script\n"
        "from cardpipe.writers.api import FigureForm\n"
        "run_script('a.py', b'def draw(figure): pass', {}, FigureForm.SVG)\n"
        "import threading, time\n"
        "sleeping = b'import time\\ndef draw(figure): time.sleep(600)'\n"
        "other = threading.Thread(target=run_script, args=('b.py', sleeping, {}, FigureForm.SVG), daemon=True)\n"
        "other.start()\n"
        "server = script_process._ScriptServers.current._process.pid\n"
        "children = open(f'/proc/{server}/task/{server}/children')\n"
        "while not (copy := children.read().strip()):\n"
        "    children.seek(0)\n"
        "    time.sleep(0.01)\n"
        "print(server, copy, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not any(Path(f"/proc/{int(process)}").exists() for process in done.stdout.split()))
