"""Formulas and their fonts in a page that holds everything itself: each font once, with the characters that it needs.

The glyphs of a formula are text that can be searched for, but what one copies is its TeX.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from cardpipe.mathjax.font_tables import font_file
from cardpipe.mathjax.fonts import PLAIN, SIZES, UNKNOWN, advances, family, font_bytes
from cardpipe.writers.api import recalled
from cardpipe.writers.page.compact_formulas import LETTERS_FIRST, UNITS, CompactFormulas, attribute, scaled
from cardpipe.writers.page.font_subset import subset_font
from cardpipe.writers.page.formulas import PICTURE, ROOT, characters_by_font, font_face

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from cardpipe.writers.api import Asset, Memory

_NAME: Final = re.compile(r"math-[0-9a-f]{16}\.svg")
_FORMULA: Final = re.compile(
    rf'<(?:span class="formula"><)?{PICTURE.pattern.removeprefix("<")}(?:(?P<spoken><math.*?</math>)</span>)?',
    re.DOTALL,
)
"""A formula as `render` writes it: of one in which there is nothing to be heard, the picture alone.

It begins with a character that is not optional, by which `re` finds it five times as fast.
"""
_USE: Final = re.compile(r'<img class="math (?:inline|display)" src="(math-[0-9a-f]{16}\.svg)"')
"""The beginning of a picture of a formula."""
_COLOURED: Final = re.compile(r' (?:fill|stroke)="(?!none|currentColor)')
_RIGHT: Final = re.compile(r"margin-right:-([\d.]+)em")
_RIM: Final = 100
"""Thousandths of an em of empty space around a formula as a picture."""
_TOP: Final = 880
_DEPTH: Final = 250
"""Thousandths of an em above and below the line of the box that most formulas have; a line of text has room for it."""
_WIDE: Final = 20_000
"""Thousandths of an em; a wider formula may have to shrink on paper."""
_SHRINKING: Final = ";height:auto"
"""The end of the style of a wide formula in a line."""
_OVERHANG: Final = 60
"""Thousandths of an em; a formula that hangs over a side by more has a box with all of it, and a margin."""
_LONG: Final = 30
"""Characters of shapes that are written once, and referred to where they occur again."""
_MOST_DRAWN: Final = 2000
"""Formulas that are kept for the next pages."""
_STYLE: Final = b"<style>\n"
_HOLDER: Final = "var[aria-hidden]"
"""Selects what holds a formula; authors cannot hide a `var`."""


@functools.lru_cache(_MOST_DRAWN)
def is_formula(name: str) -> bool:
    """Whether an asset is a formula."""
    return _NAME.fullmatch(name) is not None


class PagePart:
    """A part of a page whose HTML is only made where the memory lacks what is made of it.

    `key` has everything that determines the HTML.
    """

    def __init__(self, key: Sequence[str], make: Callable[[], str]) -> None:
        self.key = key
        self._make = make
        self._html: str | None = None

    def __str__(self) -> str:
        """Return the HTML."""
        return self._make() if self._html is None else self._html

    def formulas(self, memory: Memory | None) -> list[str]:
        """Return the assets of its formulas, from the memory or from the HTML, which is then kept for `taken`."""
        return recalled(memory, ("formulas of a part", *self.key), self._found).decode().split()

    def taken(self) -> str:
        """Return the HTML, and keep it no longer."""
        html, self._html = str(self), None
        return html

    def _found(self) -> bytes:
        self._html = self._make()
        return " ".join(_USE.findall(self._html)).encode()


def with_formulas(pieces: Iterable[str | PagePart], assets: Mapping[str, Asset], memory: Memory | None = None) -> bytes:
    """The page with each formula as SVG where its picture was, and the fonts of all of them in its style, in UTF-8.

    No formula is parted between two pieces. The fonts, and pieces with the same formulas, come from the memory.
    """
    parts = [(part, part.formulas(memory) if isinstance(part, PagePart) else _USE.findall(part)) for part in pieces]
    used = Counter(name for _, names in parts for name in names)
    characters: dict[str, set[str]] = {}
    for name in used:
        for letter, found in characters_by_font(assets[name].data.decode()).items():
            characters.setdefault(letter, set()).update(found)
    compact = CompactFormulas(characters)
    formulas = _Formulas(compact.written, assets, used)
    page = b"".join(formulas.kept(part, names, compact.key, memory) for part, names in parts)
    if not used:
        return page
    return page.replace(_STYLE, _STYLE + _kept_rules(characters, compact.fonts, memory).encode(), 1)


class SharedFormulas:
    """Writes the formulas of several pages that share their fonts, so that a page does not depend on the others."""

    def __init__(self, assets: Mapping[str, Asset], memory: Memory | None) -> None:
        self._assets = assets
        self._memory = memory
        self._drawn: dict[str, tuple[re.Match[str], str]] = {}
        self._characters: dict[str, set[str]] = {}
        for name, asset in assets.items():
            if is_formula(name):
                for letter, found in characters_by_font(asset.data.decode()).items():
                    self._characters.setdefault(letter, set()).update(found)

    @functools.cached_property
    def _compact(self) -> CompactFormulas:
        # With all characters of the two fonts for most of them, no formula depends on which characters others have.
        return CompactFormulas({letter: set(advances(letter)) for letter in LETTERS_FIRST})

    def _written(self, shapes: str) -> str:
        """Return the shapes of a formula in compact form, from the memory if it has them: reading fonts takes long."""
        key = ("formula in shared fonts", shapes)
        return recalled(self._memory, key, lambda: self._compact.written(shapes).encode()).decode()

    @property
    def letters(self) -> list[str]:
        """Return the abbreviations of the fonts in use, sorted."""
        return sorted(self._characters.keys() - UNKNOWN.keys())

    def page(self, page: str) -> str:
        """Return the page with each formula as SVG where its picture was."""
        used = Counter(match["address"] for match in _FORMULA.finditer(page))
        if not used:
            return page
        if len(self._drawn) > _MOST_DRAWN:
            self._drawn.clear()
        return _FORMULA.sub(_Formulas(self._written, self._assets, used, self._drawn).element, page)

    def font(self, letter: str, memory: Memory | None) -> bytes:
        """Return a font with the characters in use, as WOFF2."""
        characters = self._characters[letter]
        key = ("font of formulas", letter, "".join(sorted(characters)))
        return recalled(memory, key, lambda: _subset(letter, frozenset(characters)))

    def style(self, addresses: Mapping[str, str]) -> str:
        """Return the style of the formulas, with the addresses of their fonts."""
        faces = "".join(
            f'@font-face{{font-family:"{family(letter)}";src:url("{addresses[letter]}")}}\n' for letter in self.letters
        )
        return faces + _style(self._characters, self.letters, LETTERS_FIRST)


class _Formulas:
    """Writes the formulas of a page from top to bottom."""

    def __init__(
        self,
        written: Callable[[str], str],
        assets: Mapping[str, Asset],
        used: Mapping[str, int],
        drawn: dict[str, tuple[re.Match[str], str]] | None = None,
    ) -> None:
        self._compact = written
        self._assets = assets
        self._used = used
        self._drawn = {} if drawn is None else drawn
        self._names: dict[str, str] = {}
        self._written: dict[str, str] = {}

    def kept(self, part: str | PagePart, used: Sequence[str], fonts: str, memory: Memory | None) -> bytes:
        """Return a part of the page with its formulas, whose names are given, from the memory if it has it.

        `fonts` is a key of how formulas are written.
        """
        if isinstance(part, str) and not used:
            return part.encode()
        formulas = [
            (name, self._assets[name].digest, self._used[name] == 1, self._names.get(name))
            for name in dict.fromkeys(used)
        ]
        inputs = part.key if isinstance(part, PagePart) else (part,)
        key = ("part with formulas", *inputs, repr(formulas), str(len(self._names)), fonts)
        before = len(self._names)

        def made() -> bytes:
            page = _FORMULA.sub(self.element, part.taken() if isinstance(part, PagePart) else part)
            return f"{' '.join(list(self._names)[before:])}\n{page}".encode()

        head, _, page = recalled(memory, key, made).partition(b"\n")
        # The next parts refer to the formulas that are first in this one.
        for name in head.decode().split():
            self._names.setdefault(name, f"m{len(self._names)}")
        return page

    def element(self, match: re.Match[str]) -> str:
        """A formula: MathML for who hears it, the SVG for who sees it, TeX for who copies it."""
        name = match["address"]
        if not is_formula(name):
            return match[0]
        if match[0] in self._written:
            return self._written[match[0]]
        if name not in self._drawn:
            svg = self._assets[name].data.decode()
            root = ROOT.match(svg)
            if root is None:
                return match[0]
            self._drawn[name] = root, self._compact(svg[root.end() + 1 :].removesuffix("</svg>"))
        root, shapes = self._drawn[name]
        is_display = match["kind"] == "math display"
        style, box = _placed(root, match["style"], is_display=is_display)
        attributes = attribute("class", "coloured" if _COLOURED.search(root.string) else "")
        dollars = "$$" if is_display else "$"
        wide = attribute("class", "wide" if style.endswith(_SHRINKING) else "")
        begin = (
            f"{match['spoken'] or ''}<var{wide} aria-hidden=true>"
            f"<svg{attributes}{attribute('style', style)} viewBox={box}>"
        )
        end = f"</svg><i>{dollars}{match['tex']}{dollars}</i></var>"
        if len(shapes) < _LONG or self._used[name] == 1:
            return f"{begin}{shapes}{end}"
        is_first = name not in self._names
        identity = self._names.setdefault(name, f"m{len(self._names)}")
        again = self._written[match[0]] = f"{begin}<use href=#{identity} />{end}"
        return f"{begin}<g id={identity}>{shapes}</g>{end}" if is_first else again


def _placed(root: re.Match[str], style: str, *, is_display: bool) -> tuple[str, str]:
    """How a formula stands in its line, as CSS, and its view box, without the rim that pictures have.

    What tells its width is the ratio of its sides; of one that may have to shrink, what tells its height.
    """
    left, top, width, height = map(int, root["box"].split())
    left, top, width, height = left + _RIM, top + _RIM, width - 2 * _RIM, height - 2 * _RIM
    over = _RIGHT.search(style)
    before, behind = min(0, left), min(0, _RIM - round(float(over[1]) * 1000)) if over else 0
    margins = {"margin-left": before, "margin-right": behind}
    if min(before, behind) > -_OVERHANG:
        # Nothing cuts off what reaches out of the box by so little.
        margins = {}
        left, width = left - before, width + before + behind
    depth = top + height
    sides = {}
    if is_display or width > _WIDE:
        sides = {"width": width, "vertical-align": -depth}
    elif top < -_TOP or depth > _DEPTH:
        sides = {"height": height, "vertical-align": -depth}
    else:
        top, height = -_TOP, _TOP + _DEPTH
    placed = ";".join(f"{name}:{_em(value)}" for name, value in (sides | margins).items() if value or name in sides)
    if "width" in sides and not is_display:
        placed += _SHRINKING
    return placed, f"{scaled(left)},{scaled(top)},{scaled(width)},{scaled(height)}"


def _em(thousandths: int) -> str:
    return f"{thousandths / 1000:g}em".replace("0.", ".", 1) if abs(thousandths) < 1000 else f"{thousandths / 1000:g}em"


def _kept_rules(characters: Mapping[str, Set[str]], fonts: Sequence[str], memory: Memory | None) -> str:
    key = ("set of fonts", *(f"{letter} {''.join(sorted(characters[letter]))}" for letter in sorted(characters)))
    return recalled(memory, key, lambda: _rules(characters, fonts).encode()).decode()


def _rules(characters: Mapping[str, Set[str]], fonts: Sequence[str]) -> str:
    faces = "".join(
        f"{font_face(letter, _subset(letter, frozenset(characters[letter])), 'woff2')}\n" for letter in fonts
    )
    return faces + _style(characters, fonts, fonts)


def _style(letters: Iterable[str], fonts: Sequence[str], default_fonts: Sequence[str]) -> str:
    """The style of all formulas. What a reference shows has no ancestors for a selector, but inherits."""
    families = {letter: f'"{family(letter)}"' for letter in fonts} | UNKNOWN
    classes = "".join(f"text.{letter}{{font-family:{families[letter]}}}" for letter in sorted(letters))
    sizes = "".join(f"text.{name}{{font-size:{size * UNITS / 1000:g}px}}" for name, size in SIZES.items())
    default = ",".join(families[letter] for letter in default_fonts if letter in families) or "serif"
    height = f"height:{_em(_TOP + _DEPTH)};vertical-align:{_em(-_DEPTH)}"
    return (
        f"{_HOLDER}{{white-space:nowrap}}{_HOLDER} i{{font-size:0}}@media print{{{_HOLDER} i{{display:none}}}}\n"
        f"{_HOLDER}>svg{{{height};fill:currentColor;overflow:visible;direction:ltr;unicode-bidi:isolate;"
        f"-webkit-user-select:none;user-select:none}}.equation {_HOLDER}>svg{{height:auto}}\n"
        # In the middle, because the base line of what scrolls is its lower edge.
        f"@media screen{{{_HOLDER}.wide{{display:inline-block;max-width:100%;overflow-x:auto;overflow-y:hidden;"
        f"vertical-align:middle}}}}\n"
        f"@media print{{{_HOLDER}>svg{{max-width:100%;color:#000}}"
        f".equation {_HOLDER}>svg{{vertical-align:bottom!important}}}}\n"
        f"text{{font-family:{default};font-size:{UNITS}px;{PLAIN}}}{classes}{sizes}\n"
    )


@functools.lru_cache(maxsize=32)
def _subset(letter: str, characters: frozenset[str]) -> bytes:
    """Return a font with some characters, as WOFF2; the page and the site need the same ones."""
    return font_file(subset_font(font_bytes(letter), map(ord, characters), notdef_outline=True), "woff2")
