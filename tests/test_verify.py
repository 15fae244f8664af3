"""`cardpipe verify`: valid packages, and packages that would harm learners."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from cardpipe.model.anki_identity import FIRST_RELEASE
from cardpipe.plugins.extras import install_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

CARD = "id: {0}\ntitle: A card for {1}\nquestion: What is {0}?\nanswer: It is {0}.\ntags: [example]\n"


def at(day: int) -> dict[str, str]:
    return {"SOURCE_DATE_EPOCH": str(FIRST_RELEASE + day * 86_400)}


@pytest.fixture(scope="module")
def releases(drawn_project: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two releases of a deck; the second changes three of twelve cards and adds one."""
    project = tmp_path_factory.mktemp("verify") / "sample"
    shutil.copytree(drawn_project, project)
    cards = project / "source" / "cards"
    for number in range(10, 20):
        (cards / f"EX00{number}.yaml").write_text(CARD.format(f"EX00{number}", number), encoding="utf-8")
    made = []
    for day in (1, 2):
        if day == 2:
            (cards / "EX0030.yaml").write_text(CARD.format("EX0030", 30), encoding="utf-8")
            for number in (11, 13, 17):
                path = cards / f"EX00{number}.yaml"
                path.write_text(path.read_text(encoding="utf-8").replace("It is", "It was"), encoding="utf-8")
        assert run("-C", project, "release", env=at(day)).returncode == 0
        assert run("-C", project, "export", "--format", "anki").returncode == 0
        made.append(project / f"release-{day}.apkg")
        shutil.copy(project / "output" / "sample.apkg", made[-1])
    return made[0], made[1]


def verified(run: Run, *packages: Path) -> tuple[int, dict[str, Any]]:
    result = run("verify", *packages, "--json")
    assert result.stderr == ""
    return result.returncode, json.loads(result.stdout)


def changed(package: Path, folder: Path, change: Callable[[sqlite3.Connection], object]) -> Path:
    """A copy of a package with its database changed."""
    target = folder / f"changed-{package.name}"
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "collection.anki2":
                connection = sqlite3.connect(":memory:")
                connection.deserialize(data)
                change(connection)
                connection.commit()
                data = connection.serialize()
                connection.close()
            new.writestr(name, data)
    return target


def codes(found: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in found["problems"]]


def test_a_valid_package_passes(releases: tuple[Path, Path], run: Run) -> None:
    code, found = verified(run, releases[0])
    assert (code, found["ok"], found["problems"]) == (0, True, [])
    fresh = found["fresh"]
    assert (fresh["imported"]["new"], fresh["cards"]) == (12, 12)
    assert fresh["check"]["empty_cards"] == 0
    assert found["update"] is None


def test_an_update_lands_and_the_learner_keeps_everything(releases: tuple[Path, Path], run: Run) -> None:
    code, found = verified(run, releases[1], releases[0])
    assert (code, found["problems"]) == (0, [])
    update = found["update"]
    assert update["added"] == ["EX0030"]
    assert update["not_landed"] == []
    assert len(update["landed"]) == 2
    assert len(update["overwritten"]) == 1
    assert len(update["kept"]) == 3
    assert all(count == 1 for count in update["deeds"].values())
    assert update["reviewed"] >= 8
    assert len(update["restored"]) == 1


@pytest.mark.slow
def test_the_report_for_people_ends_with_a_verdict(releases: tuple[Path, Path], run: Run) -> None:
    result = run("verify", releases[1], releases[0])
    assert result.returncode == 0
    assert result.stdout.endswith("All checks passed.\n")
    assert "updated             2  " in result.stdout


@pytest.mark.slow
def test_the_same_twice_and_the_older_over_the_newer(releases: tuple[Path, Path], run: Run) -> None:
    assert verified(run, releases[0], releases[0])[0] == 0
    code, found = verified(run, releases[0], releases[1])
    assert (code, codes(found)) == (1, ["not-landed"])
    assert found["update"]["only_older"] == ["EX0030"]


@pytest.mark.slow
def test_one_stamp_for_all_builds_is_found(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    newer = changed(releases[1], tmp_path, lambda db: db.execute("update notes set mod = 1767225600"))
    code, found = verified(run, newer, releases[0])
    assert (code, codes(found)) == (1, ["not-landed"])
    assert "its timestamp is not newer" in found["update"]["not_landed"][0]


@pytest.mark.slow
def test_a_stamp_of_the_future_is_found(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    newer = changed(releases[1], tmp_path, lambda db: db.execute("update notes set mod = 4000000000"))
    code, found = verified(run, newer, releases[0])
    assert code == 1
    assert {"future-stamp", "edit-lost"} <= set(codes(found))


def test_another_note_type_id_is_found(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        [[models]] = db.execute("select models from col").fetchall()
        [[old]] = db.execute("select distinct mid from notes").fetchall()
        db.execute("update col set models = ?", (models.replace(str(old), str(old + 1)),))
        db.execute("update notes set mid = mid + 1")

    code, found = verified(run, changed(releases[1], tmp_path, change), releases[0])
    assert code == 1
    assert {"conflicting"} <= set(codes(found))


def test_another_guid_is_found(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    newer = changed(releases[1], tmp_path, lambda db: db.execute("update notes set guid = guid || 'x'"))
    code, found = verified(run, newer, releases[0])
    assert (code, codes(found)) == (1, ["came-twice"])
    assert len(found["problems"][0]["notes"]) == 12
    assert "guid" in found["problems"][0]["remedy"]


def test_two_notes_of_the_older_package_can_have_one_guid(
    releases: tuple[Path, Path], run: Run, tmp_path: Path
) -> None:
    sql = "update notes set guid = (select min(guid) from notes)"
    older = changed(releases[0], tmp_path, lambda db: db.execute(sql))
    code, found = verified(run, releases[1], older)
    assert code in (0, 1)
    assert found["update"] is not None


def test_tags_that_anki_gives_are_no_change(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    older = changed(releases[0], tmp_path, lambda db: db.execute("update notes set tags = tags || ' marked leech '"))
    code, found = verified(run, releases[0], older)
    assert (code, found["update"]["not_landed"]) == (0, [])


def test_missing_files_and_empty_cards_are_found(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("update notes set flds = replace(flds, 'It was', '<img src=\"gone.png\"> It was')")

    code, found = verified(run, changed(releases[1], tmp_path, change))
    assert (code, codes(found)) == (1, ["missing-media"])
    assert found["problems"][0]["notes"] == ["gone.png"]


@pytest.mark.slow
def test_a_package_without_notes_is_found(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.apkg"
    path.write_bytes(small_zip(collection__anki2=b""))
    code, found = verified(run, path)
    assert (code, codes(found)) == (1, ["no-notes"])


def small_zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in files.items():
            package.writestr(name.replace("__", "."), data)
    return out.getvalue()


@pytest.mark.slow_cases("no database", "no compressed database")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        small_zip(a=b"x"),
        small_zip(collection__anki2=b"x" * 5000, media=b"{}"),
        small_zip(collection__anki21b=b"x" * 5000, media=b"{}", meta=b"\x08\x03"),
    ],
    # Versions of pytest differ in the names that they give to bytes.
    ids=["empty", "text", "another ZIP file", "no database", "no compressed database"],
)
def test_what_is_no_package_is_refused_in_one_message(data: bytes, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.apkg"
    path.write_bytes(data)
    result = run("verify", path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"cardpipe: {path} cannot be verified: ")
    assert "Traceback" not in result.stderr


def test_a_truncated_package_is_refused(releases: tuple[Path, Path], run: Run, tmp_path: Path) -> None:
    path = tmp_path / "half.apkg"
    path.write_bytes(releases[0].read_bytes()[:3000])
    assert run("verify", path).returncode == 2


def test_a_file_that_is_not_there_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    assert run("verify", tmp_path / "none.apkg").returncode == 2


def test_without_anki_it_says_how_to_get_it(releases: tuple[Path, Path]) -> None:
    code = (
        "import sys; sys.modules['anki'] = None; from cardpipe.cli.main import main; "
        f"main(['verify', {str(releases[0])!r}])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert install_command("verify") in result.stderr
    assert "Traceback" not in result.stderr
