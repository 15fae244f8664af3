"""The Anki package: its content, and that its bytes depend only on the deck."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.model.deck import CardKind
from cardpipe.render.code import code_style
from cardpipe.render.sanitise import sanitise
from cardpipe.writers.anki import WRITER
from cardpipe.writers.anki.links import without_card_links, without_pictures
from cardpipe.writers.anki.note_type import FIELDS, FILLED_FIELDS, style, templates
from cardpipe.writers.anki.notes import anki_tags

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedDeck
from rendered_sample import CURVE, SPARE, rendered_card, rendered_deck, sample_deck


def build(deck: RenderedDeck) -> bytes:
    [artefact] = WRITER.write(deck, {}, lambda _done, _all: None)
    return artefact.data


def read(data: bytes) -> tuple[zipfile.ZipFile, sqlite3.Connection]:
    package = zipfile.ZipFile(io.BytesIO(data))
    connection = sqlite3.connect(":memory:")
    connection.deserialize(package.read("collection.anki2"))
    return package, connection


def rows(data: bytes, sql: str) -> list[tuple[Any, ...]]:
    _, connection = read(data)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_the_artefact_is_named_after_the_deck() -> None:
    [artefact] = WRITER.write(sample_deck(), {}, lambda _done, _all: None)
    assert artefact.path == "ml-interview.apkg"


SCRIPT = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from rendered_sample import sample_deck
from cardpipe.render.code import code_style
from cardpipe.render.sanitise import sanitise
from cardpipe.writers.anki import WRITER
from cardpipe.writers.csv import WRITER as CSV
for writer in (WRITER, CSV):
    for artefact in writer.write(sample_deck(), {}, lambda done, all: None):
        print(artefact.path, hashlib.sha256(artefact.data).hexdigest())
"""


def test_hash_seed_folder_and_locale_change_nothing(tmp_path: Path) -> None:
    outputs = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "TMPDIR": str(folder)}
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(Path(__file__).parent)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(result.stdout)
        assert list(folder.iterdir()) == []
    assert len(outputs) == 1


def test_the_clock_changes_nothing_and_no_file_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    before = build(sample_deck())

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    assert build(sample_deck()) == before


def test_zip_entries_carry_no_trace_of_the_machine() -> None:
    package, connection = read(build(sample_deck()))
    connection.close()
    assert package.namelist() == ["collection.anki2", "media", "0", "1"]
    for entry in package.infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.create_system == 3
        assert entry.external_attr >> 16 == 0o100644
        assert not entry.extra
    names = json.loads(package.read("media"))
    assert names == {"0": CURVE.name, "1": SPARE.name}
    assert package.read("0") == CURVE.data


def test_only_what_the_cards_show_is_packed() -> None:
    deck = rendered_deck([rendered_card("ML0001")])
    package, connection = read(build(deck))
    connection.close()
    assert json.loads(package.read("media")) == {}


def test_note_types_fields_and_templates_have_constant_ids() -> None:
    [(models,)] = rows(build(sample_deck()), "select models from col")
    [model] = json.loads(models).values()
    assert models.count('"flds"') == 1
    other = rendered_deck(sample_deck().cards, name="Another name", slug="other")
    [(models_after,)] = rows(build(other), "select models from col")
    [after] = json.loads(models_after).values()
    for part in ("id", "name", "mod"):
        assert model[part] == after[part]
    assert [(f["name"], f["id"]) for f in model["flds"]] == [(f["name"], f["id"]) for f in after["flds"]]
    assert len({f["id"] for f in model["flds"]}) == len(FIELDS)
    assert model["tmpls"][0]["id"] == after["tmpls"][0]["id"]


def test_field_names_survive_anki_and_some_are_spare() -> None:
    assert FIELDS[0].name == "ID"
    assert sum(field.spare for field in FIELDS) >= 5
    assert FIELDS[: len(FILLED_FIELDS)] == FILLED_FIELDS
    for field in FIELDS:
        assert not set(field.name) & set(':"{}#^/')
        assert field.name == field.name.strip() != "Tags"


def test_decks_of_another_uid_share_nothing() -> None:
    one, other = build(sample_deck()), build(rendered_deck(sample_deck().cards, uid="another"))
    for sql in ("select guid from notes", "select mid from notes"):
        assert not set(rows(one, sql)) & set(rows(other, sql))


@pytest.mark.parametrize("kind", CardKind)
def test_templates_hold_no_script_and_know_every_filled_field(kind: CardKind) -> None:
    both = "".join(template.front + template.back for template in templates(kind.value, sample_deck().settings))
    assert "<script" not in both
    assert "%" not in both
    named = {name.rpartition(":")[2] for name in re.findall(r"\{\{[#/^]?([^}]+)\}\}", both)}
    assert named - {"FrontSide"} == {field.name for field in FILLED_FIELDS} | {"Tags"}


HOSTILE = st.text(st.sampled_from("ab\x1f\x00\x07:\t \n{}[]<>&\"'#\ud800"), max_size=12)


@given(HOSTILE, st.lists(HOSTILE, max_size=4), HOSTILE)
def test_no_text_breaks_the_package(text: str, tags: list[str], name: str) -> None:
    card = rendered_card("ML0001", title=text, question="q", answer="a", tags=tags)
    data = build(rendered_deck([card], name=name, subdecks={"ML": text}))
    [(fields, tag_cell)] = rows(data, "select flds, tags from notes")
    assert fields.count("\x1f") == len(FIELDS) - 1
    for tag in tag_cell.split():
        assert all(tag.split("::")), tag


def test_tags_are_sorted_and_unique() -> None:
    assert anki_tags(("b", "NN", "a::b", "NN")) == ("NN", "a::b", "b")
    assert anki_tags(("::a", "a b", "", "\x1f", "a::")) == ("a", "a_b")


def test_links_to_cards_become_words() -> None:
    text = 'See <a href="#card-ML0045">the <em>MLP</em></a> &amp; <a href="https://x.org/?a=1&amp;b">x</a>&#33;<br/>'
    assert without_card_links(text) == (
        'See <em class="card-link">the <em>MLP</em></em> <span class="card-id">(ML0045)</span> &amp; '
        '<a href="https://x.org/?a=1&amp;b">x</a>&#33;<br/>'
    )
    assert without_card_links('<a title="x>y" href="#card-ML0045">ML0045</a>') == '<em class="card-link">ML0045</em>'
    assert without_card_links("href=&quot;#card-ML0045&quot;") == "href=&quot;#card-ML0045&quot;"


@pytest.mark.parametrize("words", ["x", "<em>a</em> &lt; b", '<code>"</code>', ""])
@pytest.mark.parametrize("title", ["", ' title="a > b &quot; href="'])
def test_no_link_to_a_card_of_the_sanitiser_is_missed(words: str, title: str) -> None:
    clean = sanitise(f'<p>1 <a{title} href="card:ML0045">{words}</a> 2 <a href="https://x.org">y</a></p>')
    assert "#card-" in clean
    text = without_card_links(clean)
    assert "#card-" not in text
    assert text.count("<a ") == text.count("</a>") == 1
    assert "(ML0045)</span> 2 <a" in text


def test_a_description_has_no_pictures() -> None:
    assert without_pictures('<p>a <img src="x.svg" alt="y"> b</p>') == "<p>a  b</p>"


def test_plain_text_is_not_taken_for_a_command() -> None:
    card = rendered_card("ML0001", title="a<b [sound:x.mp3] [latex] [1] & {{Tags}}")
    [(fields,)] = rows(build(rendered_deck([card])), "select flds from notes")
    assert fields.split("\x1f")[1] == "a&lt;b &#91;sound:x.mp3] &#91;latex] [1] &amp; {&#123;Tags}&#125;"


@pytest.mark.slow
def test_a_thousand_notes_take_little_time() -> None:
    long = "<p>a <em>b</em> \\(a &lt; b\\)</p>" * 60
    cards = [rendered_card(f"ML{number:04}", question=long, answer=long, details=long) for number in range(1000)]
    start = time.process_time()
    data = build(rendered_deck(cards))
    assert time.process_time() - start < 5
    assert rows(data, "select count(*), min(due), max(due) from cards") == [(1000, 1, 1000)]


COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
PAIRS = (
    ("ink", "paper"),
    ("ink", "panel"),
    ("ink", "accent-panel"),
    ("quiet", "paper"),
    ("quiet", "panel"),
    ("quiet", "accent-panel"),
    ("accent", "paper"),
    ("accent", "panel"),
    ("accent", "accent-panel"),
)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("selector", [".card {", ".card.nightMode {"])
@pytest.mark.parametrize("pair", PAIRS)
def test_text_can_be_read_by_day_and_by_night(selector: str, pair: tuple[str, str]) -> None:
    colours = dict(COLOUR.findall(style().split(f"\n{selector}")[1].split("}")[0]))
    dark, light = sorted(luminance(colours[name]) for name in pair)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(("selector", "dark"), [(".card {", False), (".card.nightMode {", True)])
def test_code_can_be_read_on_its_panel(selector: str, dark: bool) -> None:
    panel = luminance(dict(COLOUR.findall(style().split(f"\n{selector}")[1].split("}")[0]))["panel"])
    colours = re.findall(r"color:(#[0-9a-f]{6})", code_style(dark=dark))
    assert colours
    for colour in colours:
        low, high = sorted((panel, luminance(colour)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, colour


def test_code_has_colours_for_the_night() -> None:
    day, night = ".highlight .k{color:red}", ".highlight .k{color:tan}"
    deck = dataclasses.replace(sample_deck(), code_style=day, code_style_dark=night)
    [(models,)] = rows(build(deck), "select models from col")
    [model] = json.loads(models).values()
    assert model["css"].endswith(f"{day}\n.nightMode {night}")
