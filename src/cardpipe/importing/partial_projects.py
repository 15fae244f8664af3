"""A project in parts, each a project of its own with few media, so that memory does not grow with all media."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_BYTES: Final = 32 * 1024 * 1024
"""Media of a part; all of them are in memory at once."""
_NAME: Final = re.compile(r"[^\s()\[\]{}<>\"',]+\.[A-Za-z0-9]{2,5}")
_SHARED: Final = ("deck.yaml", "anki", "styles")
_CARDS: Final = ("cards", "tables")


def partial_projects(folder: Path) -> Iterator[Path]:
    """Yield folders with all cards of a project between them; the folder itself if its media are small."""
    source = folder / "source"
    sizes = {path.name: path.stat().st_size for path in (source / "media").glob("*") if path.is_file()}
    if sum(sizes.values()) <= _MOST_BYTES:
        yield folder
        return
    files = sorted(path for name in _CARDS for path in (source / name).rglob("*.yaml"))
    for group in _groups(files, sizes):
        with tempfile.TemporaryDirectory(prefix="part-", dir=folder.parent) as name:
            part = Path(name)
            for shared in (path for name in _SHARED for path in _files_of(source / name)):
                _link(shared, part / shared.relative_to(folder))
            for path, media in group:
                _link(path, part / path.relative_to(folder))
                for used in media:
                    _link(source / "media" / used, part / "source" / "media" / used)
            yield part


def _files_of(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.glob("*"))


def _groups(files: Sequence[Path], sizes: Mapping[str, int]) -> Iterator[list[tuple[Path, frozenset[str]]]]:
    """Yield card files with the media that they name, as many as the limit allows."""
    strange = [name for name in sizes if _NAME.fullmatch(name) is None]
    group: list[tuple[Path, frozenset[str]]] = []
    together: set[str] = set()
    for path in files:
        text = path.read_text(encoding="utf-8")
        used = frozenset(sizes.keys() & {*_NAME.findall(text), *(name for name in strange if name in text)})
        if group and sum(sizes[name] for name in together | used) > _MOST_BYTES:
            yield group
            group, together = [], set()
        group.append((path, used))
        together |= used
    if group:
        yield group


def _link(path: Path, target: Path) -> None:
    """Let a file also be in another folder, or copy it where the system has no such links."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)
