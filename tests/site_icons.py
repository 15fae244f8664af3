"""Draws the icons of sites; run it when their look changes (`python tests/site_icons.py`)."""

from __future__ import annotations

import io
from importlib import resources
from typing import Final

from PIL import Image

from cardpipe.writers.site import pictures

ICONS: Final = {
    "icon-192.png": (192, 0.06),
    "icon-512.png": (512, 0.06),
    "icon-maskable.png": (512, 0.16),
    "icon-touch.png": (180, 0.08),
}
"""Size in pixels, and the share of it on each side that is left empty."""
_FINER: Final = 4
"""Pixels are drawn so many times finer and then averaged."""


def icon(size: int, margin: float) -> bytes:
    """Return the icon as PNG."""
    side = size * _FINER
    whole = Image.new("RGB", (side, side), pictures._BLUE)
    pictures._draw_cards(whole, side * margin, side * margin, side * (1 - 2 * margin))
    out = io.BytesIO()
    whole.resize((size, size), Image.Resampling.BOX).quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Write the files."""
    with resources.as_file(resources.files("cardpipe.writers.site").joinpath("assets")) as folder:
        for name, (size, margin) in ICONS.items():
            (folder / name).write_bytes(icon(size, margin))


if __name__ == "__main__":
    main()
