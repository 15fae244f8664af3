"""Thousands of small values in the cache, in a few entries: one that changes writes one entry anew, not all."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from cardpipe.cache import Cache

_COUNT: Final = 64


class Shards:
    """Values by key, which are JSON, and which hold for one state of everything that shaped them all.

    A state is a digest for each thing that shapes them, by a name that people understand. Of another state nothing is
    found, and what is put takes its place.
    """

    def __init__(self, cache: Cache, name: str, state: Mapping[str, str]) -> None:
        self._cache = cache
        self._name = name
        self._state = dict(state)
        self.differing: set[str] = set()
        """Names of the things that are not as they were when values were kept that are not found now."""
        self._loaded: dict[int, dict[str, Any]] = {}
        self._changed: set[int] = set()

    def get(self, key: str) -> Any:
        """The value of a key, of any form that JSON has; None where there is none."""
        return self._shard(_number(key)).get(key)

    def put(self, key: str, value: Any) -> None:
        """Put a value in the place of a former one; it is kept when `save` is called."""
        number = _number(key)
        self._shard(number)[key] = value
        self._changed.add(number)

    def drop(self, key: str) -> None:
        """Forget a value that turned out to be none."""
        number = _number(key)
        if self._shard(number).pop(key, None) is not None:
            self._changed.add(number)

    def save(self, keys: Set[str] | None = None) -> None:
        """Keep what is new; with `keys`, forget all values but those."""
        for number in range(_COUNT):
            # What was never asked for is looked at only where something may have to be forgotten.
            if keys is not None:
                for gone in self._shard(number).keys() - keys:
                    self.drop(gone)
            if number in self._changed:
                content = json.dumps([self._state, self._loaded[number]], ensure_ascii=False, separators=(",", ":"))
                self._cache.put(self._entry(number), content.encode("utf-8", "surrogatepass"))
        self._changed.clear()

    def _shard(self, number: int) -> dict[str, Any]:
        if number not in self._loaded:
            self._loaded[number] = self._read(number)
        return self._loaded[number]

    def _read(self, number: int) -> dict[str, Any]:
        content = self._cache.get(self._entry(number))
        try:
            state, values = json.loads(content) if content is not None else (None, {})
        except (ValueError, TypeError, RecursionError):
            return {}
        if state != self._state and isinstance(state, dict):
            self.differing.update(name for name in self._state if state.get(name) != self._state[name])
        return values if state == self._state and isinstance(values, dict) else {}

    def _entry(self, number: int) -> str:
        return f"{self._name}:{number}"


def _number(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % _COUNT
