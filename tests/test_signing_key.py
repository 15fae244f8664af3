"""Cached values without the user's signature are ignored."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from cardpipe.cache.signing import LENGTH, signing_key, signing_key_path
from cardpipe.cache.store import Cache

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

KEY = Cache.key("figure", "a")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of caches."""
    folder = tmp_path / "home"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def test_a_secret_is_made_once_and_for_its_user_only(home: Path) -> None:
    first = signing_key()
    assert first is not None
    assert len(first) == LENGTH
    assert signing_key() == first
    assert signing_key_path() == home / "cardpipe" / "signing-key"
    assert [path.name for path in signing_key_path().parent.iterdir()] == ["signing-key"]
    if os.name == "posix":
        assert signing_key_path().stat().st_mode & 0o077 == 0


def test_a_broken_secret_is_replaced(home: Path) -> None:
    (home / "cardpipe").mkdir(parents=True)
    signing_key_path().write_bytes(b"short")
    found = signing_key()
    assert found == signing_key_path().read_bytes()
    assert len(found) == LENGTH


@pytest.mark.usefixtures("home")
def test_all_who_ask_at_once_get_the_same() -> None:
    ask = "from cardpipe.cache.signing import signing_key; print(signing_key().hex())"
    children = [
        subprocess.Popen([sys.executable, "-c", ask], stdout=subprocess.PIPE, env=dict(os.environ)) for _ in range(6)
    ]
    assert len({child.communicate(timeout=60)[0] for child in children}) == 1


@pytest.mark.usefixtures("home")
def test_without_a_secret_nothing_is_kept_and_nothing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert signing_key() is None
    with Cache(tmp_path / ".cardpipe") as cache:
        cache.put(KEY, b"kept")
    with Cache(tmp_path / ".cardpipe") as cache:
        assert cache.get(KEY) is None
    assert not (tmp_path / ".cardpipe").exists()


@pytest.mark.usefixtures("home")
def test_a_value_of_another_user_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cache(tmp_path / ".cardpipe") as cache:
        cache.put(KEY, b"kept")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    with Cache(tmp_path / ".cardpipe") as cache:
        assert cache.get(KEY) is None
        assert cache.verify() == (0, 1)
        cache.put(KEY, b"own")
    with Cache(tmp_path / ".cardpipe") as cache:
        assert cache.get(KEY) == b"own"


@pytest.mark.usefixtures("home")
def test_values_cannot_change_places(tmp_path: Path) -> None:
    other = Cache.key("figure", "b")
    with Cache(tmp_path / ".cardpipe") as cache:
        cache.put(KEY, b"kept")
        cache.put(other, b"other")
    connection = sqlite3.connect(tmp_path / ".cardpipe/cache.sqlite3")
    with connection:
        connection.execute(
            "UPDATE entries SET (digest, value) = (SELECT digest, value FROM entries WHERE key = ?) WHERE key = ?",
            (other, KEY),
        )
    connection.close()
    with Cache(tmp_path / ".cardpipe") as cache:
        assert cache.get(other) == b"other"
        assert cache.get(KEY) is None


@pytest.mark.usefixtures("home")
def test_threads_share_the_secret(tmp_path: Path) -> None:
    found: list[bytes | None] = []
    threads = [threading.Thread(target=lambda: found.append(signing_key())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert tmp_path.exists()


@pytest.mark.slow
def test_a_forged_export_is_not_shipped(project: Path, run: Run, tmp_path: Path) -> None:
    """A stranger who runs cardpipe can make a cache that is right in all but the secret; here with a wrong page."""
    strangers = {"XDG_CACHE_HOME": str(tmp_path / "stranger")}
    ours = {"XDG_CACHE_HOME": str(tmp_path / "ours")}
    assert run("-C", project, "cache", "clear", env=strangers).returncode == 0
    assert run("-C", project, "export", "--format", "html", env=strangers).returncode == 0
    [page] = (project / "output").glob("*.html")
    honest = page.read_bytes()
    shutil.rmtree(project / "output")
    forge = (
        "from cardpipe.cache.store import Cache; import sqlite3, sys; from pathlib import Path\n"
        "folder = Path(sys.argv[1])\n"
        "rows = sqlite3.connect(folder / 'cache.sqlite3').execute('SELECT key, value FROM entries').fetchall()\n"
        "with Cache(folder) as cache:\n"
        "    for key, value in rows: cache.put(key, value.replace(b'EX000', b'XE000'))\n"
    )
    environment = {**os.environ, **strangers}
    subprocess.run([sys.executable, "-c", forge, project / ".cardpipe"], check=True, env=environment)
    result = run("-C", project, "export", "--format", "html", env=ours)
    assert result.returncode == 0, result.stderr
    assert page.read_bytes() == honest
