"""The Markdown folder: how a code host renders it, and that it is complete."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cardpipe.errors import RenderError
from cardpipe.model.deck import Difficulty, Status
from cardpipe.text.escaping import PlainText, markdown_text
from cardpipe.writers.api import RelatedCard, RenderedDeck
from cardpipe.writers.markdown import WRITER
from cardpipe.writers.page.tag_names import tag_file_names
from page_sample import ASSETS, DRAWN, FIGURE, MEDIA, card, deck, silent

GITHUB = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def write(rendered: RenderedDeck, **options: str) -> dict[str, bytes]:
    files = {artefact.path: artefact.data for artefact in WRITER.write(rendered, options, silent)}
    assert next(iter(files)) == "markdown/README.md"
    return files


def sample() -> RenderedDeck:
    return deck(
        card(
            "ML0044",
            "Perceptron * of [1958] | Mark I",
            question="What is a *perceptron*?",
            answer="A weighted sum: $y = w x$.\n\n```math\n\\sum_i w_i \\, x_i\n```",
            details=f"## Limits\n\n![A photo](asset:{MEDIA.name})\n\nSee [the **next**](card:ML0045), "
            "[nothing](card:XX0001), <card:DL0012> and `[code](card:ML0045)`.\n\n- a list\n  - within",
            figures=[DRAWN],
            references=["Rosenblatt (1958), [The perceptron](https://doi.org/10.1037/h0042519)"],
            related=[
                RelatedCard(id="ML0045", title=PlainText("Multi-layer perceptron"), included=True),
                RelatedCard(id="DL0099", title=PlainText("Not in this export"), included=False),
            ],
            difficulty=Difficulty.EASY,
        ),
        card("ML0045", "Multi-layer perceptron", question="What?", answer="Layers.", tags=()),
        card("DL0012", "Zero padding", question="Why?", answer="Size.", tags=("MATH", "NN"), status=Status.DRAFT),
        description="See the [perceptron](card:ML0044).",
    )


class Page(HTMLParser):
    """What a reader sees: links, pictures, and words, inside the fold or outside."""

    def __init__(self, source: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: dict[str, str] = {}
        self.tags: list[str] = []
        self.outside: list[str] = []
        self.inside: list[str] = []
        self.folds = 0
        self.html = GITHUB.render(source.decode())
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.folds += tag == "details"
        if tag == "a":
            self.links.append(attributes["href"])
        elif tag == "img":
            self.pictures[attributes["src"]] = attributes["alt"]

    def handle_endtag(self, tag: str) -> None:
        self.folds -= tag == "details"

    def handle_data(self, data: str) -> None:
        (self.inside if self.folds else self.outside).append(data)


def words(parts: list[str]) -> str:
    return " ".join("".join(parts).split())


def test_everything_that_a_page_refers_to_is_in_the_folder() -> None:
    files = write(sample())
    assert set(files) == {
        "markdown/README.md",
        "markdown/cards/ML0044.md",
        "markdown/cards/ML0045.md",
        "markdown/cards/DL0012.md",
        "markdown/tags/NN.md",
        "markdown/tags/MATH.md",
        f"markdown/assets/{FIGURE.name}",
        f"markdown/assets/{MEDIA.name}",
    }
    for path, data in files.items():
        if not path.endswith(".md"):
            assert data == ASSETS[posixpath.basename(path)].data
            continue
        page = Page(data)
        for address in [*page.links, *page.pictures]:
            if not address.startswith("https://"):
                assert posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(address))) in files
        assert data.endswith(b"\n")
        assert b"\r" not in data


def test_the_index_lists_every_card_and_tag() -> None:
    page = Page(write(sample())["markdown/README.md"])
    seen = words(page.outside)
    for part in (
        "Machine learning interview",
        "Ada Example, Ben Beispiel",
        "CC-BY-4.0",
        "Perceptron * of [1958] | Mark I",
        "Zero padding",
        "Neural networks (2 cards)",
        "Mathematics (1 card)",
    ):
        assert part in seen
    assert page.tags.count("tr") == 2 + 3
    assert "https://example.org/deck?a=1&b=2" in page.links
    assert page.links.count("cards/ML0044.md") == 2


def test_the_question_is_open_and_the_answer_folded() -> None:
    page = Page(write(sample())["markdown/cards/ML0044.md"])
    assert "What is a perceptron?" in words(page.outside)
    inside = words(page.inside)
    for part in ("A weighted sum: $y = w x$.", "\\sum_i w_i \\, x_i", "Limits", "Left: the data", "Rosenblatt (1958)"):
        assert part in inside
        assert part not in words(page.outside)
    assert 'class="language-math"' in page.html
    assert {"strong", "h2", "ul", "em"} <= set(page.tags)
    assert page.pictures == {
        f"../assets/{MEDIA.name}": "A photo",
        f"../assets/{FIGURE.name}": "Four points that no line divides.",
    }


def test_links_to_cards_lead_to_their_pages_or_leave_their_text() -> None:
    page = Page(write(sample())["markdown/cards/ML0044.md"])
    assert page.links.count("ML0045.md") == 3
    assert "See the next, nothing, DL0012 and [code](card:ML0045)." in words(page.inside)
    assert "DL0099 Not in this export" in words(page.outside)
    assert not [link for link in page.links if "card:" in link or "XX0001" in link]


def test_an_open_fence_does_not_swallow_the_page() -> None:
    for answer in ("```\ncode", "~~~~\ncode", "- item\n\n  ```\n  code"):
        page = Page(write(deck(card("ML0001", answer=answer, tags=())))["markdown/cards/ML0001.md"])
        assert "Machine learning interview" in words(page.outside)
        assert page.folds == 0


def test_marks_of_a_card() -> None:
    files = write(sample())
    assert "ML0044 · NN · easy" in words(Page(files["markdown/cards/ML0044.md"]).outside)
    assert "DL0012 · MATH · NN · draft" in words(Page(files["markdown/cards/DL0012.md"]).outside)


def test_tag_files_are_safe_and_apart() -> None:
    names = tag_file_names(["NN", "nn", "a::b", "a/b", "con", "COM1", "..", "", "x" * 300, "Größe", "a b"])
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert names["con"] == "tag-con"
    for name in names.values():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,100}", name)
        assert name.casefold() not in {"con", "com1", "nul", "aux", "prn"}


@given(st.lists(st.text(max_size=12), unique=True, max_size=12))
def test_any_tags_have_files_of_their_own(tags: list[str]) -> None:
    names = tag_file_names(tags)
    assert len({name.casefold() for name in names.values()}) == len(tags)


# What Markdown's own definition of a character allows: no surrogates, and no U+0000, which becomes another.
TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40)


@given(TITLES)
def test_any_title_reads_as_it_was_written(title: str) -> None:
    files = write(deck(card("ML0001", title, tags=())))
    expected = " ".join(title.split())
    heading = re.search(r"<h1>(.*?)</h1>", GITHUB.render(files["markdown/cards/ML0001.md"].decode()))
    if expected:
        assert heading
        parser = Page(f"# {markdown_text(title)}".encode())
        assert words(parser.outside) == expected


def test_groups_by_tag() -> None:
    page = write(sample(), group="tag")["markdown/README.md"].decode()
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == ["Neural networks", "Other cards", "Tags"]


def test_an_asset_that_was_not_rendered_is_an_error() -> None:
    with pytest.raises(RenderError, match=r"nowhere\.svg"):
        write(deck(card("ML0001", answer="![x](asset:nowhere.svg)")))


def test_decks_of_no_card_and_of_empty_parts() -> None:
    assert list(write(deck(description=""))) == ["markdown/README.md"]
    page = write(deck(card("ML0001", question="Q", answer="A", tags=())))["markdown/cards/ML0001.md"].decode()
    assert "\n\n\n" not in page
    assert "References" not in page
    assert "Related" not in page
