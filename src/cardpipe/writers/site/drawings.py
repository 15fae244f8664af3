"""Pictures as SVG, in fewer bytes than in other formats, under names of their own content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.assets.svg.minify import minified
from cardpipe.writers.page.math_fonts import is_formula

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.site.kept_pages import KeptPage, KeptPages

_DIGEST: Final = re.compile(r"(?:-[0-9a-f]{12})?\.svg$")
"""The end of the name of an asset."""
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class SiteDrawing:
    """The file of a drawing on the site."""

    name: str
    file: KeptPage


def site_drawings(deck: RenderedDeck, kept: KeptPages) -> Mapping[str, SiteDrawing]:
    """Return the files of all pictures as SVG, by the names of their assets."""
    made: dict[str, SiteDrawing] = {}
    for name, asset in deck.assets.items():
        if asset.media_type == "image/svg+xml" and not is_formula(name):
            file = kept.page(f"assets/{name}", (asset.digest,), partial(minified, asset.data))
            made[name] = SiteDrawing(_DIGEST.sub(f"-{file.sha256[:_DIGITS]}.svg", name), file)
    return made
