"""Exports do not depend on earlier ones: each option of each writer and layout gives the same bytes after others."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from cardpipe import plugins
from cardpipe.build import pipeline
from cardpipe.errors import UsageError
from cardpipe.model.selection import Request
from cardpipe.writers.api import Asset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.writers.api import Writer, WriterOption
    from cardpipe.writers.pdf.layout import Layout

EXAMPLES = ("18mm", "170x240mm", "13pt", "1.5,-2", "3x2", "7", "id,question")
"""Values for options that take a form beside their choices: each option gets those that it takes."""
SLOW = {"chromium", "weasyprint"}
"""Engines that take seconds for each document."""


def writer(name: str) -> Writer:
    return cast("Writer", plugins.load(plugins.WRITERS, name))


def layouts() -> dict[str, Layout]:
    return {name: cast("Layout", layout) for name, layout in plugins.load_all(plugins.PDF_LAYOUTS)}


def values(option: WriterOption) -> Iterator[str]:
    """All choices of an option but the default, and examples of the form beside them."""
    examples = [value for value in EXAMPLES if option.takes(value) and value not in option.choices]
    assert examples or not option.form, f"EXAMPLES has no value for {option.name}"
    for value in (*option.choices, *(examples if option.form else ())):
        if value != option.default and value not in SLOW:
            yield value


def bases() -> Iterator[tuple[str, str]]:
    """Each writer, and of the one that has layouts each layout."""
    for name in plugins.names(plugins.WRITERS):
        for layout in layouts() if any(option.name == "layout" for option in writer(name).options) else ("",):
            yield name, layout


def settings(name: str, layout: str, *, thorough: bool) -> Iterator[dict[str, str]]:
    """What to export one after another: the defaults, then other values of one option after another.

    Unless the test is thorough, an option that all layouts share is tried with the default layout alone.
    """
    options = {option.name: option for option in writer(name).options}
    base = {"layout": layout} if layout else {}
    yield base
    own = {option.name for option in layouts()[layout].options} if layout else set(options)
    foreign = {option.name for other in layouts().values() for option in other.options} if layout else set()
    if layout and (thorough or layout == options["layout"].default):
        own |= set(options) - foreign - {"layout"}
    for option in sorted(own):
        yield from ({**base, option: value} for value in list(values(options[option]))[: None if thorough else 2])


def exported(root: Path, name: str, options: dict[str, str]) -> dict[str, bytes]:
    output = root / "output"
    shutil.rmtree(output, ignore_errors=True)
    request = Request(formats=(name,), options={name: options})
    try:
        assert pipeline.export(root, output, request, lambda *_: None).published
    except UsageError as error:  # a layout may refuse an option, whatever was exported before
        return {"refused": error.message.encode()}
    return {
        path.relative_to(output).as_posix(): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and not path.name.startswith(".cardpipe-")
    }


@pytest.fixture(scope="module")
def warm(drawn_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose cache every export of these tests fills."""
    return Path(shutil.copytree(drawn_project, tmp_path_factory.mktemp("warm") / "sample"))


def differing(warm: Path, clean: Path, folder: Path, name: str, choices: Iterator[dict[str, str]]) -> list[object]:
    """The settings with which an export after others is not the same as one after none."""
    found: list[object] = []
    for number, options in enumerate(choices):
        fresh = exported(Path(shutil.copytree(clean, folder / str(number))), name, options)
        if exported(warm, name, options) != fresh:
            found.append(options)
    return found


@pytest.mark.quick_cases("anki-", "csv-", "html-", "markdown-")
@pytest.mark.parametrize(("name", "layout"), list(bases()))
def test_an_export_after_others_is_the_fresh_one(
    warm: Path, drawn_project: Path, tmp_path: Path, name: str, layout: str
) -> None:
    assert differing(warm, drawn_project, tmp_path, name, settings(name, layout, thorough=False)) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layout"), list(bases()))
def test_an_export_with_any_value_after_others_is_the_fresh_one(
    warm: Path, drawn_project: Path, tmp_path: Path, name: str, layout: str
) -> None:
    assert differing(warm, drawn_project, tmp_path, name, settings(name, layout, thorough=True)) == []


@pytest.mark.slow
def test_the_cut_marks_are_those_of_this_export(warm: Path, drawn_project: Path, tmp_path: Path) -> None:
    cut = [{"layout": "cards"}, {"layout": "fold"}, {"layout": "cards", "card": "3x3"}, {"layout": "cards"}]
    cut += [{"layout": "cards", "corners": "rounded"}, {"layout": "cards", "margin": "20mm"}]
    assert differing(warm, drawn_project, tmp_path, "pdf", iter(cut)) == []


def test_assets_of_one_name_and_other_bytes_differ() -> None:
    one, other = (Asset("lines.svg", "image/svg+xml", data) for data in (b"<svg/>", b"<svg></svg>"))
    assert one.digest != other.digest
    assert dataclasses.replace(one, data=other.data).digest == other.digest
