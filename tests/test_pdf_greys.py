"""Greyscale PDFs of every engine and colour space, and CMYK photographs."""

from __future__ import annotations

import io
import math
import operator
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from cardpipe.errors import RenderError
from cardpipe.writers.api import Asset
from cardpipe.writers.pdf import WRITER
from cardpipe.writers.pdf.composing.photographs import for_print
from cardpipe.writers.pdf.prepress.recolour import _CALCULATED, grey, in_greys
from page_sample import card, deck, silent, usable

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.usefixtures("browser_as_root")


def drawing(body: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60" viewBox="0 0 120 60">{body}</svg>'.encode()


def gradient(kind: str, attributes: str) -> bytes:
    stops = (
        '<stop offset="0" stop-color="#d00"/><stop offset="0.4" stop-color="#0d0"/><stop offset="1" stop-color="#00d"/>'
    )
    shape = '<rect width="120" height="60" fill="url(#g)" stroke="url(#g)"/>'
    return drawing(f'<defs><{kind} id="g" {attributes}>{stops}</{kind}></defs>{shape}')


def photograph(mode: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 20), (200, 40, 90)).convert(mode).save(stream, "JPEG")
    return stream.getvalue()


DRAWINGS = {
    "linear.svg": gradient("linearGradient", ""),
    "reflected.svg": gradient("linearGradient", 'x2="0.2" spreadMethod="reflect"'),
    "radial.svg": gradient("radialGradient", 'fx="0.3"'),
    "pattern.svg": drawing(
        '<defs><pattern id="p" width="10" height="10" patternUnits="userSpaceOnUse"><rect width="5" height="5" '
        'fill="#d00"/></pattern></defs><rect width="120" height="60" fill="url(#p)" stroke="#00d"/>'
    ),
    "words.svg": drawing('<text y="40" font-size="30" fill="#d00" stroke="#00d">Text</text>'),
}


def write(assets: dict[str, bytes], **options: str) -> bytes:
    usable(options.get("engine", "plutoprint"))
    made = {
        name: Asset(name, "image/svg+xml" if name.endswith(".svg") else "image/jpeg", data)
        for name, data in assets.items()
    }
    shown = "".join(f'<p><img class="media" src="{name}" alt="A" width="120" height="60"></p>' for name in made)
    rendered = deck(card("ML0001", details=shown, tags=()), assets=made)
    return WRITER.write(rendered, {"layout": "quiz", **options}, silent)[0].data


def colourfulness(data: bytes) -> int:
    """By how much red, green and blue of any pixel differ."""
    with pypdfium2.PdfDocument(data) as opened:
        pictures = [page.render(scale=1).to_numpy().astype(int) for page in opened]
    return max(int((picture.max(axis=2) - picture.min(axis=2)).max()) for picture in pictures)


@pytest.mark.quick_cases("plutoprint")
@pytest.mark.parametrize("engine", ["plutoprint", "chromium", "weasyprint"])
def test_gradients_patterns_and_photographs_are_grey(engine: str) -> None:
    data = write({**DRAWINGS, "photo.jpg": photograph("RGB")}, engine=engine)
    assert colourfulness(data) > 150
    assert colourfulness(in_greys(data)) == 0


@pytest.mark.slow
def test_a_colour_of_another_kind_is_refused_and_not_left() -> None:
    data = write({"lab.svg": drawing('<rect width="60" height="60" fill="lab(50% 60 30)"/>')}, engine="weasyprint")
    with pytest.raises(RenderError, match=r"A colour of the PDF .* cannot be converted to grey") as caught:
        in_greys(data)
    assert "RGB" in str(caught.value.hint)


def test_a_gradient_of_another_kind_is_refused_and_not_left() -> None:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        shading = pikepdf.Dictionary(ShadingType=2, ColorSpace=pikepdf.Name.DeviceCMYK, Coords=[0, 0, 1, 1])
        page.obj.Resources = pikepdf.Dictionary(Shading=pikepdf.Dictionary(a=pdf.make_indirect(shading)))
        stream = io.BytesIO()
        pdf.save(stream)
    with pytest.raises(RenderError, match="A gradient of the PDF"):
        in_greys(stream.getvalue())


@pytest.mark.parametrize(
    "colour", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.2, 0.5, 0.9), (1, 1, 1), (0, 0, 0), (0.8, 0.4, 0)]
)
def test_calculated_greys_are_those_of_all_colours(colour: tuple[float, float, float]) -> None:
    assert calculated(colour) == pytest.approx(grey(*colour), abs=0.035)


def calculated(colour: tuple[float, float, float]) -> float:
    """What a reader of PDF would calculate."""
    stack: list[float] = list(colour)
    binary: dict[str, Callable[[float, float], float]] = {
        "mul": operator.mul,
        "add": operator.add,
        "sub": operator.sub,
        "div": operator.truediv,
        "exp": pow,
    }
    for word in _CALCULATED.decode().split():
        if word in binary:
            second, first = stack.pop(), stack.pop()
            stack.append(binary[word](first, second))
        elif word == "copy":
            count = int(stack.pop())
            stack += stack[-count:]
        elif word == "roll":
            turns, count = int(stack.pop()), int(stack.pop())
            stack[-count:] = stack[-turns:] + stack[-count:-turns]
        elif word == "exch":
            stack[-2:] = stack[:-3:-1]
        elif word == "dup":
            stack.append(stack[-1])
        elif word in {"abs", "sqrt"}:
            stack.append(abs(stack.pop()) if word == "abs" else math.sqrt(stack.pop()))
        else:
            stack.append(float(word))
    [result] = stack
    return result


@pytest.mark.quick_cases("plutoprint")
@pytest.mark.parametrize("engine", ["plutoprint", "weasyprint"])
def test_a_photograph_in_inks_is_printed(engine: str) -> None:
    data = write({"inks.jpg": photograph("CMYK")}, engine=engine)
    assert colourfulness(data) > 100


def test_only_photographs_in_inks_are_rewritten() -> None:
    for data in (photograph("RGB"), photograph("L"), b"", b"\xff\xd8", b"<svg/>", b"\xff\xd8\xff\xc0"):
        assert for_print(data, "image/jpeg") == data
    with Image.open(io.BytesIO(for_print(photograph("CMYK"), "image/jpeg"))) as made:
        assert made.mode == "RGB"
        assert made.getpixel((5, 5)) == pytest.approx((200, 40, 90), abs=6)
