"""The elements and attributes of SVG that draw something and nothing more, from `names.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

_TABLE: Final = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
XML: Final = "http://www.w3.org/XML/1998/namespace"

ANIMATIONS: Final = frozenset(_TABLE["animations"])
PICTURES: Final = frozenset(["image", "feImage"])
TEXTS: Final = frozenset(["text", "tspan", "textPath"])
SHAPES: Final = TEXTS.union(_TABLE["shapes"])
ELEMENTS: Final = SHAPES.union(ANIMATIONS, _TABLE["gradients"], _TABLE["elements"])
DRAWN_AS_STYLE: Final = frozenset(_TABLE["style"])
PLAIN: Final = frozenset(_TABLE["plain"])
ANIMATED: Final = (DRAWN_AS_STYLE - {"style", "clip-path", "cursor", "filter", "mask"}).union(_TABLE["animated"])
EDITORS: Final = tuple(_TABLE["editors"])
