"""`new`, `rename`, `move` and `release` in decks with IDs of their own form and written GUIDs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cardpipe.cli.main import cli
from cardpipe.errors import UsageError
from cardpipe.model.release_lock import dump, parse
from test_untitled_cards import CARDS, DECK, GUID, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Edit = tuple[str, str, str]
"""A file below `source/`, a text in it, and another one."""
NUMBERED = DECK.replace("{prefix}/{name}", "{prefix}-{number}").replace(
    "{geo: Countries, bio: Biology}", "{GEO: A, BIO: B}"
)


def call(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(folder), *args])


def files_of(folder: Path) -> list[str]:
    cards = folder / "source" / "cards"
    return sorted(path.relative_to(cards).with_suffix("").as_posix() for path in cards.rglob("*.yaml"))


@pytest.fixture
def named(tmp_path: Path) -> Path:
    return make(tmp_path)


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    card = "id: {0}\nquestion: Question {1} of the deck?\nanswer: One.\n"
    return make(tmp_path, NUMBERED, {name: card.format(name, name[-1]) for name in ("GEO-2", "GEO-9", "BIO-9")})


@pytest.mark.parametrize(
    ("args", "made"),
    [
        (("--prefix", "geo", "--title", "Côte d'Ivoire"), "geo/cote-divoire"),
        (("--prefix", "geo", "--title", "France"), "geo/france-2"),
        (("--id", "geo/europe/spain"), "geo/europe/spain"),
    ],
)
def test_a_new_card_is_named_by_its_title_or_its_id(named: Path, args: tuple[str, ...], made: str) -> None:
    assert call(named, "new", *args).exit_code == 0
    assert set(files_of(named)) - set(CARDS) == {made}
    assert f"\nid: {made}\n" in (named / "source" / "cards" / f"{made}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "args",
    [
        ("--prefix", "geo"),
        ("--prefix", "geo", "--title", "Россия"),
        ("--id", "geo/con"),
        ("--id", "geo/../x"),
        ("--id", "geo/france"),
        ("--id", "art/monet"),
        ("--id", "geo/spain", "--prefix", "bio"),
        ("--prefix", "geo", "--title", "Aux"),
    ],
)
def test_no_card_is_made_without_a_valid_name(named: Path, args: tuple[str, ...]) -> None:
    result = call(named, "new", *args)
    assert isinstance(result.exception, UsageError)
    assert result.exception.hint
    assert files_of(named) == sorted(CARDS)


def test_the_next_number_follows_the_highest(numbered: Path) -> None:
    assert call(numbered, "new", "--prefix", "geo").exit_code == 0
    assert "GEO-10" in files_of(numbered)


def test_a_renamed_card_moves_with_everything_that_is_named_after_it(named: Path) -> None:
    picture = named / "source" / "media" / "geo" / "france" / "flag.svg"
    picture.parent.mkdir(parents=True)
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', encoding="utf-8")
    path = named / "source" / "cards" / "geo" / "france.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("details: See", "details: See ![Flag](geo/france/flag.svg)"),
        encoding="utf-8",
    )
    result = call(named, "rename", "geo/france", "geo/europe/france")
    assert result.exit_code == 0, result.output
    moved = (named / "source" / "cards" / "geo" / "europe" / "france.yaml").read_text(encoding="utf-8")
    assert "id: geo/europe/france\n" in moved
    assert "(geo/europe/france/flag.svg)" in moved
    assert (named / "source" / "media" / "geo" / "europe" / "france" / "flag.svg").is_file()
    assert "related: [geo/europe/france]" in (named / "source" / "cards" / "bio" / "energy.yaml").read_text(
        encoding="utf-8"
    )


def test_a_moved_card_keeps_its_number_or_name(named: Path) -> None:
    result = call(named, "move", "bio/typed", "geo")
    assert result.exit_code == 0, result.output
    assert "geo/typed" in files_of(named)


def test_a_moved_number_that_is_used_gets_the_next(numbered: Path) -> None:
    result = call(numbered, "move", "BIO-9", "GEO")
    assert result.exit_code == 0, result.output
    assert files_of(numbered) == ["GEO-10", "GEO-2", "GEO-9"]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make(tmp_path_factory.mktemp("released"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1790000000")
        result = call(folder, "release")
    assert result.exit_code == 0, result.output
    return folder


def test_the_lock_has_labels_guids_and_the_front(released: Path) -> None:
    text = (released / "source" / "release.lock").read_text(encoding="utf-8")
    lock = parse(text)
    assert dump(lock) == text
    assert lock.front == ()
    assert lock.cards["geo/france"].guid == GUID
    assert lock.cards["bio/energy"].title == "Its energy is E = […], said […]."


FRANCE = "cards/geo/france.yaml"
TYPED = "cards/bio/typed.yaml"
CHANGES: dict[str, tuple[Edit, str, str]] = {
    "removed GUID": ((FRANCE, "guid: ", "# guid: "), "Restore `guid: ", "refused"),
    "other GUID": ((FRANCE, "S&M", "S&N"), "Restore `guid: ", "refused"),
    "added GUID": ((TYPED, "kind: typed", "kind: typed\nguid: new"), "Remove `guid` from the card", "refused"),
    "front": (("deck.yaml", "front: []", "front: [title]"), "nothing → title", "dry run"),
    "no front": (("deck.yaml", "front: []\n", ""), "nothing → ID, title, tags, difficulty", "dry run"),
    "title": ((TYPED, "kind: typed", "title: A power\nkind: typed"), "A power: title", "dry run"),
}


@pytest.mark.parametrize(("edit", "message", "outcome"), CHANGES.values(), ids=CHANGES)
def test_a_release_names_what_a_change_does(
    released: Path, edit: Edit, message: str, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, before, after = edit
    path = released / "source" / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790100000")
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    try:
        result = call(released, "release", "--dry-run")
    finally:
        path.write_text(text, encoding="utf-8")
    assert message in result.output
    assert outcome in result.output


def test_a_new_card_cannot_take_over_a_note_of_another_kind(released: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = released / "source" / "cards" / "geo" / "france.yaml"
    text = old.read_text(encoding="utf-8")
    new = old.with_name("gaul.yaml")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790100000")
    new.write_text(text.replace("id: geo/france", "id: geo/gaul\nkind: reversed"), encoding="utf-8")
    energy = released / "source" / "cards" / "bio" / "energy.yaml"
    before = energy.read_text(encoding="utf-8")
    energy.write_text(before.replace("geo/france", "geo/gaul"), encoding="utf-8")
    old.unlink()
    try:
        result = call(released, "release", "--dry-run", "--allow-removed", "geo/france")
        as_before = call_with(
            new, "kind: reversed\n", lambda: call(released, "release", "--dry-run", "--allow-removed", "geo/france")
        )
    finally:
        old.write_text(text, encoding="utf-8")
        energy.write_text(before, encoding="utf-8")
        new.unlink()
    assert "geo/gaul has the GUID of geo/france" in result.output
    assert "dry run" in as_before.output
    assert re.search(r"geo/gaul", as_before.output)


def call_with(path: Path, removed: str, act: Callable[[], Result]) -> Result:
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(removed, ""), encoding="utf-8")
    return act()
