"""The one place that puts artefacts on disk.

All files are written to a staging folder first, then renamed into place one by one; a failure on the way puts back
what was there. A manifest remembers which files an export wrote, so that the next one removes only its own leftovers.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cardpipe.errors import PluginError, PublishError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cardpipe.rendered import Artefact

MANIFEST = ".cardpipe-manifest.json"
_STAGING = ".cardpipe-staging-"
_LOCK = ".cardpipe-lock"
"""An empty file, which the system holds for the export that writes; a killed one lets go of it."""
_PATIENCE = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Published:
    """What one format put into the output folder: its file or the folder of its files, and their size in bytes."""

    format: str
    path: Path
    files: int
    size: int


def publish(exports: Mapping[str, Sequence[Artefact]], folder: Path) -> tuple[Published, ...]:
    """Put the artefacts of each format into the folder, all or none.

    Files that an earlier export of the same formats wrote and that are not made any more are removed. Raises
    PublishError where the folder cannot be written, and PluginError where a writer returned an impossible path.
    """
    owned = {name: [_checked(name, artefact.path) for artefact in artefacts] for name, artefacts in exports.items()}
    _refuse_shared(owned)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            _sweep(folder)
            with _staging(folder) as staging:
                _commit(exports, owned, folder, staging)
    except OSError as error:
        raise PublishError(
            f"The output folder {folder} could not be written: {error.strerror or error}.",
            hint="What was in it before is unchanged. Make room, mend the permissions, or choose another --output.",
        ) from error
    return tuple(_summary(name, artefacts, folder) for name, artefacts in exports.items() if artefacts)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other export put files into the folder meanwhile, or it could be left with some of each."""
    from filelock import FileLock, Timeout

    _refuse_links(folder, _LOCK)
    try:
        with FileLock(folder / _LOCK, timeout=_PATIENCE):
            yield
    except Timeout as error:
        raise PublishError(
            f"Another export has been writing to {folder} for {_PATIENCE:.0f} seconds.",
            hint="Wait for it, end it, or choose another --output.",
        ) from error


def write_file(path: Path, data: bytes) -> None:
    """Put one file in place of what is there, whole or not at all; raises PublishError where that fails."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.is_symlink():
            raise PublishError(f"{path} is a symbolic link, and cardpipe does not write through links.")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with staged.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    except OSError as error:
        raise PublishError(
            f"{path} could not be written: {error.strerror or error}.", hint="What was there before is unchanged."
        ) from error


def _commit(
    exports: Mapping[str, Sequence[Artefact]],
    owned: Mapping[str, list[str]],
    folder: Path,
    staging: Path,
) -> None:
    before = _read_manifest(folder)
    after = {**before, **owned}
    files = {artefact.path: artefact.data for artefacts in exports.values() for artefact in artefacts}
    files[MANIFEST] = json.dumps({"version": 1, "formats": after}, indent=1, sort_keys=True).encode() + b"\n"
    kept = {path for paths in after.values() for path in paths}
    stale = sorted({path for name in owned for path in before.get(name, ())} - kept)
    for path in [*files, *stale]:
        _refuse_links(folder, path)
    staged = {}
    for number, (path, data) in enumerate(files.items()):
        staged[path] = staging / f"new-{number}"
        staged[path].write_bytes(data)
    with _signals_deferred():
        _swap(staged, stale, folder, staging)


def _swap(staged: Mapping[str, Path], stale: Sequence[str], folder: Path, staging: Path) -> None:
    """Rename everything into place, or put back what was there."""
    undo: list[tuple[Path, Path | None]] = []
    try:
        for number, (path, new) in enumerate(staged.items()):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            undo.append((target, _backup(target, staging / f"old-{number}")))
            new.replace(target)
        for number, path in enumerate(stale):
            target = folder / path
            if target.is_file():
                saved = staging / f"stale-{number}"
                target.replace(saved)
                undo.append((target, saved))
    except OSError:
        for place, former in reversed(undo):
            with contextlib.suppress(OSError):
                if former is None:
                    place.unlink(missing_ok=True)
                else:
                    former.replace(place)
        raise
    for path in stale:
        _remove_empty_parents(folder, path)


def _backup(target: Path, saved: Path) -> Path | None:
    if not target.exists():
        return None
    try:
        os.link(target, saved)
    except OSError:  # a file system without hard links
        shutil.copy2(target, saved)
    return saved


def _remove_empty_parents(folder: Path, path: str) -> None:
    for parent in PurePosixPath(path).parents:
        if parent != PurePosixPath():
            with contextlib.suppress(OSError):
                (folder / parent).rmdir()


def _checked(name: str, path: str) -> str:
    pure = PurePosixPath(path)
    plain = bool(pure.parts) and not pure.is_absolute() and path == str(pure) and not {"..", "."} & set(pure.parts)
    if not plain or "\\" in path or "\0" in path or ":" in pure.parts[0] or pure.parts[0].startswith(".cardpipe-"):
        raise PluginError(
            f"The format “{name}” returned a file with the path “{path}”, which cannot be written safely."
        )
    return path


def _refuse_shared(owned: Mapping[str, list[str]]) -> None:
    owners: dict[str, str] = {}
    for name, paths in owned.items():
        for path in paths:
            # Folded, because two names that differ in case are one file on Windows and macOS.
            key = path.casefold()
            if key in owners:
                raise PluginError(f"The formats “{owners[key]}” and “{name}” both write {path}.")
            owners[key] = name


def _refuse_links(folder: Path, path: str) -> None:
    """A link below the output folder would let a project write anywhere."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        if place.is_symlink():
            raise PublishError(
                f"{place} is a symbolic link, and cardpipe does not write through links.",
                hint="Remove the link or choose another --output.",
            )
    if place.is_dir():
        raise PublishError(
            f"{place} is a folder where a file must go.", hint="Move it away or choose another --output."
        )


def _read_manifest(folder: Path) -> dict[str, list[str]]:
    """The files of earlier exports by format; an unreadable or foreign manifest counts as none."""
    try:
        content: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        formats: dict[str, list[str]] = {}
        for name, paths in content["formats"].items():
            formats[str(name)] = [_checked(name, path) for path in paths]
    except (
        OSError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        RecursionError,
        PluginError,
    ):
        return {}
    return formats


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Take out what killed exports have left; to be called alone, since every living one holds the lock."""
    for leftover in folder.glob(f"{_STAGING}*"):
        if not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Hold back Ctrl-C and a polite kill until all renames are done: that takes milliseconds."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    former = {number: signal.signal(number, lambda got, _frame: received.append(got)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for got in received:
            signal.raise_signal(got)


def _summary(name: str, artefacts: Sequence[Artefact], folder: Path) -> Published:
    first = PurePosixPath(artefacts[0].path)
    place = first if len(first.parts) == 1 else PurePosixPath(first.parts[0])
    return Published(name, folder / place, len(artefacts), sum(len(artefact.data) for artefact in artefacts))
