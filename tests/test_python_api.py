"""The public Python API: its documented examples; it neither prints nor raises exceptions for findings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cardpipe

if TYPE_CHECKING:
    from conftest import Run

DOCUMENT = Path(__file__).parent.parent / "docs" / "python-api.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path, run: Run) -> cardpipe.Project:
    assert run("init", tmp_path / "my-deck").returncode == 0
    return cardpipe.Project(tmp_path / "my-deck")


def test_the_documented_examples_run(
    project: cardpipe.Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (old,) = project.build(["anki"]).artefacts["anki"]
    (tmp_path / "old.apkg").write_bytes(old.data)
    path = next((project.folder / "source" / "cards").glob("*.yaml"))
    path.write_text(path.read_text(encoding="utf-8").replace("title: ", "title: New "), encoding="utf-8")
    names: dict[str, object] = {}
    for example in EXAMPLES:
        exec(compile(example, str(DOCUMENT), "exec"), names)  # noqa: S102 - our own documentation
    printed = capsys.readouterr().out
    assert len(EXAMPLES) == 4
    assert "5 cards; ready to export" in printed
    assert "csv my-deck-growth.csv" in printed
    assert f"anki {tmp_path / 'release' / 'my-deck.apkg'}" in printed
    assert printed.splitlines()[-1].startswith("[] [")
    assert path.stem in printed.splitlines()[-1]


@pytest.mark.slow
def test_the_bytes_are_those_of_the_command_line(project: cardpipe.Project, run: Run) -> None:
    assert run("-C", project.folder, "export", "--format", "csv", "--format", "html").returncode == 0
    built = project.build(["csv", "html"])
    assert built.ok
    for artefacts in built.artefacts.values():
        for artefact in artefacts:
            assert (project.folder / "output" / artefact.path).read_bytes() == artefact.data


def test_findings_come_back_and_nothing_is_written_or_printed(
    project: cardpipe.Project, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next((project.folder / "source" / "cards").glob("*.yaml"))
    broken = {f"source/cards/{path.name}": path.read_bytes().replace(b"question:", b"quetsion:")}
    assert not project.lint(contents=broken).ok
    assert project.lint().ok
    path.write_bytes(broken[f"source/cards/{path.name}"])
    done, built = project.export(), project.build(["csv"])
    assert not done.ok
    assert not built.ok
    assert (done.files, dict(built.artefacts)) == ((), {})
    assert {(found.code, found.span.path) for found in done.diagnostics} >= {("SCH001", f"source/cards/{path.name}")}
    assert not (project.folder / "output").exists()
    with pytest.raises(cardpipe.ProjectError, match="cannot be compared"):
        project.diff(_package(project, path))
    assert capsys.readouterr() == ("", "")


def _package(project: cardpipe.Project, path: Path) -> Path:
    path.write_bytes(path.read_bytes().replace(b"quetsion:", b"question:"))
    (package,) = project.build(["anki"]).artefacts["anki"]
    path.write_bytes(path.read_bytes().replace(b"question:", b"quetsion:"))
    (project.folder / "old.apkg").write_bytes(package.data)
    return project.folder / "old.apkg"


def test_a_wrong_call_is_raised(project: cardpipe.Project, tmp_path: Path) -> None:
    with pytest.raises(cardpipe.ProjectError, match=r"no source/deck\.yaml"):
        cardpipe.Project(tmp_path)
    with pytest.raises(cardpipe.UsageError, match="xlsx"):
        project.build(["xlsx"])
    with pytest.raises(cardpipe.UsageError, match="htlm"):
        project.build(["csv"], options={"htlm": {"group-by": "tag"}})
    with pytest.raises(cardpipe.UsageError, match="trust_figures"):
        project.build(["csv"], trust_figures="some")
    with pytest.raises(cardpipe.UsageError, match="no release"):
        project.diff()
    with pytest.raises(TypeError, match="list of names"):
        project.build("csv")


def test_all_names_are_there_and_loaded_only_when_asked_for() -> None:
    from cardpipe import api

    assert sorted(cardpipe.__all__) == sorted([*api.__all__, "__version__"])
    assert all(getattr(cardpipe, name) is not None for name in cardpipe.__all__)
    code = "import sys, cardpipe; print('cardpipe.api' in sys.modules, hasattr(cardpipe, 'nothing'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
