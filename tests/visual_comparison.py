"""Pictures of pages, compared with the ones that reviewers have accepted.

Two pictures look the same where no block of them differs much in its mean colour. This passes over how a system draws
the edges of letters, and sees a word, a line or a colour that comes, goes or moves.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 12
"""Pixels of a block's side, about a line of text."""
BLOCK_LIMIT = 22.0
"""How far a block's mean may differ, of 255."""
MEAN_LIMIT = 1.5
"""How far the mean of all blocks' differences may go, of 255."""
COLOURS = 128
"""Of the palette that an accepted picture is kept in."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two pictures are from each other."""

    block: float
    """The largest difference of a block's mean, of 255."""
    mean: float
    """The mean difference of all blocks, of 255."""

    @property
    def seen(self) -> bool:
        """Whether a person would notice."""
        return self.block > BLOCK_LIMIT or self.mean > MEAN_LIMIT


def _blocks(image: Image.Image) -> np.ndarray:
    width, height = (-(-side // BLOCK) * BLOCK for side in image.size)
    padded = Image.new("RGB", (width, height), "white")
    padded.paste(image)
    pixels = np.asarray(padded, dtype=np.float64)
    means: np.ndarray = pixels.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3).mean(axis=(1, 3))
    return means


def difference(one: Image.Image, other: Image.Image) -> Difference:
    """Compare two pictures; those of different sizes differ in all."""
    if one.size != other.size:
        return Difference(255.0, 255.0)
    distance = np.abs(_blocks(one) - _blocks(other)).max(axis=2)
    return Difference(float(distance.max()), float(distance.mean()))


def small_png(image: Image.Image) -> bytes:
    """A picture in few colours."""
    stream = io.BytesIO()
    image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE).save(
        stream, "PNG", optimize=True
    )
    return stream.getvalue()


def check(image: Image.Image, reference: Path, folder: Path, *, accept: bool) -> None:
    """Compare a picture with the accepted one, or accept it.

    Raises AssertionError where they differ; `folder` then holds the new picture and the difference.
    """
    if accept:
        reference.parent.mkdir(exist_ok=True)
        if not reference.exists() or difference(image, Image.open(reference).convert("RGB")).seen:
            reference.write_bytes(small_png(image))
        return
    assert reference.exists(), f"There is no {reference.name} yet: run pytest with --accept-visual, and look at it."
    known = Image.open(reference).convert("RGB")
    found = difference(image, known)
    if found.seen:
        image.save(folder / f"new-{reference.name}")
        if image.size == known.size:
            ImageChops.invert(ImageChops.difference(image.convert("RGB"), known)).save(
                folder / f"diff-{reference.name}"
            )
    assert not found.seen, (
        f"{reference.name} looks different ({found}; {known.size} to {image.size} pixels): see {folder}. "
        "If it should, run pytest with --accept-visual, look at the picture and commit it."
    )
