"""Watch the source of a project: by the notifications of the system, or by looking at all files again and again."""

from __future__ import annotations

import importlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

SOURCE: Final = "source"
EVERYTHING: Final = frozenset[str]()
"""Stands for changes that are not known one by one."""
_DEBOUNCE: Final = 50
"""Milliseconds after which a series of changes is reported although it goes on."""
_STEP: Final = 10
"""Milliseconds without a further change after which changes are reported."""
_LOOK: Final = 1000
"""Milliseconds after which the watcher checks that the folder is still the same one."""
_PAUSE: Final = 0.2
"""The least time between two looks at all files, in seconds."""
_SHARE: Final = 10
"""A look at all files may take this part of the time: after a slow one, the pause is longer."""


def is_notified() -> bool:
    """Return whether watchfiles is installed, which the system notifies of changes."""
    try:
        importlib.import_module("watchfiles")
    except ImportError:
        return False
    return True


def changes(root: Path, stop: threading.Event, *, poll: bool = False) -> Iterator[frozenset[str]]:
    """Return the paths of changed, added and removed files below `source/`, in batches, until `stop` is set.

    Paths are relative to the project, with forward slashes. Hidden files are left out. With `poll`, files are looked at
    again and again, for file systems that notify nobody.
    """
    folder = root / SOURCE
    while not stop.is_set():
        identity = _identity(folder)
        if identity is None:
            stop.wait(_PAUSE)
            continue
        yield EVERYTHING
        if poll or not is_notified():
            yield from _polled(root, stop)
        else:
            yield from _notified(root, stop, identity)


def _notified(root: Path, stop: threading.Event, identity: tuple[int, int]) -> Iterator[frozenset[str]]:
    """Return changes until the folder itself is removed or replaced."""
    from watchfiles import watch

    folder = root / SOURCE
    batches = watch(
        folder,
        watch_filter=None,
        debounce=_DEBOUNCE,
        step=_STEP,
        stop_event=stop,
        rust_timeout=_LOOK,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    try:
        for number, batch in enumerate(batches):
            if number == 0:
                yield EVERYTHING  # what changed before the watch was set up
            paths = frozenset(path for _, name in batch if (path := _relative(root, name)) is not None)
            if paths:
                yield paths
            if _identity(folder) != identity:
                return
    except (OSError, RuntimeError):
        # The folder was removed while its watch was set up, or the system has no more watches to give.
        yield from _polled(root, stop)


def _polled(root: Path, stop: threading.Event) -> Iterator[frozenset[str]]:
    """Return changes until the folder itself is removed."""
    before: dict[str, tuple[int, int, int]] | None = None
    while True:
        begin = time.monotonic()
        now = state(root)
        if before is not None:
            changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
            if changed:
                yield frozenset(changed)
        if not now and _identity(root / SOURCE) is None:
            return
        before = now
        if stop.wait(max(_PAUSE, _SHARE * (time.monotonic() - begin))):
            return


def state(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return time, size and number of each file below `source/` that is not hidden."""
    found = {}
    waiting = [root / SOURCE]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                        continue
                    facts = entry.stat(follow_symlinks=False)
                    path = _relative(root, entry.path)
                    if path is not None:
                        found[path] = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        except OSError:  # removed meanwhile
            continue
    return found


def _relative(root: Path, name: str) -> str | None:
    try:
        parts = Path(name).relative_to(root).parts
    except ValueError:
        return None
    return None if any(part.startswith(".") for part in parts) else "/".join(parts)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        facts = folder.stat()
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino)
