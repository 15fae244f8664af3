"""Formulas in the form that a writer needs: for MathJax, as pictures, or as TeX."""

from __future__ import annotations

import hashlib
import html
import json
import re
from dataclasses import astuple
from typing import TYPE_CHECKING, Final

from cardpipe.mathjax import Equation, MathError, mathjax_version, shared_mathjax
from cardpipe.mathjax.fonts import size_rules
from cardpipe.mathjax.references import with_numbers
from cardpipe.mathjax.refusals import is_refused
from cardpipe.render.cloze import without_marks
from cardpipe.writers.api import Asset, MathForm

if TYPE_CHECKING:
    from cardpipe.cache.store import Cache
    from cardpipe.mathjax import MathJax

_INK = re.compile(r'\b(fill|stroke)="#000"')

_MOST_DRAWN: Final = 500
"""Formulas that are kept in memory, about 20 KB each; all are in the cache."""
MATH_STYLE = {
    MathForm.MATHJAX: (
        'mjx-container[display="true"]{overflow-x:auto;overflow-y:hidden;max-width:100%;padding:2px 0}\n'
    ),
    MathForm.SVG: (
        "img.math{border:0;max-width:none}\n"
        # For screen readers only; the picture is shown on the screen and on paper.
        ".formula{position:relative}\n"
        ".formula math{position:absolute;top:0;left:0;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
        "font-size:1px;-webkit-user-select:none;user-select:none}\n"
        "@media print{.formula math{display:none}}\n"
        ".equation{display:block;margin:.75em 0;overflow-x:auto;overflow-y:hidden;text-align:center}\n"
    ),
    MathForm.TEX: "",
}
MATH_STYLE[MathForm.FONTS] = (
    # Read aloud and never seen; the SVG stands for it on the screen and on paper. WebKit gives it all the width that it
    # needs, which must not widen the page.
    "math{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);"
    "font-size:1px;-webkit-user-select:none;user-select:none}\n"
    "@media print{math{display:none}}\n"
    ".equation{display:block;position:relative;margin:.75em 0;overflow-x:auto;overflow-y:hidden;text-align:center}\n"
    f"{size_rules()}\n"
)


class Equations:
    """Renders formulas as HTML, each distinct one once, and collects their assets.

    MathJax is started when a formula must be drawn that is not cached.
    """

    def __init__(self, form: MathForm, cache: Cache, *, read_aloud: bool = False) -> None:
        self._form = form
        self._read_aloud = read_aloud
        self._cache = cache
        self._mathjax: MathJax | None = None
        self._drawn: dict[tuple[str, bool], tuple[Asset, Equation, str] | None] = {}
        self.used: list[tuple[Asset, str]] = []
        """The assets since this list was last emptied, each with its cache key."""

    def html(self, tex: str, display: bool) -> str:
        """Return the HTML of a formula; a displayed one belongs in an element of the class `equation`."""
        # Anki removes the syntax of a cloze, which joins the text around it.
        if is_refused(without_marks(tex)):
            # Programs that search code for the macro that inputs TeX must not find it.
            return _as_code(tex).replace("\\", "&#92;")
        if self._form is MathForm.MATHJAX:
            # `}}` ends a cloze and `{{` begins a field in Anki; TeX ignores the space.
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

    def inline(self, tex: str, display: bool) -> str:
        """Return a formula as inline SVG in the colour of the text around it, in an element as MathJax makes it.

        This is for TeX that was rendered for MathJax already, and so without macros that are refused.
        """
        drawn = self._draw(tex, display)
        if drawn is None:
            return _as_code(tex)
        _, equation, _ = drawn
        shown = _INK.sub(r'\1="currentColor"', equation.svg)
        label = f'<svg role="img" aria-label="{html.escape(tex)}" style="{_style(equation)}"'
        picture = shown.replace("<svg", label, 1)
        shape = ' display="true"' if display else ""
        return f'<mjx-container class="MathJax"{shape}>{picture}</mjx-container>'

    def close(self) -> None:
        """Stop MathJax."""
        if self._mathjax is not None:
            self._mathjax.close()
            self._mathjax = None

    def _draw(self, tex: str, display: bool) -> tuple[Asset, Equation, str] | None:
        """Return the picture of a formula; None if MathJax refuses it, which lint reports as an error."""
        wanted = (tex, display)
        if wanted not in self._drawn:
            if len(self._drawn) >= _MOST_DRAWN:
                self._drawn.clear()
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


def cached_equation(kept: bytes | None) -> tuple[bytes, ...]:
    """Return the pictures in a cached value, as outlines and with fonts; none if the value is invalid."""
    equation = _unpacked(kept)
    return (equation.svg.encode(), equation.text.encode()) if equation is not None else ()


def _packed(equation: Equation) -> bytes:
    svg, *measures, text, mathml = astuple(equation)
    return json.dumps([svg, text, mathml, *measures]).encode()


def _unpacked(kept: bytes | None) -> Equation | None:
    """Return an equation from a cached value; None if the value is invalid."""
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
    """Return a formula that cannot be typeset, as code."""
    return f'<code class="math error">{html.escape(tex)}</code>'


def _without_double_braces(tex: str) -> str:
    while "}}" in tex or "{{" in tex:
        tex = tex.replace("}}", "} }").replace("{{", "{ {")
    return tex


def _style(equation: Equation) -> str:
    """Return size and position in the line; what extends over the sides must not move the text."""
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
