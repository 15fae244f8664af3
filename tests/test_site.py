"""The site: its pages and their links, data, policy, sizes, and what changes with a card."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from PIL import Image, ImageChops, ImageStat

from cardpipe.errors import RenderError
from cardpipe.model.anki_identity import note_guid
from cardpipe.model.deck import SiteSettings, Status, Subdeck
from cardpipe.model.release_lock import ReleasedCard, ReleaseLock
from cardpipe.testing.deck import rendered
from cardpipe.text.escaping import PlainText
from cardpipe.writers.api import RelatedCard
from cardpipe.writers.site import WRITER
from cardpipe.writers.site.content_names import modules, own_bytes, own_file
from cardpipe.writers.site.folder import dark_style
from cardpipe.writers.site.pages import POLICY, policy_with, script_json
from cardpipe.writers.site.paths import CARDS_PER_PAGE, deck_path
from cardpipe.writers.site.pictures import card_picture
from cardpipe.writers.site.releases import releases
from cardpipe.writers.site.texts import beginning, plain
from page_sample import card as sample_card
from page_sample import silent, text
from site_icons import ICONS, icon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.api import RenderedDeck
    from conftest import Run

BASE = "https://example.org/deck/"
SITE = SiteSettings(base_url=text("https://example.org/deck"), edit_url=text("https://example.org/edit/{path}"))
SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "cards.schema.json").read_text("utf-8"))


def deck() -> RenderedDeck:
    """The deck for tests of plug-ins, which has every kind of card."""
    return rendered(WRITER.capabilities)


def with_settings(made: RenderedDeck, **changes: Any) -> RenderedDeck:
    return replace(made, settings=replace(made.settings, **changes))


def files_of(made: RenderedDeck) -> dict[str, bytes]:
    root = f"site{made.settings.suffix}/"
    return {one.path.removeprefix(root): one.data for one in WRITER.write(made, {}, silent)}


class Reader(HTMLParser):
    """Reads a page: its links, anchors and elements."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, str] = {}
        self._in = ""
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._in = tag

    def handle_data(self, data: str) -> None:
        self.text[self._in] = self.text.get(self._in, "") + data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]


def pages_of(files: Mapping[str, bytes]) -> dict[str, Reader]:
    return {path: Reader(data) for path, data in files.items() if path.endswith(".html")}


def broken_links(files: Mapping[str, bytes]) -> list[str]:
    """The relative addresses that lead to no file, or to no anchor."""
    faults = []
    readers = pages_of(files)
    anchors = {path: {found["id"] for _, found in page.elements if "id" in found} for path, page in readers.items()}
    for path, page in readers.items():
        if path == "404.html":
            continue  # a host shows it at any address
        here = f"https://host.invalid/{path}"
        for tag, attributes in page.elements:
            for name in ("href", "src", "action", "data-cards", "data-root"):
                address = attributes.get(name, "")
                if not address or (tag == "a" and urlsplit(address).scheme) or address.startswith("#m"):
                    continue
                if attributes.get("rel") in {"canonical", "alternate"}:
                    continue
                parts = urlsplit(urljoin(here, address))
                file = unquote(parts.path).removeprefix("/")
                file = f"{file}index.html" if not file or file.endswith("/") else file
                is_there = parts.hostname == "host.invalid" and file in files
                if not is_there or (parts.fragment and parts.fragment not in anchors[file]):
                    faults.append(f"{path}: {address}")
    return faults


def lock_of(made: RenderedDeck, *, changed: str, gone: str = "EX0098") -> ReleaseLock:
    """A lock of a second release, in which one card changed and one was removed."""
    uid = made.settings.uid.text
    first, second = 1_767_300_000, 1_769_900_000
    cards = {
        card.id: ReleasedCard(
            guid=note_guid(uid, card.id), kind=card.kind.value, mod=second if card.id == changed else first,
            title=card.title.characters, deck="d", tags=card.tags, digest="00000000", parts={},
            mark="1.1" if card.id == changed else "",
        )
        for card in made.cards
    }  # fmt: skip
    return ReleaseLock(
        uid=uid, name="d", subdecks={}, version="1.1", time=second, cards=cards, note_types={}, gone={gone: "1.1"}
    )


def test_every_page_is_there_and_every_link_leads_somewhere() -> None:
    made = deck()
    files = files_of(with_settings(made, lock=lock_of(made, changed="EX0001")))
    expected = {"index.html", "404.html", "search/index.html", "study/index.html", "releases/index.html",
                "licences/index.html", "sw.js", "manifest.webmanifest", "robots.txt", "cards.json"}  # fmt: skip
    assert next(iter(WRITER.write(made, {}, silent))).path == "site/index.html"
    assert expected <= files.keys()
    assert {f"card/{card.id}/index.html" for card in made.cards} <= files.keys()
    assert broken_links(files) == []
    manifest = json.loads(files["manifest.webmanifest"])
    assert all(icon["src"] in files for icon in manifest["icons"])
    assert all(address in files for address in re.findall(r'url\("([^"]*)"\)', files_style(files)) if "/" in address)
    fonts = re.findall(r'url\("([^"]*\.woff2)"\)', files_style(files))
    assert len(fonts) > 5
    assert all(f"assets/{name}" in files for name in fonts)


def test_icons_show_what_is_drawn_in_previews() -> None:
    for name, (size, margin) in ICONS.items():
        kept, drawn = (Image.open(io.BytesIO(data)).convert("RGB") for data in (own_bytes(name), icon(size, margin)))
        assert kept.size == (size, size)
        # Releases of Pillow round differently at edges, and choose other colours for them.
        assert max(ImageStat.Stat(ImageChops.difference(kept, drawn)).mean) < 1


def files_style(files: Mapping[str, bytes]) -> str:
    return "".join(data.decode() for path, data in files.items() if re.fullmatch(r"assets/site-.*\.css", path))


def test_names_of_assets_and_data_come_from_their_content() -> None:
    files = files_of(deck())
    named = [path for path in files if path.startswith(("assets/", "data/"))]
    assert len(named) > 20
    for path in named:
        found = re.search(r"-([0-9a-f]{12})\.\w+$", path)
        assert found is not None, path
        if path.endswith((".js", ".css", ".woff2", ".json")):
            assert hashlib.sha256(files[path]).hexdigest().startswith(found[1]), path


def test_each_page_has_the_policy_and_nothing_from_elsewhere() -> None:
    for path, page in pages_of(files_of(with_settings(deck(), site=SITE))).items():
        [policy] = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
        assert policy["content"] == (POLICY if path != "404.html" else policy_with(own_file("missing.css")))
        assert "'unsafe-inline'" not in POLICY.replace("style-src-attr 'unsafe-inline'", "")
        for tag, attributes in page.elements:
            assert not any(name.startswith("on") for name in attributes), (path, tag)
            if tag == "script":
                assert attributes.get("src") or attributes["type"] in {"application/ld+json", "application/json"}
            assert tag not in {"base", "iframe", "object", "embed"}
            assert tag != "style" or path == "404.html"
            for name in ("src", "poster", "srcset"):
                assert not re.match("(?i)[a-z]+:|//", attributes.get(name, "")), (path, attributes)
            if tag == "link" and attributes["rel"] not in {"canonical", "alternate"}:
                assert not re.match("(?i)[a-z]+:|//", attributes["href"].replace("/deck/", "", 1)), (path, attributes)


def test_a_card_page_has_its_parts() -> None:
    made = with_settings(
        deck(), site=SITE, report=text("https://example.org/report?{id}"), lock=lock_of(deck(), changed="EX0001")
    )
    files = files_of(made)
    for card in made.cards:
        page = Reader(files[f"card/{card.id}/index.html"])
        [article] = page.all("article")
        assert article["data-guid"] == note_guid(made.settings.uid.text, card.id)
        assert page.all("div", **{"class": "question"})
        assert page.all("div", **{"class": "answer"})
        hrefs = [found["href"] for found in page.all("a")]
        assert f"https://example.org/report?{card.id}" in hrefs
        assert f"https://example.org/edit/{card.path}" in hrefs
        assert {f"../../card/{other.id}/" for other in card.related} <= set(hrefs)
        [data] = [text for tag, text in page.text.items() if tag == "script"]
        quiz = json.loads(data)
        assert quiz["@type"] == "Quiz"
        assert quiz["hasPart"][0]["eduQuestionType"] == "Flashcard"
        assert quiz["hasPart"][0]["acceptedAnswer"]["text"]


def test_addresses_of_the_site_are_only_where_they_are_known() -> None:
    made = with_settings(deck(), lock=lock_of(deck(), changed="EX0001"))
    without, known = files_of(made), files_of(with_settings(made, site=SITE))
    assert known.keys() - without.keys() >= {"sitemap.xml", "releases.atom"}
    assert b"canonical" not in without["index.html"]
    page = Reader(known["card/EX0001/index.html"])
    assert page.all("link", rel="canonical") == [{"rel": "canonical", "href": f"{BASE}card/EX0001/"}]
    [picture] = page.all("meta", property="og:image")
    assert picture["content"].startswith(f"{BASE}assets/")
    assert unquote(picture["content"]).removeprefix(BASE) in known
    assert b'href="/deck/study/"' in known["404.html"]


def test_a_feed_is_linked_where_there_is_one() -> None:
    for made in (deck(), with_settings(deck(), lock=lock_of(deck(), changed="EX0001"))):
        files = files_of(with_settings(made, site=SITE))
        for page in ("index.html", "card/EX0001/index.html", "releases/index.html"):
            assert (b"releases.atom" in files[page]) == ("releases.atom" in files)


def test_the_feed_and_the_site_map_are_dated_by_the_lock() -> None:
    made = with_settings(deck(), site=SITE, lock=lock_of(deck(), changed="EX0001"))
    files = files_of(made)
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "a": "http://www.w3.org/2005/Atom"}
    dates = {
        url.findtext("s:loc", "", space): url.findtext("s:lastmod", "", space)
        for url in ET.fromstring(files["sitemap.xml"])  # noqa: S314 - our own file
    }
    assert dates[f"{BASE}card/EX0001/"] == dates[BASE] == "2026-01-31"
    assert dates[f"{BASE}card/EX0002/"] == "2026-01-01"
    feed = ET.fromstring(files["releases.atom"])  # noqa: S314 - our own file
    entries = feed.findall("a:entry", space)
    assert [entry.findtext("a:updated", "", space) for entry in entries] == [
        "2026-01-31T22:53:20Z", "2026-01-01T20:40:00Z",
    ]  # fmt: skip
    assert "EX0001" in (entries[0].findtext("a:summary", "", space))
    page = files["releases/index.html"].decode()
    assert "EX0098" in page
    assert page.index("EX0001") < page.index("EX0002")
    assert b"New in release 1.1" in files["index.html"]


def test_robots_are_sent_away_on_request() -> None:
    files = files_of(with_settings(deck(), site=replace(SITE, robots=False)))
    assert b"Disallow: /deck/" in files["robots.txt"]
    assert b'name="robots" content="noindex"' in files["card/EX0001/index.html"]
    assert b"Disallow" not in files_of(deck())["robots.txt"]


def test_a_retired_card_leads_to_its_replacement_and_is_in_no_list() -> None:
    made = deck()
    first, *others = made.cards
    replacement = RelatedCard(id=others[0].id, title=others[0].title, included=True)
    retired = replace(first, status=Status.RETIRED, replacement=replacement)
    files = files_of(replace(made, cards=(retired, *others)))
    page = files[f"card/{first.id}/index.html"].decode()
    assert f'href="../../card/{others[0].id}/"' in page
    assert 'class="answer"' not in page
    others_pages = {path for path in files if path.endswith(".html") and path.startswith(("tag/", "deck/", "index"))}
    assert not any(f"card/{first.id}/".encode() in files[path] for path in others_pages)
    for path in files:
        if path.startswith(("data/study", "data/search")) or path == "cards.json":
            assert first.id not in files[path].decode()


@pytest.mark.slow
def test_an_edition_says_where_the_whole_card_is(run: Run, project: Path) -> None:
    settings = project / "source" / "deck.yaml"
    settings.write_text(
        settings.read_text("utf-8")
        + "\neditions: {public: {parts: [answer], link: 'https://example.org/full/{id}'}}\n",
        encoding="utf-8",
    )
    assert run("-C", project, "export", "--format", "site", "--edition", "public").returncode == 0
    page = (project / "output" / "site-public" / "card" / "EX0001" / "index.html").read_text("utf-8")
    assert 'href="https://example.org/full/EX0001"' in page
    assert "This edition shows a part of the deck." in page
    assert 'class="details"' not in page


def test_the_data_of_the_cards_has_its_schema() -> None:
    made = with_settings(deck(), lock=lock_of(deck(), changed="EX0001"))
    for one in (made, deck(), replace(deck(), cards=())):
        files = files_of(one)
        content = json.loads(files["cards.json"])
        jsonschema.validate(content, SCHEMA, cls=jsonschema.Draft202012Validator)
        assert [card["id"] for card in content["cards"]] == [card.id for card in one.cards]
        assert all(f"{card['page']}index.html" in files for card in content["cards"])
        assert all(figure["file"] in files for card in content["cards"] for figure in card["figures"])


def test_the_study_page_knows_the_cards_in_order() -> None:
    made = deck()
    files = files_of(made)
    [(path, data)] = [item for item in files.items() if item[0].startswith("data/study-")]
    [main] = Reader(files["study/index.html"]).all("main")
    assert main == {"id": "study", "data-cards": f"../{path}"}
    content = json.loads(data)
    assert (content["format"], content["uid"], content["release"]) == (1, made.settings.uid.text, None)
    assert [card["id"] for card in content["cards"]] == [card.id for card in made.cards]
    for known, card in zip(content["cards"], made.cards, strict=True):
        assert known["guid"] == note_guid(made.settings.uid.text, card.id)
        assert known["page"] == f"card/{card.id}/"
        assert known["kind"] == card.kind.value
        assert known["typed"] == (card.typed.characters or None)
        page = files[f"card/{card.id}/index.html"].decode()
        question, _, answer = page.partition('<details class="reveal">')
        numbers = re.findall(r'class="cloze[^"]*" data-cloze="([0-9 ]+)"', question)
        assert sorted({int(one) for found in numbers for one in found.split()}) == known["clozes"]
        # Each deletion of the question stands filled in at the same place of the answer.
        assert re.findall(r'class="cloze[^"]*" data-cloze="([0-9 ]+)"', answer) == numbers
        assert bool(numbers) == (card.kind.value == "cloze")


def test_a_change_of_a_card_changes_only_what_shows_it() -> None:
    made = deck()
    first, *others = made.cards
    before = files_of(made)
    after = files_of(replace(made, cards=(replace(first, answer="<p>Another answer.</p>"), *others)))
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    tags = {f"tag/{tag.replace('::', '-')}/index.html" for tag in first.tags}
    own = {f"card/{first.id}/index.html", "cards.json", "sw.js", "search/index.html", *tags}
    assert {path for path in changed if not path.startswith("data/")} == own


class Memory(dict[tuple[str | bytes, ...], bytes]):
    """A cache in memory that counts what it did not have."""

    missed = 0

    def recall(self, key: Any) -> bytes | None:
        found = self.get(tuple(key))
        self.missed += found is None
        return found

    def remember(self, key: Any, value: bytes) -> None:
        self[tuple(key)] = value


@pytest.mark.slow
def test_pages_from_the_cache_are_the_same_and_none_is_out_of_date() -> None:
    made = deck()
    memory = Memory()
    first, second, *others = made.cards
    WRITER.write_incrementally(made, {}, silent, memory)
    memory.missed = 0
    WRITER.write_incrementally(made, {}, silent, memory)
    assert memory.missed == 0
    for changed in (
        replace(made, cards=(replace(first, title=PlainText("Another")), second, *others)),
        replace(made, cards=(first, replace(second, tags=(*second.tags, "more")), *others)),
        replace(made, cards=(second, first, *others)),
        replace(made, cards=(first, *others)),
        replace(made, cards=(replace(first, details="<p>More.</p>"), second, *others)),
        with_settings(made, site=SITE),
        with_settings(made, site=replace(SITE, robots=False)),
        with_settings(made, site=replace(SITE, card_pictures=True)),
        with_settings(made, name=text("Another name")),
        with_settings(made, language=text("he")),
        with_settings(made, licence=None),
        with_settings(made, report=text("https://example.org/{id}")),
        with_settings(made, uid=text("another")),
        with_settings(made, subdecks=(Subdeck(text("EX"), text("Another name")),)),
        with_settings(made, lock=lock_of(made, changed="EX0002")),
    ):
        assert list(WRITER.write_incrementally(changed, {}, silent, memory)) == list(WRITER.write(changed, {}, silent))


def many(count: int, tag: str = "con", prefix: str = "CON") -> RenderedDeck:
    made = deck()
    cards = tuple(sample_card(f"{prefix}{number:04}", tags=(tag,)) for number in range(count))
    subdecks = (Subdeck(text(prefix), text("A subdeck")),)
    return with_settings(replace(made, cards=cards), tags=(), open_tags=True, subdecks=subdecks)


def test_a_tag_of_many_cards_has_several_pages_and_names_fit_every_system() -> None:
    from cardpipe.build.publish import is_safe_path

    files = files_of(many(CARDS_PER_PAGE + 1))
    assert broken_links(files) == []
    assert all(is_safe_path(f"site/{path}") for path in files)
    assert {"tag/tag-con/index.html", "tag/tag-con/2/index.html"} <= files.keys()
    assert b"CON0200" in files["tag/tag-con/2/index.html"]
    assert b"CON0200" not in files["tag/tag-con/index.html"]
    assert [deck_path(prefix) for prefix in ("NUL", "ML", "")] == ["deck/NUL-/", "deck/ML/", "deck/other/"]


@pytest.mark.quick_cases(every=4)
@pytest.mark.parametrize("tag", ["nets::cnn", "C++", "日本語", "a/b", "..", "%2e%2e", "<b>", "&amp;", "#"])
def test_any_tag_has_a_page(tag: str) -> None:
    assert broken_links(files_of(many(2, tag=tag))) == []


def transferred(name: str, data: bytes) -> int:
    """The bytes that a host sends: texts are compressed, fonts and pictures are already."""
    return len(data) if name.endswith((".woff2", ".png")) else len(gzip.compress(data, 6, mtime=0))


@pytest.mark.slow
def test_a_card_page_is_light(run: Run, shipped: Path, tmp_path: Path) -> None:
    result = run("-C", shipped, "export", "--format", "site", "--output", tmp_path, "--trust-figures", "always")
    assert result.returncode == 0, result.stderr
    files = {
        path.relative_to(tmp_path / "site").as_posix(): path.read_bytes() for path in (tmp_path / "site").rglob("*.*")
    }
    assert broken_links(files) == []
    for path, page in pages_of(files).items():
        shown = [f"assets/{found['src'].rpartition('/')[2]}" for found in page.all("img") if "assets/" in found["src"]]
        size = sum(transferred(name, files[name]) for name in (path, *shown))
        assert size < 60_000, path
        assert len(files[path]) < 60_000, path
    # Much less than 600 kB, the limit: what an export adds is noticed.
    assert sum(transferred(name, data) for name, data in files.items()) < 370_000


def test_scripts_import_each_other_by_content_names() -> None:
    made = modules(
        {"a.js": 'import { b } from "./b.js";\nawait import("./c.js");', "b.js": "export const b = 1;", "c.js": ""}
    )
    names = {name: file for name, (file, _) in made.items()}
    assert f'from "./{names["b.js"]}"'.encode() in made["a.js"][1]
    assert f'import("./{names["c.js"]}")'.encode() in made["a.js"][1]
    other = modules(
        {"a.js": 'import { b } from "./b.js";\nawait import("./c.js");', "b.js": "export const b = 2;", "c.js": ""}
    )
    assert other["a.js"][0] != names["a.js"]
    assert other["c.js"][0] == names["c.js"]


@pytest.mark.parametrize(
    "sources", [{"a.js": 'import "./b.js";', "b.js": 'import "./a.js";'}, {"a.js": 'import "./x.js";'}]
)
def test_scripts_that_cannot_be_named_are_refused(sources: dict[str, str]) -> None:
    with pytest.raises(RenderError):
        modules(sources)


def test_plain_texts_have_words_formulas_and_descriptions() -> None:
    fragment = (
        '<p>One &lt;two&gt; <span class="formula"><img class="math inline" src="math-a.svg" alt="a &lt; b" '
        'aria-hidden="true" style="x"><math><mi>a</mi></math></span>.</p><ul><li>x</li><li>y</li></ul>'
        '<figure><img src="a.png" alt="A picture" width="1" height="1"><figcaption>It</figcaption></figure>'
    )
    assert plain(fragment) == "One <two> $a < b$. x y A picture It"
    assert beginning("one two three", 9) == "one two…"
    assert beginning("onetwothree", 4) == "onet…"


def test_data_blocks_cannot_end_their_element() -> None:
    made = script_json({"a": "</script><!--<script>&\u2028"})
    assert "<" not in made
    assert json.loads(made) == {"a": "</script><!--<script>&\u2028"}


def test_dark_mode_follows_the_system_unless_the_switch_says_otherwise() -> None:
    made = dark_style(":root { --a: 1; }\n", ".highlight .k { color: red }\n")
    by_system, by_switch = made.split("@media screen {")
    assert ':root:not([data-theme="light"]) .highlight .k' in by_system
    assert ':root[data-theme="dark"] .highlight .k' in by_switch
    assert "prefers-color-scheme" not in by_switch


@pytest.mark.slow
def test_unchanged_files_of_a_site_are_not_written_again(run: Run, project: Path) -> None:
    def export() -> dict[str, int]:
        assert run("-C", project, "export", "--format", "site").returncode == 0
        root = project / "output" / "site"
        return {
            path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()
        }

    before = export()
    card = project / "source" / "cards" / "EX0001.yaml"
    card.write_text(card.read_text("utf-8").replace("title: ", "title: New ", 1), encoding="utf-8")
    after = export()
    changed = {path for path in after if before.get(path) != after[path]}
    assert "card/EX0001/index.html" in changed
    assert not any(path.endswith((".woff2", ".js", ".css")) and path != "sw.js" for path in changed)
    assert "licences/index.html" not in changed
    assert len(changed) < len(after) / 2


PICTURED = replace(SITE, card_pictures=True)


def test_a_card_has_a_picture_for_links_on_request() -> None:
    made = deck()
    assert not any(path.startswith("pictures/") for path in files_of(with_settings(made, site=SITE)))
    assert not any(
        path.startswith("pictures/") for path in files_of(with_settings(made, site=replace(PICTURED, base_url=None)))
    )
    files = files_of(with_settings(made, site=PICTURED))
    drawn = {path for path in files if path.startswith("pictures/")}
    assert len(drawn) > 2
    shown = {
        found["content"].removeprefix(BASE)
        for path, page in pages_of(files).items()
        if path.startswith("card/")
        for found in page.all("meta", property="og:image")
    }
    assert drawn <= shown <= files.keys()
    for path in drawn:
        with Image.open(io.BytesIO(files[path])) as picture:
            assert (picture.size, picture.format) == ((1200, 630), "PNG")
        assert len(files[path]) < 25_000
    listed = next(json.loads(data)["files"] for path, data in files.items() if path.startswith("data/offline"))
    assert not drawn & listed.keys()
    assert files == files_of(with_settings(made, site=PICTURED))


@pytest.mark.parametrize(
    ("title", "question", "texts"),
    [
        ("Title", "Which?", ("Title", "Which?", "Deck")),
        ("Title", "What is $x$?", ("Title", "", "Deck")),
        ("Title", "什么?", ("Title", "", "Deck")),
        ("标题", "Which?", None),
        ("Title \u202e \ud83d", "Which?", None),
    ],
)
def test_the_picture_of_a_card_has_the_texts_that_its_font_has(
    title: str, question: str, texts: tuple[str, ...] | None
) -> None:
    made = card_picture("EX0001", title, question, "Deck")
    assert (made.texts if made is not None else None) == texts


@pytest.mark.parametrize("long", ["W" * 300, "W " * 150, "Word " * 60, "i" * 300], ids=["W", "W W", "words", "i"])
def test_long_texts_fit_in_the_picture_of_a_card(long: str) -> None:
    made = card_picture("EX0001", long, long, long)
    assert made is not None
    with Image.open(io.BytesIO(made.draw())) as picture:
        shades = picture.convert("L")
    paper = shades.getpixel((5, 300))
    for edge in ((0, 30, 60, 630), (1150, 30, 1200, 630), (0, 610, 1200, 630)):
        assert shades.crop(edge).getextrema() == (paper, paper)


def test_earlier_releases_have_their_versions_and_dates() -> None:
    made = deck()
    lock = lock_of(made, changed="EX0001", gone="EX0098")
    first, between = 1_767_300_000, 1_768_000_000
    lock = replace(lock, history={"0.9": first, "1.0": between}, gone={"EX0098": "1.0", "EX0097": "0.5"})
    listed = [(one.version, one.time, list(one.removed)) for one in releases(lock)]
    # Of the last one, the lock has no record of the time.
    assert listed == [
        ("1.1", lock.time, []),
        ("1.0", between, ["EX0098"]),
        ("0.9", first, []),
        ("0.5", None, ["EX0097"]),
    ]
    page = files_of(with_settings(made, lock=lock, site=SITE))["releases/index.html"].decode()
    assert page.index('id="release-1.1"') < page.index('id="release-1.0"') < page.index('id="release-0.9"')


def test_the_page_for_unknown_addresses_has_a_style_of_its_own() -> None:
    files = files_of(deck())
    page = files["404.html"].decode()
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert policy_with(style[1]) in page
    assert page.index("<style>") < page.index('rel="stylesheet"'), "the style of the site comes later, so it counts"
    assert "url(" not in style[1]
    assert not [
        path for path, other in files.items() if path.endswith(".html") and b"<style" in other and path != "404.html"
    ]


def test_what_is_only_heard_of_a_formula_is_small_where_its_width_has_no_effect() -> None:
    # WebKit ignores the width of MathML, so that a hidden formula at the right edge would widen a narrow page.
    rules = re.findall(r"(?:^|[},])math\{([^}]*)\}", files_style(files_of(deck())), re.MULTILINE)
    assert any("position:absolute" in rule and "font-size:1px" in rule for rule in rules)
