"""Publishing writes all files of an export or none, and nothing outside the output folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from cardpipe.build import publish as publishing
from cardpipe.build.publish import MANIFEST, publish
from cardpipe.build.swap import swap
from cardpipe.errors import PluginError, PublishError
from cardpipe.writers.api import Artefact


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".cardpipe-")
    }


def test_artefacts_land_with_their_bytes_and_sizes(tmp_path: Path) -> None:
    made = publish(
        {"csv": [Artefact("deck.csv", b"a,b")], "markdown": [Artefact("md/a.md", b"A"), Artefact("md/x/b.md", b"BB")]},
        tmp_path / "out",
    )
    assert tree(tmp_path / "out") == {"deck.csv": b"a,b", "md/a.md": b"A", "md/x/b.md": b"BB"}
    assert [(item.format, item.path.name, item.size) for item in made] == [
        ("csv", "deck.csv", 3),
        ("markdown", "md", 3),
    ]


def test_only_leftovers_of_the_same_formats_are_removed(tmp_path: Path) -> None:
    publish(
        {"csv": [Artefact("deck.csv", b"1")], "md": [Artefact("md/a.md", b"1"), Artefact("md/b/c.md", b"1")]}, tmp_path
    )
    (tmp_path / "mine.txt").write_text("keep")
    (tmp_path / "md" / "mine.md").write_text("keep")
    publish({"md": [Artefact("md/a.md", b"2")]}, tmp_path)
    assert tree(tmp_path) == {"deck.csv": b"1", "md/a.md": b"2", "md/mine.md": b"keep", "mine.txt": b"keep"}
    assert not (tmp_path / "md" / "b").exists()


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "", ".", "a//b", "./a", "C:/x", "a\\b", "a\0b", ".cardpipe-manifest.json"]
)
def test_a_writer_cannot_name_a_path_outside(tmp_path: Path, path: str) -> None:
    with pytest.raises(PluginError, match="cannot be written safely"):
        publish({"bad": [Artefact(path, b"x")]}, tmp_path / "out")
    assert not (tmp_path / "x").exists()


def test_two_formats_cannot_claim_one_file_even_in_another_case(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="both write"):
        publish({"a": [Artefact("Deck.csv", b"x")], "b": [Artefact("deck.csv", b"y")]}, tmp_path)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no symbolic links")
def test_links_inside_the_output_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / "md").symlink_to(outside, target_is_directory=True)
    with pytest.raises(PublishError, match="symbolic link"):
        publish({"md": [Artefact("md/a.md", b"x")]}, out)
    assert list(outside.iterdir()) == []


def test_a_forged_manifest_cannot_delete_files_elsewhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    out = tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).write_text(json.dumps({"version": 1, "formats": {"md": ["../victim.txt", "/etc/passwd"]}}))
    publish({"md": [Artefact("md/a.md", b"x")]}, out)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"formats": 3}', '{"formats": {"a": 3}}', '{"formats": {"a": [3]}}']
)
def test_a_broken_manifest_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    publish({"csv": [Artefact("deck.csv", b"1")]}, tmp_path)
    assert tree(tmp_path) == {"deck.csv": b"1"}


def test_what_a_killed_export_has_left_goes_with_the_next_one(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "output", tmp_path / "elsewhere"
    leftover = folder / ".cardpipe-staging-killed"
    leftover.mkdir(parents=True)
    (leftover / "new-0").write_bytes(b"half")
    elsewhere.mkdir()
    (elsewhere / "kept").write_bytes(b"kept")
    (folder / ".cardpipe-staging-link").symlink_to(elsewhere)
    publish({"csv": [Artefact("a.csv", b"a")]}, folder)
    assert not leftover.exists()
    assert (elsewhere / "kept").read_bytes() == b"kept"
    assert (folder / "a.csv").read_bytes() == b"a"


def test_a_failure_half_way_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish({"a": [Artefact("a.txt", b"old a"), Artefact("b.txt", b"old b")]}, tmp_path)
    original = Path.replace

    def fail_on_b(self: Path, target: Path) -> Path:
        if Path(target).name == "b.txt" and self.name.startswith("new-"):
            raise OSError(28, "No space left on device")
        return original(self, target)

    monkeypatch.setattr(Path, "replace", fail_on_b)
    with pytest.raises(PublishError, match="No space left"):
        publish(
            {"a": [Artefact("a.txt", b"new a"), Artefact("b.txt", b"new b"), Artefact("c.txt", b"new c")]}, tmp_path
        )
    assert tree(tmp_path) == {"a.txt": b"old a", "b.txt": b"old b"}


def test_a_read_only_folder_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish({"a": [Artefact("a.txt", b"old")]}, tmp_path)

    def refuse(*_args: object, **_kwargs: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(
        "cardpipe.build.publish.tempfile.mkdtemp", refuse
    )  # root may write anywhere, so chmod proves nothing
    with pytest.raises(PublishError, match="Permission denied"):
        publish({"a": [Artefact("a.txt", b"new")]}, tmp_path)
    assert tree(tmp_path) == {"a.txt": b"old"}


def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(PublishError, match="could not be written"):
        publish({"csv": [Artefact("deck.csv", b"1")]}, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"


KILLED = """
import os, sys
from pathlib import Path
from cardpipe.build.publish import publish
from cardpipe.writers.api import Artefact

def version(number, folder):
    data = b"%d " % number * 20000
    publish({"a": [Artefact(f"{name}.txt", data) for name in "abcdefgh"]}, folder)

def killed(moment, folder):
    left, replace = moment, os.replace
    def counted(*args, **options):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), int(sys.argv[2]))
        return replace(*args, **options)
    os.replace = counted
    version(2, folder)
    os._exit(0 if left > 0 else 1)

status, moment = 1, 0
while status:
    moment += 1
    folder = Path(sys.argv[1], str(moment))
    version(1, folder)
    child = os.fork()
    if child == 0:
        killed(moment, folder)
    status = os.waitpid(child, 0)[1]
"""
"""Publishes one version, and another in a process that is sent a signal before its first rename; then the same with
its second rename, and so on, each in a folder of its own, until a process is done before so many renames."""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_kill_at_any_moment_leaves_whole_files(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(int(number))]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=300)
    one, two, three = (b"%d " % version * 20000 for version in (1, 2, 3))
    moments = sorted(tmp_path.iterdir(), key=lambda folder: int(folder.name))
    renewed = []
    for folder in moments:
        contents = [path.read_bytes() for path in sorted(folder.glob("*.txt"))]
        assert len(contents) == 8
        assert set(contents) <= {one, two}
        renewed.append(contents.count(two))
        publish({"a": [Artefact(f"{name}.txt", three) for name in "abcdefgh"]}, folder)
        assert {path.name: path.read_bytes() for path in folder.glob("[!.]*")} == {
            f"{n}.txt": three for n in "abcdefgh"
        }
        assert not list(folder.glob(".cardpipe-staging*"))
    if number is signal.SIGKILL:
        # Before the list of what is to be done stands; before each file; before the manifest; and not at all.
        assert renewed == [0, *range(9), 8]
    else:
        assert set(renewed) == {8}, "a polite signal waits for all renames"
        assert len(renewed) == 11


def test_exports_at_once_put_their_files_into_place_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work: list[int] = []
    seen: list[int] = []

    def slowly(*args: object) -> None:
        at_work.append(1)
        seen.append(len(at_work))
        time.sleep(0.05)
        swap(*args)  # type: ignore[arg-type] # as they come
        at_work.pop()

    monkeypatch.setattr(publishing, "swap", slowly)
    exports = [{"x": [Artefact("a.txt", b"%d" % number)]} for number in range(4)]
    threads = [threading.Thread(target=publish, args=(export, tmp_path)) for export in exports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1, 1, 1, 1]


def test_an_export_that_writes_too_long_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "_PATIENCE", 0.2)
    with FileLock(tmp_path / ".cardpipe-lock"), pytest.raises(PublishError, match="Another cardpipe has been writing"):
        publish({"x": [Artefact("a.txt", b"a")]}, tmp_path)
    assert not (tmp_path / "a.txt").exists()


def test_the_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "output").mkdir()
    (tmp_path / "output/.cardpipe-lock").symlink_to(victim)
    with pytest.raises(PublishError, match="symbolic link"):
        publish({"x": [Artefact("a.txt", b"a")]}, tmp_path / "output")
    assert not victim.exists()
