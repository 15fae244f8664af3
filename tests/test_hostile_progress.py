"""Hostile files for `cardpipe progress`: each ends quickly with one clear message, and nothing is written.

A new attack is a line in FILES, VALUES or, for packages, in `test_hostile_packages.PACKAGES`.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from cardpipe.errors import UsageError
from cardpipe.progress import progress_file
from cardpipe.progress.anki import with_progress
from cardpipe.progress.progress_file import ProgressFile, read_progress
from javascript import Script
from progress_sample import DAY, as_bytes, mark, progress, review
from test_hostile_packages import PACKAGES, SOON, changed, packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

UID = "5f0c"
NOON = 20_000 * DAY + DAY // 2
HUGE = b"9" * 5_000

FILES: dict[str, bytes] = {
    "nothing": b"",
    "noise": bytes(range(256)) * 1_000,
    "no UTF-8": b'"\xff"',
    "UTF-16": as_bytes(progress(UID, 20_000, [])).decode().encode("utf-16"),
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000,
    "cut short": as_bytes(progress(UID, 20_000, [review("a", NOON)]))[:-40],
    "a list": b"[]",
    "null": b"null",
    "another format": b'{"format": "something", "version": 1}',
    "another version": as_bytes({**progress(UID, 20_000, []), "version": 2}),
    "a version that is true": as_bytes({**progress(UID, 20_000, []), "version": True}),
    "no uid": as_bytes({**progress(UID, 20_000, []), "uid": None}),
    "no day": as_bytes({**progress(UID, 20_000, []), "day": None}),
    "a huge day": as_bytes({**progress(UID, 20_000, []), "day": 10**30}),
    "reviews as an object": as_bytes({**progress(UID, 20_000, []), "reviews": {}}),
    "marks as a text": as_bytes({**progress(UID, 20_000, []), "marks": "x"}),
    "a review that is a list": as_bytes(progress(UID, 20_000, [[]])),
    "a review that is null": as_bytes(progress(UID, 20_000, [None])),
    "NaN": as_bytes(progress(UID, 20_000, [{**review("a", NOON), "time": float("nan")}])),
    "infinity": as_bytes(progress(UID, 20_000, [{**review("a", NOON), "time": float("inf")}])),
    "a number of 5,000 digits": as_bytes(progress(UID, 20_000, [review("a", NOON)])).replace(b": 3", b": " + HUGE),
    "day and time differ": as_bytes(progress(UID, 20_000, [review("a", NOON, day=19_000)])),
}
NO_TIMES: list[Any] = [-1, 10**18, 1.5, 1e300, "1", None, True, []]
VALUES: list[tuple[str, Any]] = [
    *(("time", value) for value in NO_TIMES),
    *(("grade", value) for value in (0, 5, -1, 2.5, "3", None, True)),
    *(("face", value) for value in (-1, 500, 10**9, 0.5, None, "0")),
    *(("duration", value) for value in (-1, DAY + 1, None, "4")),
    *(("guid", value) for value in ("", " ", "a" * 256, "a\nb", "a\xa0b", "\ud800", None, 5, ["a"])),
    *(("day", value) for value in (None, -1, 10**30, 2.5)),
]
MARKS: list[tuple[str, Any]] = [
    *(("suspended", value) for value in (None, 1, "true")),
    *(("leech", value) for value in (None, 0)),
    *(("buried", value) for value in (-1, 1.5, "x", True)),
    *(("changed", value) for value in (None, -5, float("nan"))),
    ("guid", "\x00"),
]


@pytest.fixture(scope="module")
def sound(drawn_project: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package."""
    project = tmp_path_factory.mktemp("hostile-progress") / "sample"
    shutil.copytree(drawn_project, project)
    assert run("-C", project, "export", "--format", "anki").returncode == 0
    return project / "output" / "sample.apkg"


def uid_of(package: Path) -> str:
    settings = (package.parents[1] / "source" / "deck.yaml").read_text(encoding="utf-8")
    return next(line.split(":")[1].strip() for line in settings.splitlines() if line.startswith("uid:"))


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        read_progress(path)
    assert "\n" not in error.value.message
    assert len(error.value.message) < len(str(path)) + 200
    return error.value.message


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_file_that_is_none_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    begun = time.process_time()
    refused(path)
    assert time.process_time() - begun < SOON


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_a_wrong_value_of_a_review_is_named(name: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(as_bytes(progress(UID, 20_000, [review("a", NOON), {**review("b", NOON), name: value}])))
    message = refused(path)
    assert "reviews[1]" in message or "not JSON" in message


@pytest.mark.parametrize(("name", "value"), MARKS)
def test_a_wrong_value_of_a_mark_is_named(name: str, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(as_bytes(progress(UID, 20_000, [], [{**mark("a"), name: value}])))
    message = refused(path)
    assert "marks[0]" in message or "not JSON" in message


def test_the_page_refuses_the_same_values() -> None:
    script = Script("transfer.js")
    refused = "(text, uid) => { try { parsed(text, uid); return false; } catch (error) { return error.reason; } }"
    good = progress(UID, 20_000, [review("a", NOON)], [mark("a")])
    assert script.value(refused, as_bytes(good).decode(), UID) is False
    wrong = [progress(UID, 20_000, [review("a", NOON), {**review("b", NOON), name: value}]) for name, value in VALUES]
    wrong += [progress(UID, 20_000, [], [{**mark("a"), name: value}]) for name, value in MARKS]
    for content in wrong:
        assert script.value(refused, as_bytes(content).decode(), UID), content
    for name, data in FILES.items():
        if "UTF" not in name and name != "noise":
            assert script.value(refused, data.decode(), UID), name


def test_choices_come_back_with_a_file_and_others_are_left_out() -> None:
    script = Script("transfer.js")
    choices = {"newPerDay": 5, "tags": ["NN"], "difficulties": [1, None]}
    given = {**progress(UID, 20_000, []), "settings": {**choices, "reviewsPerDay": "many", "decks": [7], "other": 1}}
    assert script.value("(text, uid) => parsed(text, uid).settings", as_bytes(given).decode(), UID) == choices


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_file, "LARGEST", 1024 * 1024)
    path = tmp_path / "x.json"
    path.write_bytes(b" " * (1024 * 1024 + 1))
    assert "1 MiB" in refused(path)


def test_many_unknown_cards_take_little_time(sound: Path, tmp_path: Path) -> None:
    uid = uid_of(sound)
    reviews = [review(f"other{number}", NOON) for number in range(20_000)]
    path = tmp_path / "x.json"
    path.write_bytes(as_bytes(progress(uid, 20_000, reviews)))
    begun = time.process_time()
    outcome = with_progress(sound, read_progress(path))
    assert len(outcome.unknown) == 20_000
    assert time.process_time() - begun < SOON


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize("make", PACKAGES.values(), ids=PACKAGES)
def test_a_hostile_package_is_refused_or_copied(
    make: Callable[[dict[str, bytes]], bytes], sound: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(sound) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    path = tmp_path / "x.apkg"
    path.write_bytes(make(entries))
    progress = ProgressFile(uid=uid_of(sound), day=20_000, reviews={}, marks={})
    begun = time.process_time()
    with contextlib.suppress(UsageError):
        assert with_progress(path, progress).data
    assert time.process_time() - begun < SOON


FOREIGN: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "a trigger": changed("CREATE TRIGGER t AFTER UPDATE ON cards BEGIN DELETE FROM notes; END"),
    "an index with an expression": changed("CREATE INDEX i ON notes (zeroblob(1000))"),
    "a table more": changed("CREATE TABLE other (a)"),
    "note types of others": changed("UPDATE notes SET mid = 1"),
    "a review": changed("INSERT INTO revlog VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1)"),
    "a script": lambda entries: packed({**entries, "../x.sh": b"#"}.items()),
    "a file twice": lambda entries: packed([*entries.items(), ("media", b"{}")]),
}
"""Packages that cardpipe did not write."""


@pytest.mark.parametrize("name", FOREIGN)
def test_a_package_of_others_is_refused(name: str, sound: Path, tmp_path: Path, run: Run) -> None:
    with zipfile.ZipFile(sound) as package:
        entries = {name: package.read(name) for name in package.namelist()}
    path, out, file = tmp_path / "x.apkg", tmp_path / "out.apkg", tmp_path / "x.json"
    path.write_bytes(FOREIGN[name](entries))
    file.write_bytes(as_bytes(progress(uid_of(sound), 20_000, [])))
    result = run("progress", file, "--to-anki", path, "-o", out)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"cardpipe: {path} cannot be used: ")
    assert len(result.stderr.splitlines()) == 2
    assert not list(tmp_path.glob("*out*"))


def test_progress_of_another_deck_is_refused(sound: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(as_bytes(progress("another", 20_000, [])))
    result = run("progress", file, "--to-anki", sound, "-o", tmp_path / "out.apkg")
    assert result.returncode == 2
    assert "no cards of the deck that was studied" in result.stderr


def test_the_file_of_progress_is_never_replaced(sound: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "x.json"
    content = as_bytes(progress(uid_of(sound), 20_000, []))
    file.write_bytes(content)
    (tmp_path / "inner").mkdir()
    linked = tmp_path / "linked.apkg"
    linked.hardlink_to(file)
    for output in (file, tmp_path / "inner" / ".." / "x.json", linked):
        result = run("progress", file, "--to-anki", sound, "-o", output)
        assert (result.returncode, "never replaced" in result.stderr) == (2, True), result.stderr
        assert file.read_bytes() == content


@pytest.mark.skipif(sys.platform != "linux", reason="needs the memory limits of Linux")
@pytest.mark.slow
def test_little_memory_is_a_message(sound: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b'{"format": "cardpipe-progress", "reviews": [' + b"[]," * 20_000_000 + b"0]}")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (700 * 1024**2,) * 2); "
        "from cardpipe.cli.main import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "progress", str(file), "--to-anki", str(sound), "-o", str(tmp_path / "o")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 2
    assert result.stderr.startswith("cardpipe: ")
    assert len(result.stderr.splitlines()) == 2


def test_the_limits_of_the_page_and_of_the_command_agree() -> None:
    from importlib import resources

    script = resources.files("cardpipe.writers.site").joinpath("assets", "transfer.js").read_text(encoding="utf-8")
    assert f"LARGEST = {progress_file.LARGEST // 1024**2} * 1024 * 1024;" in script
    assert f"VERSION = {progress_file.VERSION};" in script
    assert f'FORMAT = "{progress_file.FORMAT}";' in script
