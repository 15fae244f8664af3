"""Hostile pictures are findings: SVG that loads, runs or grows, and damaged or oversized bitmaps.

A payload is a line of one of the lists.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cardpipe.assets.inspection import inspect, inspected
from cardpipe.assets.pictures import decoded, picture_size
from cardpipe.assets.svg import read, svg_faults, work_of
from cardpipe.cache.store import Cache
from cardpipe.errors import RenderError
from cardpipe.figures.picture import faults
from cardpipe.model.deck import Media
from cardpipe.writers.api import Asset, FigureForm
from cardpipe.writers.pdf.composing.paper import Paper
from cardpipe.writers.pdf.engine import Resources, draw
from cardpipe.writers.pdf.engines.plutoprint import ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NAMES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def svg(content: str, attributes: str = 'width="400" height="300"', before: str = "") -> bytes:
    return f"{before}<svg {NAMES} {attributes}>{content}</svg>".encode()


def rectangle(attributes: str = "") -> str:
    return f'<rect width="90" height="90" {attributes}/>'


LOADING = [
    # elements
    *(f"<{name}/>" for name in ("script", "foreignObject", "iframe", "object", "embed", "audio", "video", "handler")),
    *(f"<{name}/>" for name in ("listener", "cursor", "tref", "font-face-uri", "color-profile", "discard", "link")),
    *(f"<{name}/>" for name in ("SCRIPT", "Script", "meta", "base", "canvas", "altGlyph", "animation", "template")),
    f'<x {XHTML} xlink:href="#a"/>',
    '<h:script xmlns:h="http://www.w3.org/1999/xhtml" src="x"/>',
    '<metadata><h:meta xmlns:h="http://www.w3.org/1999/xhtml" http-equiv="refresh" content="0;url=//e.x"/></metadata>',
    '<h:img xmlns:h="http://www.w3.org/1999/xhtml" srcset="a.png 2x"/>',
    '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"/>',
    '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="a"/>',
    '<x:x xmlns:x="urn:whatever"/>',
    # addresses
    *(f'<image xlink:href="{to}"/>' for to in ("a.png", "//e.x/a", "http://e.x", "file:///etc/passwd", "", "\\\\e\\a")),
    '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
    '<image href="data:image/svg+xml,&lt;svg/&gt;"/>',
    '<image href="data:image/png,raw"/>',
    '<image href="dATa:text/html;base64,AAAA"/>',
    '<image src="a.png"/>',
    '<image srcset="a.png 2x"/>',
    '<y:image xmlns:y="http://www.w3.org/2000/svg" xmlns:z="http://www.w3.org/1999/xlink" z:href="a.png"/>',
    '<image xmlns:z="urn:x" z:href="a.png"/>',
    '<use href="a.svg#b"/>',
    '<use href="data:image/png;base64,AAAA"/>',
    '<feImage href="http://e.x/a.png"/>',
    '<filter><feImage xlink:href="a.png"/></filter>',
    '<a href="javascript:alert(1)"><text>x</text></a>',
    '<a href="&#106;avascript:alert(1)"/>',
    '<linearGradient href="a.svg#b"/>',
    '<g xml:base="http://e.x/"/>',
    '<text xlink:actuate="onLoad" xlink:href="x"/>',
    # attributes
    *(f'<g {name}="x"/>' for name in ("onload", "ONLOAD", "onbegin", "data", "ping", "formaction", "background")),
    *(f'<g {name}="x"/>' for name in ("action", "poster", "srcdoc", "nonsense", "codebase")),
    '<g xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load"/>',
    # values
    *(f'<g style="{value}"/>' for value in ("fill:url(http://e.x)", "fill:URL(//e.x)", "fill:url( 'a.svg#b' )")),
    *(
        f'<g style="{value}"/>'
        for value in (r"fill:u\72l(//e.x)", r"fill:\75rl(//e.x)", "fill:url(//e.x", "a:url(#%61)")
    ),
    *(f'<g style="a:{value}"/>' for value in ("image-set('a' 1x)", "-webkit-image-set(url(a) 1x)", "image('a')")),
    *(
        f'<g style="a:{value}"/>'
        for value in ("src('a')", "cross-fade(url(a),url(b))", "element(#a)", "paint(a)", "env(a)")
    ),
    *(
        f'<g style="a:{value}"/>'
        for value in ("expression(1)", "attr(href)", "ur/**/l(a)", "url(&quot;data:image/svg+xml,&quot;)")
    ),
    '<g style="--x:url(#a)"/>',
    '<g fill="url(http://e.x#a)"/>',
    '<g cursor="url(a.cur), auto"/>',
    '<g filter="url(a.svg#f)"/>',
    '<g mask="u\\72l(a)"/>',
    '<g font="1px url(a)"/>',
    # style sheets
    *(f"<style>{css}</style>" for css in ("@import 'a';", "@IMPORT url(a);", r"@\69mport 'a';", "@namespace url(a);")),
    *(f"<style>{css}</style>" for css in ("@im<!-- -->port 'a';", "@im<![CDATA[port]]> 'a';", "@&#105;mport 'a';")),
    *(
        f"<style>{css}</style>"
        for css in (".a{fill:url(a)}", ".a{fill:u\\72l(a)}", ".a{x:image-set('a')}", "a{b:url(a")
    ),
    *(
        f"<style>{css}</style>"
        for css in ("@font-face{src:url(a.woff)}", "@font-face{src:url(data:text/html;base64,AA)}")
    ),
    *(f"<style>{css}</style>" for css in ("'", ".a{--b:url(#c)}", "@media x{.a{b:url(c)}}", "@layer{.a{b:url(c)}}")),
    "<style>a{b:c}<g/></style>",
    "<style>@keyframes a{to{fill:url(http://e.x)}}</style>",
    # animations
    *(
        f'<a><set attributeName="{name}" to="#a"/></a>'
        for name in ("href", "xlink:href", " href", "style", "class", "filter")
    ),
    '<a><animate attributeName="href" values="javascript:alert(1)"/></a>',
    '<animate attributeName="fill" values="red;url(http://e.x)"/>',
    '<animate attributeName="fill" from="a" by="javascript:b"/>',
    # XML
    '<?xml-stylesheet href="a.xsl" type="text/xsl"?>',
    "<?php echo 1?>",
    "&undefined;",
]
BEFORE = [
    '<!DOCTYPE svg [<!ENTITY a "b">]>',
    "<!--><script>alert(1)</script>-->",
    "<!---><script>alert(1)</script>-->",
    "<?xpacket a='><script>alert(1)</script>'?>",
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/svg11.dtd" [<!ENTITY a "b">]>',
    '<!DOCTYPE svg SYSTEM "http://e.x/a.dtd">',
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">',
    '<!DOCTYPE svg SYSTEM "file:///etc/passwd">',
    "<!DOCTYPE html>",
    '<?xml-stylesheet href="a.css"?>',
    '<?xml version="1.0" encoding="utf-7"?>',
]


@pytest.mark.parametrize("content", LOADING)
def test_nothing_that_runs_or_loads_passes(content: str) -> None:
    found = svg_faults(svg(f"\n  {content}"))
    assert found
    assert (found[0].line, found[0].column >= 3) == (2, True)
    assert found[0].help
    assert faults(svg(content), FigureForm.SVG, 400, 300), "the figures of scripts are checked alike"


@pytest.mark.parametrize("before", BEFORE)
def test_no_declaration_passes_that_is_more_than_a_name(before: str) -> None:
    assert svg_faults(svg(rectangle(), before=before))


def test_another_encoding_is_refused() -> None:
    assert svg_faults(svg("").decode().encode("utf-16"))


DOCTYPE = (
    '<?xml version="1.0" encoding="utf-8" standalone="no"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n'
    '  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
)
EDITORS = {
    "matplotlib": svg('<defs><style type="text/css">*{stroke-linejoin: round}</style></defs>', before=DOCTYPE),
    "Illustrator": svg(
        "<style>.st0{clip-path:url(#b);fill:url(#a);font-family:'Myriad-Regular';}</style><switch><g>"
        '<defs><rect id="c" width="5" height="5"/></defs><clipPath id="b"><use xlink:href="#c" style="x:y;"/>'
        '</clipPath><linearGradient id="a"><stop offset="0" style="stop-color:#FFF"/></linearGradient>'
        '<path class="st0" d="M0 0"/></g></switch>',
        'viewBox="0 0 5 5" style="enable-background:new 0 0 5 5;" xml:space="preserve"',
        '<?xml version="1.0" encoding="iso-8859-1"?>',
    ),
    "Inkscape": svg(
        '<sodipodi:namedview pagecolor="#fff"><inkscape:grid type="xygrid"/></sodipodi:namedview><defs>'
        '<inkscape:path-effect effect="spiro" only_selected="false"/><marker id="m" style="x:y" '
        'inkscape:stockid="A"><path style="fill:context-stroke" d="M0 0"/></marker></defs><path sodipodi:nodetypes="c" '
        'style="marker-end:url(#m);-inkscape-font-specification:\'Sans, Bold\'" d="M0 0"/><metadata><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:type rdf:resource="http://purl.org/dc/dcmitype/StillImage"/></rdf:RDF></metadata>',
        'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="9mm" height="9mm" '
        'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" inkscape:version="1.2"',
    ),
    "draw.io": svg(
        '<g data-cell-id="0"><rect style="fill: light-dark(#ffffff, var(--ge-dark-color, #121212));"/></g>',
        'style="color-scheme: light dark;" content="&lt;mxfile host=&quot;app.diagrams.net&quot;/&gt;"',
    ),
    "Graphviz": svg('<a xlink:title="tip"><ellipse fill="none" cx="27" cy="-90" rx="27" ry="18"/></a>', before=DOCTYPE),
    "Excalidraw": svg("<style>@font-face { font-family: V; src: url(data:font/woff2;base64,AAAA); }</style>"),
    "a flag": svg(
        '<g id="a"><g id="b"><path id="s" d="M0 0h1v1z"/><use href="#s" y="4"/></g><use href="#b" x="9"/></g>'
    ),
    "Figma": svg(
        '<mask id="m" style="mask-type:luminance" maskUnits="userSpaceOnUse"><path d="M0 0" fill="white"/></mask>'
        '<g mask="url(#m)" filter="url(#f)" style="mix-blend-mode:multiply"><path d="M0 0"/></g><filter id="f">'
        '<feFlood flood-opacity="0" result="B"/><feBlend in="SourceGraphic" in2="B"/></filter>'
    ),
    "animated": svg(
        '<circle r="9"><animate attributeName="r" values="1;9" dur="1s" repeatCount="indefinite"/></circle>'
    ),
    "a plain declaration": svg(rectangle(), before="<!DOCTYPE svg>"),
}


@pytest.mark.parametrize("name", EDITORS)
def test_drawings_of_editors_pass(name: str) -> None:
    assert inspect(EDITORS[name], "image/svg+xml").findings == ()


# --- Work ------------------------------------------------------------------------------------------------------------


def chain(fan: int, levels: int, element: str = "g", use: str = '<use href="#{}"/>') -> str:
    made = f'<{element} id="a0">{rectangle()}</{element}>'
    for level in range(levels):
        made += f'<{element} id="a{level + 1}">{use.format(f"a{level}") * fan}</{element}>'
    return made + use.format(f"a{levels}")


def by(name: str) -> str:
    return rectangle(f'{name}="url(#{{}})"')


def picture(width: int, height: int, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(stream, form)
    return stream.getvalue()


def part(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(width: int, height: int, content: bytes = b"") -> bytes:
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + content + part(b"IDAT", zlib.compress(b"")) + part(b"IEND", b"")


def moving_gif(side: int, frames: int) -> bytes:
    """One of many frames of a single pixel, on a large ground."""
    one = picture(1, 1, "GIF")
    frame = one[one.index(b"\x2c") : -1]
    return one[:6] + side.to_bytes(2, "little") * 2 + one[10 : one.index(b"\x2c")] + frame * frames + b";"


def moving_webp(side: int, frames: int) -> bytes:
    """The same as WebP."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)

    edge = (side - 1).to_bytes(3, "little")
    frame = chunk(b"ANMF", bytes(12) + b"\x64\0\0\0" + picture(1, 1, "WEBP")[12:])
    body = b"WEBP" + chunk(b"VP8X", b"\2\0\0\0" + edge + edge) + chunk(b"ANIM", bytes(6)) + frame * frames
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def embedded(data: bytes, times: int = 1) -> str:
    address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return f'<image id="i" width="9" height="9" href="{address}"/>' + '<use href="#i"/>' * (times - 1)


BOMBS = {
    "use": chain(10, 5),
    "use, one by one": chain(1, 30),
    "use in defs": f"<defs>{chain(2, 12)}</defs>",
    "patterns": chain(10, 5, "pattern", by("fill")),
    "patterns that children inherit": chain(10, 4, "pattern", f'<g fill="url(#{{}})">{rectangle() * 5}</g>'),
    "masks": chain(10, 6, "mask", by("mask")),
    "clip paths": chain(10, 6, "clipPath", by("clip-path")),
    "filters": chain(10, 6, "filter", '<feImage href="#{}"/>'),
    "markers": chain(1, 5, "marker", '<path marker-mid="url(#{})" d="M0 0' + "h1" * 30 + '"/>'),
    "deep": "<g>" * 60_000 + "</g>" * 60_000,
    "deep references": "".join(f'<linearGradient id="a{n}" href="#a{n + 1}"/>' for n in range(5000)),
    "many elements": "<g/>" * 220_000,
    "many attributes": "<rect " + "".join(f" data-a{n}='1'" for n in range(5000)) + "/>",
    "one long text": f"<text>{'a' * 200_000}</text>",
    "many directions": f"<text>{'אa' * 5000}</text>",
    "many emoji": f"<text>{'😀' * 100}</text>" * 200,
    "places of letters": f'<text x="{"1 " * 20_000}">{"a" * 20_000}</text>',
    "many selectors": f"<style>{'.a .b,' * 20_000}.c{{fill:red}}</style>{rectangle() * 10_000}",
    "siblings": "<style>.a ~ .b{fill:red}</style>",
    "counted children": "<style>:nth-child(2n+1){fill:red}</style>",
    "pixels embedded": embedded(png(5000, 5000)),
    "pixels repeated": embedded(picture(1000, 1000), 20),
    "masks that must become pixels": '<mask id="m"/>' + rectangle('mask="url(#m)"') * 4000,
    **{
        f"loop of {name}": f'<{element} id="a">{by(name).format("a")}</{element}>{by(name).format("a")}'
        for name, element in [("mask", "mask"), ("clip-path", "clipPath"), ("fill", "pattern"), ("stroke", "pattern")]
    },
    "dashes": '<g stroke="red" stroke-dasharray="0.01 0.01">' + '<path d="M0 0H100000"/>' * 500 + "</g>",
    "dashes of a style": '<path d="M0 0H9999" style="stroke:red;stroke-dasharray:1e-6,1e-6"/>',
    "dashes behind a comment": '<path d="M0 0H9999" style="stroke:red;stroke-dasharray/*;:*/:1e-6"/>',
    "dashes of a style sheet": "<style>.a{stroke-dasharray/**/:.001}</style><path class='a' d='M0 0H100000'/>",
    "dashes of letters": '<text stroke="red" stroke-dasharray=".001" font-size="9999">a</text>',
    "dashes of a share": '<circle r="1in" stroke="red" stroke-dasharray="1e-7%"/>',
    "dashes by a path's length": '<path d="M0 0H9" pathLength="1e9" stroke="red" stroke-dasharray="1"/>',
    "dashes repeated": '<path id="a" d="M0 0H9999" stroke="red" stroke-dasharray=".1"/>' + '<use href="#a"/>' * 99,
    "loop of use": '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
    "loop of gradients": '<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>',
    "loop by a style sheet": f'<style>*{{mask:url(#m)}}</style><mask id="m">{rectangle()}</mask>',
    "loop by a class": "<style>.a{mask:url(#m)}</style><mask id='m'><rect class='a'/></mask>",
    "loop by what is inherited": f'<g fill="url(#p)"><pattern id="p">{rectangle()}</pattern></g>',
    "loop of a child": '<g id="a"><g><use href="#a"/></g></g>',
}


@pytest.mark.slow_cases("many elements")
@pytest.mark.parametrize("name", BOMBS)
def test_a_drawing_that_grows_is_a_finding_soon(name: str) -> None:
    data = svg(BOMBS[name])
    begin = time.process_time()
    found = inspect(data, "image/svg+xml").findings
    assert time.process_time() - begin < 5
    assert found
    assert faults(data, FigureForm.SVG, 400, 300)


def test_a_size_that_no_engine_draws_is_a_finding() -> None:
    for attributes in ('width="999999" height="1"', 'width="9" height="0.001"'):
        assert [one.code for one in inspect(svg("", attributes), "image/svg+xml").findings] == ["MED010"]


MASKED = 'mask="url(#m)"'
WORST = {
    "elements": rectangle() * 20_000,
    "one path": f'<path d="M0 0{"l9-9" * 260_000}"/>',
    "copies": f'<g id="a">{rectangle() * 100}</g>' + '<use href="#a"/>' * 900,
    "copies of copies": chain(60, 2),
    "large masks": f'<mask id="m"/><g>{rectangle(MASKED) * 1900}</g><rect width="4000" height="4000" mask="url(#m)"/>',
    "masks": f'<mask id="m">{rectangle()}</mask>' + rectangle('mask="url(#m)"') * 2000,
    "gradients below a mask": '<radialGradient id="g"><stop/></radialGradient><mask id="m"/><g mask="url(#m)">'
    + rectangle('fill="url(#g)"') * 1500
    + "</g>",
    "letters": f"<text>{'word ' * 3900}</text>" * 5,
    "letters of many scripts": f"<text>{'אa' * 1900}</text>" * 5,
    "selectors": "<style>" + ".a{fill:red}" * 9000 + "</style>" + rectangle('class="a"') * 10_000,
    "patterns": chain(10, 3, "pattern", by("fill")),
    "dashes": '<path stroke="red" stroke-dasharray=".25 .25" d="M0 0H95000"/>' * 10,
    "dashes to and fro": f'<path stroke="red" fill="none" stroke-dasharray=".7 .7" d="M0 0{"H400H0" * 11000}"/>',
    "dashed letters": '<text y="40" stroke="red" stroke-dasharray=".1 .1" font-size="40">' + "word " * 200 + "</text>",
    "pixels": embedded(picture(4000, 4000)),
}
PRINT = """
import json, re, sys, time
from pathlib import Path
from cardpipe.writers.api import Asset
from cardpipe.writers.pdf.engine import Resources, draw
from cardpipe.writers.pdf.engines.plutoprint import ENGINE
from cardpipe.writers.pdf.composing.paper import Paper
asset = Asset("a.svg", "image/svg+xml", Path(sys.argv[1]).read_bytes())
files, page = Resources({asset.name: asset}), Paper(400, 400, 5, 5, 5, 5)
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

base, begin = peak(), time.process_time()
draw(ENGINE, page, ENGINE.lay_out(page, f'<html><head></head><img src="{files.address("a.svg")}"></html>', files))
print(json.dumps([time.process_time() - begin, peak() - base]))
"""


def printed(data: bytes, media_type: str) -> bytes:
    asset = Asset("a.bin", media_type, data)
    files = Resources({asset.name: asset})
    text = f'<html><head></head><body><img src="{files.address(asset.name)}" width="400" height="300"></body></html>'
    page = Paper(400, 400, 5, 5, 5, 5)
    book = ENGINE.lay_out(page, text, files)
    return draw(ENGINE, page, book)


@pytest.mark.quick_cases("gradients below a mask")
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of memory differs")
@pytest.mark.parametrize("name", WORST)
def test_what_just_passes_is_printed_within_bounds(name: str, tmp_path: Path) -> None:
    data = svg(WORST[name], 'width="4000" height="4000"' if "large" in name else 'width="400" height="300"')
    assert len(data) < 1.1 * 2**20
    assert inspect(data, "image/svg+xml").findings == ()
    path = tmp_path / "a.svg"
    path.write_bytes(data)
    done = subprocess.run([sys.executable, "-c", PRINT, str(path)], capture_output=True, text=True, check=True)
    seconds, megabytes = json.loads(done.stdout)
    assert seconds < 10
    assert megabytes < 400


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=14))
def test_every_loop_is_found(edges: list[tuple[int, int]]) -> None:
    content = "".join(
        f'<g id="n{node}">' + "".join(f'<use href="#n{to}"/>' for start, to in edges if start == node) + "</g>"
        for node in range(8)
    )
    reached = {node: {to for start, to in edges if start == node} for node in range(8)}
    for _ in range(8):
        reached = {node: ends.union(*(reached[end] for end in ends)) for node, ends in reached.items()}
    found = [fault for fault in work_of(read(svg(content))).faults if "Circular reference" in fault.message]
    assert bool(found) == any(node in ends for node, ends in reached.items())


# --- Pixels ----------------------------------------------------------------------------------------------------------


WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + b"\0" * 9
LARGE = {
    "png": (png(30_000, 30_000), "image/png"),
    "png, a little too large": (png(6400, 6400), "image/png"),
    "png, a long line": (png(35_000, 1), "image/png"),
    "webp": (WEBP, "image/webp"),
    "gif": (b"GIF89a\xff\xff\xff\xff\x80\0\0" + picture(1, 1, "GIF")[13:], "image/gif"),
    "gif, moving": (moving_gif(5000, 20), "image/gif"),
    "webp, moving": (moving_webp(4000, 20), "image/webp"),
    "png, moving": (png(1000, 1000, part(b"acTL", bytes(8)) + part(b"fcTL", bytes(26)) * 300), "image/png"),
    "jpeg": (picture(8, 8, "JPEG").replace(b"\x11\x08\0\x08\0\x08", b"\x11\x08\xff\xff\xff\xff"), "image/jpeg"),
    "jpeg of many scans": (
        picture(8, 8, "JPEG")[:-2] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 200 + b"\xff\xd9",
        "image/jpeg",
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_too_many_pixels_are_a_finding_before_they_are_decoded(name: str) -> None:
    begin = time.process_time()
    found = inspect(*LARGE[name]).findings
    assert time.process_time() - begin < 1
    assert [one.code for one in found] == ["MED009"]


FORMS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


def noise(form: str) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((120, 80), 60).convert("RGB").save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.95])
def test_a_picture_that_is_cut_off_is_a_finding(form: str, kept: float) -> None:
    data = noise(form)
    assert decoded(data, FORMS[form]).fault is None
    found = inspect(data[: int(len(data) * kept)], FORMS[form]).findings
    assert [one.code for one in found] == ["MED008"]


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_of_another_format_or_of_none_is_a_finding(form: str) -> None:
    for data in (
        b"\0\0\1\0junk",
        b"BM" + b"\0" * 99,
        b"\xff\xd8\xff\xe0",
        *(noise(one) for one in FORMS if one != form),
    ):
        assert inspect(data, FORMS[form]).findings


def test_a_wrong_checksum_and_missing_pixels_are_findings() -> None:
    data = bytearray(noise("PNG"))
    data[60] ^= 1
    half = noise("JPEG")
    for damaged, kind in ((bytes(data), "image/png"), (half[: len(half) // 2] + bytes(99), "image/jpeg")):
        assert [one.code for one in inspect(damaged, kind).findings] == ["MED008"]


def test_a_damaged_picture_within_a_drawing_is_a_finding() -> None:
    found = inspect(svg("\n" + embedded(noise("PNG")[:99])), "image/svg+xml").findings
    assert [(one.code, one.line) for one in found] == [("MED008", 2)]


def test_a_picture_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, data = Cache.in_memory(), noise("PNG")
    first = inspected(data, "image/png", cache)
    monkeypatch.setattr("cardpipe.assets.inspection.decoded", None)
    assert inspected(data, "image/png", cache) == first
    assert first.opaque


@given(st.integers(0, 3), st.binary(max_size=8), st.floats(0, 1))
def test_no_damage_is_a_traceback_and_none_is_printed_in_silence(number: int, junk: bytes, place: float) -> None:
    form = list(FORMS)[number]
    data = noise(form)
    at = int(place * len(data))
    damaged = data[:at] + junk + data[at + len(junk) :]
    inspect(damaged, FORMS[form])
    picture_size(Media(f"a.{form.lower()}", damaged))


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0junk", noise("PNG")[:40]])
def test_a_picture_that_the_engine_cannot_read_ends_the_export(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RenderError, match="cannot read the picture"):
        printed(data, "image/png" if data[:1] == b"\x89" else "image/jpeg")
    assert capfd.readouterr().err == ""


def turned(form: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.new("RGB", (300, 120), "red").save(stream, form, exif=exif)
    return stream.getvalue()


def test_a_turned_photograph_has_the_size_of_the_upright_one() -> None:
    assert picture_size(Media("a.jpg", turned("JPEG"))) == (120, 300)
    asset = Asset("a.jpg", "image/jpeg", turned("JPEG"))
    files = Resources({asset.name: asset})
    with Image.open(io.BytesIO(files.find(files.address(asset.name), outlines=False)[0])) as made:
        assert made.size == (120, 300)
        assert made.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_exif_that_not_every_browser_reads_is_a_finding(form: str) -> None:
    assert [one.code for one in inspect(turned(form), FORMS[form]).findings] == ["MED008"]


# --- A project -------------------------------------------------------------------------------------------------------


def write(project: Path, files: dict[str, bytes], answer: str) -> None:
    card = f"id: EX0001\ntitle: Trial\nquestion: What does it show?\nanswer: |\n  {answer}\ntags: [example]\n"
    for path in (project / "source" / "cards").iterdir():
        path.unlink()
    (project / "source" / "cards" / "EX0001.yaml").write_text(card, encoding="utf-8")
    for name, data in files.items():
        path = project / "source" / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_what_is_wrong_with_a_picture_ends_the_export(project: Path, run: Run) -> None:
    files = {"a.svg": svg(BOMBS["use"]), "b.png": noise("PNG")[:99], "c.webp": WEBP, "d.svg": svg("\n <script/>")}
    write(project, files, " ".join(f"![a red field without words]({name})" for name in files))
    done = run("-C", project, "export")
    assert done.returncode == 1
    for place in ("a.svg:1:1", "b.png:1:1", "c.webp:1:1", "d.svg:2:2"):
        assert f"source/media/{place}" in done.stdout + done.stderr


def test_files_of_the_system_are_passed_over_and_names_in_any_script_are_names(project: Path, run: Run) -> None:
    names = ["漢字.png", "U\u0308bung.png", "Photo.PNG", "क्षेत्र.png"]
    files = dict.fromkeys([*names, "Thumbs.db", "desktop.ini", ".DS_Store"], noise("PNG"))
    shown = ["漢字.png", "\u00dcbung.png", "Photo.PNG", "क्षेत्र.png"]
    write(project, files, " ".join(f"![a grey field without words]({name})" for name in shown))
    done = run("-C", project, "export", "--format", "html")
    assert done.returncode == 0, done.stdout + done.stderr
    page = next((project / "output").rglob("*.html")).read_text(encoding="utf-8")
    assert page.count('<img class="media"') == 4
    assert page.count('#opaque"') >= 4


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot hold these names")
def test_names_that_collide_elsewhere_are_renamed_with_their_references(project: Path, run: Run) -> None:
    files = dict.fromkeys(["a.png", "A.png", "Con.png", "b:c.png"], noise("PNG"))
    write(project, files, " ".join(f"![a grey field without words]({name})" for name in files))
    found = run("-C", project, "lint", "--output-format", "concise").stdout
    assert found.count("MED004") == 3
    preview = run("-C", project, "lint", "--diff")
    assert "rename to source/media/Con-1.png" in preview.stdout
    assert sorted(path.name for path in (project / "source" / "media").iterdir()) == sorted(files)
    assert run("-C", project, "lint", "--fix").returncode == 0
    assert {path.name for path in (project / "source" / "media").iterdir()} == {
        *("A.png", "a-2.png", "Con-1.png", "b-c.png")
    }
    card = (project / "source" / "cards" / "EX0001.yaml").read_text(encoding="utf-8")
    assert [name in card for name in ("(A.png)", "(a-2.png)", "(Con-1.png)", "(b-c.png)")] == [True] * 4


def test_a_windows_path_gets_a_suggestion(project: Path, run: Run) -> None:
    write(project, {"a/1.png": noise("PNG")}, "![a grey field without words](a\\1.png)")
    done = run("-C", project, "lint")
    assert "MED003" in done.stdout
    assert "Write a/1.png." in done.stdout
