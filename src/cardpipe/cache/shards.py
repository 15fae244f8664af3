"""Thousands of small values in few cache entries: a change rewrites one entry, not all."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from cardpipe.cache.store import Cache

_COUNT: Final = 64
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Shards:
    """JSON values by key, valid for one state of the inputs.

    They are stored as lines of bytes, because most are written once and not parsed.

    A state is a digest of each input by a readable name. Values of another state are not found, and are replaced by new
    ones.
    """

    def __init__(self, cache: Cache, name: str, state: Mapping[str, str]) -> None:
        self._cache = cache
        self._name = name
        self._state = dict(state)
        self.differing: set[str] = set()
        """Names of the inputs that differ from those of values that are therefore not found."""
        self._loaded: dict[int, dict[str, bytes]] = {}
        """Each value as JSON in UTF-8."""
        self._changed: set[int] = set()

    def get(self, key: str) -> Any:
        """Return the value of a key, of any JSON type; None if there is none."""
        kept = self._shard(_number(key)).get(key)
        try:
            return json.loads(kept) if kept is not None else None
        except (ValueError, RecursionError):
            self.drop(key)
            return None

    def put(self, key: str, value: Any) -> None:
        """Set the value of a key; it is stored by `save`."""
        self.put_text(key, as_json(value))

    def put_text(self, key: str, value: str) -> None:
        """Set a value that is already JSON, as written by `as_json`."""
        number = _number(key)
        self._shard(number)[key] = _as_bytes(value)
        self._changed.add(number)

    def drop(self, key: str) -> None:
        """Remove an invalid value."""
        number = _number(key)
        if self._shard(number).pop(key, None) is not None:
            self._changed.add(number)

    def save(self, keys: Set[str] | None = None) -> None:
        """Store new values; with `keys`, remove all values of other keys."""
        for number in range(_COUNT):
            # Shards that were never read matter only if something may have to be removed.
            if keys is not None:
                for gone in self._shard(number).keys() - keys:
                    self.drop(gone)
            if number in self._changed:
                lines = [_as_bytes(as_json(self._state))]
                lines += [b"%b\t%b" % (_as_bytes(as_json(key)), value) for key, value in self._loaded[number].items()]
                self._cache.put(self._entry(number), b"\n".join(lines))
        self._changed.clear()

    def _shard(self, number: int) -> dict[str, bytes]:
        if number not in self._loaded:
            self._loaded[number] = self._read(number)
        return self._loaded[number]

    def _read(self, number: int) -> dict[str, bytes]:
        content = self._cache.get(self._entry(number))
        if content is None:
            return {}
        try:
            first, *lines = content.split(b"\n")
            state = json.loads(first)
            if state == self._state:
                return {json.loads(key): value for key, _, value in (line.partition(b"\t") for line in lines)}
        except (ValueError, TypeError, RecursionError):
            return {}
        if isinstance(state, dict):
            self.differing.update(name for name in self._state if state.get(name) != self._state[name])
        return {}

    def _entry(self, number: int) -> str:
        return f"{self._name}:{number}"


def as_json(value: Any) -> str:
    """Return a value as JSON without whitespace, so that it contains no line ends and tabs."""
    return _JSON.encode(value)


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _number(key: str) -> int:
    return zlib.crc32(_as_bytes(key)) % _COUNT
