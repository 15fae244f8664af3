"""The release lock: reading and writing, and positions of errors."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardpipe.model.release_lock import (
    LockError,
    ReleasedCard,
    ReleasedItem,
    ReleasedNoteType,
    ReleaseLock,
    dump,
    is_version,
    parse,
    version_key,
)
from cardpipe.source.load import load

if TYPE_CHECKING:
    from pathlib import Path

LINES = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)
DIGESTS = st.text("0123456789abcdef", min_size=8, max_size=32)
IDS = st.from_regex(r"\A[A-Z]{2,8}[0-9]{4}\Z")
VERSIONS = st.sampled_from(["1.0", "1.10", "2026.11.3", "7"])
CARDS = st.builds(
    ReleasedCard,
    guid=st.just("tng5jryw2j64h23k"),
    kind=st.just("basic"),
    mod=st.integers(1, 1000),
    title=LINES,
    deck=LINES,
    tags=st.just(("NN", "nets::cnn")),
    digest=DIGESTS,
    parts=st.dictionaries(st.sampled_from(["question", "answer", "figures"]), DIGESTS),
    mark=st.sampled_from(["", "1.0"]),
)
LOCKS = st.builds(
    ReleaseLock,
    uid=LINES,
    name=LINES,
    subdecks=st.dictionaries(st.sampled_from(["ML", "DL"]), LINES),
    version=VERSIONS,
    time=st.integers(1000, 2_000_000_000),
    cards=st.dictionaries(IDS.filter(lambda name: name[0] < "M"), CARDS, max_size=3),
    note_types=st.just(
        {
            "basic": ReleasedNoteType(
                id=5,
                name="b",
                mod=7,
                digest="ab" * 8,
                fields=(ReleasedItem(1, "ID"),),
                templates=(ReleasedItem(2, "Card 1"),),
            )
        }
    ),
    gone=st.dictionaries(IDS.filter(lambda name: name[0] >= "M"), VERSIONS, max_size=3),
    history=st.dictionaries(VERSIONS, st.integers(1, 1_000), max_size=3),
)
SAMPLE: dict[str, Any] = {
    "cards": {
        "ML0044": {
            "deck": "D::E",
            "digest": "ab" * 16,
            "guid": "tng5jryw2j64h23k",
            "kind": "basic",
            "mod": 5,
            "parts": {"question": "ab" * 6},
            "tags": [],
            "title": "T",
        }
    },
    "deck": {"name": "D", "subdecks": {}, "uid": "u"},
    "format": 1,
    "gone": {},
    "note_types": {},
    "release": {"time": 10, "version": "1.0"},
}


@given(LOCKS)
def test_what_is_written_comes_back(lock: ReleaseLock) -> None:
    text = dump(lock)
    assert parse(text) == lock
    assert dump(parse(text)) == text


@given(LOCKS)
def test_a_card_is_one_line(lock: ReleaseLock) -> None:
    lines = dump(lock).splitlines()
    for card_id in lock.cards:
        assert sum(line.startswith(f' "{card_id}": {{') for line in lines) == 1


def changed(path: tuple[str, ...], value: Any) -> str:
    content = json.loads(json.dumps(SAMPLE))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(content)


def test_the_sample_is_a_lock() -> None:
    assert parse(json.dumps(SAMPLE)).cards["ML0044"].mod == 5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2),
        (("format",), True),
        (("more",), 1),
        (("cards",), []),
        (("cards", "lower"), {}),
        (("cards", "ML0044", "mod"), 11),  # newer than the release itself
        (("cards", "ML0044", "mod"), 0),
        (("cards", "ML0044", "mod"), True),
        (("cards", "ML0044", "mod"), 1.5),
        (("cards", "ML0044", "mod"), float("nan")),
        (("cards", "ML0044", "title"), "a\nb"),
        (("cards", "ML0044", "tags"), ["a b"]),
        (("cards", "ML0044", "mark"), "x y"),
        (("cards", "ML0044", "digest"), None),
        (("gone", "ML0044"), "1.0"),
        (("history",), []),
        (("history",), {"0.9": 11}),  # newer than the release itself
        (("history",), {"first": 9}),
        (("release", "version"), "1..0"),
        (("release", "time"), 10**15),
        (("note_types", "basic"), {"id": 1}),
        (("deck", "uid"), 5),
    ],
)
def test_what_is_not_as_written_is_refused(path: tuple[str, ...], value: Any) -> None:
    with pytest.raises(LockError):
        parse(changed(path, value))


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "null", "[]", '{"cards": 1, "cards": 2}', "1" * 10_000, "<<<<<<< HEAD\n{}"]
)
def test_what_is_no_lock_is_refused(text: str) -> None:
    with pytest.raises(LockError):
        parse(text)


@given(st.text(max_size=200))
def test_no_text_raises_anything_else(text: str) -> None:
    with pytest.raises(LockError):
        parse(text)


def test_versions_are_compared_as_numbers() -> None:
    assert version_key("1.10") > version_key("1.9")
    assert version_key("1.0") == version_key("1")
    assert is_version("2026.11")
    assert not any(map(is_version, ("", "v1", "1.", "1.2.3.4.5.6", "1.-1", "\u0661")))


@pytest.mark.parametrize("data", [b"{", b"\xff", b"{}", b"[" * 200_000])
def test_a_broken_lock_is_a_finding(project: Path, data: bytes) -> None:
    (project / "source" / "release.lock").write_bytes(data)
    loaded = load(project)
    assert [finding.code for finding in loaded.findings] == ["REL001"]
    assert loaded.deck is not None
    assert loaded.deck.settings.lock is None


def test_a_release_in_the_future_is_named_at_its_time(project: Path) -> None:
    later = int(time.time()) + 3600
    (project / "source" / "release.lock").write_text(changed(("release", "time"), later), encoding="utf-8")
    loaded = load(project)
    [finding] = loaded.findings
    assert (finding.code, finding.span.path) == ("REL002", "source/release.lock")
    [lock] = [file for file in loaded.files if file.path == finding.span.path]
    line = lock.line(finding.span.line)
    assert line[finding.span.column - 1 : finding.span.end_column - 1] == str(later)
    assert "git checkout" in (finding.help or "")
    assert loaded.deck is not None
    assert loaded.deck.settings.lock is not None


def test_a_finding_points_at_the_card(project: Path) -> None:
    text = changed(("cards", "ML0044", "mod"), 0).replace('"ML0044"', '\n"ML0044"')
    (project / "source" / "release.lock").write_text(text, encoding="utf-8")
    [finding] = load(project).findings
    assert (finding.span.line, finding.span.column) == (2, 1)


def test_a_lock_that_is_a_link_is_not_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps(SAMPLE), encoding="utf-8")
    (project / "source" / "release.lock").symlink_to(tmp_path / "elsewhere")
    loaded = load(project)
    assert [finding.code for finding in loaded.findings] == ["MED003"]
