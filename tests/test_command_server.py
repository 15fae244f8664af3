"""A command in a copy of a process that has imported cardpipe does what it does in a new process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.mark.parametrize("args", [("list",), ("list", "--nonsense"), ("export", "--format", "nonsense")])
def test_a_copy_does_what_a_new_process_does(run: Run, start: Run, project: Path, args: tuple[str, ...]) -> None:
    copied, new = run(*args, cwd=project), start(*args, cwd=project)
    assert (copied.returncode, copied.stdout, copied.stderr) == (new.returncode, new.stdout, new.stderr)


def test_each_command_has_its_own_folder_and_environment(run: Run, project: Path, tmp_path: Path) -> None:
    (project / "source/cards/EX0009.yaml").write_text("id: EX0009\n", "utf-8")
    assert run("lint", cwd=project).returncode == 1
    assert run("lint", cwd=tmp_path).returncode == 2
    assert "::error" in run("lint", cwd=project, env={"GITHUB_ACTIONS": "true"}).stdout
    assert "::error" not in run("lint", cwd=project, env={"GITHUB_ACTIONS": ""}).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always start a new process")
def test_a_variable_that_python_reads_starts_a_new_process(run: Run, project: Path) -> None:
    assert [
        run("--version", cwd=project, env={name: "1"}).args[0] == "cardpipe"
        for name in ("CARDPIPE_TEST", "PYTHONHASHSEED", "TZ", "LC_ALL")
    ] == [True, False, False, False]
