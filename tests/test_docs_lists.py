"""Lists in the hand-written documents name everything that the code has, and nothing else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from babel import Locale

import cardpipe
from cardpipe import plugins
from cardpipe.lint.registry import all_rules
from cardpipe.lint.spelling import LANGUAGES

ROOT = Path(__file__).parent.parent


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def first_cells(text: str, heading: str) -> set[str]:
    """Return the names in the first column of the first table with this heading."""
    table, *_ = re.findall(rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    return {name for row in table.splitlines() for name in re.findall("`([^`]+)`", row.split(" | ")[0])}


def test_safety_rules() -> None:
    [sentence] = re.findall(r"^([A-Z0-9, and]+) are safety rules\.", page("linting.md"), re.MULTILINE)
    assert re.findall(r"[A-Z]{3}\d{3}", sentence) == sorted(rule.code for rule in all_rules() if rule.safety)


def test_languages_of_the_spelling_check() -> None:
    [sentence] = re.findall(r"There are dictionaries for ([^;]+);", page("linting.md"))
    names = {Locale.parse(code).get_display_name("en") for code in LANGUAGES}
    assert set(re.findall(r"[A-Z]\w+", sentence)) == names


def test_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert first_cells(page("installing.md"), "Extra") == set(project["optional-dependencies"])


def test_readers() -> None:
    assert first_cells(page("importing.md"), "`--format`") == {name for name, _ in plugins.load_all(plugins.READERS)}


def test_layouts_of_the_pdf() -> None:
    names = {name for name, _ in plugins.load_all(plugins.PDF_LAYOUTS)}
    assert first_cells(page("formats-pdf.md"), "`--layout`") == names


def test_packages_of_the_architecture() -> None:
    source = Path(cardpipe.__file__).parent
    packages = {f"{path.name}/" for path in source.iterdir() if (path / "__init__.py").is_file()}
    assert first_cells(page("architecture.md"), "Package") == packages | {"locale/", "api.py", "errors.py"}
