"""Recolour a finished PDF: greyscale, or lighter.

This covers text, rules, code, figures and pictures of every engine. A grey has the luminance of its colour, so that
every contrast on white stays the same; blue and similar hues are darkened, so that the figures' blue and vermilion,
which have the same luminance, can still be distinguished.
"""

from __future__ import annotations

import colorsys
import functools
import io
import math
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from cardpipe.errors import RenderError
from cardpipe.writers.pdf.composing.saving import saved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pikepdf
    from PIL import ImageFilter

Colour: TypeAlias = tuple[float, float, float]

_DARKEST_HUE: Final = 0.578
"""The hue of the figures' blue, as a fraction of a turn."""
_DEPTH: Final = 0.6
"""The fraction by which a pure blue is darkened."""
_WEIGHTS: Final = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue in luminance (IEC 61966-2-1)."""
_NUMBER: Final = rb"[-+]?(?:\d+\.?\d*|\.\d+)"
_OPERATOR: Final = re.compile(
    rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>"  # strings, which may contain anything
    rb"|(?<![^\s])(?P<values>" + _NUMBER + rb"\s+(?:(?:" + _NUMBER + rb"\s+){2,3})?)"
    rb"(?P<operator>rg|RG|g|G|k|K)(?![^\s])",
    re.DOTALL,
)
_OTHER: Final = re.compile(
    rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>|(?<![^\s])(?P<values>" + _NUMBER + rb")\s+(?:sc|SC|scn|SCN)(?![^\s])",
    re.DOTALL,
)
"""A colour in a colour space that a stream has selected by name."""
_CALCULATED: Final = (
    b"3 copy abs 2.2 exp .0722 mul exch abs 2.2 exp .7152 mul add exch abs 2.2 exp .2126 mul add .4545 exp 4 1 roll "
    b"2 copy sub .866 mul 4 1 roll add 2 div sub 2 copy dup mul exch dup mul add sqrt "
    b"exch -.8823 mul add exch -.4707 mul add 2 div .6 mul 1 exch sub mul"
)
"""`grey` as a PostScript calculator function (PDF 32000-1, 7.10.5), with 2.2 for the transfer function of sRGB.

From red, green and blue on the stack: first the luminance, then the distance of the hue from the darkest.
"""
_STEPS: Final = 33
"""Steps of each of red, green and blue in the lookup table for pictures."""
_FAINTEST_BLACK: Final = 0.058
"""The minimum luminance with reduced ink: a contrast of 9.7:1 on white."""
_LIFT: Final = 0.01
_QUALITY: Final = 92
"""JPEG quality of recoloured photographs."""


@functools.cache
def grey(red: float, green: float, blue: float) -> float:
    """Return the grey for a colour in sRGB, all from 0 to 1."""
    luminance = _luminance(red, green, blue)
    plain = 12.92 * luminance if luminance <= 0.0031308 else 1.055 * luminance ** (1 / 2.4) - 0.055
    hue, _, _ = colorsys.rgb_to_hsv(red, green, blue)
    nearness = (1 + math.cos(2 * math.pi * (hue - _DARKEST_HUE))) / 2
    return plain * (1 - _DEPTH * (max(red, green, blue) - min(red, green, blue)) * nearness)


def in_greys(data: bytes) -> bytes:
    """Return the PDF in greyscale, including pictures; raises RenderError for an unsupported colour space."""
    import pikepdf

    def greyed(colour: Colour) -> Colour:
        shade = grey(*colour)
        return shade, shade, shade

    with pikepdf.open(io.BytesIO(data)) as pdf:
        _recolour(pdf, greyed)
        for found in pdf.objects:
            if isinstance(found, pikepdf.Stream) and found.get("/Subtype") == "/Image":
                _picture(found)
            if isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
                _shading(found)
                group = found.get("/Group")
                if group is not None and group.get("/CS") == "/DeviceRGB":
                    group.CS = pikepdf.Name.DeviceGray
        if any(match["values"] for stream in _drawings(pdf) for match in _OTHER.finditer(stream.read_bytes())):
            raise _left("A colour")
        return saved(pdf)


def _left(what: str) -> RenderError:
    return RenderError(
        f"{what} of the PDF has a colour space that cannot be converted to grey.",
        hint="Use RGB in pictures instead of Lab or spot colours; or use another engine (--engine).",
    )


def fainter(data: bytes) -> bytes:
    """Return the PDF with lighter text and lines: still easy to read, with a quarter less ink.

    Pictures are not changed, and neither are colours that are lighter already.
    """
    import pikepdf

    def lifted(colour: Colour) -> Colour:
        # Towards white on a straight line, until the luminance is that of the darkest grey.
        share = 0.0
        while _luminance(*(part + (1 - part) * share for part in colour)) < _FAINTEST_BLACK and share < 1:
            share += _LIFT
        red, green, blue = (part + (1 - part) * share for part in colour)
        return red, green, blue

    with pikepdf.open(io.BytesIO(data)) as pdf:
        _recolour(pdf, functools.cache(lifted))
        return saved(pdf)


def _luminance(red: float, green: float, blue: float) -> float:
    linear = (_linear(min(1.0, max(0.0, part))) for part in (red, green, blue))
    return sum(weight * part for weight, part in zip(_WEIGHTS, linear, strict=True))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _recolour(pdf: pikepdf.Pdf, change: Callable[[Colour], Colour]) -> None:
    def operator(match: re.Match[bytes]) -> bytes:
        if not match["operator"]:
            return match[0]
        colour = tuple(round(part, 4) for part in change(_rgb([float(value) for value in match["values"].split()])))
        stroke = match["operator"].isupper()
        if len(set(colour)) == 1:
            return f"{colour[0]:g} ".encode() + (b"G" if stroke else b"g")
        return f"{colour[0]:g} {colour[1]:g} {colour[2]:g} ".encode() + (b"RG" if stroke else b"rg")

    for stream in _drawings(pdf):
        stream.write(_OPERATOR.sub(operator, stream.read_bytes()))


def _drawings(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Stream]:
    """Return everything with operators: pages, form XObjects, patterns and the glyphs of Type 3 fonts."""
    import pikepdf

    for page in pdf.pages:
        page.contents_coalesce()
        contents = page.obj.get("/Contents")
        if isinstance(contents, pikepdf.Stream):
            yield contents
    for found in pdf.objects:
        if isinstance(found, pikepdf.Stream):
            if found.get("/Subtype") == "/Form" or found.get("/PatternType") == 1:
                yield found
        elif isinstance(found, pikepdf.Dictionary) and found.get("/Subtype") == "/Type3":
            yield from (letter for letter in found.CharProcs.as_dict().values() if isinstance(letter, pikepdf.Stream))


def _rgb(values: list[float]) -> Colour:
    """Return a colour in grey, RGB, or CMYK as RGB (PDF 32000-1, 10.3.5)."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    if len(values) == 4:
        *inks, black = values
        values = [1 - min(1.0, ink + black) for ink in inks]
    return values[0], values[1], values[2]


@functools.cache
def _table() -> ImageFilter.Color3DLUT:
    """Convert all colours of a picture at once."""
    from PIL import ImageFilter

    def entry(red: float, green: float, blue: float) -> tuple[float, float, float]:
        shade = grey(red, green, blue)
        return shade, shade, shade

    return ImageFilter.Color3DLUT.generate(_STEPS, entry)


def _picture(image: pikepdf.Stream) -> None:
    import pikepdf

    if image.get("/ImageMask") or image.get("/ColorSpace") == "/DeviceGray":
        return
    jpeg = image.get("/Filter") == "/DCTDecode"
    drawn = pikepdf.PdfImage(image).as_pil_image().convert("RGB").filter(_table()).getchannel(0)
    if jpeg:
        stream = io.BytesIO()
        drawn.save(stream, "JPEG", quality=_QUALITY)
        image.write(stream.getvalue(), filter=pikepdf.Name.DCTDecode)
    else:
        image.write(drawn.tobytes())
    image.ColorSpace = pikepdf.Name.DeviceGray
    image.BitsPerComponent = 8
    for key in ("/Decode", "/Mask"):
        if key in image:
            del image[key]


def _shading(found: pikepdf.Object) -> None:
    """Convert a gradient as engines write it: an exponential, stitching or calculator function."""
    import pikepdf

    shading = found.get("/Shading") if found.get("/PatternType") == 2 else found
    if shading is None or "/ShadingType" not in shading or shading.get("/ColorSpace") == "/DeviceGray":
        return
    if shading.get("/ColorSpace") != "/DeviceRGB" or not _function(shading.get("/Function")):
        raise _left("A gradient")
    shading.ColorSpace = pikepdf.Name.DeviceGray


def _function(function: pikepdf.Object | None) -> bool:
    import pikepdf

    if isinstance(function, pikepdf.Stream) and function.get("/FunctionType") == 4:
        if len(function.Range) > 2:  # otherwise another gradient shares it, and it is grey already
            function.write(function.read_bytes().rstrip().removesuffix(b"}") + b"\n" + _CALCULATED + b"}")
            function.Range = pikepdf.Array([0, 1])
        return True
    if not isinstance(function, pikepdf.Dictionary) or function.get("/FunctionType") not in (2, 3):
        return False
    if function.FunctionType == 3:
        done = [_function(part) for part in function.Functions]
        return all(done)
    for key in ("/C0", "/C1"):
        function[key] = [round(grey(*_rgb([float(part) for part in function[key]])), 4)]
    return True
