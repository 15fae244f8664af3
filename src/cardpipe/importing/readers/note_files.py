"""Files of a folder of notes: Markdown, and the pictures and sounds that it names."""

from __future__ import annotations

import html
import os
import re
from collections import deque
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.assets.sounds import SOUND_TYPES
from cardpipe.files.reading import is_link
from cardpipe.importing.api import HEAD, UsageError
from cardpipe.importing.readers.crowdanki import media_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from cardpipe.importing.api import Source

SUFFIXES: Final = frozenset({".md", ".markdown"})
MOST_FILES: Final = 20_000
"""Maximum Markdown files of a folder."""
_MOST_ENTRIES: Final = 200_000
"""Maximum files and folders below a folder that are looked at."""
_DEEPEST: Final = 32
_MOST_HEADS: Final = 400_000
_OF_TOOLS: Final = frozenset({"node_modules", "__pycache__"})
_MEDIA: Final = frozenset({*MEDIA_TYPES, *SOUND_TYPES})
_FRONT_MATTER: Final = re.compile(r"\A---\n(?:.*\n)*?(?:---|\.\.\.)\n")
_NAMED: Final = re.compile(
    r"""\bsrc[ \t]*=[ \t]*(?:"([^"<>\n]{1,300})"|'([^'<>\n]{1,300})'|([^\s"'<>]{1,300}))"""
    r"""|\[sound:([^\[\]\n]{1,300})\]""",
    re.IGNORECASE,
)
_REMOTE: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)|//", re.IGNORECASE)


def is_markdown(source: Source) -> bool:
    """Return whether it is a Markdown file, or a folder with one."""
    if source.is_folder:
        return next(_markdown_below(source.path), None) is not None
    return source.suffix in SUFFIXES


def texts_of(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the Markdown files of a source with their names: the file itself, or all of a folder, sorted.

    Raises UsageError if a file cannot be read, or if there are too many.
    """
    if not source.is_folder:
        yield source.path.name, without_front_matter(source.text())
        return
    names = []
    for path in _markdown_below(source.path):
        names.append(path)
        if len(names) > MOST_FILES:
            raise UsageError(f"{source.path} has more than {MOST_FILES:,} Markdown files.")
    for path in sorted(names):
        yield path, without_front_matter(source.inner_text(path))


def first_texts(source: Source) -> str:
    """Return the beginnings of the Markdown files of a source."""
    if not source.is_folder:
        return without_front_matter(source.head_text())
    found: list[str] = []
    size = 0
    for _, text in texts_of(source):
        found.append(text[:HEAD])
        size += len(found[-1])
        if size > _MOST_HEADS:
            break
    return "\n\n".join(found)


def deck_of(source: Source, name: str) -> str:
    """Return the deck of a file's cards: below a folder, its path."""
    if not source.is_folder:
        return ""
    parts = PurePosixPath(name).with_suffix("").parts
    # A folder often holds one file of its own name.
    parts = parts[:-1] if len(parts) > 1 and parts[-1] == parts[-2] else parts
    return "::".join([source.stem, *(part.replace("::", ":") for part in parts)])


def _markdown_below(root: Path) -> Iterator[str]:
    return (path for path in files_below(root) if PurePosixPath(path).suffix.lower() in SUFFIXES)


def files_below(root: Path) -> Iterator[str]:
    """Yield the paths of regular files below a folder, outer ones first; links and hidden folders are left out."""
    waiting: deque[tuple[str, int]] = deque([("", 0)])
    entries = 0
    while waiting:
        folder, depth = waiting.popleft()
        try:
            found = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            entries += 1
            if entries > _MOST_ENTRIES:
                raise UsageError(f"{root} has more than {_MOST_ENTRIES:,} files.", hint="Import a part of them.")
            if entry.name.startswith(".") or not _is_text(entry.name) or is_link(entry.path):
                continue
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_file(follow_symlinks=False):
                yield path
            elif entry.is_dir(follow_symlinks=False) and depth < _DEEPEST and entry.name not in _OF_TOOLS:
                waiting.append((path, depth + 1))


def _is_text(name: str) -> bool:
    """Return whether a name is valid Unicode; on Linux it can be any bytes."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class NoteMedia:
    """The pictures and sounds that notes name, found beside the note, below the folder, or by their name alone."""

    def __init__(self, source: Source) -> None:
        self._root = source.path if source.is_folder else source.path.absolute().parent
        self._used: dict[str, str] = {}
        self._known: dict[tuple[str, str], str | None] = {}
        self._by_name: dict[str, str] | None = None

    def path_of(self, target: str, note: str) -> str | None:
        """Return the path below the folder of a file that a note names, and remember it; None if it has none.

        `note` is the path of the note below the folder.
        """
        key = (target, str(PurePosixPath(note).parent))
        if key not in self._known:
            self._known[key] = self._found(target, note)
        found = self._known[key]
        if found is not None:
            self._used[found] = found
        return found

    def _found(self, target: str, note: str) -> str | None:
        plain = target.strip().partition("#")[0].partition("?")[0]
        if _REMOTE.match(plain) or PurePosixPath(plain).suffix.lower() not in _MEDIA:
            return None
        beside = PurePosixPath(note).parent
        for spelling in dict.fromkeys((plain, unquote(plain))):
            for base in (beside, PurePosixPath()):
                path = _joined(base, spelling.lstrip("/"))
                if path is not None and self._exists(path):
                    return path
        return self._names().get(PurePosixPath(unquote(plain)).name)

    def take(self, texts: Iterable[str]) -> None:
        """Find the files that texts of Anki name, and remember them by these names."""
        named: dict[str, str] = {}
        for text in texts:
            if "src" not in text and "[sound:" not in text:
                continue
            for match in _NAMED.finditer(text):
                name = html.unescape(match[1] or match[2] or match[3] or match[4])
                found = self.path_of(name, "")
                if found is not None:
                    self._used.pop(found, None)
                    named[name] = found
        self._used |= named

    def _exists(self, path: str) -> bool:
        place = self._root / path
        try:
            return place.is_file() and not is_link(place)
        except (OSError, ValueError):  # a name that is too long, or has a NUL
            return False

    def _names(self) -> dict[str, str]:
        if self._by_name is None:
            self._by_name = {}
            try:
                for path in files_below(self._root):
                    if PurePosixPath(path).suffix.lower() in _MEDIA:
                        self._by_name.setdefault(PurePosixPath(path).name, path)
            except UsageError:  # a file in a large folder, such as a home folder
                pass
        return self._by_name

    @property
    def files(self) -> dict[str, Callable[[], BinaryIO]]:
        """Openers of the files that were found, by their paths."""
        return media_of(self._root, dict(sorted(self._used.items())))


def _joined(base: PurePosixPath, target: str) -> str | None:
    """Return a path below the folder; None if it leads out of it."""
    parts: list[str] = [part for part in base.parts if part != "."]
    for part in target.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts) or None


def without_front_matter(text: str) -> str:
    """Return a text without the YAML at its beginning, and as many empty lines instead."""
    match = _FRONT_MATTER.match(text)
    return "\n" * match[0].count("\n") + text[match.end() :] if match is not None else text
