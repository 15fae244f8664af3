"""Write artefacts to disk; no other module does.

All files are written to a staging folder first, then renamed into place one by one; after a failure the previous files
are restored. A signed manifest lists the files of an export with their digests, so that the next export removes only
unchanged files of earlier ones.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.build.swap import complete, read_signed, refuse_obstacles, signed, swap
from cardpipe.errors import PluginError, PublishError
from cardpipe.files.reading import LinkError, is_link, normal, refuse_links
from cardpipe.parallel.interruption import deferred
from cardpipe.writers.api import Artefact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MANIFEST = ".cardpipe-manifest.json"
_STAGING = ".cardpipe-staging-"
_PURPOSE = "export manifest"
_LOCK = ".cardpipe-lock"
"""An empty file, which a process locks while it writes; the system releases the lock of a killed one."""
_PATIENCE = 60.0
"""Seconds to wait for another export."""
_DEVICE: Final = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
"""Device names of Windows, with any extension."""
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]|[. ]$')
"""Characters and endings that Windows does not allow in file names."""


@dataclass(frozen=True, slots=True)
class Published:
    """A file or a folder in the output folder that one format wrote, and the size in bytes."""

    format: str
    path: Path
    size: int


def publish(exports: Mapping[str, Sequence[Artefact]], folder: Path) -> tuple[Published, ...]:
    """Put the artefacts of each format into the folder: all of them, or none after a failure.

    Obsolete files of earlier exports of the same formats are removed. A swap that was killed is completed first. Raises
    PublishError if the folder cannot be written or is reached by a link in the project, and PluginError if a writer
    returned an invalid path.
    """
    _refuse_shared(
        {name: [_checked(name, artefact.path) for artefact in artefacts] for name, artefacts in exports.items()}
    )
    # Links of the user make `..` ambiguous, so it is resolved once.
    folder = normal(folder)
    _refuse_links(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            _sweep(folder)
            with tempfile.TemporaryDirectory(prefix=_STAGING, dir=folder, ignore_cleanup_errors=True) as staging:
                _commit(exports, folder, Path(staging))
    except OSError as error:
        raise PublishError(
            f"The output folder {folder} could not be written: {error.strerror or error}.",
            hint="Its content is unchanged. Free some space, correct the permissions, or choose another --output.",
        ) from error
    return tuple(item for name, artefacts in exports.items() for item in _published(name, artefacts, folder))


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes, whose files could otherwise be mixed with ours; it can be nested."""
    from filelock import FileLock, Timeout

    refuse_obstacles(folder, _LOCK)
    try:
        with FileLock(folder / _LOCK, timeout=_PATIENCE, is_singleton=True):
            yield
    except Timeout as error:
        raise PublishError(
            f"Another cardpipe has been writing to {folder} for {_PATIENCE:.0f} seconds.",
            hint="Wait for it, or end it.",
        ) from error


def write_file(path: Path, data: bytes, root: Path | None = None) -> None:
    """Replace a file atomically.

    Raises PublishError if that fails, if something other than a regular file is there, and if the path contains a
    symbolic link below `root`, by default the project around it.
    """
    _refuse_links(path, root)
    try:
        if os.path.lexists(path) and not stat.S_ISREG(path.lstat().st_mode):
            what = (
                "a symbolic link, and cardpipe does not write through links"
                if path.is_symlink()
                else "not a regular file"
            )
            raise PublishError(f"{path} is {what}.")
        with _staged(path, data) as staged:
            staged.replace(path)
    except OSError as error:
        raise PublishError(
            f"{path} could not be written: {error.strerror or error}.", hint="The previous file is unchanged."
        ) from error


@contextlib.contextmanager
def _staged(path: Path, data: bytes) -> Iterator[Path]:
    """Write data completely to a temporary file beside a path, for as long as it takes to put it there."""
    staged = path.with_name(f".cardpipe-{os.getpid()}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    with deferred():
        try:
            with staged.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield staged
        finally:
            staged.unlink(missing_ok=True)


def create_file(path: Path, data: bytes, root: Path | None = None) -> bool:
    """Create a file that is complete from the start; return False if there is anything at its path already.

    Raises PublishError if the system refuses it, or if the path contains a symbolic link below `root`.
    """
    _refuse_links(path.parent, root)
    try:
        with _staged(path, data) as staged:
            return _linked(staged, path, data)
    except OSError as error:
        raise PublishError(
            f"{path} could not be written: {error.strerror or error}.", hint="Nothing was written."
        ) from error


def _linked(staged: Path, path: Path, data: bytes) -> bool:
    try:
        os.link(staged, path)
    except FileExistsError:
        return False
    except OSError:  # the file system does not support hard links
        try:
            file = path.open("xb")
        except FileExistsError:
            return False
        try:
            with file:
                file.write(data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
    return True


def _refuse_links(path: Path, root: Path | None = None) -> None:
    try:
        refuse_links(path, root)
    except LinkError as error:
        raise PublishError(
            f"{error.path} is a symbolic link in the project, and cardpipe does not write through links.",
            hint="Remove the link, or write to a path outside of the project.",
        ) from None


def _commit(exports: Mapping[str, Sequence[Artefact]], folder: Path, staging: Path) -> None:
    before = _read_manifest(folder)
    owned = {name: {artefact.path: artefact.digest for artefact in artefacts} for name, artefacts in exports.items()}
    after = {**before, **owned}
    files = {artefact.path: artefact for artefacts in exports.values() for artefact in artefacts}
    files[MANIFEST] = Artefact(MANIFEST, signed(_PURPOSE, {"version": 2, "formats": after}))
    kept = {path for paths in after.values() for path in paths}
    stale = {path: told for name in owned for path, told in before.get(name, {}).items() if path not in kept}
    with deferred():
        swap(files, stale, folder, staging)


def _checked(name: str, path: str) -> str:
    if not is_safe_path(path):
        raise PluginError(
            f"The format “{name}” returned a file with the path “{path}”, which cannot be written safely."
        )
    return path


def is_safe_path(path: str) -> bool:
    """Return whether an artefact may have this path: relative, with forward slashes and portable names."""
    return not path.startswith(".cardpipe-") and all(map(_is_portable, path.split("/")))


def _is_portable(part: str) -> bool:
    """Return whether every system allows a file of this name."""
    return part not in {"", ".", ".."} and not _UNSAFE.search(part) and not _DEVICE.fullmatch(part)


def _refuse_shared(owned: Mapping[str, list[str]]) -> None:
    owners: dict[str, str] = {}
    for name, paths in owned.items():
        for path in paths:
            # Names that differ in case are one file on Windows and macOS, and so are different normalisation forms.
            key = unicodedata.normalize("NFC", path).casefold()
            if key in owners:
                raise PluginError(f"The formats “{owners[key]}” and “{name}” both write {path}.")
            owners[key] = name


def _read_manifest(folder: Path) -> dict[str, dict[str, str]]:
    """Return the digests of earlier exports' files by format; a manifest without a valid signature is ignored."""
    content = read_signed(_PURPOSE, folder, MANIFEST)
    return content["formats"] if content is not None and content.get("version") == 2 else {}


def _sweep(folder: Path) -> None:
    """Complete swaps of killed exports; must be called with the lock."""
    for leftover in folder.glob(f"{_STAGING}*"):
        if not is_link(leftover):
            complete(folder, leftover)
            shutil.rmtree(leftover, ignore_errors=True)


def _published(name: str, artefacts: Sequence[Artefact], folder: Path) -> Iterator[Published]:
    sizes: dict[str, int] = {}
    for artefact in artefacts:
        place = artefact.path.partition("/")[0]
        sizes[place] = sizes.get(place, 0) + artefact.size
    for place, size in sizes.items():
        yield Published(name, folder / place, size)
