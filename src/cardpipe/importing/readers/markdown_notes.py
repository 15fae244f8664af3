"""What readers of Markdown share: files of a folder, lines outside of code, pictures beside the notes."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.assets.sounds import SOUND_TYPES
from cardpipe.importing.api import UsageError
from cardpipe.importing.readers.crowdanki import media_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

    from cardpipe.importing.api import Source

SUFFIXES: Final = frozenset({".md", ".markdown"})
MOST_FILES: Final = 20_000
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_WIKI_PICTURE: Final = re.compile(r"!\[\[([^\]|\n]{1,200})(?:\|[^\]\n]{0,100})?\]\]")
_WIKI_LINK: Final = re.compile(r"(?<!!)\[\[([^\]|\n]{1,200})(?:\|([^\]\n]{1,200}))?\]\]")
_RELATIVE: Final = re.compile(r"(?<![!\\\]])\[([^\[\]\n]{1,300})\]\((?!(?:https?|mailto):)[^()\s]*(?: \"[^\"\n]*\")?\)")
_TO_TOP: Final = re.compile(
    r"(?im)^[ \t]*[*_]{0,2}\[?[^\n\[\]]{0,20}\b(?:back to top|go to top|nach oben)\b[^\n]{0,60}$\n?"
)


def is_markdown(source: Source) -> bool:
    """Return whether it is a Markdown file, or a folder with one."""
    if source.is_folder:
        return any(path.suffix.lower() in SUFFIXES for path in source.path.glob("*"))
    return source.suffix in SUFFIXES


def texts_of(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the Markdown files of a source with their names: the file itself, or all of a folder, sorted."""
    if not source.is_folder:
        yield source.path.name, without_front_matter(source.text())
        return
    for number, path in enumerate(_below(source.path)):
        if number >= MOST_FILES:
            raise UsageError(f"{source.path} has more than {MOST_FILES:,} Markdown files.")
        yield path, without_front_matter(source.inner_text(path))


def _below(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.suffix.lower() in SUFFIXES and path.is_file() and not any(part.startswith(".") for part in parts):
            yield path.relative_to(root).as_posix()


def media_beside(source: Source) -> dict[str, Callable[[], BinaryIO]]:
    """Return the pictures and sounds below the folder of a source, by path and by name."""
    root = source.path if source.is_folder else source.path.absolute().parent
    found: dict[str, str] = {}
    for number, path in enumerate(sorted(root.rglob("*"))):
        if number > MOST_FILES:
            break
        name = path.relative_to(root).as_posix()
        is_media = path.suffix.lower() in MEDIA_TYPES or path.suffix.lower() in SOUND_TYPES
        if is_media and path.is_file() and not path.is_symlink() and "/." not in f"/{name}":
            found.setdefault(path.name, name)
    return media_of(root, found)


def used_media(source: Source, texts: Sequence[str]) -> dict[str, Callable[[], BinaryIO]]:
    """Return the pictures and sounds that texts name; a folder of notes can hold many others."""
    known = media_beside(source)
    whole = "\n".join(texts)
    return {name: opener for name, opener in known.items() if name in whole or name.replace(" ", "%20") in whole}


def without_front_matter(text: str) -> str:
    """Return a text without the YAML at its beginning, and as many empty lines instead."""
    match = _FRONT_MATTER.match(text)
    return "\n" * match[0].count("\n") + text[match.end() :] if match is not None else text


def lines_of(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield the lines of a text with their numbers, and whether they are within a code fence."""
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        match = _FENCE.match(line)
        if match is not None and not fence:
            fence = match[1]
            yield number, line, True
        elif match is not None and match[1].startswith(fence) and not line.strip(" `~"):
            fence = ""
            yield number, line, True
        else:
            yield number, line, bool(fence)


def plain_links(text: str) -> str:
    """Return a text with the pictures of Obsidian as pictures of Markdown, and links to other notes as words."""
    text = _TO_TOP.sub("", text)
    text = _RELATIVE.sub(r"\1", text)
    text = _WIKI_PICTURE.sub(lambda match: _picture(match[1]), text)
    return _WIKI_LINK.sub(lambda match: (match[2] or match[1]).strip(), text)


def _picture(target: str) -> str:
    name = PurePosixPath(target.strip()).name
    return f"![{PurePosixPath(name).stem}]({name.replace(' ', '%20')})"
