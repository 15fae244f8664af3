"""The HTML page in a real browser, where one is installed: it fits the window, everything loads, no script runs."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed; nothing else needs one"),
]

PROBE = """
<!doctype html><meta charset="utf-8"><pre id="found"></pre>
<iframe id="page" style="width:{width}px;height:900px;border:0" srcdoc="{page}"></iframe>
<script>
document.getElementById("page").addEventListener("load", event => {{
  const view = event.target.contentWindow, page = view.document;
  const wide = [...page.body.querySelectorAll("*")].filter(e => {{
    const box = e.getBoundingClientRect();
    if (box.right <= {width} + 1) return false;
    for (let up = e.parentElement; up; up = up.parentElement) {{
      if (["auto", "scroll", "hidden"].includes(view.getComputedStyle(up).overflowX)) return false;
    }}
    return true;
  }});
  document.getElementById("found").textContent = JSON.stringify({{
    scroll: page.documentElement.scrollWidth,
    wide: wide.slice(0, 5).map(e => e.outerHTML.slice(0, 120)),
    broken: [...page.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.alt),
    images: page.images.length,
    scripts: page.scripts.length,
    told: page.querySelectorAll(".formula > img[aria-hidden=true] + math").length,
    formulas: page.querySelectorAll("img.math").length,
    seen: [...page.querySelectorAll("math")].filter(m => {{
      const box = m.getBoundingClientRect();
      return box.width > 1 || box.height > 1 || view.getComputedStyle(m).display === "none";
    }}).length,
    cards: page.querySelectorAll("[id^=card-]").length,
    dangling: [...page.querySelectorAll("a[href^='#']")].map(a => decodeURIComponent(a.hash.slice(1)))
      .filter(id => !page.getElementById(id)),
  }});
}});
</script>
"""


@pytest.fixture(scope="module")
def page(run: Run, shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("html")
    result = run("-C", shipped, "export", "--format", "html", "--output", folder)
    assert result.returncode == 0, result.stderr
    return (folder / "ml-interview.html").read_text(encoding="utf-8")


def look(page: str, width: int, folder: Path) -> dict[str, Any]:
    probe = folder / "probe.html"
    probe.write_text(PROBE.format(width=width, page=html.escape(page)), encoding="utf-8")
    assert BROWSER is not None
    result = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=8000",
            "--dump-dom", probe.as_uri(),
        ],
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="found">(.+?)</pre>', result.stdout, re.DOTALL)
    assert found is not None, "the page did not load"
    answer: dict[str, Any] = json.loads(html.unescape(found[1]))
    return answer


@pytest.mark.parametrize("width", [1200, 400])
def test_the_page_fits_and_is_whole(page: str, width: int, tmp_path: Path) -> None:
    seen = look(page, width, tmp_path)
    assert seen["scroll"] <= width
    assert seen["wide"] == []
    assert seen["broken"] == []
    assert seen["dangling"] == []
    assert seen["images"] > 30
    assert seen["told"] == seen["formulas"] > 30
    assert seen["seen"] == 0
    assert seen["cards"] >= 10
    assert seen["scripts"] == 0
