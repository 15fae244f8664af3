"""How Sphinx builds the documentation: `sphinx-build -W docs output/documentation`, after `pip install '.[docs]'`.

The pages are Markdown that code hosts show as well, so they contain no directives. What Sphinx needs in addition is
added here when it reads a page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "cardpipe"
author = "The cardpipe maintainers"
html_title = "cardpipe"
language = "en"

extensions = ["myst_parser"]
exclude_patterns = ["images/**"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # examples of rules show YAML that is not valid

html_theme = "furo"
html_favicon = "images/icon.svg"
html_show_sphinx = False
html_copy_source = False
pygments_style = "default"

_CHILDREN = {
    "formats": ["formats-*"],
    "formats-pdf": ["gallery", "typography"],
    "python-api": ["python-reference"],
    "rules/README": ["*"],
}
"""Pages in the navigation below another page, by glob patterns."""

_ROOT_PAGES = {"CHANGELOG": "site/changelog", "CONTRIBUTING": "site/contributing", "SECURITY": "site/security-policy"}
"""Pages of the site with the text of files in the root folder. On a code host, each is only a link to its file."""

_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
_ITEM = re.compile(r"^- \[[^\]]*\]\(([^)#]+)\.md\)", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Register what is done to each page."""
    app.connect("source-read", _prepare)


def _prepare(app: Sphinx, page: str, content: list[str]) -> None:
    """Take the text of files in the root folder, redirect links to them, and add the navigation."""
    text = content[0]
    above = "../" * page.count("/")
    for name, target in _ROOT_PAGES.items():
        if page == target:
            path = Path(app.srcdir).parent / f"{name}.md"
            app.env.note_dependency(path)
            # In the root folder, links begin with `docs/`. The README's place is taken by the start page.
            text = path.read_text(encoding="utf-8").replace("](docs/", f"]({above}")
            text = text.replace("](README.md", f"]({above}index.md")
            text = re.sub(rf"\]\(({'|'.join(_ROOT_PAGES)})\.md", rf"]({above}../\1.md", text)
    for name, target in {**_ROOT_PAGES, "README": "index"}.items():
        text = text.replace(f"]({above}../{name}.md", f"]({above}{target}.md")
    if page == app.config.root_doc:
        parts = ((heading, _ITEM.findall(items)) for heading, items in _SECTION.findall(text))
        text += "".join(_navigation(pages, heading) for heading, pages in parts if pages)
    elif page in _CHILDREN:
        text += _navigation(_CHILDREN[page])
    content[0] = text


def _navigation(pages: list[str], caption: str = "") -> str:
    options = ":hidden:\n:glob:\n" + (f":caption: {caption}\n" if caption else "")
    return "\n\n```{toctree}\n" + options + "\n" + "\n".join(pages) + "\n```\n"
