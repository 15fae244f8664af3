"""The HTML page in a real browser: it fits the window, everything loads, no script runs.

Each test looks at the page in several widths at once: a browser takes longer to start than to look.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from conftest import Run

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

WIDTHS = (320, 420, 900, 1600)
PROBE = """
<!doctype html><meta charset="utf-8"><pre id="found"></pre>
<script>
const visible = element => element.getClientRects().length > 0;
const luminance = colour => {
  const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};

function look(frame, width) {
  const view = frame.contentWindow, page = view.document, root = page.documentElement;
  const all = selector => [...page.querySelectorAll(selector)];
  const one = selector => page.querySelector(selector);
  const style = element => view.getComputedStyle(element);
  const scrolls = element => {
    for (let up = element.parentElement; up; up = up.parentElement) {
      if (["auto", "scroll", "hidden"].includes(style(up).overflowX)) return true;
    }
    return false;
  };
  const outside = all("body *").filter(element => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && (box.right > width + 1 || box.left < -1) && !scrolls(element);
  });
  // What lies over the middle of an ID, when its card has been moved to the top of the window.
  const covered = () => all(".card h3 .id").filter(id => {
    id.closest("h3").scrollIntoView();
    const letters = page.createRange();
    letters.selectNodeContents(id);
    const box = letters.getBoundingClientRect();
    const top = page.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return !(top && (id.contains(top) || top.contains(id) && top.closest("h3")));
  }).map(id => id.textContent);
  const shown = element => {
    const box = element.getBoundingClientRect();
    return visible(element) && box.top >= 0 && box.bottom <= view.innerHeight;
  };
  const follow = link => {
    link.click();
    const target = page.getElementById(decodeURIComponent(link.hash.slice(1)));
    return {shown: shown(target), text: target.textContent.trim(), hash: decodeURIComponent(view.location.hash)};
  };
  const answers = () => all(".back").map(visible);
  const found = {};

  view.scrollTo(-10000, 0);
  found.scrolled = view.scrollX;
  view.scrollTo(10000, 0);
  found.scrolled = Math.max(Math.abs(found.scrolled), Math.abs(view.scrollX));
  found.width = root.scrollWidth;
  found.outside = outside.slice(0, 5).map(element => element.outerHTML.slice(0, 120));
  found.broken = [...page.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.alt);
  found.images = page.images.length;
  found.scripts = page.scripts.length;
  found.told = all("math + var[aria-hidden=true] > svg").length;
  found.formulas = all("var > svg").length;
  found.fonts = [...page.fonts].filter(font => font.status === "loaded").length;
  found.copied = all("li").filter(item => item.querySelector("var > svg")).map(item => {
    view.getSelection().selectAllChildren(item);
    return view.getSelection().toString().trim();
  });
  view.getSelection().removeAllRanges();
  found.seen = all("math").filter(m => {
    const box = m.getBoundingClientRect();
    return box.width > 1 || box.height > 1 || style(m).display === "none";
  }).length;
  found.cards = all("[id^=card-]").length;
  found.dangling = all("a[href^='#']").map(a => decodeURIComponent(a.hash.slice(1)))
    .filter(id => !page.getElementById(id));

  found.covered = covered();
  found.before = answers();
  one("label.self-test").click();
  found.tested = answers();
  found.asked = all(".question").map(visible);
  found.covered = found.covered.concat(covered());
  found.buttons = all("label.reveal").map(visible);
  one("label.reveal").click();
  found.opened = answers();
  one(".card:last-child label.reveal").click();
  found.covered = found.covered.concat(covered());
  one("label.self-test").click();
  found.after = answers();

  found.tag = follow(one(".marks a"));
  found.fact = follow(one(".facts dd a[href^='#tag-']"));
  found.listed = follow(one(".contents a[href^='#card-']"));
  found.last = follow([...page.querySelectorAll(".tags a[href^='#card-']")].pop());
  const contents = one(".contents").getBoundingClientRect(), cards = one("main").getBoundingClientRect();
  found.beside = contents.right <= cards.left || contents.left >= cards.right;
  const scrolled = view.scrollY;
  one("#self-test").focus();
  found.jump = view.scrollY - scrolled;
  found.stays = shown(one(".contents h2")) && shown(one("label.self-test"));
  found.used = (Math.max(contents.right, cards.right) - Math.min(contents.left, cards.left)) / width;
  found.starts = (root.dir === "rtl") === (contents.left > cards.left);
  const paper = style(page.body).backgroundColor, ink = style(page.body).color;
  found.dark = luminance(paper) < 0.1;
  found.links = [".contents .name", ".marks a", ".facts a", ".tags li .name", ".related a"]
    .filter(one).filter(s => style(one(s)).color === ink || contrast(style(one(s)).color, paper) < 4.5);
  found.faint = all(".id, .marks li, .count, .alert > p:first-child").filter(e => contrast(style(e).color, paper) < 4.5)
    .map(e => e.outerHTML.slice(0, 80));
  found.edges = all(".alert").filter(e => contrast(style(e).borderInlineStartColor, paper) < 3).length;
  found.alerts = new Set(all(".alert").map(e => style(e).borderInlineStartColor)).size;
  // How far from the page's side a title, and its part of the contents, begins; and a picture from the middle.
  const aside = (element, around) => {
    const letters = page.createRange();
    letters.selectNodeContents(element);
    const box = letters.getBoundingClientRect(), room = around.getBoundingClientRect();
    return Math.abs(root.dir === "rtl" ? room.right - box.right : box.left - room.left);
  };
  found.aside = all(".card h3 .name").map(e => aside(e, e.closest("h3")));
  found.middle = all(".alone").map(e => {
    const box = e.querySelector("img").getBoundingClientRect(), room = e.getBoundingClientRect();
    return Math.abs(box.left + box.right - room.left - room.right);
  });
  const lines = all(".card .details > p").filter(p => !p.querySelector("img, svg, br") && p.textContent.length > 240)
    .map(p => p.textContent.length / Math.round(p.getBoundingClientRect().height / parseFloat(style(p).lineHeight)));
  found.letters = Math.max(0, ...lines);
  return found;
}

addEventListener("load", () => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe")) found[frame.width] = look(frame, Number(frame.width));
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script>
FRAMES
"""


def exported(run: Run, project: Path, name: str, folder: Path) -> Path:
    result = run("-C", project, "export", "--format", "html", "--output", folder)
    assert result.returncode == 0, result.stderr
    return folder / f"{name}.html"


@pytest.fixture(scope="module")
def page(run: Run, shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(run, shipped, "ml-interview", tmp_path_factory.mktemp("html"))


RIGHT_TO_LEFT = """
- id: EX0001
  title: הדגל של הודו
  question: |
    לאיזו מדינה שייך הדגל?

    ![flag](x.png)

    It has three colours.
  answer: הודו
  tags: [geo]
  related: [EX0002]
- id: EX0002
  title: Perceptron הוא נוירון בודד
  question: מה הוא *perceptron*?
  answer: סכום משוקלל $w^T x$ ואחריו סף.
  details: |
    > [!NOTE]
    > הערה.

    > [!TIP]
    > עצה.

    > [!IMPORTANT]
    > חשוב.

    > [!WARNING]
    > אזהרה.

    > [!CAUTION]
    > זהירות.

    - One item from the left
    - `code` בתוך פריט

    $$\\sum_{i=1}^{n} w_i x_i + b > 0$$

    ![תמונה](x.png)
  tags: [geo, 'C++']
  references: ["Rosenblatt (1958)", "כהן, מבוא"]
- id: EX0003
  title: C++
  question: What is it?
  answer: A language.
  tags: ['C++']
"""
DECK = """
uid: 00000000-0000-4000-8000-000000000001
slug: sample
name: שאלות
language: he
authors: [דנה כהן]
description: שאלות ותשובות.
tags:
  geo: גאוגרפיה
  C++: שפת תכנות
subdecks: {EX: דוגמאות}
formats: {html: }
"""


@pytest.fixture(scope="module")
def right_to_left(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("right-to-left")
    for folder in ("cards", "media"):
        (project / "source" / folder).mkdir(parents=True)
    (project / "source" / "deck.yaml").write_text(DECK, encoding="utf-8")
    (project / "source" / "cards" / "a.yaml").write_text(RIGHT_TO_LEFT, encoding="utf-8")
    Image.new("RGB", (120, 60), "#ff9933").save(project / "source" / "media" / "x.png")
    return exported(run, project, "sample", project / "output")


def look(page: Path, folder: Path, *, dark: bool, widths: Sequence[int] = WIDTHS) -> Mapping[int, Any]:
    """What a browser finds in frames of these widths."""
    frames = "\n".join(
        f'<iframe width="{width}" height="900" style="border:0" src="{page.as_uri()}"></iframe>' for width in widths
    )
    probe = folder / "probe.html"
    probe.write_text(PROBE.replace("FRAMES", frames), encoding="utf-8")
    assert BROWSER is not None
    result = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            # So that the probe sees into the frames.
            "--allow-file-access-from-files",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--user-data-dir={folder / 'profile'}", "--window-size=1800,1000", "--virtual-time-budget=8000",
            "--dump-dom", probe.as_uri(),
        ],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="found">(.+?)</pre>', result.stdout, re.DOTALL)
    assert found is not None, "the page did not load"
    return {int(width): seen for width, seen in json.loads(html.unescape(found[1])).items()}


def agrees(seen: Mapping[str, Any], width: int, *, dark: bool) -> None:
    """What holds of every page in every width."""
    assert seen["scrolled"] == 0
    assert seen["width"] <= width
    assert seen["outside"] == []
    assert seen["broken"] == []
    assert seen["dangling"] == []
    assert seen["told"] == seen["formulas"] > 0
    assert seen["seen"] == 0
    assert seen["scripts"] == 0
    assert seen["dark"] is dark
    # Answers: all are there, the test hides them, each button shows its own, and the end of the test shows all.
    count = len(seen["before"])
    assert all(seen["before"] + seen["after"] + seen["asked"] + seen["buttons"])
    assert seen["tested"] == [False] * count
    assert seen["opened"] == [True] + [False] * (count - 1)
    assert seen["covered"] == []
    # Links look like links, lead where their words say, and the window shows it.
    assert seen["links"] == seen["faint"] == []
    for link in ("tag", "fact", "listed", "last"):
        assert seen[link]["shown"], (link, seen[link])
    assert seen["tag"]["hash"].startswith("#tag-")
    assert seen["listed"]["hash"].startswith("#card-")
    if width > 1000:
        assert seen["beside"]
        assert seen["stays"]
        assert seen["jump"] == 0
        assert seen["starts"]
        assert seen["used"] > 0.6
    assert seen["letters"] <= 85
    assert max(seen["aside"]) < 2
    assert all(far < 3 for far in seen["middle"])


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_and_does_what_its_buttons_and_links_say(page: Path, tmp_path: Path, dark: bool) -> None:
    for width, seen in look(page, tmp_path, dark=dark).items():
        agrees(seen, width, dark=dark)
        assert seen["images"] > 5
        assert seen["formulas"] > 30
        assert seen["fonts"] >= 5
        assert r"$w \in \mathbb{R}^d$ holds its weights, one for each input;" in seen["copied"]
        assert seen["cards"] >= 10
        assert seen["tag"]["text"].startswith("NN")
        if width > 1000:
            assert seen["letters"] >= 60


@pytest.mark.parametrize("dark", [False, True])
def test_a_page_from_the_right_does_too(right_to_left: Path, tmp_path: Path, dark: bool) -> None:
    for width, seen in look(right_to_left, tmp_path, dark=dark).items():
        agrees(seen, width, dark=dark)
        assert len(seen["middle"]) == 2
        assert seen["alerts"] == 5
        assert seen["edges"] == 0
