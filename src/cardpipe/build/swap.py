"""Replace files by new ones: all of them, or none after a failure.

Each file is renamed into place, so that it is always complete. No system renames several files atomically: if a process
is killed between two renames, some files are new and some are old. Therefore the staging folder contains a signed plan
of the swap, and the next export completes it first.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cardpipe.cache.signing import signature
from cardpipe.errors import CardpipeError, PublishError
from cardpipe.files.reading import is_link, read_below, read_whole
from cardpipe.writers.api import file_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.api import Artefact

_PLAN: Final = "plan.json"
_LARGEST: Final = 64 * 1024 * 1024


def swap(files: Mapping[str, Artefact], stale: Mapping[str, str], folder: Path, staging: Path) -> None:
    """Put files into a folder, by their paths in it, and remove obsolete ones whose digest is given.

    Files that are there with the same bytes are not written. Raises PublishError if a link or anything but a file is in
    the way, and OSError, after which everything is unchanged.
    """
    refuse_obstacles(folder, *files, *stale)
    given, files = files, {path: file for path, file in files.items() if not _is_there(folder, path, file)}
    for number, file in enumerate(files.values()):
        (staging / f"new-{number}").write_bytes(file.data)
    kept = {path.casefold() for path in given.keys() - files.keys()}
    planned = {path: told for path, told in stale.items() if path.casefold() not in kept}
    _write_plan(staging, {path: file.digest for path, file in files.items()}, planned)
    undo: list[tuple[Path, Path | None]] = []
    try:
        for number, path in enumerate(files):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            undo.append((target, _backup(target, staging / f"old-{number}")))
            (staging / f"new-{number}").replace(target)
        for number, path in enumerate(_removable(folder, stale, given)):
            saved = staging / f"stale-{number}"
            (folder / path).replace(saved)
            undo.append((folder / path, saved))
    except OSError:
        # A swap that is rolled back must not be completed by the next export.
        (staging / _PLAN).unlink(missing_ok=True)
        for place, former in reversed(undo):
            with contextlib.suppress(OSError):
                if former is None:
                    place.unlink(missing_ok=True)
                else:
                    former.replace(place)
        raise
    _remove_empty_parents(folder, stale)


def planned(staging: Path) -> dict[str, str] | None:
    """Return the digests of the new files of a swap that was killed, by path; None without a valid plan."""
    plan = _read_plan(staging)
    return None if plan is None else plan["files"]


def _is_there(folder: Path, path: str, file: Artefact) -> bool:
    """Return whether a folder has a file with the same bytes."""
    try:
        same_size = os.lstat(f"{folder}/{path}").st_size == file.size
        return same_size and file.has(read_below(folder, path, file.size))
    except (OSError, CardpipeError):
        return False


def complete(folder: Path, staging: Path) -> None:
    """Complete a swap that was killed; a plan without a valid signature is ignored."""
    plan = _read_plan(staging)
    if plan is None:
        return
    for number, (path, expected) in enumerate(plan["files"].items()):
        with contextlib.suppress(OSError, CardpipeError):
            new = staging / f"new-{number}"
            if file_digest(read_below(staging, new.name, new.stat().st_size)) == expected:
                refuse_obstacles(folder, path)
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                new.replace(folder / path)
    with contextlib.suppress(OSError, CardpipeError):
        refuse_obstacles(folder, *plan["stale"])
        for path in _removable(folder, plan["stale"], plan["files"]):
            (folder / path).unlink(missing_ok=True)
        _remove_empty_parents(folder, plan["stale"])


def refuse_obstacles(folder: Path, *paths: str) -> None:
    """Raise PublishError if a path leads through a link below the folder, or is not a file."""
    # Each path after the folders that lead to it, and each folder once.
    for part in dict.fromkeys(part for path in paths for part in accumulate(path.split("/"), "{}/{}".format)):
        if is_link(f"{folder}/{part}"):
            raise PublishError(
                f"{folder / part} is a symbolic link, and cardpipe does not write through links.",
                hint="Remove the link, or write elsewhere.",
            )
    for path in paths:
        try:
            mode = os.lstat(f"{folder}/{path}").st_mode
        except (OSError, ValueError):
            continue
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
            hint = "Move it away, or write elsewhere."
            raise PublishError(f"{folder / path} is {what} where a file must go.", hint=hint)


def signed(purpose: str, content: Mapping[str, Any]) -> bytes:
    """Return JSON with the user's signature, which is null without a signing key."""
    made = signature(purpose, _canonical(content))
    return json.dumps({**content, "signature": made}, indent=1, sort_keys=True).encode() + b"\n"


def read_signed(purpose: str, folder: Path, name: str) -> dict[str, Any] | None:
    """Read signed JSON from a file; None without a valid signature."""
    try:
        content = json.loads(read_whole(folder, name, _LARGEST))
        told = content.pop("signature")
        return content if told is not None and told == signature(purpose, _canonical(content)) else None
    except (OSError, CardpipeError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True).encode()


def _write_plan(staging: Path, files: Mapping[str, str], stale: Mapping[str, str]) -> None:
    # A list, because the numbers of the staged files follow the order.
    content = signed("export plan", {"files": list(files.items()), "stale": dict(stale)})
    partial = staging / f"{_PLAN}.new"
    partial.write_bytes(content)
    partial.replace(staging / _PLAN)


def _read_plan(staging: Path) -> dict[str, dict[str, str]] | None:
    content = read_signed("export plan", staging, _PLAN)
    return None if content is None else {"files": dict(content["files"]), "stale": content["stale"]}


def _removable(folder: Path, stale: Mapping[str, str], files: Mapping[str, object]) -> list[str]:
    """Return obsolete files that are unchanged, and are not a new file in another spelling."""
    return [path for path, expected in stale.items() if _is_unchanged(folder, path, expected, files)]


def _is_unchanged(folder: Path, path: str, expected: str, files: Mapping[str, object]) -> bool:
    place = folder / path
    try:
        if file_digest(read_below(folder, path, place.lstat().st_size)) != expected:
            return False
        twins = (name for name in files if name.casefold() == path.casefold())
        return not any((folder / name).exists() and place.samefile(folder / name) for name in twins)
    except (OSError, CardpipeError):
        return False


def _backup(target: Path, saved: Path) -> Path | None:
    if not target.exists():
        return None
    try:
        os.link(target, saved)
    except OSError:  # the file system does not support hard links
        shutil.copy2(target, saved)
    return saved


def _remove_empty_parents(folder: Path, paths: Mapping[str, str]) -> None:
    for path in paths:
        for parent in PurePosixPath(path).parents:
            if parent != PurePosixPath():
                with contextlib.suppress(OSError):
                    (folder / parent).rmdir()
