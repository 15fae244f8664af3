"""A cache of rendered cards, so that an edit renders only the cards of one file again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.cache.shards import Shards, as_json
from cardpipe.render.cached_card import AssetSource, CachedCard, decoded
from cardpipe.render.equations import cached_equation
from cardpipe.render.figures import cached_figure
from cardpipe.writers.api import Asset

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from cardpipe.cache.store import Cache
    from cardpipe.render.media import MediaFiles

_FIELDS: Final = 4


class CardCache:
    """The cards of one form, from the last run and for the next."""

    def __init__(self, cache: Cache, form: str, state: Mapping[str, str]) -> None:
        self._shards = Shards(cache, f"cards:{form}", state)

    def recall(self, card_id: str, content: str, number: int) -> CachedCard | None:
        """Return a card if it was rendered from the same position in a file of the same content."""
        kept = self._shards.get(card_id)
        if not isinstance(kept, list) or len(kept) != _FIELDS or kept[:2] != [content, number]:
            return None
        try:
            return decoded(kept[3], kept[2])
        except (ValueError, TypeError):
            self._shards.drop(card_id)
            return None

    def remember(self, card_id: str, content: str, number: int, card: str, digest: str) -> None:
        """Store a card, as written by `encoded`, and its digest."""
        self._shards.put_text(card_id, f"[{as_json(content)},{number},{as_json(digest)},{card}]")

    def reason(self, card_id: str, content: str, number: int) -> str:
        """Return why a card has to be rendered."""
        if self._shards.differing:
            return f"{', '.join(sorted(self._shards.differing))} changed"
        kept = self._shards.get(card_id)
        if kept is None:
            return "not in the cache"
        if kept[0] != content:
            return "its file changed"
        return "a picture of it is no longer in the cache" if kept[1] == number else "its place in the file changed"

    def save(self, card_ids: Set[str]) -> None:
        """Store new cards, and remove all cards except these."""
        self._shards.save(card_ids)


def recalled_asset(source: AssetSource, cache: Cache, media: MediaFiles) -> Asset | None:
    """Return an asset from its source; None if it has changed or does not exist."""
    kind, _, rest = source.origin.partition(":")
    if kind == "media":
        return media.asset(rest, source.name)
    kept = cache.get(source.origin)
    if kind == "equation":
        pictures = (Asset(source.name, source.media_type, data) for data in cached_equation(kept))
        asset = next((picture for picture in pictures if picture.digest[:12] in source.name), None)
    else:
        asset = cached_figure(kept, source.name, source.media_type, cache)
    if asset is None or asset.digest[:12] not in source.name:
        return None
    return asset
