"""The forms of card IDs: what each accepts, that every ID is safe everywhere, and what time a check takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.model.card_ids import (
    ANY_ID,
    ANY_PREFIX,
    ID_FORMS,
    LIKE_ID,
    FreeIds,
    IdForm,
    file_name,
    form_of,
    id_prefix,
    is_reserved,
    mention,
    slug,
)
from cpu_time import assert_linear

FORMS = [
    "{prefix}{number:4}",
    "{prefix}{number}",
    "{prefix}-{number}",
    "{prefix}-{number:3}",
    "{prefix}_{number}",
    "{prefix}/{number:2}",
    "{prefix}/{name}",
]
VALID = {
    "{prefix}{number:4}": ["ML0044", "ABCDEFGH0000"],
    "{prefix}{number}": ["BIO12", "q1", "A10000000"],
    "{prefix}-{number}": ["BIO-12", "bio-1"],
    "{prefix}-{number:3}": ["BIO-012", "x-000"],
    "{prefix}_{number}": ["BIO_12"],
    "{prefix}/{number:2}": ["bio/01"],
    "{prefix}/{name}": ["geo/france", "geo/europe/france", "world-war-2/d-day", "a/1"],
}
INVALID = {
    "{prefix}{number:4}": [
        "ml0044",
        "M0044",
        "ML044",
        "ML00444",
        "ML-0044",
        "ML004\uff14",
        "",
        "ML0044\n",
    ],
    "{prefix}{number}": ["BIO012", "Bio1", "BIO0", "BIO-1", "COM1", "lpt9", "BIO123456789"],
    "{prefix}-{number}": ["BIO-012", "BIO12", "BIO-", "-1", "BIO--1", "BIO-1-2"],
    "{prefix}-{number:3}": ["BIO-12", "BIO-0012"],
    "{prefix}_{number}": ["BIO-12", "_12"],
    "{prefix}/{number:2}": ["con/01", "bio/1", "/01"],
    "{prefix}/{name}": [
        *("france", "geo/", "/france", "geo//france", "Geo/france", "geo/France", "geo/fran ce", "geo/../etc", "geo/."),
        *("geo/con", "aux/france", "geo/com1/x", "geo/-france", "geo/france-", "geo/fr--ance", "2geo/france", "geo/ü"),
        *("geo/a/b/c/d/e", f"geo/{'a' * 41}", "geo/france.yaml", "geo\\france", "geo/france\n", "geo/%2e"),
    ],
}
REFUSED_FORMS = [
    *("", "ML", "{number}", "{prefix}", "{prefix}{name}", "{prefix}-{name}", "{prefix}.{number}", "{prefix}{number:0}"),
    *("{prefix}{number:9}", "{prefix}{number:04}", "{PREFIX}{number}", "x{prefix}{number}", "{prefix}{number}x"),
    *("(a+)+$", "[A-Z]{2,8}[0-9]{4}", "{prefix}--{number}", "{prefix}{number}{name}", "{prefix}/{name}/{number}"),
]


@pytest.mark.parametrize(("form", "card_id"), [(form, one) for form, ids in VALID.items() for one in ids])
def test_an_id_of_the_form_is_valid(form: str, card_id: str) -> None:
    assert form_of(form).matches(card_id)
    assert form_of(form).takes_prefix(id_prefix(card_id))
    assert re.fullmatch(ANY_PREFIX, id_prefix(card_id))


@pytest.mark.parametrize(("form", "card_id"), [(form, one) for form, ids in INVALID.items() for one in ids])
def test_anything_else_is_not(form: str, card_id: str) -> None:
    assert not form_of(form).matches(card_id)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_one_that_deck_yaml_takes(form: str) -> None:
    assert re.fullmatch(ID_FORMS, form)
    assert form_of(form).matches(form_of(form).example("geo"))
    assert form_of(form).described()


@pytest.mark.parametrize("form", REFUSED_FORMS)
def test_no_other_template_is(form: str) -> None:
    assert re.fullmatch(ID_FORMS, form) is None
    assert form_of(form) == IdForm()


@given(st.sampled_from(FORMS), st.data())
def test_every_id_is_safe_in_files_addresses_and_fields(form: str, data: st.DataObject) -> None:
    expression = form_of(form)._expression
    card_id = data.draw(st.from_regex(re.compile(expression, re.ASCII), fullmatch=True))
    if not form_of(form).matches(card_id):
        assert len(card_id) > 100 or any(map(is_reserved, card_id.split("/")))
        return
    assert re.fullmatch(ANY_ID, card_id)
    assert re.fullmatch(r"[A-Za-z0-9_/-]{1,100}", card_id)
    assert not {"", ".", ".."} & set(card_id.split("/"))
    assert re.fullmatch(LIKE_ID, card_id)
    assert "/" not in file_name(card_id)
    assert file_name(card_id).replace(".", "/") == card_id
    assert card_id in form_of(form).of_path(f"{card_id}.yaml")
    assert form_of(form).found_in(f"see {card_id}, or not") == [card_id]
    assert mention(card_id).search(f"x: [{card_id}]")
    assert not mention(card_id).search(f"x{card_id}1")
    assert form_of(form).with_prefix(id_prefix(card_id), card_id) == card_id


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("unit", ["a", "a-", "a/", "A", "0", "-", "/", "AB12", "geo/fr-", "_"])
def test_a_check_takes_linear_time(form: str, unit: str) -> None:
    wanted = form_of(form)

    def check(size: int) -> None:
        text = unit * size
        wanted.matches(text)
        wanted.found_in(text)
        list(wanted.leading(text))
        re.fullmatch(ANY_ID, text)
        re.findall(LIKE_ID, text)

    assert_linear(check, 5_000)


def test_the_next_number_follows_the_highest() -> None:
    free = FreeIds(["BIO-2", "BIO-9", "CHEM-40", "BIO-010"], form_of("{prefix}-{number}"))
    assert free.next("BIO") == "BIO-10"
    assert free.after("BIO-9") == "BIO-10"
    assert free.after("BIO-10") is None


def test_a_reserved_number_is_skipped() -> None:
    form = form_of("{prefix}{number}")
    assert FreeIds([], form).next("COM") == "COM10"
    assert FreeIds([], form_of("{prefix}{number:1}")).next("LPT") is None


def test_a_used_name_gets_a_number() -> None:
    free = FreeIds(["geo/france", "geo/france-2"], form_of("{prefix}/{name}"))
    assert free.next("geo") is None
    assert free.after("geo/france") == "geo/france-3"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Côte d'Ivoire", "cote-divoire"),
        ("  What is DNA?  ", "what-is-dna"),
        ("Россия", ""),
        ("x" * 60, "x" * 40),
        ("a long title " * 9, "a-long-title-a-long-title-a-long-title-a"),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str) -> None:
    assert slug(title) == name
