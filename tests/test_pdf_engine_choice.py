"""Without PlutoPrint, another engine is used, with a warning; everything but the PDF works without an engine."""

from __future__ import annotations

import tomllib
from functools import partial
from typing import TYPE_CHECKING

import pikepdf
import pytest
from packaging.requirements import Requirement

from cardpipe import plugins
from cardpipe.cli.health import State, findings
from cardpipe.errors import UsageError
from cardpipe.plugins.extras import install_command
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.engine_choice import ORDER, usable_engine
from page_sample import usable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import Run

NOT_THERE = "raise ModuleNotFoundError('No module of that name')\n"
BROKEN = "raise ImportError('cannot open shared object\\nwhich is of another system')\n"


def without(folder: Path, *packages: str, error: str = NOT_THERE) -> dict[str, str]:
    """An environment in which Python cannot import these packages, nor find a browser."""
    for package in packages:
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").write_text(error, encoding="utf-8")
    return {"PYTHONPATH": str(folder), "CARDPIPE_CHROMIUM": str(folder / "no-browser")}


def missing(monkeypatch: pytest.MonkeyPatch, names: Sequence[str]) -> None:
    def fail(name: str) -> str:
        raise UsageError(f"{name} is missing.", hint=f"Install {name}.")

    for name in ORDER:
        engine = plugins.load(plugins.PDF_ENGINES, name)
        monkeypatch.setattr(engine, "version", partial(fail, name) if name in names else lambda: "1.0", raising=True)


def test_the_usual_engine_is_taken_without_a_word() -> None:
    engine, told = usable_engine()
    assert (engine.name, told) == ("plutoprint", ())
    assert WRITER.resolve_options({"engine": "auto"}) == ({"engine": "plutoprint"}, ())
    assert WRITER.tools({}) == WRITER.tools({"engine": "plutoprint"})


@pytest.mark.parametrize("absent", range(1, len(ORDER)))
def test_the_next_engine_is_used_and_said_in_one_line(monkeypatch: pytest.MonkeyPatch, absent: int) -> None:
    missing(monkeypatch, ORDER[:absent])
    engine, (told,) = usable_engine()
    assert engine.name == ORDER[absent]
    assert told.startswith(f"plutoprint is missing: the PDF was made by {engine.name} 1.0")
    assert "\n" not in told
    assert WRITER.tools({"engine": "auto"}) == (f"{engine.name} 1.0",)


def test_without_any_engine_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, ORDER)
    with pytest.raises(UsageError) as raised:
        usable_engine()
    assert "\n" not in raised.value.message
    for name in ORDER[1:]:
        assert f"Install {name}." in raised.value.message
    found = {one.name: one for one in findings(None) if one.subject == "PDF engine"}
    assert found["auto"].state is State.FAULT


@pytest.mark.parametrize("name", ORDER)
def test_an_engine_that_somebody_chose_is_never_replaced(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    missing(monkeypatch, [name])
    assert WRITER.resolve_options({"engine": name}) == ({"engine": name}, ())
    with pytest.raises(UsageError, match=f"{name} is missing"):
        WRITER.tools({"engine": name})


def test_the_doctor_names_the_engine_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, ["plutoprint"])
    found = {one.name: one for one in findings(None) if one.subject == "PDF engine"}
    assert found["auto"].state is State.WELL
    assert found["auto"].detail.startswith("weasyprint:")


def test_where_no_wheel_is_the_doctor_finds_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    missing(monkeypatch, ["plutoprint"])
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: ["plutoprint>=0.23; sys_platform == 'none'"])
    found = {one.name: one for one in findings(None) if one.subject in {"PDF engine", "package"}}
    assert found["plutoprint"].state is State.ABSENT


@pytest.mark.quick_cases("absent")
@pytest.mark.parametrize("error", [NOT_THERE, BROKEN], ids=["absent", "broken"])
def test_an_export_with_another_engine(run: Run, project: Path, tmp_path: Path, error: str) -> None:
    usable("weasyprint")
    result = run("-C", project, "export", "--format", "pdf", env=without(tmp_path / "path", "plutoprint", error=error))
    assert result.returncode == 0, result.stderr
    told = [line for line in result.stderr.splitlines() if "weasyprint" in line]
    assert len(told) == 1
    assert told[0].startswith("cardpipe: warning: PlutoPrint ")
    (made,) = (project / "output").glob("*.pdf")
    with pikepdf.open(made) as pdf:
        assert "/StructTreeRoot" in pdf.Root  # PlutoPrint writes no tags


@pytest.mark.slow
def test_all_formats_but_the_pdf_need_no_engine(run: Run, project: Path, tmp_path: Path) -> None:
    env = without(tmp_path / "path", "plutoprint", "weasyprint")
    result = run("-C", project, "export", "--format", "pdf", env=env)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("cardpipe: No PDF engine is available (")
    assert install_command("weasyprint") in line
    assert not (project / "output").exists() or not any((project / "output").glob("*.pdf"))
    formats = [word for name in plugins.names(plugins.WRITERS) if name != "pdf" for word in ("--format", name)]
    assert run("-C", project, "export", *formats, env=env).returncode == 0
    assert run("-C", project, "export", "--format", "pdf", "--engine", "plutoprint", env=env).returncode == 2


@pytest.mark.parametrize(
    ("system", "machine", "kernel", "has_wheel"),
    [
        ("linux", "x86_64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1 (2025-08-27)", True),
        ("linux", "aarch64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1 (2025-08-27)", False),
        ("win32", "AMD64", "10.0.26100", True),
        ("win32", "ARM64", "10.0.26100", False),
        *(
            ("darwin", machine, f"Darwin Kernel Version {release}.1.0: root:xnu/RELEASE", machine == "arm64" and wheel)
            for machine in ("arm64", "x86_64")
            for release, wheel in ((20, False), (21, False), (22, False), (23, False), (24, True), (25, True))
        ),
    ],
)
def test_plutoprint_is_required_where_it_has_a_wheel(
    shipped: Path, system: str, machine: str, kernel: str, *, has_wheel: bool
) -> None:
    """The words of the kernels are those that `platform.version()` returns there."""
    project = tomllib.loads((shipped / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [Requirement(text) for text in project["dependencies"]]
    (plutoprint,) = [one for one in required if one.name == "plutoprint"]
    assert plutoprint.marker is not None
    environment = {"sys_platform": system, "platform_machine": machine, "platform_version": kernel}
    assert plutoprint.marker.evaluate(environment) is has_wheel
