"""The HTML file: self-contained, accessible and complete."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.errors import RenderError
from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import Asset, RenderedDeck
from cardpipe.writers.html import WRITER
from page_sample import ASSETS, FIGURE, card, deck, sample, silent, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

VOID = {"meta", "img", "input", "br", "hr", "col", "link", "wbr"}


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, text, and tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.unmatched: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unmatched.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


def write(rendered: RenderedDeck, **options: str) -> str:
    (artefact,) = WRITER.write(rendered, options, silent)
    assert artefact.path == "sample.html"
    return artefact.data.decode()


def test_the_page_is_well_formed_and_says_what_it_is() -> None:
    source = write(sample())
    page = Page(source)
    assert not page.unmatched
    assert not page.open
    assert page.all("html") == [{"lang": "en", "dir": "ltr"}]
    assert "<title>Machine learning interview</title>" in source
    names = {meta["name"]: meta["content"] for meta in page.all("meta") if "name" in meta}
    assert names["description"] == "Machine learning interview: 3 cards with questions and answers."
    assert names["author"] == "Ada Example, Ben Beispiel"


def test_nothing_is_requested_and_nothing_runs() -> None:
    page = Page(write(sample()))
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.elements}
    assert all(image["src"].startswith("data:") for image in page.all("img"))
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert "url(" not in write(sample())


def decoded(address: str) -> bytes:
    head, _, body = address.partition(",")
    return base64.b64decode(body) if head.endswith(";base64") else unquote_to_bytes(body)


def test_pictures_come_back_byte_for_byte() -> None:
    page = Page(write(sample()))
    found = {decoded(image["src"]) for image in page.all("img")}
    assert found == {asset.data for name, asset in ASSETS.items() if name not in {"math-cccc.svg", "math-dddd.svg"}}


@given(st.binary(max_size=200), st.sampled_from(["image/svg+xml", "image/png"]))
def test_any_bytes_survive_as_an_address(data: bytes, media_type: str) -> None:
    assets = {"a.bin": Asset("a.bin", media_type, data)}
    page = Page(write(deck(card("ML0001", answer='<p><img class="media" src="a.bin" alt="x"></p>'), assets=assets)))
    assert decoded(page.all("img")[0]["src"]) == data


def test_every_picture_has_its_alternative_text() -> None:
    alts = [image["alt"] for image in Page(write(sample())).all("img")]
    assert "Four points that no line divides." in alts
    assert "a < b > c" in alts
    assert all(alts)


def test_links_within_the_page_lead_somewhere_and_others_leave_their_text() -> None:
    page = Page(write(sample()))
    anchors = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    inner = [link["href"] for link in page.all("a") if link["href"].startswith("#")]
    assert {"#card-ML0044", "#cards", "#tags", "#group-DL"} <= set(inner)
    assert not [href for href in inner if href[1:] not in anchors]
    assert "See the perceptron and nothing." in page.words
    assert "Not in this export" in page.words


def test_a_tag_leads_to_its_cards() -> None:
    tags = ("NN", "nets::cnn", "nets-cnn", "C++", "C#", "NN ", "רשת", "学習")
    page = Page(write(deck(card("ML0001", tags=tags), card("ML0002", tags=("NN",)), tags=[("NN", "Networks")])))
    headings = {h3["id"] for h3 in page.all("h3") if h3.get("id", "").startswith("tag-")}
    assert len(headings) == len(tags)
    assert {"tag-NN", "tag-nets-cnn"} <= headings
    # Other scripts get a digest: not every engine of the PDF takes them in the name of a place.
    assert all(heading.isascii() for heading in headings)
    linked = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#tag-")]
    # Each from the facts, and from each card that has it.
    assert {anchor: linked.count(anchor) for anchor in headings} == {
        anchor: 3 if anchor == "tag-NN" else 2 for anchor in headings
    }


def test_alerts_are_distinguished_from_other_quotations() -> None:
    def quotation(title: str) -> str:
        return f"<blockquote>\n<p><strong>{title}</strong></p>\n<p>Words.</p>\n</blockquote>"

    made = [Page(write(deck(card("ML0001", details=quotation(title))))) for title in ("Note", "Caution", "Words")]
    assert [page.all("blockquote") for page in made] == [[{"class": "alert note"}], [{"class": "alert caution"}], [{}]]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", ""]
)
def test_links_to_other_places_than_the_web_become_text(href: str) -> None:
    page = Page(write(deck(card("ML0001", answer=f'<p>before <a href="{href}">words</a> after</p>'))))
    assert "before words after" in page.words
    assert href not in [link["href"] for link in page.all("a")]


def test_headings_go_down_one_step_at_a_time() -> None:
    page = Page(write(sample()))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_landmarks_and_labels() -> None:
    page = Page(write(sample()))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("main") == 1
    assert "nav" in tags
    assert page.all("a")[0]["href"] == "#cards"
    labelled = {label["for"] for label in page.all("label")}
    assert (
        labelled
        == {box["id"] for box in page.all("input")}
        == {
            "self-test",
            "reveal-ML0044",
            "reveal-ML0045",
            "reveal-DL0012",
        }
    )


def test_plain_texts_are_escaped() -> None:
    hostile = "<script>alert(1)</script> & \"q\" 'a'"
    source = write(deck(card("ML0001", hostile, tags=(hostile,)), name=hostile, language='en"><script>'))
    page = Page(source)
    assert "script" not in {tag for tag, _ in page.elements}
    assert not page.unmatched
    assert hostile in page.words


def test_a_text_cannot_smuggle_a_source_through_its_alternative_text() -> None:
    alt = "x src="
    page = Page(write(deck(card("ML0001", answer=f'<p><img alt="{alt}" src="{FIGURE.name}"> &lt;img src="y"></p>'))))
    assert page.all("img")[0]["alt"] == alt
    assert decoded(page.all("img")[0]["src"]) == FIGURE.data


def test_an_asset_that_was_not_rendered_is_an_error() -> None:
    with pytest.raises(RenderError, match=r"nowhere\.svg"):
        write(deck(card("ML0001", answer='<p><img src="nowhere.svg" alt="x"></p>')))


def test_a_deck_of_no_cards_is_a_page_too() -> None:
    page = Page(write(deck()))
    assert not page.unmatched
    assert "This export holds no cards." in page.words
    assert not page.all("input")


def test_empty_parts_leave_no_empty_elements() -> None:
    source = write(deck(card("ML0001", tags=(), details="")))
    body = source[source.index("<main") :]
    assert 'class="details"' not in body
    assert 'class="references"' not in body
    assert 'class="related"' not in body
    assert 'class="marks"' not in body


def test_groups_follow_the_deck_and_hold_each_card_once() -> None:
    by_deck = Page(write(sample()))
    assert [h2["id"] for h2 in by_deck.all("h2")] == ["contents", "group-ML", "group-DL", "tags"]
    by_tag = Page(write(sample(), group="tag"))
    assert [h2["id"] for h2 in by_tag.all("h2")] == ["contents", "group-NN", "group-other", "tags"]
    assert sorted(article["aria-labelledby"] for article in by_tag.all("article")) == [
        "card-DL0012",
        "card-ML0044",
        "card-ML0045",
    ]
    by_difficulty = Page(write(sample(), group="difficulty"))
    assert [h2["id"] for h2 in by_difficulty.all("h2")] == ["contents", "group-easy", "group-unstated", "tags"]
    assert next(article["aria-labelledby"] for article in by_difficulty.all("article")) == "card-ML0044"
    assert "Difficulty not stated" in by_difficulty.words


def test_without_groups_cards_stand_in_the_order_of_their_ids() -> None:
    page = Page(write(deck(card("ML10"), card("ML9"), card("DL200"), card("ML9b")), group="id"))
    assert [h2["id"] for h2 in page.all("h2")] == ["contents", "group-cards", "tags"]
    order = [article["aria-labelledby"] for article in page.all("article")]
    assert order == ["card-DL200", "card-ML9", "card-ML9b", "card-ML10"]


def test_code_is_coloured_by_day_and_by_night() -> None:
    styled = dataclasses.replace(
        sample(),
        math_style=".m{}\n",
        code_style=".highlight .k{color:#111}\n",
        code_style_dark=".highlight .k{color:#eee}\n",
    )
    source = write(styled)
    night = source.index("prefers-color-scheme: dark")
    assert source.index(".m{}") < source.index("#111") < night < source.index("#eee")


class Kept:
    """A memory, and how many values it had."""

    def __init__(self) -> None:
        self.values: dict[tuple[str | bytes, ...], bytes] = {}
        self.found = 0

    def recall(self, key: Sequence[str | bytes]) -> bytes | None:
        kept = self.values.get(tuple(key))
        self.found += kept is not None
        return kept

    def remember(self, key: Sequence[str | bytes], value: bytes) -> None:
        self.values[tuple(key)] = value


def other_picture(rendered: RenderedDeck) -> RenderedDeck:
    changed = dataclasses.replace(FIGURE, data=FIGURE.data.replace(b"480", b"470"))
    return dataclasses.replace(rendered, assets={**rendered.assets, FIGURE.name: changed})


def other_settings(rendered: RenderedDeck, **changes: object) -> RenderedDeck:
    settings = dataclasses.replace(rendered.settings, **changes)  # type: ignore[arg-type] # any field
    return dataclasses.replace(rendered, settings=settings)


CHANGES: dict[str, Callable[[RenderedDeck], RenderedDeck]] = {
    "nothing": lambda rendered: rendered,
    "a title": lambda rendered: dataclasses.replace(
        rendered, cards=(dataclasses.replace(rendered.cards[0], title=PlainText("Other")), *rendered.cards[1:])
    ),
    "a tag of the first card": lambda rendered: dataclasses.replace(
        rendered, cards=(dataclasses.replace(rendered.cards[0], tags=()), *rendered.cards[1:])
    ),
    "one card fewer": lambda rendered: dataclasses.replace(rendered, cards=rendered.cards[:-1]),
    "a picture of the same name": other_picture,
    "the address for reports": lambda rendered: other_settings(rendered, report=text("https://example.org/{id}")),
    "the direction": lambda rendered: other_settings(rendered, language=text("he")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_cached_cards_are_those_that_would_be_written(change: str) -> None:
    kept = Kept()
    former = sample()
    WRITER.write_incrementally(former, {}, silent, kept)
    now = CHANGES[change](former)
    made = len(kept.values)
    kept.found = 0
    (artefact,) = WRITER.write_incrementally(now, {}, silent, kept)
    assert artefact.data.decode() == write(now)
    assert (len(kept.values) == made) == (change == "nothing")
    assert kept.found == made or change != "nothing"


def test_of_many_cards_only_those_near_a_changed_one_are_written_again() -> None:
    many = deck(*(card(f"ML{number:04}") for number in range(200)))
    kept = Kept()
    WRITER.write_incrementally(many, {}, silent, kept)
    first = set(kept.values)
    cards = list(many.cards)
    cards[50] = dataclasses.replace(cards[50], question="<p>Another?</p>")
    changed = dataclasses.replace(many, cards=tuple(cards))
    (artefact,) = WRITER.write_incrementally(changed, {}, silent, kept)
    assert artefact.data.decode() == write(changed)
    assert len(first) >= 20
    assert sorted(key[0] for key in kept.values.keys() - first) == ["formulas of a part", "part with formulas"]


def test_a_part_that_is_lost_is_written_again_from_the_cards_alone() -> None:
    kept = Kept()
    expected = WRITER.write_incrementally(sample(), {}, silent, kept)
    kept.values = {key: value for key, value in kept.values.items() if key[0] != "part with formulas"}
    assert WRITER.write_incrementally(sample(), {}, silent, kept) == expected
