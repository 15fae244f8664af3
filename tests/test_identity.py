"""Anki identities depend on names that never change, and are stable."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from cardpipe.model import anki_identity as identity
from cardpipe.model.anki_identity import FIRST_RELEASE, Stamps

UID = "5b0f6c1e-8a52-4a57-9d5e-0c9a2f6f3c11"
NAMES = st.text(max_size=20)


def test_shipped_identities_stay_what_they_are() -> None:
    assert identity.note_guid(UID, "ML0044") == "tng5jryw2j64h23k"
    assert identity.note_type_id(UID, "basic") == 1409904757952
    assert identity.note_type_name(UID, "basic") == "cardpipe basic 2cc584eb"
    assert identity.field_id("basic", "ID") == 1280363921763
    assert identity.template_id("basic", "Card 1") == 1120881876851
    assert identity.anki_deck_id(UID, "Machine learning interview") == 1699085022385


@given(st.lists(st.tuples(NAMES, NAMES), unique=True, min_size=2, max_size=20))
def test_different_cards_get_different_guids(pairs: list[tuple[str, str]]) -> None:
    guids = {identity.note_guid(uid, card) for uid, card in pairs}
    assert len(guids) == len(pairs)
    assert all(len(guid) == 16 and guid.isalnum() and guid.isascii() for guid in guids)


def test_names_do_not_run_into_each_other() -> None:
    assert identity.note_guid("ab", "c") != identity.note_guid("a", "bc")
    assert identity.note_guid("1:a", "") != identity.note_guid("", "1:a")


@given(NAMES, NAMES)
def test_ids_are_moments_of_the_past(one: str, other: str) -> None:
    ids = (
        identity.note_type_id(one, other),
        identity.field_id(one, other),
        identity.template_id(one, other),
        identity.anki_deck_id(one, other),
    )
    assert len(set(ids)) == 4
    assert all(10**12 <= number < 1.7 * 10**12 for number in ids)
    day = 86_400_000
    assert 0 <= identity.first_row_id(one) - FIRST_RELEASE * 1000 < day


@given(NAMES, NAMES)
def test_note_type_names_can_be_used_in_anki(uid: str, kind: str) -> None:
    name = identity.note_type_name(uid, "basic")
    assert name == name.strip()
    assert not set(name) & set('":{}#')
    assert name != identity.note_type_name(uid + "x", "basic")
    assert identity.note_type_id(uid, kind) != identity.note_type_id(uid + "x", kind)


def test_the_common_stamp_is_past_and_never_zero() -> None:
    stamps = Stamps()
    assert 0 < stamps.note("ML0044") == stamps.note_type("basic") == FIRST_RELEASE < time.time()


def test_a_stamp_of_its_own_wins() -> None:
    stamps = Stamps(notes={"ML0044": FIRST_RELEASE + 5}, note_types={"basic": FIRST_RELEASE + 7})
    assert stamps.note("ML0044") == FIRST_RELEASE + 5
    assert stamps.note("ML0045") == FIRST_RELEASE
    assert stamps.note_type("basic") == FIRST_RELEASE + 7
