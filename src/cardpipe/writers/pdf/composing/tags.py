"""Join the tags of several PDFs: headings, lists and tables, in reading order.

PDF 32000-1, 14.7: a tree of structure elements, and a parent tree that maps each page's content and each link to its
element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.writers.pdf.composing.tag_repairs import (
    as_formula,
    kids,
    with_body,
    with_links_once,
    without_lost,
    without_wrappers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pikepdf

_DEPTH: Final = 400
"""The maximum number of levels of a tree; the HTML of cards nests far less."""


def is_tagged(pdf: pikepdf.Pdf) -> bool:
    """Return whether a PDF is tagged: cairo writes a tree with links only, which does not describe the text."""
    marked = pdf.Root.get("/MarkInfo")
    return "/StructTreeRoot" in pdf.Root and marked is not None and bool(marked.get("/Marked", False))


class Tags:
    """Collects the tags of PDFs whose pages have been copied into another."""

    def __init__(self, out: pikepdf.Pdf) -> None:
        self._out = out
        self._sources: list[_Tagged] = []

    def add(self, page: pikepdf.Page, source: pikepdf.Pdf, scale: float, height: float) -> None:
        """Record a copied page, scaled by a factor, with its height in points."""
        if not is_tagged(source):
            if "/StructParents" in page:
                del page.StructParents
            return
        if not self._sources or self._sources[-1].pdf is not source:
            self._sources.append(_Tagged(self._out, source, scale, height))
        self._sources[-1].pages.append(page)

    def write(self) -> None:
        """Write one tree for all of them; raises RenderError if an engine's tree is infinite."""
        import pikepdf

        if not self._sources:
            return
        out = self._out
        root = out.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot))
        whole = out.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.StructElem, S=pikepdf.Name.Document, P=root, K=pikepdf.Array())
        )
        numbers = pikepdf.Array()
        cells: dict[str, pikepdf.Object] = {}
        start = 0
        for number, source in enumerate(self._sources):
            tree = out.copy_foreign(source.pdf.Root.StructTreeRoot)
            tops = [kid for document in kids(tree) for kid in kids(document)]
            owners = dict(_entries(tree.ParentTree, _DEPTH))
            last = max(owners, default=-1)
            with_links_once(source.pages, owners)
            without_lost(tops, source.pages)
            for kid in tops:
                kid.P = whole
                whole.K.append(kid)
                source.correct(kid, f"{number}-", cells)
            for key, value in sorted(owners.items()):
                numbers.append(key + start)
                numbers.append(value)
            source.shift(start)
            start += last + 1
        root.K = pikepdf.Array([whole])
        root.ParentTree = out.make_indirect(pikepdf.Dictionary(Nums=numbers))
        root.ParentTreeNextKey = start
        if cells:
            names = pikepdf.Array()
            for name, cell in sorted(cells.items()):
                names.extend([pikepdf.String(name), cell])
            root.IDTree = out.make_indirect(pikepdf.Dictionary(Names=names))
        out.Root.StructTreeRoot = root
        out.Root.MarkInfo = pikepdf.Dictionary(Marked=True)


class _Tagged:
    """A tagged PDF, and its pages in the other PDF."""

    def __init__(self, out: pikepdf.Pdf, pdf: pikepdf.Pdf, scale: float, height: float) -> None:
        self._out = out
        self.pdf = pdf
        self.pages: list[pikepdf.Page] = []
        self._scale = scale
        self._height = height

    def shift(self, start: int) -> None:
        """Renumber pages and links from a number on, as in the joined tree."""
        for page in self.pages:
            if "/StructParents" in page:
                page.StructParents = int(page.StructParents) + start
            for note in page.get("/Annots", ()):
                if "/StructParent" in note:
                    note.StructParent = int(note.StructParent) + start

    def correct(self, element: pikepdf.Object, prefix: str, cells: dict[str, pikepdf.Object]) -> None:
        """Correct an element and its children for the joined PDF: positions of pictures, names of cells."""
        import pikepdf

        waiting = [element]
        while waiting:
            at = waiting.pop()
            if at.get("/S") == pikepdf.Name.L:
                without_wrappers(at)
            elif at.get("/S") == pikepdf.Name.LI:
                with_body(at, self._out)
            elif at.get("/S") == pikepdf.Name.Figure:
                as_formula(at)
            waiting += kids(at)
            own = at.get("/A")
            if isinstance(own, pikepdf.Dictionary):
                if "/BBox" in own:
                    own.BBox = pikepdf.Array(self._corners([float(number) for number in own.BBox]))
                if "/Headers" in own:
                    own.Headers = pikepdf.Array(pikepdf.String(f"{prefix}{name}") for name in own.Headers)
                # A header without a cell to its right is that of a column.
                if at.get("/S") == pikepdf.Name.TH and "/Scope" not in own:
                    own.Scope = pikepdf.Name.Column
            if "/ID" in at:
                at.ID = pikepdf.String(f"{prefix}{at.ID}")
                cells[str(at.ID)] = at

    def _corners(self, box: list[float]) -> list[float]:
        """Convert a box from the engine's CSS pixels from the top to points from the bottom."""
        unit = 0.75 * self._scale
        left, top, right, bottom = (side * unit for side in box)
        return [round(side, 3) for side in (left, self._height - bottom, right, self._height - top)]


def _entries(node: pikepdf.Object, depth: int) -> Iterator[tuple[int, pikepdf.Object]]:
    """Return the entries of a number tree (PDF 32000-1, 7.9.7)."""
    if depth == 0:
        raise RenderError("The PDF engine wrote an infinite number tree.")
    for kid in node.get("/Kids", ()):
        yield from _entries(kid, depth - 1)
    entries = list(node.get("/Nums", ()))
    for key, value in zip(entries[::2], entries[1::2], strict=True):
        yield int(key), value
