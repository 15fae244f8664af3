"""What all tests share: a small deck project on disk, and the command line as a user types it."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Machines that run the tests differ in speed; what must be fast has a test with a bound of its own.
settings.register_profile("cardpipe", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cardpipe")

# Of what is started in the background, a shell lets interrupts be ignored, and so would what the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Let the collector pass over what all tests share: tests that measure time would measure it too."""
    gc.collect()
    gc.freeze()


Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Run:
    """Run `cardpipe` in a process of its own, as a user does."""

    def run_cardpipe(*args: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "cardpipe", *map(str, args)],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )

    return run_cardpipe


@pytest.fixture(scope="session")
def drawn_project(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A new project's two basic cards, with their figures in the cache; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("drawn") / "sample"
    assert run("init", folder).returncode == 0
    for other_kind in ("EX0003", "EX0004", "EX0005"):
        (folder / "source" / "cards" / f"{other_kind}.yaml").unlink()
    result = run("-C", folder, "export", "--format", "csv")
    assert result.returncode == 0, result.stderr
    shutil.rmtree(folder / "output")
    return folder


@pytest.fixture
def project(tmp_path: Path, drawn_project: Path) -> Path:
    """A project of the test's own, as `cardpipe init` makes it, of two cards; its figures are drawn already."""
    return Path(shutil.copytree(drawn_project, tmp_path / "sample"))


@pytest.fixture(scope="module")
def browser_as_root() -> Iterator[None]:
    """Tests print their own cards alone, so that a browser may do without its sandbox where root runs them."""
    from cardpipe.writers.pdf.engines import browser

    with pytest.MonkeyPatch.context() as patch:
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            patch.setenv(browser.WITHOUT_SANDBOX, "1")
        yield


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The repository itself, which ships a deck."""
    return Path(__file__).parent.parent
