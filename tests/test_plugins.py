"""Conflicting and broken plug-ins are reported and do not affect others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cardpipe import plugins
from installed_plugins import installed as installed_package

SAMPLE = Path(__file__).parent / "plugin_sample"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample plug-ins, installed in a folder of their own."""
    return installed_package(SAMPLE, tmp_path_factory.mktemp("plugin"))


def cardpipe(*args: str, site: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ)
    if site is not None:
        env["PYTHONPATH"] = str(site)
    return subprocess.run(
        [sys.executable, "-m", "cardpipe", *args],
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_a_layout_of_the_pdf_from_outside(installed: Path, project: Path) -> None:
    def export(*more: str) -> subprocess.CompletedProcess[str]:
        return cardpipe("-C", str(project), "export", "--format", "pdf", "--layout", "a-poster", *more, site=installed)

    assert export("--pdf-nails", "12").returncode == 0
    assert (project / "output" / "sample-a-poster.pdf").read_bytes() == b"2 cards, 12 nails, by deck"
    refused = export("--pdf-nails", "twelve")
    assert refused.returncode == 2
    assert "Valid: 4, NUMBER." in refused.stderr
    help_text = cardpipe("export", "--help", site=installed).stdout
    assert "a-poster: one wall" in " ".join(help_text.split())
    assert "[4|NUMBER]" in help_text
    assert "Never heard of" not in help_text


@pytest.mark.slow
def test_a_plugin_takes_no_flag_away(installed: Path, project: Path) -> None:
    help_text = " ".join(cardpipe("export", "--help", site=installed).stdout.split())
    assert "--nails [4|NUMBER]" in help_text
    assert "--shout-mark [!|!!!]" in help_text
    # The plug-in's layout, format and option each asked for a flag of ours.
    assert "[pdf; default: a4]" in help_text
    assert "--duplex [auto|long|short] The edge over which" in help_text
    assert "Nobody's" not in help_text
    result = cardpipe("-C", str(project), "export", "--format", "shout", "--tag", "growth", site=installed)
    assert result.returncode == 0, result.stderr


def test_it_is_listed_and_a_broken_or_clashing_one_is_named(installed: Path) -> None:
    result = cardpipe("formats", site=installed)
    assert result.returncode == 0
    assert "Every title in capitals." in result.stdout
    assert "“broken” of the package cardpipe-shout cannot be loaded: ModuleNotFoundError" in result.stderr
    assert "“csv” of the package cardpipe-shout is ignored" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_broken_one_asked_for_by_name_is_the_only_failure(installed: Path, project: Path) -> None:
    result = cardpipe("-C", str(project), "export", "--format", "broken", site=installed)
    assert result.returncode == 2
    assert "cardpipe-shout" in result.stderr
    assert not (project / "output").exists()
    assert cardpipe("-C", str(project), "export", "--format", "csv", site=installed).returncode == 0


FAILING = [
    (("raising",), "The format “raising”", "ZeroDivisionError: no output"),
    (("nothing",), "The format “nothing”", "returned NoneType"),
    (("words",), "The format “words”", "with str, not an Artefact"),
    (("bytesless",), "The format “bytesless”", "not an Artefact with a path and bytes"),
    (("pdf", "--layout", "raising-poster"), "The PDF layout “raising-poster”", "KeyError"),
    (("pdf", "--layout", "empty-poster"), "The PDF layout “empty-poster”", "returned NoneType"),
    (("pdf", "--engine", "raising-engine"), "The PDF engine “raising-engine”", "ZeroDivisionError: no pages"),
]


@pytest.mark.quick_cases("('raising',)-The format \\u201craising\\u201d-ZeroDivisionError: no output")
@pytest.mark.parametrize(("wanted", "name", "reason"), FAILING, ids=lambda value: str(value)[:30])
def test_one_that_fails_while_it_works_is_named(
    wanted: tuple[str, ...], name: str, reason: str, installed: Path, project: Path
) -> None:
    result = cardpipe("-C", str(project), "export", "--format", *wanted, site=installed)
    assert result.returncode == 2
    assert f"{name} of the package cardpipe-shout" in result.stderr
    assert reason in result.stderr
    assert "Traceback" not in result.stderr
    assert not (project / "output").exists()


def test_without_the_package_the_name_is_unknown(project: Path) -> None:
    result = cardpipe("-C", str(project), "export", "--format", "markdwn")
    assert result.returncode == 2
    assert "Did you mean markdown?" in result.stderr


def test_a_change_of_any_plug_in_is_seen() -> None:
    versions = plugins.versions()
    for group in (plugins.WRITERS, plugins.RULES, plugins.FIGURES, plugins.PDF_LAYOUTS):
        for name in plugins.names(group):
            assert any(found.startswith(f"{group} {name} ") for found in versions)
