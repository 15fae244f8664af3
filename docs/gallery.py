"""Makes the gallery of the PDF's layouts: `python docs/gallery.py`, after `pip install -e '.[test]'`.

Each layout prints the shipped deck; of its pages the one with the most on it is shown, a sheet of cards with its back.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pypdfium2
from PIL import Image, ImageOps

from cardpipe import plugins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.pdf.layout import Layout

_ROOT = Path(__file__).parent.parent
_FOLDER = _ROOT / "docs/images/gallery"
_PAGE = _ROOT / "docs/gallery.md"
_README_IMAGE = _ROOT / "docs/images/page.png"
_README_PAGE = 4
"""Of the sheet: the one with a formula in each of its places, a figure and a card's beginning."""
_README_HEIGHT = 994
_HEIGHT = 620
"""Pixels of a page that stands upright; the others have its area."""
_COLOURS = 128
_OPTIONS = {"cards": ("--back", "answer"), "fold": ("--back", "answer")}
"""What most people would add."""
_PAIRS = {"cards"}
"""Layouts that print backs behind fronts."""


def pages(layout: str, folder: Path, height: float = _HEIGHT) -> list[Image.Image]:
    """All pages of the shipped deck in a layout, small: so many pixels high where they stand upright."""
    command = [str(Path(sys.executable).with_name("cardpipe")), "-C", str(_ROOT), "export", "--format", "pdf"]
    subprocess.run(  # noqa: S603 - ours
        [*command, "--layout", layout, *_OPTIONS.get(layout, ()), "--output", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    [file] = folder.glob("*.pdf")
    with pypdfium2.PdfDocument(file) as pdf:
        return [_drawn(page, height) for page in pdf]


def _drawn(page: pypdfium2.PdfPage, upright: float) -> Image.Image:
    width, height = page.get_size()
    scale = upright / (width * height * 2**0.5) ** 0.5
    drawn: Image.Image = page.render(scale=2 * scale).to_pil().convert("RGB")
    return drawn.resize((round(width * scale), round(height * scale)), Image.Resampling.LANCZOS)


def chosen(layout: str, drawn: Sequence[Image.Image]) -> Image.Image:
    """The page that shows most, with its back where it has one."""
    fullest = max(range(len(drawn)), key=lambda number: _ink(drawn[number]))
    if layout not in _PAIRS:
        return ImageOps.expand(drawn[fullest], 1, "#c8c8c8")
    front = fullest - fullest % 2
    both = [ImageOps.expand(page, 1, "#c8c8c8") for page in drawn[front : front + 2]]
    image = Image.new("RGB", (sum(page.width for page in both) + 12, both[0].height), "white")
    image.paste(both[0], (0, 0))
    image.paste(both[1], (both[0].width + 12, 0))
    return image


def _ink(page: Image.Image) -> int:
    return sum(page.convert("L").histogram()[:200])


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main() -> None:
    """Draw all layouts, write the page that shows them, and draw the page of the README."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    parts = [
        "# The PDF's layouts\n\nMade by `python docs/gallery.py` from the deck of this repository. "
        "[What each can do](formats-pdf.md).\n"
    ]
    for name in plugins.names(plugins.PDF_LAYOUTS):
        layout = cast("Layout", plugins.load(plugins.PDF_LAYOUTS, name))
        with tempfile.TemporaryDirectory() as folder:
            image = chosen(name, pages(name, Path(folder)))
        (_FOLDER / f"{name}.png").write_bytes(_png(image))
        told = " ".join(["cardpipe export --format pdf --layout", name, *_OPTIONS.get(name, ())])
        summary = f"{layout.summary[0].upper()}{layout.summary[1:]}."
        parts.append(
            f"## `{name}`\n\n{summary}\n\n```sh\n{told}\n```\n\n"
            f"![A page of the layout {name}](images/gallery/{name}.png)\n"
        )
    with tempfile.TemporaryDirectory() as folder:
        page = ImageOps.expand(pages("sheet", Path(folder), _README_HEIGHT)[_README_PAGE - 1], 1, "#c8c8c8")
        _README_IMAGE.write_bytes(_png(page))
    _PAGE.write_text("\n".join(parts), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
