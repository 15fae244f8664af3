"""Fixtures shared by all tests: a small deck project on disk, and the command line."""

from __future__ import annotations

import gc
import os
import platform
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from command_server import CommandServer, Result, run_in_new_process

# Machines that run the tests differ in speed, so no example has a deadline. The quick suite tries the same examples
# every time; `--hypothesis-profile=ci` tries more of them, and `search` many others in each run.
_HEALTH = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("quick", max_examples=40, deadline=None, suppress_health_check=_HEALTH, derandomize=True)
settings.register_profile("ci", max_examples=100, deadline=None, suppress_health_check=_HEALTH, derandomize=True)
settings.register_profile("search", max_examples=2000, deadline=None, suppress_health_check=_HEALTH, derandomize=False)
settings.load_profile("quick")

# As commands do: with Python's own number, looking for cyclic garbage takes a twelfth of the time of all tests.
gc.set_threshold(20_000)

# Where everything that tests need is installed, a test that is skipped is a test that was lost.
NOTHING_SKIPPED = os.environ.get("CI") == "true" and sys.platform == "linux" and platform.machine() == "x86_64"

# Of what is started in the background, a shell lets interrupts be ignored, and so would what the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option by which a change of look is accepted."""
    parser.addoption("--accept-visual", action="store_true", help="write the pictures in tests/visual that differ")


def pytest_collection_finish() -> None:
    """Let the collector pass over what all tests share: tests that measure time would measure it too."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the cases of a test as slow that `slow_cases` names, or all but those that `quick_cases` chooses."""
    named: dict[str, set[str]] = {}
    found: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for marker in (*item.iter_markers("quick_cases"), *item.iter_markers("slow_cases")):
            test, _, case = item.nodeid.removesuffix("]").partition("[")
            named[test] = set(marker.args)
            chosen = case in marker.args or (
                "every" in marker.kwargs and len(found[test]) % marker.kwargs["every"] == 0
            )
            found[test].append(case)
            if chosen == (marker.name == "slow_cases"):
                item.add_marker("slow")
    unknown = {test: missing for test, names in named.items() if (missing := sorted(names.difference(found[test])))}
    # Where the command line chooses cases, the others are not collected.
    if unknown and not any("::" in arg for arg in config.args):
        raise pytest.UsageError(f"Cases are named that do not exist: {unknown}")


def _failed_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NOTHING_SKIPPED and report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: {reason} (CI installs what tests need and allows no skipped test)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _failed_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _failed_if_skipped(report)
    return report


Run = Callable[..., Result]


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Run `cardpipe` in a process of its own, a copy of one that has imported it already."""
    server = CommandServer()

    def run_cardpipe(*args: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> Result:
        return server.run([str(arg) for arg in args], cwd, {**os.environ, **(env or {})})

    yield run_cardpipe
    server.close()


@pytest.fixture(scope="session")
def start() -> Run:
    """Run `cardpipe` as a user does: the interpreter starts, and imports it."""

    def start_cardpipe(*args: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> Result:
        return run_in_new_process([str(arg) for arg in args], cwd, {**os.environ, **(env or {})})

    return start_cardpipe


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


@pytest.fixture(scope="session")
def bound_by_permissions() -> list[str]:
    """What to put before a command so that the permissions of files bind it, which they do not where root runs it."""
    if not hasattr(os, "geteuid"):
        pytest.skip("Windows has no permissions of this kind")
    if os.geteuid() != 0:
        return []
    if (setpriv := shutil.which("setpriv")) is None:
        pytest.skip("root without setpriv cannot give up the right to pass over permissions")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


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
