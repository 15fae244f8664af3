"""The pictures of the README and of the gallery, drawn again from the deck of this repository and compared.

After an intended change, `pytest -m "" tests/test_readme_pictures.py --accept-visual` writes those that differ.
"""

from __future__ import annotations

import html
import importlib.util
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageOps

from anki_collection import collection
from browser_session import Browser
from cardpipe import Project, plugins
from test_visual import FONTS, MATHJAX, built, needs_browser
from visual_comparison import check

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/images"
HEIGHT = 994
"""Pixels of the card and the page, which stand side by side."""
METRICS = 110
"""MathJax's number of the state in which it measures the surrounding font (`STATE.METRICS`)."""
CARD = "ML0037"
PAGE = 4
"""Of the study sheet: one with formulas, a figure and the beginning of a card."""
CONTRIBUTION = r"""id: ML0047
title: Softmax
question: What does softmax do to a vector of scores?
answer: It turns scores $z$ into the probabilities $\sotfmax(z)$.
tags: [activations]
related: [ML0045, ML0404]
"""
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#f2cc60", "34": "#79c0ff", "36": "#76e3ea", "2": "#8b949e"}
STYLE = """html { background: #0d1117 }
body { background: #0d1117; color: #e6edf3; margin: 0; padding: 32px 28px; zoom: 2 }
pre { font: 15px/1.45 SeenMono; margin: 0; white-space: pre-wrap }"""
READY = f"""(async () => {{
  await document.fonts.ready;
  if (!window.MathJax) return;
  await MathJax.startup.promise;
  MathJax.startup.document.rerender({METRICS});
  await document.fonts.ready;
}})()"""
"""Formulas have the size of letters around them, so MathJax measures again once the fonts are there."""

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copytree(ROOT / "source", tmp_path / "deck/source")
    return Project(tmp_path / "deck")


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--accept-visual"))


def test_the_page_of_the_pdf_is_true(project: Project, tmp_path: Path, *, accept: bool) -> None:
    with pypdfium2.PdfDocument(built(project, "pdf").data) as pdf:
        page = pdf[PAGE - 1]
        large = page.render(scale=2 * HEIGHT / page.get_size()[1]).to_pil().convert("RGB")
    image = large.resize((large.width // 2, large.height // 2), Image.Resampling.BOX)
    check(ImageOps.expand(image, 1, "#c8c8c8"), PICTURES / "page.png", tmp_path, accept=accept)


def gallery() -> Any:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "docs/gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("layout", sorted(path.stem for path in (PICTURES / "gallery").iterdir()))
def test_the_gallery_is_true(layout: str, tmp_path: Path, *, accept: bool) -> None:
    maker = gallery()
    image = maker.chosen(layout, maker.pages(layout, tmp_path / "output"))
    check(image, PICTURES / "gallery" / f"{layout}.png", tmp_path, accept=accept)


def test_the_page_of_the_gallery_shows_every_layout() -> None:
    assert (ROOT / "docs/gallery.md").read_text("utf-8") == gallery().page()
    names = sorted(plugins.names(plugins.PDF_LAYOUTS))
    assert sorted(path.stem for path in (PICTURES / "gallery").iterdir()) == names


@needs_browser
def test_the_card_in_anki_is_true(project: Project, tmp_path: Path, *, accept: bool) -> None:
    """A side as the real Anki makes it of note and template, in a page like that of Anki's reviewer."""
    with collection(tmp_path / "anki") as learner:
        learner.import_package(built(project, "anki").data)
        [number] = learner.col.find_cards(f"ID:{CARD}")
        card = learner.col.get_card(number)
        path = tmp_path / "anki/collection.media/card.html"
        path.write_text(
            f'<!doctype html><html style="zoom:2;overflow:hidden"><head><meta charset="utf-8">{MATHJAX}{FONTS}</head>'
            f'<body class="card card1"><div id="qa">{card.answer()}</div></body></html>',
            encoding="utf-8",
        )
        looked_at(path, (1400, 2 * HEIGHT), "card.png", tmp_path, accept=accept)


@needs_browser
def test_the_findings_are_true(project: Project, tmp_path: Path, *, accept: bool) -> None:
    (project.folder / "source/cards/ML0047.yaml").write_text(CONTRIBUTION, encoding="utf-8")
    printed = on_a_terminal(["cardpipe", "lint"], project.folder)
    for code in ("MTH001", "TAG001", "REF001"):
        assert f"error[{code}]" in re.sub(r"\x1b\[[\d;]*m", "", printed)
    path = tmp_path / "terminal.html"
    path.write_text(
        f'<!doctype html><html><head><meta charset="utf-8">{FONTS}<style>{STYLE}</style></head>'
        f"<body><pre><span>$ cardpipe lint</span>\n{coloured(printed)}</pre></body></html>",
        encoding="utf-8",
    )
    looked_at(path, (1700, 1240), "terminal.png", tmp_path, accept=accept)


def looked_at(path: Path, size: tuple[int, int], name: str, folder: Path, *, accept: bool) -> None:
    """Compare what a browser shows of a page, at half the size."""
    with Browser(folder / "profile") as browser:
        page = browser.page()
        page.resize(*size)
        page.open(path.as_uri())
        page.value(READY)
        page.picture(folder / f"large-{name}")
    with Image.open(folder / f"large-{name}") as large:
        image = large.convert("RGB").resize((large.width // 2, large.height // 2), Image.Resampling.BOX)
    check(image, PICTURES / name, folder, accept=accept)


def on_a_terminal(command: list[str], folder: Path) -> str:
    """What a command prints where its output is a terminal."""
    ours, theirs = pty.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "GITHUB_ACTIONS"}}
    with subprocess.Popen(
        command, cwd=folder, stdout=theirs, stderr=theirs, env={**kept, "PATH": path, "COLUMNS": "78"}
    ):
        os.close(theirs)
        read = b""
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # on Linux, the end of the output is an error
                part = b""
            if not part:
                break
            read += part
    os.close(ours)
    return read.decode().replace("\r\n", "\n")


def coloured(text: str) -> str:
    """The HTML of text with the codes of a terminal for colours and bold letters."""
    parts = re.split(r"\x1b\[([\d;]*)m", text)
    made = [f"<span>{html.escape(parts[0])}</span>"]
    style: list[str] = []
    for codes, words in zip(parts[1::2], parts[2::2], strict=True):
        for code in codes.split(";"):
            if code in {"", "0"}:
                style = []
            elif code == "1":
                style.append("font-weight:700")
            else:
                style.append(f"color:{COLOURS[code]}")
        made.append(f'<span style="{";".join(style)}">{html.escape(words)}</span>')
    return "".join(made)
