"""Puts new files in the place of old ones: all of them, or after a failure none.

Each file is renamed into its place, so that it is always whole. No system renames several files at once, so a process
that is killed between two renames leaves some files new and some old. Therefore the staging folder holds a signed list
of all that is to be done, and the next export begins by completing it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cardpipe.cache.signing import signature
from cardpipe.errors import CardpipeError, PublishError
from cardpipe.files.reading import is_link, read_below, read_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAN: Final = "plan.json"
_LARGEST: Final = 64 * 1024 * 1024


def swap(files: Mapping[str, bytes], stale: Mapping[str, str], folder: Path, staging: Path) -> None:
    """Put files into a folder, by their paths in it, and remove stale ones whose digest is the given one.

    Raises PublishError where a link or anything but a file stands in the way, and OSError, after which everything is
    as it was.
    """
    for path in (*files, *stale):
        refuse_obstacles(folder, path)
    for number, data in enumerate(files.values()):
        (staging / f"new-{number}").write_bytes(data)
    _write_plan(staging, {path: digest(data) for path, data in files.items()}, stale)
    undo: list[tuple[Path, Path | None]] = []
    try:
        for number, path in enumerate(files):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            undo.append((target, _backup(target, staging / f"old-{number}")))
            (staging / f"new-{number}").replace(target)
        for number, path in enumerate(_removable(folder, stale, files)):
            saved = staging / f"stale-{number}"
            (folder / path).replace(saved)
            undo.append((folder / path, saved))
    except OSError:
        # What is taken back must not be completed by the next export.
        (staging / _PLAN).unlink(missing_ok=True)
        for place, former in reversed(undo):
            with contextlib.suppress(OSError):
                if former is None:
                    place.unlink(missing_ok=True)
                else:
                    former.replace(place)
        raise
    _remove_empty_parents(folder, stale)


def complete(folder: Path, staging: Path) -> None:
    """Do what is left of a swap that was killed; a plan that this user did not write is not looked at."""
    plan = _read_plan(staging)
    if plan is None:
        return
    for number, (path, expected) in enumerate(plan["files"].items()):
        with contextlib.suppress(OSError, CardpipeError):
            new = staging / f"new-{number}"
            if digest(read_below(staging, new.name, new.stat().st_size)) == expected:
                refuse_obstacles(folder, path)
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                new.replace(folder / path)
    with contextlib.suppress(OSError, CardpipeError):
        for path in plan["stale"]:
            refuse_obstacles(folder, path)
        for path in _removable(folder, plan["stale"], plan["files"]):
            (folder / path).unlink(missing_ok=True)
        _remove_empty_parents(folder, plan["stale"])


def refuse_obstacles(folder: Path, path: str) -> None:
    """Raise PublishError where a link below the folder leads to a path, or where anything but a file is there."""
    place = folder
    for part in PurePosixPath(path).parts:
        place = place / part
        if is_link(place):
            raise PublishError(
                f"{place} is a symbolic link, and cardpipe does not write through links.",
                hint="Remove the link or choose another --output.",
            )
    if os.path.lexists(place) and not stat.S_ISREG(place.lstat().st_mode):
        what = "a folder" if place.is_dir() else "not a regular file"
        raise PublishError(f"{place} is {what} where a file must go.", hint="Move it away or choose another --output.")


def digest(data: bytes) -> str:
    """What tells the content of a file that an export wrote from any other."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def signed(purpose: str, content: Mapping[str, Any]) -> bytes:
    """JSON with a signature that only this user can make, which is null where this user has no signing key."""
    made = signature(purpose, _canonical(content))
    return json.dumps({**content, "signature": made}, indent=1, sort_keys=True).encode() + b"\n"


def read_signed(purpose: str, folder: Path, name: str) -> dict[str, Any] | None:
    """Such JSON from a file; None for whatever this user did not sign."""
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
    """The stale files that are as an export left them, and are not a new file by another spelling of its name."""
    return [path for path, expected in stale.items() if _is_unchanged(folder, path, expected, files)]


def _is_unchanged(folder: Path, path: str, expected: str, files: Mapping[str, object]) -> bool:
    place = folder / path
    try:
        if digest(read_below(folder, path, place.lstat().st_size)) != expected:
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
    except OSError:  # a file system without hard links
        shutil.copy2(target, saved)
    return saved


def _remove_empty_parents(folder: Path, paths: Mapping[str, str]) -> None:
    for path in paths:
        for parent in PurePosixPath(path).parents:
            if parent != PurePosixPath():
                with contextlib.suppress(OSError):
                    (folder / parent).rmdir()
