"""Equations in the form that a writer takes: for MathJax, as pictures, or as TeX."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import astuple
from typing import TYPE_CHECKING

from cardpipe.mathjax import Equation, MathError, mathjax_version, shared_mathjax
from cardpipe.mathjax.fonts import size_rules
from cardpipe.mathjax.references import with_numbers
from cardpipe.mathjax.refusals import is_refused
from cardpipe.render.cloze import without_marks
from cardpipe.writers.api import Asset, MathForm

if TYPE_CHECKING:
    from cardpipe.cache.store import Cache
    from cardpipe.mathjax import MathJax

MATH_STYLE = {
    MathForm.MATHJAX: (
        'mjx-container[display="true"]{overflow-x:auto;overflow-y:hidden;max-width:100%;padding:2px 0}\n'
    ),
    MathForm.SVG: (
        "img.math{border:0;max-width:none}\n"
        # Read aloud and never seen; the picture stands for it on the screen and on paper.
        ".formula{position:relative}\n"
        ".formula math{position:absolute;top:0;left:0;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
        "-webkit-user-select:none;user-select:none}\n"
        "@media print{.formula math{display:none}}\n"
        ".equation{display:block;margin:.75em 0;overflow-x:auto;overflow-y:hidden;text-align:center}\n"
    ),
    MathForm.TEX: "",
}
MATH_STYLE[MathForm.FONTS] = (
    # Read aloud, or copied, and never seen; the SVG stands for them on the screen and on paper.
    "math{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n"
    ".formula{white-space:nowrap}\n"
    ".formula i{font-size:0}\n"
    "math,svg.math{-webkit-user-select:none;user-select:none}\n"
    "@media print{math,.formula i{display:none}}\n"
    ".equation{display:block;position:relative;margin:.75em 0;overflow-x:auto;overflow-y:hidden;text-align:center}\n"
    f"{size_rules()}\n"
)


class Equations:
    """Turns formulas into HTML, drawing each distinct one once; collects the assets that it has made.

    MathJax is started when a formula must be drawn that no cache holds.
    """

    def __init__(self, form: MathForm, cache: Cache, *, read_aloud: bool = False) -> None:
        self._form = form
        self._read_aloud = read_aloud
        self._cache = cache
        self._mathjax: MathJax | None = None
        self._drawn: dict[tuple[str, bool], tuple[Asset, Equation, str] | None] = {}
        self.used: list[tuple[Asset, str]] = []
        """The assets used since somebody last emptied this list, each with its key in the cache."""

    def html(self, tex: str, display: bool) -> str:
        """The HTML of an equation; a display is to stand in an element of the class `equation`."""
        # Anki takes the marks of a cloze away, which joins what they part.
        if is_refused(without_marks(tex)):
            # Nor shall a program find the macro that reads TeX within code too.
            return _as_code(tex).replace("\\", "&#92;")
        if self._form is MathForm.MATHJAX:
            # `}}` ends a cloze and `{{` begins a field in Anki; TeX does not mind the space.
            source = html.escape(_without_double_braces(with_numbers(tex)), quote=False)
            return rf"\[{source}\]" if display else rf'<span class="math inline">\({source}\)</span>'
        drawn = self._draw(tex, display)
        if drawn is None:
            return _as_code(tex)
        asset, equation, key = drawn
        self.used.append((asset, key))
        kind = "display" if display else "inline"
        hidden = ' aria-hidden="true"' if self._read_aloud and equation.mathml else ""
        alt = html.escape(tex)
        picture = f'<img class="math {kind}" src="{asset.name}" alt="{alt}"{hidden} style="{_style(equation)}">'
        if not hidden:
            return picture
        block = ' display="block"' if display else ""
        return f'<span class="formula">{picture}<math{block}>{equation.mathml}</math></span>'

    def close(self) -> None:
        """Let go of MathJax."""
        if self._mathjax is not None:
            self._mathjax.close()
            self._mathjax = None

    def _draw(self, tex: str, display: bool) -> tuple[Asset, Equation, str] | None:
        """The picture of a formula; None where MathJax refuses it, which lint does not let through."""
        wanted = (tex, display)
        if wanted not in self._drawn:
            key = self._cache.key("equation", mathjax_version(), str(display), tex)
            equation = self._equation(key, tex, display)
            if isinstance(equation, MathError):
                self._drawn[wanted] = None
            else:
                data = (equation.text if self._form is MathForm.FONTS else equation.svg).encode()
                name = f"math-{hashlib.sha256(data).hexdigest()[:16]}.svg"
                self._drawn[wanted] = Asset(name, "image/svg+xml", data), equation, key
        return self._drawn[wanted]

    def _equation(self, key: str, tex: str, display: bool) -> Equation | MathError:
        kept = _unpacked(self._cache.get(key))
        if kept is not None:
            return kept
        if self._mathjax is None:
            self._mathjax = shared_mathjax()
        equation = self._mathjax.typeset(with_numbers(tex), display=display)
        if isinstance(equation, Equation):
            self._cache.put(key, _packed(equation))
        return equation


def kept_equation(kept: bytes | None) -> tuple[bytes, ...]:
    """The pictures in a value of the cache, of outlines and in fonts; none for anything else that may stand there."""
    equation = _unpacked(kept)
    return (equation.svg.encode(), equation.text.encode()) if equation is not None else ()


def _packed(equation: Equation) -> bytes:
    svg, *measures, text, mathml = astuple(equation)
    return json.dumps([svg, text, mathml, *measures]).encode()


def _unpacked(kept: bytes | None) -> Equation | None:
    """An equation from the cache; None for anything else that may stand there."""
    try:
        svg, text, mathml, *measures = json.loads(kept or b"[]")
        width, height, depth, left, right = measures
        texts = all(isinstance(part, str) for part in (svg, text, mathml))
        if texts and all(isinstance(measure, float) for measure in measures):
            return Equation(svg, width, height, depth, left, right, text, mathml)
    except (ValueError, TypeError):
        pass
    return None


def _as_code(tex: str) -> str:
    """A formula that is not set."""
    return f'<code class="math error">{html.escape(tex)}</code>'


def _without_double_braces(tex: str) -> str:
    while "}}" in tex or "{{" in tex:
        tex = tex.replace("}}", "} }").replace("{{", "{ {")
    return tex


def _style(equation: Equation) -> str:
    """Size and place in the line; what hangs over the sides must not push the text away."""
    parts = [
        f"width:{equation.width:g}em",
        f"height:{equation.height + equation.depth:.4g}em",
        f"vertical-align:{-equation.depth:g}em",
    ]
    if equation.left:
        parts.append(f"margin-left:{-equation.left:g}em")
    if equation.right:
        parts.append(f"margin-right:{-equation.right:g}em")
    return ";".join(parts)
