"""The user's signing key, which distinguishes their own cached results from those that a contribution brings.

It is outside of every project, so that contributors cannot know it. Its only use is to sign results.
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
"""The length of the key in bytes."""
_NAME: Final = "signing-key"


def signing_key_path() -> Path:
    """Return the path of the key: in the user's cache folder of the system."""
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


def signing_key() -> bytes | None:
    """Return the key, which is created at its first use; None if it can be neither read nor stored."""
    try:
        return _cached_key(signing_key_path())
    except (OSError, RuntimeError):  # RuntimeError: the user has no home folder
        return None


def signature(purpose: str, data: bytes) -> str | None:
    """Return a signature of data for a purpose; None if there is no key."""
    own = signing_key()
    if own is None:
        return None
    return hashlib.blake2b(data, digest_size=32, key=own, person=purpose.encode()[:16]).hexdigest()


@functools.lru_cache(maxsize=4)
def _cached_key(path: Path) -> bytes:
    """Return the key in a file; raises OSError, which is not cached."""
    found = _read(path)
    if found is None:
        _make(path)
        found = _read(path)
    if found is None:
        raise OSError(f"{path} cannot be stored")
    return found


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(LENGTH + 1)
    except FileNotFoundError:
        return None
    return data if len(data) == LENGTH else None


def _make(path: Path) -> None:
    """Store a new key atomically; two processes that do so at once read the same key."""
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
            # The file system does not support links.
            Path(name).replace(path)
    finally:
        with contextlib.suppress(OSError):
            Path(name).unlink()
