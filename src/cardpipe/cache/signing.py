"""The secret that tells what this user's own runs have kept from what somebody else put into a project.

It lies outside of every project, so that nobody who sends a change can know it. Whoever holds it can make results that
are believed, and nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

LENGTH: Final = 32
"""Bytes."""
_NAME: Final = "seal"


def seal_path() -> Path:
    """Where it lies: in the folder of the user's caches, by the system's custom."""
    own = os.environ.get("XDG_CACHE_HOME", "")
    if own and Path(own).is_absolute():
        base = Path(own)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path.home() / ".cache"
    return base / "cardpipe" / _NAME


def seal() -> bytes | None:
    """The secret, made at its first use; None where it can be neither read nor kept."""
    try:
        return _known(seal_path())
    except (OSError, RuntimeError):  # RuntimeError: nobody knows where the user's home is
        return None


def signature(purpose: str, data: bytes) -> str | None:
    """What only this user can make of some data, for one purpose; None where there is no secret."""
    own = seal()
    if own is None:
        return None
    return hashlib.blake2b(data, digest_size=32, key=own, person=purpose.encode()[:16]).hexdigest()


@functools.lru_cache(maxsize=4)
def _known(path: Path) -> bytes:
    """A file's secret; raises OSError, which is not remembered."""
    found = _read(path)
    if found is None:
        _make(path)
        found = _read(path)
    if found is None:
        raise OSError(f"{path} cannot be kept")
    return found


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(LENGTH + 1)
    except FileNotFoundError:
        return None
    return data if len(data) == LENGTH else None


def _make(path: Path) -> None:
    """Put a new secret there whole; of two that do so at once, both then read the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(LENGTH))
        try:
            os.link(name, path)
        except FileExistsError:
            if _read(path) is None:
                Path(name).replace(path)
        except OSError:
            # A file system without links.
            Path(name).replace(path)
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()
