"""Python modules in the working directory are not imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

MODULES = (
    "multiprocessing",
    "concurrent",
    "pickle",
    "signal",
    "socket",
    "struct",
    "selectors",
    "tempfile",
    "threading",
    "cardpipe",
    "sitecustomize",
    "usercustomize",
)
"""What Python imports on its way to a worker's first task, or may import."""

SCRIPT = """\
from cardpipe.parallel.pool import WorkerPool

if __name__ == "__main__":
    pool = WorkerPool(int)
    print(*pool.map(pow, [7, 2], processes=2))
    pool.close()
"""


@pytest.mark.parametrize("form", ["module", "package"])
def test_a_worker_imports_nothing_from_the_working_folder(form: str, tmp_path: Path) -> None:
    folder, mark = tmp_path / "deck", tmp_path / "mark"
    folder.mkdir()
    (tmp_path / "script.py").write_text(SCRIPT)
    for name in MODULES:
        file = folder / (f"{name}.py" if form == "module" else f"{name}/__init__.py")
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"open({str(mark)!r}, 'a').write('{name} ')\nraise SystemExit\n")
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONSAFEPATH", "PYTHONPATH")}
    # As the command is started: with the script's folder on the path, and not the working one.
    command = [sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=60)
    assert not mark.exists(), mark.read_text()
    assert done.stdout == "0 0\n", done.stderr


def test_python_m_imports_nothing_from_the_working_folder(project: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for name in MODULES:
        if name != "cardpipe":
            (project / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write('{name} ')\nraise SystemExit\n")
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONSAFEPATH", "PYTHONPATH")}
    command = [sys.executable, "-m", "cardpipe", "list"]
    done = subprocess.run(command, cwd=project, env=kept, capture_output=True, text=True, check=False, timeout=60)
    assert not mark.exists(), mark.read_text()
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links that git carries, on systems that have them")
@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", "settings"])
def test_settings_of_matplotlib_are_not_read_from_the_working_folder(target: str, project: Path, start: Run) -> None:
    (project / "settings").write_text("\033]0;owned\007: 1\nfigure.facecolor: red\n")
    (project / "matplotlibrc").symlink_to(target)
    shutil.rmtree(project / ".cardpipe")  # so that figures are drawn
    arguments = ("export", "--format", "csv")
    done = start(*arguments, cwd=project)
    assert done.returncode == 0, done.stderr
    assert "matplotlibrc" not in done.stderr
    assert "Bad key" not in done.stderr
