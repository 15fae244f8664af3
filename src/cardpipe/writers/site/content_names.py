"""Files whose names change with their content, so that browsers may keep them for good."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIGITS: Final = 12
_IMPORT: Final = re.compile(
    r"""(?P<before>\b(?:from|import)\s*\(?\s*)(?P<quote>["'])\./(?P<name>[\w.-]+\.js)(?P=quote)"""
)
"""An import of a module in the same folder."""


def content_name(name: str, data: bytes) -> str:
    """Return a file name with a digest of the file's bytes before the extension."""
    path = PurePosixPath(name)
    return f"{path.stem}-{hashlib.sha256(data).hexdigest()[:_DIGITS]}{path.suffix}"


def own_file(name: str) -> str:
    """Return the text of a file in the folder `assets` of this package."""
    return resources.files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def own_bytes(name: str) -> bytes:
    """Return the bytes of a file in the folder `assets` of this package."""
    return resources.files(__package__).joinpath("assets", name).read_bytes()


def own_names(suffix: str) -> list[str]:
    """Return the names of the files in the folder `assets` of this package that end so."""
    files = resources.files(__package__).joinpath("assets").iterdir()
    return sorted(file.name for file in files if file.name.endswith(suffix))


def modules(sources: Mapping[str, str]) -> dict[str, tuple[str, bytes]]:
    """Return the content name and the bytes of each script, which import each other by content names.

    Raises RenderError if they import each other in a circle, or import an unknown one.
    """
    made: dict[str, tuple[str, bytes]] = {}

    def named(name: str, importers: tuple[str, ...]) -> str:
        if name in importers or name not in sources:
            raise RenderError(f"The scripts of the site import “{name}” in a circle, or there is no such script.")
        if name not in made:
            text = _IMPORT.sub(
                lambda found: (
                    f"{found['before']}{found['quote']}./{named(found['name'], (*importers, name))}{found['quote']}"
                ),
                sources[name],
            )
            made[name] = content_name(name, text.encode()), text.encode()
        return made[name][0]

    for name in sources:
        named(name, ())
    return made


def digest_of(parts: Iterable[bytes]) -> str:
    """Return a digest of several files."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()
