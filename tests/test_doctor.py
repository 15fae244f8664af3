"""`cardpipe doctor`: what works, what is missing, and whether it is required."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from cardpipe import plugins
from cardpipe.cli.health import State, findings
from cardpipe.errors import UsageError
from cardpipe.plugins.extras import install_command

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.mark.slow
def test_it_tells_of_everything_without_a_project(run: Run, tmp_path: Path) -> None:
    result = run("doctor", cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    for words in ("python", "matplotlib", "plutoprint", "chromium", "weasyprint", "extra cjk", "sandbox", "git"):
        assert words in result.stdout
    assert ".cardpipe" not in result.stdout


@pytest.mark.slow
def test_programs_get_json(run: Run, project: Path) -> None:
    told = json.loads(run("-C", project, "doctor", "--json").stdout)
    assert told["version"] == 1
    found = {(one["subject"], one["name"]): one for one in told["findings"]}
    assert found["package", "pikepdf"] == {
        "subject": "package",
        "name": "pikepdf",
        "state": "ok",
        "detail": metadata.version("pikepdf"),
        "hint": "",
    }
    assert found["PDF engine", "plutoprint"]["state"] == "ok"
    assert "entries" in found["cache", ".cardpipe"]["detail"]


@pytest.mark.slow
def test_a_missing_requirement_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["no-such-package>=1", "pikepdf>=999", "nothing; extra == 'cjk'", "nothing; python_version < '3'"]
    monkeypatch.setattr(metadata, "requires", lambda _name: wanted)
    found = {one.name: one for one in findings(None)}
    assert found["no-such-package"].state is State.FAULT
    assert found["no-such-package"].detail == "not installed"
    assert found["pikepdf"].state is State.FAULT
    assert found["pikepdf"].detail.endswith("but >=999 is needed")
    assert found["nothing"].subject == "extra cjk"
    assert found["nothing"].state is State.ABSENT
    assert install_command("cjk") in found["nothing"].hint


@pytest.mark.slow
def test_a_fault_is_exit_code_2(run: Run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib import metadata\nmetadata.requires = lambda name: ['no-such-package>=1']\n"
    )
    result = run("-C", project, "doctor", env={"PYTHONPATH": str(tmp_path)})
    assert result.returncode == 2
    assert "FAULT  not installed" in result.stdout
    assert run("-C", tmp_path / "nowhere", "doctor").returncode == 2


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize(("name", "state"), [("plutoprint", State.FAULT), ("weasyprint", State.ABSENT)])
def test_an_engine_says_why_it_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str, state: State) -> None:
    def missing() -> str:
        raise UsageError("It is not here.", hint="Fetch it.")

    monkeypatch.setattr(plugins.load(plugins.PDF_ENGINES, name), "version", missing, raising=True)
    found = {one.name: one for one in findings(None) if one.subject == "PDF engine"}
    assert (found[name].state, found[name].detail, found[name].hint) == (state, "It is not here.", "Fetch it.")


@pytest.mark.quick_cases("file")
@pytest.mark.parametrize("damage", ["link", "file", "none"])
def test_a_cache_that_cannot_be_used_is_reported(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / ".cardpipe"
    if damage == "link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    elif damage == "file":
        folder.write_text("")
    found = {one.subject: one for one in findings(tmp_path)}
    assert found["cache"].state is (State.WELL if damage == "none" else State.ABSENT)
    assert found["git"].name in {"git", "repository"}


def test_the_layers_of_the_sandbox_are_tried_and_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one.name: one for one in findings(None) if one.subject == "figure scripts"}
    if sys.platform == "linux":
        assert set(found) == {"resource limits", "seccomp filter", "Landlock", "namespaces"}
        for layer in found.values():
            assert bool(layer.hint) is (layer.state is State.ABSENT)
        assert re.match(r"version [0-9]+: files|this system", found["Landlock"].detail)
    monkeypatch.setattr("sys.executable", "/no/such/python")
    broken = next(one for one in findings(None) if one.name == "sandbox")
    assert broken.state is State.ABSENT
    assert "--trust-figures never" in broken.hint
