"""Estimate the work of drawing an SVG, in one pass over its references.

The limits were measured with PlutoPrint, the slowest engine: within them it takes at most a few seconds and a
few hundred megabytes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.assets.svg.names import SHAPES, TEXTS
from cardpipe.assets.svg.reading import SvgFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.assets.svg.reading import SvgDrawing

_MOST_PARTS: Final = 200_000
_MOST_PAINT: Final = 20_000.0
"""Limit in nanoseconds per pixel if the drawing must be rasterised for the PDF."""
_MOST_PIXELS: Final = 16_000_000
"""Limit for pixels of embedded pictures, each counted as often as it is drawn."""
_DEEPEST: Final = 250
"""Levels of nesting and of references together."""
_MOST_LETTERS: Final = 100_000
_MOST_LETTERS_IN_ONE: Final = 20_000
_MOST_SLOW: Final = 10_000
_MOST_SLOW_IN_ONE: Final = 2_000
_MOST_NUMBERS: Final = 5_000
_MOST_DASHES: Final = 20_000_000
"""At most a tenth of these dashes is drawn, since line lengths are overestimated; a million take 0.3 seconds."""
_LETTER_OUTLINE: Final = 40.0
"""The maximum outline length of a letter, relative to its size."""
_MOST_MATCHES: Final = 100_000_000
"""Selectors of style sheets times elements."""
_COPY_OF_COPIES: Final = 3
"""PlutoPrint copies what holds copies with these, and then makes these again from their source."""
_CHARACTERS: Final = 50
"""Of a path, that are as much work as an element."""

_INHERITED: Final = frozenset(["fill", "stroke", "marker-start", "marker-mid", "marker-end", "marker"])
_SIMPLER: Final = "Simplify the drawing, or save it as PNG."


class Paint:
    """The cost in nanoseconds per pixel, measured at 1600 by 1200 pixels."""

    SHAPE: Final = 0.1
    RADIAL: Final = 10.0
    GROUP: Final = 1.5
    """One that is seen through, or cut out."""
    MASK: Final = 8.0


@dataclass(slots=True)
class _Sum:
    """The work of drawing an element with its descendants and references."""

    parts: float = 0.0
    paint: float = 0.0
    pixels: float = 0.0
    slow: float = 0.0
    shapes: float = 0.0
    vertices: float = 0.0
    outline: float = 0.0
    dashes: float = 0.0
    depth: int = 0
    has_copies: bool = False

    def add(self, other: _Sum, times: float = 1.0) -> None:
        self.parts += other.parts * times
        self.paint += other.paint * times
        self.pixels += other.pixels * times
        self.slow += other.slow * times
        self.outline += other.outline * times
        self.dashes += other.dashes * times
        self.depth = max(self.depth, other.depth)


class DrawingWork(NamedTuple):
    """The result of the estimate."""

    faults: list[SvgFault]
    needs_pixels: bool
    """Whether PlutoPrint would rasterise it."""
    paint: float
    """The cost in nanoseconds per pixel."""


def work_of(drawing: SvgDrawing, pixels: Mapping[int, int] | None = None) -> DrawingWork:
    """Return the work of drawing; `pixels` are those of embedded pictures, by element index."""
    return _Graph(drawing, pixels or {}).work()


class _Graph:
    def __init__(self, drawing: SvgDrawing, pixels: Mapping[int, int]) -> None:
        self.drawing = drawing
        self.elements = drawing.elements
        self.pixels = pixels
        self.by_id: dict[str, int] = {}
        for number, element in enumerate(self.elements):
            if element.id:
                self.by_id.setdefault(element.id, number)
        self.children: list[list[int]] = [[] for _ in self.elements]
        for number, element in enumerate(self.elements):
            if element.parent >= 0:
                self.children[element.parent].append(number)
        self.letter_outline = drawing.letter * _LETTER_OUTLINE
        self.set: list[set[str]] = []
        self.own: list[list[tuple[str, int]]] = []
        """The references of each element by property, those of style sheets among them."""
        self._apply_styles()
        self.painted = self._inherited()

    def _apply_styles(self) -> None:
        by_key: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        properties: defaultdict[str, set[str]] = defaultdict(set)
        for sheet in self.drawing.sheets:
            for rule in sheet.rules:
                for key in rule.keys:
                    by_key[key] += [(one.property, one.target) for one in rule.references]
                    properties[key] |= rule.properties
        for element in self.elements:
            found = [(one.property, one.target) for one in element.references]
            names = set(element.set)
            if properties:
                keys = ["*", element.name, f"#{element.id}", *(f".{name}" for name in element.classes.split()[:50])]
                for key in keys:
                    found += by_key.get(key, ())
                    names |= properties.get(key, set())
            self.own.append([(name, self.by_id[target]) for name, target in found if target in self.by_id])
            self.set.append(names)

    def _inherited(self) -> list[dict[str, tuple[int, ...]]]:
        """The references that each element has from those around it, or has set itself, of properties that inherit."""
        found: list[dict[str, tuple[int, ...]]] = []
        for number, element in enumerate(self.elements):
            around = found[element.parent] if element.parent >= 0 else {}
            own: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
            for name, target in self.own[number]:
                if name in _INHERITED:
                    own[name] += (target,)
            # A rule of a style sheet may not apply after all, so that only what stands here takes the others' place.
            kept = {name: targets for name, targets in around.items() if name not in element.set}
            found.append({name: (*kept.get(name, ()), *own.get(name, ())) for name in {*kept, *own}} if own else kept)
        return found

    # --- Edges -------------------------------------------------------------------------------------------------------

    def _edges(self, number: int) -> Iterator[tuple[str, int]]:
        """Return what is drawn together with an element: its children and its references."""
        element = self.elements[number]
        for child in self.children[number]:
            yield "child", child
        if element.href in self.by_id and element.name not in {"a", ""}:
            yield "use" if element.name == "use" else "href", self.by_id[element.href]
        for name, target in self.own[number]:
            if name not in _INHERITED:
                yield name, target
        if element.name in SHAPES or element.name == "use":
            for name, targets in self.painted[number].items():
                for target in targets:
                    yield name, target

    def work(self) -> DrawingWork:
        faults = list(self._letters())
        faults += self._styles()
        sums: list[_Sum | None] = [None] * len(self.elements)
        on_path = bytearray(len(self.elements))
        waiting: list[tuple[int, Iterator[tuple[str, int]]]] = []
        for start in range(len(self.elements)):
            if sums[start] is not None:
                continue
            waiting.append((start, self._edges(start)))
            on_path[start] = 1
            while waiting:
                number, edges = waiting[-1]
                for _, target in edges:
                    if on_path[target]:
                        faults.append(self._loop(number, target))
                        return DrawingWork(faults, needs_pixels=True, paint=_MOST_PAINT)
                    if sums[target] is None:
                        waiting.append((target, self._edges(target)))
                        on_path[target] = 1
                        break
                else:
                    waiting.pop()
                    on_path[number] = 0
                    sums[number] = self._sum(number, sums)
        whole = sums[0] if self.elements else None
        if whole is None:
            return DrawingWork(faults, needs_pixels=False, paint=0.0)
        faults += self._excess(whole)
        return DrawingWork(faults, self._needs_pixels(), whole.paint)

    def _own_work(self, number: int) -> _Sum:
        """Return the work of an element without its children."""
        element = self.elements[number]
        found = _Sum(parts=1 + element.length // _CHARACTERS, slow=element.slow_letters)
        if element.name in SHAPES:
            found.shapes, found.vertices, found.paint = 1.0, 1.0 + element.length // 3, Paint.SHAPE
            found.outline = element.outline + element.letters * self.letter_outline
        if number in self.pixels:
            found.pixels, found.paint = float(self.pixels[number]), Paint.GROUP
        if "opacity" in self.set[number]:
            found.paint += Paint.GROUP
        if element.name == "radialGradient":
            found.paint += Paint.RADIAL
        return found

    def _sum(self, number: int, sums: list[_Sum | None]) -> _Sum:
        found = self._own_work(number)
        inherited = []
        for name, target in self._edges(number):
            other = sums[target]
            if other is None:
                continue
            if name in {"child", "use"}:
                found.shapes += other.shapes
                found.vertices += other.vertices
                found.has_copies |= other.has_copies or name == "use"
                found.add(other)
                if name == "use" and other.has_copies:
                    found.parts += other.parts * (_COPY_OF_COPIES - 1)
            elif name in _INHERITED:
                inherited.append((name, other))
            else:
                found.add(other)
                found.paint += Paint.MASK if name == "mask" else Paint.GROUP
        for name, other in inherited:
            found.add(other, found.vertices if name.startswith("marker") else max(1.0, found.shapes))
        period = self.elements[number].period
        if number == 0 and self.drawing.period:
            # A rule of a style sheet may apply to anything.
            period = self.drawing.period
        if period:
            found.dashes += found.outline / period
        found.depth += 1
        return found

    # --- Faults ------------------------------------------------------------------------------------------------------

    def _loop(self, number: int, target: int) -> SvgFault:
        element, other = self.elements[number], self.elements[target]
        message = f"Circular reference: <{element.name}> refers to <{other.name}>, which contains it."
        return SvgFault(*element.place, message, "Remove the reference.")

    def _excess(self, whole: _Sum) -> Iterator[SvgFault]:
        place = self.elements[0].place
        if whole.depth > _DEEPEST:
            message = f"Elements and references are nested more than {_DEEPEST} levels deep."
            yield SvgFault(*place, message, _SIMPLER)
        if whole.parts > _MOST_PARTS:
            message = f"With all repetitions it has {_count(whole.parts)} parts; the maximum is {_MOST_PARTS:,}."
            yield SvgFault(*place, message, _SIMPLER)
        if whole.pixels > _MOST_PIXELS:
            message = f"Its embedded pictures have {_count(whole.pixels)} pixels; the maximum is {_MOST_PIXELS:,}."
            yield SvgFault(*place, message, "Embed smaller pictures.")
        if whole.slow > _MOST_SLOW:
            message = f"It has {_count(whole.slow)} letters beyond the common alphabets; the maximum is {_MOST_SLOW:,}."
            yield SvgFault(*place, message, "Save its text as paths.")
        if whole.dashes > _MOST_DASHES:
            message = "It has too many dashes: they are too short, or the lines too long."
            yield SvgFault(*place, message, "Use solid lines, or longer dashes.")
        if whole.paint > _MOST_PAINT and self._needs_pixels():
            message = "It has too many masks, transparent groups and gradients for a PDF."
            yield SvgFault(*place, message, _SIMPLER)

    def _letters(self) -> Iterator[SvgFault]:
        letters = sum(element.letters for element in self.elements)
        if letters > _MOST_LETTERS and self.elements:
            message = f"It has {letters:,} letters; the maximum is {_MOST_LETTERS:,}."
            yield SvgFault(*self.elements[0].place, message, _SIMPLER)
        totals: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        owner = [-1] * len(self.elements)
        for number, element in enumerate(self.elements):
            if element.name not in TEXTS:
                continue
            owner[number] = owner[element.parent] if element.parent >= 0 and owner[element.parent] >= 0 else number
            total = totals[owner[number]]
            total[0] += element.letters
            total[1] += element.slow_letters
            total[2] += element.numbers
        for number, (many, slow, numbers) in totals.items():
            if many > _MOST_LETTERS_IN_ONE or slow > _MOST_SLOW_IN_ONE or numbers > _MOST_NUMBERS:
                message = f"The text is too long: {many:,} letters, {slow:,} of them beyond the common alphabets."
                advice = f"Split it: the maximum per text is {_MOST_LETTERS_IN_ONE:,} and {_MOST_SLOW_IN_ONE:,}."
                yield SvgFault(*self.elements[number].place, message, advice)
                return

    def _styles(self) -> Iterator[SvgFault]:
        selectors = sum(sheet.selectors for sheet in self.drawing.sheets)
        if selectors * len(self.elements) > _MOST_MATCHES:
            message = f"Its style sheets have {selectors:,} selectors for {len(self.elements):,} elements."
            yield SvgFault(*self.elements[0].place, message, "Write the styles as attributes.")

    def _needs_pixels(self) -> bool:
        names = {name for number in range(len(self.elements)) for name, _ in self.own[number]}
        transparent = any("opacity" in found for found in self.set)
        return "mask" in names or ("clip-path" in names and transparent)


def _count(number: float) -> str:
    return f"{number:,.0f}" if number < 1e9 else "more than 1,000,000,000"
