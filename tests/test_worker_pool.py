"""Pools of worker processes: how they start, and what they share with the process that starts them."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from cardpipe.cache.store import Cache
from cardpipe.parallel import worker
from cardpipe.parallel.pool import WorkerPool
from cardpipe.parallel.threads import thread_count

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


class Counter:
    """Counts its jobs; `ended` lists the counters of this process that were ended."""

    ended: list[int] = []  # noqa: RUF012 - a fork copies it, which the tests look for

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.done = 0

    def count(self, _job: int) -> tuple[int, int]:
        self.done += 1
        return os.getpid(), self.done

    def ended_before(self, _job: int) -> list[int]:
        return self.ended

    def left_alone(self, _job: int) -> int:
        return gc.get_freeze_count()

    def end(self) -> None:
        self.ended.append(self.done)

    def stored(self, job: int) -> bytes | None:
        self.cache.put(f"test:{job}", b"%d" % job)
        self.cache.flush()
        return self.cache.get("test:first")


def pool_of(cache: Cache) -> WorkerPool[Counter]:
    return WorkerPool(partial(Counter, cache), end=Counter.end)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes be forked although pytest-xdist runs a thread, which takes no lock of ours."""
    if sys.platform == "linux":
        monkeypatch.setattr(worker, "can_fork", lambda: True)


@only_linux
def test_a_process_with_another_thread_is_not_copied() -> None:
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()
    assert not worker.can_fork()
    wait.set()
    thread.join()
    code = "from cardpipe.parallel.worker import can_fork\nprint(can_fork())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"True"


@only_linux
@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_the_first_job_is_run_here_and_its_worker_ended_before_processes_are_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Counter, "ended", [])
    pool = pool_of(Cache.disabled())
    first, *others = pool.map(Counter.count, range(8), processes=2)
    assert first == (os.getpid(), 1)
    assert os.getpid() not in {process for process, _ in others}
    assert list(pool.map(Counter.ended_before, range(2), processes=2)) == [[1], [1]]
    pool.close()
    assert Counter.ended == [1]


@only_linux
@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_copied_processes_open_the_cache_again(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache") as cache:
        cache.put("test:first", b"kept")
        cache.flush()
        pool = pool_of(cache)
        assert set(pool.map(Counter.stored, range(8), processes=2)) == {b"kept"}
        pool.close()
        assert [cache.get(f"test:{number}") for number in range(8)] == [b"%d" % number for number in range(8)]
    with closing(sqlite3.connect(tmp_path / "cache" / "cache.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@only_linux
@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_the_collector_of_a_copied_process_leaves_shared_objects_alone() -> None:
    pool = pool_of(Cache.disabled())
    here, there = pool.map(Counter.left_alone, range(2), processes=2)
    pool.close()
    assert there > here + 1000


TERMINATED = """
import os, signal, tempfile, time
from cardpipe.parallel.pool import WorkerPool

def work(_worker, number):
    if number:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(20)

folder = tempfile.TemporaryDirectory()
try:
    list(WorkerPool(int).map(work, range(3), processes=2))
except Exception as error:
    print(type(error).__name__, os.path.exists(folder.name))
"""


@only_linux
def test_a_terminated_worker_leaves_the_temporary_files_of_its_parent() -> None:
    done = subprocess.run([sys.executable, "-c", TERMINATED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "RenderError True\n"


@only_linux
def test_a_process_of_the_command_line_can_be_copied_after_it_drew_a_figure() -> None:
    code = (
        "from cardpipe.cli.main import main\n"
        "from cardpipe.parallel import interruption\n"
        "from cardpipe.parallel.worker import can_fork\n"
        "interruption.leave = lambda code: None\n"
        "main(['figure', 'lines'])\n"
        "import matplotlib.backends.backend_svg\n"
        "print(can_fork())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment)
    assert result.stdout.splitlines()[-1] == "True", result.stderr


def test_processes_are_not_copied_where_the_system_does_not_count_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_path: Path) -> NoReturn:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "iterdir", missing)
    assert thread_count() is None
    assert not worker.can_fork()


@pytest.mark.parametrize(
    ("counts", "python_threads", "copied"),
    [([1], 1, True), ([2, 2, 1], 1, True), ([2], 1, False), ([2, 1], 2, False), ([None], 1, False)],
)
def test_a_thread_that_has_ended_is_waited_for_until_the_system_counts_it_no_longer(
    monkeypatch: pytest.MonkeyPatch, counts: list[int | None], python_threads: int, *, copied: bool
) -> None:
    remaining = iter(counts)
    monkeypatch.setattr(worker, "thread_count", lambda: next(remaining, counts[-1]) if python_threads == 1 else 2)
    monkeypatch.setattr(threading, "active_count", lambda: python_threads)
    assert worker.can_fork() is copied
