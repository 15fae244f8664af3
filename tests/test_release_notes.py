"""The release notes: stored in git, with titles as written and without unnecessary backslashes."""

from __future__ import annotations

import html
import re
import subprocess
from typing import TYPE_CHECKING

import cmarkgfm
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cardpipe.release.presentation import markdown

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

PLACES = ("# {} 1.0", "### {}", "- **EX0001** {}", "- **EX0001** {}: question, answer", "- {} is now {}", "- {} → {}")
"""Where notes and comparisons put a title."""
TITLES = st.lists(
    st.one_of(
        st.sampled_from(list("\\`*_{}[]()#+-.!|~$&<>@:='\"^/ 1aZä中")),
        st.sampled_from(
            ["**", "__", "](", "![a](b)", "<b>", "&amp;", "[x] ", "1. ", "- ", "# ", " #", "\\*", "a_b", " * "]
        ),
    ),
    min_size=1,
    max_size=12,
).map("".join)


def shown(page: str) -> str:
    # A zero-width space keeps a code host from linking #3.
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).replace("\u200b", "").split())


@pytest.mark.slow
@given(TITLES)
@example("snake_case and 2 * 3")
@example("C:\\dir\\")
@example("[x] done")
@example("*a* _b_ ~~c~~ `d` [e](f) ![g](h) <i> &amp;")
@example("Section 1.2 (draft) - a+b! #3")
@example("# a #")
@example("- - -")
def test_a_title_is_shown_as_it_was_written(title: str) -> None:
    plain = " ".join(title.split())
    if not plain:
        return
    for place in PLACES:
        text = place.format(*[markdown(plain)] * place.count("{}"))
        expected = re.sub(r"^(#+|-) |\*\*(?=EX)|(?<=EX0001)\*\*", "", place).format(*[plain] * place.count("{}"))
        pages = (
            cmarkgfm.github_flavored_markdown_to_html(text),
            MarkdownIt().enable(["table", "strikethrough"]).render(text),
        )
        assert [shown(page) for page in pages] == [expected] * 2, text
        assert all(
            re.search(r"<(em|strong|del|code|a|img|ol|hr|input)\b", page.replace("<strong>EX0001<", "")) is None
            for page in pages
        )


@pytest.mark.parametrize(
    "title",
    [
        "Back-propagation (BP)",
        "snake_case",
        "2 * 3",
        "C# and F#",
        "1.5 to 2",
        "What is 1 + 1?",
        "a [b] c!",
        "R&D",
        "A costs $5",
        "x | y",
        "{a}",
        "Größe",
        "f(x) = x^2",
        "10:30",
        "e-mail",
        "#hashtag",
    ],
)
def test_nothing_is_escaped_that_means_itself(title: str) -> None:
    assert markdown(title) == title


@pytest.mark.slow
def test_notes_are_not_ignored_by_git(run: Run, project: Path, shipped: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    assert run("-C", project, "release", "1.0").returncode == 0
    for root in (project, shipped):
        asked = ["output/release-notes-1.0.md", "output/sample.apkg", ".cardpipe/cache.sqlite"]
        command = ["git", "-C", str(root), "check-ignore", "--no-index", *asked]
        ignored = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        assert ignored == asked[1:]
