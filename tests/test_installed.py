"""Changes of any file of cardpipe or of a plug-in are noticed, for every kind of installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

import cardpipe
from cardpipe import plugins
from cardpipe.cache import installed
from cardpipe.cache.store import Cache

HOME = Path(cardpipe.__file__).parent
OWN = sorted(path for path in HOME.rglob("*") if path.is_file() and path.suffix != ".pyc")
WRITER = '''"""A format."""
from pathlib import Path

from cardpipe.writers.api import Artefact, Capabilities, MathForm, TextForm


class Words:
    name = "words"
    summary = "What stands in a file of its own."
    capabilities = Capabilities(TextForm.MARKDOWN, MathForm.TEX)
    options = ()

    def write(self, deck, options, progress):
        return [Artefact("words.txt", b"code " + Path(__file__).with_name("words.txt").read_bytes())]


WRITER = Words()
'''
FLAT, PACKAGE = "flat", "package"


@pytest.mark.quick_cases(every=6)
@pytest.mark.parametrize("suffix", sorted({path.suffix for path in OWN}))
def test_every_kind_of_our_own_files_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, suffix: str) -> None:
    copy = Path(shutil.copytree(HOME, tmp_path / "cardpipe", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(installed, "_home", lambda: copy)
    cache = Cache.in_memory()
    before = installed.state(cache, ())
    assert installed.state(cache, ()) == before
    edited = next(path for path in sorted(copy.rglob("*")) if path.is_file() and path.suffix == suffix)
    data = edited.read_bytes()
    edited.write_bytes(data + b"\n")
    assert installed.state(cache, ()) != before
    edited.write_bytes(data)
    assert installed.state(cache, ()) == before
    edited.unlink()
    assert installed.state(cache, ()) != before


def test_files_are_read_only_where_one_looks_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(HOME, tmp_path / "cardpipe", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(installed, "_home", lambda: copy)
    monkeypatch.setattr(installed, "_SETTLED", 0)
    cache = Cache.in_memory()
    before = installed.state(cache, ())
    with monkeypatch.context() as patch:
        patch.setattr(installed, "digest_of", lambda _: "read again")
        assert installed.state(cache, ()) == before
        os.utime(copy / "__init__.py", ns=(0, 0))
        assert installed.state(cache, ()) == "read again"


def test_a_file_written_just_now_is_not_trusted_by_its_times(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(HOME, tmp_path / "cardpipe", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(installed, "_home", lambda: copy)
    (copy / "__init__.py").write_text("now")
    cache = Cache.in_memory()
    assert time.time_ns() - (copy / "__init__.py").stat().st_mtime_ns < installed._SETTLED
    installed.state(cache, ())
    monkeypatch.setattr(installed, "digest_of", lambda _: "read again")
    assert installed.state(cache, ()) == "read again"


def plugin(folder: Path, shape: str, *, editable: bool) -> tuple[Path, Path]:
    """A plug-in's folder of sources, and the folder to be put on the path, as an installer leaves both."""
    source, site = folder / "project", folder / "site-packages"
    home = source / "cardpipe_words" if shape == PACKAGE else source
    module = "cardpipe_words" if shape == PACKAGE else "cardpipe_words_module"
    home.mkdir(parents=True)
    (home / ("__init__.py" if shape == PACKAGE else f"{module}.py")).write_text(WRITER)
    (home / "words.txt").write_text("first")
    (home / "part").mkdir()
    (home / "part" / "other.txt").write_text("part")
    facts = site / "cardpipe_words-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: cardpipe-words\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[cardpipe.writers]\nwords = {module}:WRITER\n")
    recorded = [facts / "METADATA", facts / "entry_points.txt", facts / "RECORD"]
    if editable:
        link = site / "_cardpipe_words.pth"
        link.write_text(f"{source}\n")
        recorded.append(link)
    else:
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            target = site / path.relative_to(source)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)
            recorded.append(target)
        home = site / home.relative_to(source)
    (facts / "RECORD").write_text("".join(f"{path.relative_to(site)},,\n" for path in recorded))
    return home, site


def run_with(site: Path, *args: str) -> subprocess.CompletedProcess[str]:
    start = f"import site, sys; site.addsitedir({str(site)!r}); import cardpipe.cli.main as m; sys.exit(m.main())"
    shown = [sys.executable, "-c", start, *args]
    return subprocess.run(shown, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "editable"), [(FLAT, True), (PACKAGE, False)])
def test_an_edit_of_a_plug_in_is_noticed(project: Path, tmp_path: Path, shape: str, editable: bool) -> None:
    home, site = plugin(tmp_path, shape, editable=editable)

    def export() -> str:
        result = run_with(site, "-C", str(project), "export", "--format", "words")
        assert result.returncode == 0, result.stderr
        return (project / "output" / "words.txt").read_text()

    assert export() == "code first"
    (home / "words.txt").write_text("second")
    assert export() == "code second"
    module = next(home.glob("*.py"))
    module.write_text(module.read_text().replace("code ", "edited "))
    assert export() == "edited second"


@pytest.mark.parametrize("editable", [True, False], ids=["editable", "installed"])
@pytest.mark.parametrize("shape", [FLAT, PACKAGE])
def test_all_files_of_a_plug_in_count_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shape: str, editable: bool
) -> None:
    home, site = plugin(tmp_path, shape, editable=editable)
    root = tmp_path / "project"
    for foreign in ("env/pyvenv.cfg", "output/.cardpipe-manifest.json", ".git/HEAD", "source/deck.yaml", ".cardpipe/c"):
        path = root / foreign
        path.parent.mkdir(exist_ok=True)
        path.write_text("not of the plug-in")
        path.with_name("more.txt").write_text("nor this")
    (site / "neighbour.py").write_text("of another distribution")
    monkeypatch.syspath_prepend(str(site))
    if editable:
        monkeypatch.syspath_prepend(str(root))
    module = "cardpipe_words" if shape == PACKAGE else "cardpipe_words_module"
    found = installed.distribution_files([(metadata.distribution("cardpipe-words"), [module])])
    below = {path.relative_to(home).as_posix() for path in found if path.is_relative_to(home)}
    own = "__init__.py" if shape == PACKAGE else f"{module}.py"
    assert below >= {own, "words.txt", "part/other.txt"}
    assert not [path for path in found if path.name in {"more.txt", "neighbour.py", "RECORD"}]


def test_only_the_packages_of_others_are_listed() -> None:
    assert "cardpipe" not in {distribution.name for distribution, _ in plugins.distributions()}


def test_what_shapes_pictures_is_no_matter_of_rules_and_formats(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(HOME, tmp_path / "cardpipe", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(installed, "_home", lambda: copy)
    before = installed._drawing_digest()
    (copy / "lint" / "rules" / "wording.py").write_text("edited")
    assert installed._drawing_digest() == before
    for edited in ("figures/style.py", "mathjax/typeset.js", "assets/svg/reading.py", "assets/pictures.py"):
        (copy / edited).write_text("edited")
        now = installed._drawing_digest()
        assert now != before
        before = now
