"""The site of the documentation: Sphinx builds it without warnings, and it needs nothing from other hosts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from browser_session import Browser
from site_server import served
from test_visual import needs_browser

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
LOADED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video|object|embed)\b[^>]*\b(?:src|data)=["']?(?P<source>[^"'\s>]+)"""
    r"""|<link\b(?![^>]*\brel=["']?(?:canonical|author|next|prev))[^>]*\bhref=["']?(?P<link>[^"'\s>]+)""",
    re.IGNORECASE,
)
FROM_STYLE = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
BLOCK = re.DOTALL | re.MULTILINE
REQUEST = "Network.requestWillBeSent"
REMOTE = re.compile(r"^(?:https?:)?//", re.IGNORECASE)


def test_the_start_page_links_every_page() -> None:
    """Also what readers of a code host see; the site's navigation is made of the same links."""
    start = (DOCS / "index.md").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)#]+\.md)\)", start))
    below = {"formats-*.md", "gallery.md", "typography.md", "rules/*.md", "site/*.md", "index.md"}
    hidden = {path for pattern in below for path in DOCS.glob(pattern)}
    missing = {path.relative_to(DOCS).as_posix() for path in set(DOCS.rglob("*.md")) - hidden} - linked
    assert missing == set()
    assert [name for name in linked if not (DOCS / name).is_file()] == []


def test_links_of_the_readme_and_the_root_folder_exist() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)", CODE.sub("", text)):
            assert (ROOT / target).exists(), (name, target)


def anchors(path: Path) -> set[str]:
    """The anchors that a code host gives the headings of a document."""
    headings = re.findall(
        r"^#{1,6} +(.+?) *$",
        re.sub(r"^ *(`{3,})[^`\n]*\n.*?^ *\1$", "", path.read_text(encoding="utf-8"), flags=BLOCK),
        re.MULTILINE,
    )
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def test_links_to_headings_exist() -> None:
    known: dict[Path, set[str]] = {}
    missing = []
    for path in (
        *sorted(DOCS.rglob("*.md")),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    ):
        text = CODE.sub("", path.read_text(encoding="utf-8"))
        for page, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)#([^)\s]+)\)", text):
            target = (path.parent / page).resolve() if page else path
            if target not in known:
                known[target] = anchors(target) if target.suffix == ".md" else {anchor}
            if anchor not in known[target]:
                missing.append((path.name, page, anchor))
    assert missing == []


def test_documents_are_plain_markdown() -> None:
    """A code host would show a directive as code."""
    for path in sorted(DOCS.rglob("*.md")):
        assert re.search(r"^(`{3,}|:{3,})\{", path.read_text(encoding="utf-8"), re.MULTILINE) is None, path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, where a warning is an error: a link that leads nowhere, a page that nothing links to."""
    folder = tmp_path_factory.mktemp("documentation")
    build(folder / "site", folder / "cache")
    return folder / "site"


def build(folder: Path, cache: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(cache), str(DOCS), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.slow
def test_every_page_is_there(site: Path) -> None:
    for page in DOCS.rglob("*.md"):
        assert (site / page.relative_to(DOCS)).with_suffix(".html").is_file()


@pytest.mark.slow
def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    loaded = 0
    for path in sorted(site.rglob("*.html")):
        for found in LOADED.finditer(path.read_text(encoding="utf-8")):
            loaded += 1
            assert REMOTE.match(found["source"] or found["link"]) is None, (path, found[0])
    assert loaded > 100
    for path in sorted(site.rglob("*.css")):
        for addresses in FROM_STYLE.findall(path.read_text(encoding="utf-8")):
            assert not any(REMOTE.match(address) for address in addresses), (path, addresses)


@pytest.mark.slow
def test_the_same_bytes_are_built_again(site: Path, tmp_path: Path) -> None:
    build(tmp_path / "site", tmp_path / "cache")

    def files(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first, second = files(site), files(tmp_path / "site")
    assert first.keys() == second.keys()
    assert [name for name, data in first.items() if data != second[name]] == []


@pytest.mark.slow
@needs_browser
def test_search_and_dark_mode_work_without_a_network(site: Path, tmp_path: Path) -> None:
    with served(site) as address, Browser(tmp_path / "profile") as browser:
        page = browser.page()
        page.resize(1200)
        page.open(f"{address}search.html?q=perceptron")
        page.wait("document.querySelectorAll('#search-results li a').length > 0")
        light = page.value("getComputedStyle(document.body).backgroundColor")
        page.resize(390, dark=True)
        page.open(f"{address}tutorial.html")
        assert page.value("getComputedStyle(document.body).backgroundColor") != light
        assert page.value("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
        asked = [event["params"]["request"]["url"] for event in browser.events if event["method"] == REQUEST]
        assert len(asked) > 5
        assert [url for url in asked if not url.startswith((address, "data:"))] == []
        assert page.problems() == [], json.dumps(page.problems())
