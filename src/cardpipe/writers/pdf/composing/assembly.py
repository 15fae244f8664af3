"""Compose sheets from finished PDFs: for engines that can only create a whole PDF of each document.

A page that fills its sheet stays a page, so that its tags stay valid; what is drawn over it is marked as an artifact.
Any other page becomes a form XObject with its own position, and such sheets have no tags: they are not in reading
order.
"""

from __future__ import annotations

import io
from itertools import groupby
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

from cardpipe.writers.pdf.composing.drawings import Common, Source, written
from cardpipe.writers.pdf.composing.links import upright, write_names
from cardpipe.writers.pdf.composing.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pikepdf

    from cardpipe.writers.pdf.composing.books import Book, Placed, PrintedBook
    from cardpipe.writers.pdf.composing.drawings import Matrix
    from cardpipe.writers.pdf.composing.links import PdfLink

_NEAR: Final = 0.5
"""The tolerance in points between a page and the size of its sheet."""
_UNSEEN: Final = 0.01
"""The movement of a page that is not visible: points, or a fraction of the size."""


def assemble(width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
    """Return sheets of a size in points as PDF, from printed books; links and their targets keep their positions."""
    stream = io.BytesIO()
    with assembled(width, height, sheets, named=True) as out:
        out.save(stream, deterministic_id=True)
    return stream.getvalue()


def assembled(width: float, height: float, sheets: Iterable[Iterable[Placed]], *, named: bool = False) -> pikepdf.Pdf:
    """Return the open PDF, which the caller finishes and closes; without targets unless they are `named`."""
    import pikepdf

    out = pikepdf.new()
    maker = _Maker(out, width, height, named=named)
    for sheet in sheets:
        maker.add(list(sheet))
    maker.end()
    return out


class _Maker:
    def __init__(self, out: pikepdf.Pdf, width: float, height: float, *, named: bool) -> None:
        import pikepdf

        self._out = out
        self._named = named
        self._width = width
        self._height = height
        self._tags: Tags | None = Tags(out)
        self._sources: WeakKeyDictionary[Book, Source] = WeakKeyDictionary()
        self._targets: dict[str, pikepdf.Object] = {}
        self._common = Common(out)
        self._box = self._common.box([0, 0, round(width, 4), round(height, 4)])
        self._frame = out.make_indirect(pikepdf.Array([0, 0, 0]))
        self._pages: list[pikepdf.Object] = []
        self._strokes: dict[str, pikepdf.Object] = {}
        self._anchors: dict[str, pikepdf.Object] = {}
        self._link_type = pikepdf.Name.Link

    def add(self, sheet: Sequence[Placed]) -> None:
        """Add a sheet with the pages that are placed on it."""
        import pikepdf

        if self._whole(sheet):
            page, first = self._kept(sheet[0]), 1
        else:
            self._tags = None
            page, first = self._added(pikepdf.Dictionary(Type=pikepdf.Name.Page, Resources=pikepdf.Dictionary())), 0
        lines = []
        drawings = self._own_drawings(page)
        for book, run in groupby(sheet[first:], key=lambda placed: placed.book):
            source = self._source(book)
            leaves = [(placed, self._matrix(placed, source.height(placed.page))) for placed in run]
            for form, place in source.drawings([(placed.page, matrix) for placed, matrix in leaves], self._box):
                name = self._free_name(drawings)
                drawings[name] = form
                lines.append(f"{name} Do" if place is None else f"q {written(place)} cm {name} Do Q")
            for placed, matrix in leaves:
                self._carry(page, placed, source, matrix, links=True)
        if lines:
            # Screen readers should read the text of a page, not its head and foot.
            drawn = f"/Artifact <</Type /Pagination>> BDC\n{chr(10).join(lines)}\nEMC" if first else "\n".join(lines)
            self._extend(page, after=drawn)

    def _added(self, made: pikepdf.Object) -> pikepdf.Page:
        """Append a page of the sheet's size."""
        import pikepdf

        # pikepdf's list of pages inspects all of them for each that is added.
        made.Parent = self._out.Root.Pages
        made.MediaBox = self._box
        self._pages.append(made if made.is_indirect else self._out.make_indirect(made))
        return pikepdf.Page(self._pages[-1])

    def _own_drawings(self, page: pikepdf.Page) -> pikepdf.Dictionary:
        """Return the XObjects of a page's own resources, to which others can be added."""
        import pikepdf

        resources = dict(page.obj.Resources.items()) if "/Resources" in page.obj else {}
        former = dict(resources["/XObject"].items()) if "/XObject" in resources else {}
        page.obj.Resources = pikepdf.Dictionary(resources | {"/XObject": pikepdf.Dictionary(former)})
        return cast("pikepdf.Dictionary", page.obj.Resources.XObject)

    def _free_name(self, drawings: pikepdf.Dictionary) -> str:
        """Return the first unused name for an XObject."""
        number = 0
        while f"/Placed{number}" in drawings:
            number += 1
        return f"/Placed{number}"

    def _extend(self, page: pikepdf.Page, *, before: str = "", after: str = "") -> None:
        """Add operators before and after the content of a page."""
        import pikepdf

        drawn = page.obj.get("/Contents", pikepdf.Array())
        old = list(drawn) if isinstance(drawn, pikepdf.Array) else [drawn]
        new = [*([self._stroke(before)] if before else []), *old, *([self._stroke(after)] if after else [])]
        page.obj.Contents = pikepdf.Array(new)

    def _stroke(self, drawn: str) -> pikepdf.Object:
        if drawn not in self._strokes:
            self._strokes[drawn] = self._out.make_stream(drawn.encode())
        return self._strokes[drawn]

    def end(self) -> None:
        """Write what belongs to the whole PDF: the targets of links, and the tags."""
        import pikepdf

        self._out.Root.Pages.Kids = pikepdf.Array(self._pages)
        self._out.Root.Pages.Count = len(self._pages)
        if self._targets:
            write_names(self._out, self._targets)
        if self._tags is not None:
            self._tags.write()
        else:
            for page in self._out.pages:
                if "/StructParents" in page:
                    del page.StructParents

    def _whole(self, sheet: Sequence[Placed]) -> bool:
        """Return whether the sheet is a page, perhaps with one of another book drawn over it."""
        return 1 <= len(sheet) <= 2 and all(
            not placed.turned
            and abs(placed.left) + abs(placed.top) < _NEAR
            and abs(placed.width * placed.scale - self._width) < _NEAR
            and abs(placed.height * placed.scale - self._height) < _NEAR
            for placed in sheet
        )

    def _kept(self, placed: Placed) -> pikepdf.Page:
        source = self._source(placed.book)
        matrix = self._matrix(placed, source.height(placed.page))
        page = self._added(source.page(placed.page))
        # Changes of the graphics state by the engine must not affect what follows.
        before = "q\n" if _stays(matrix) else f"q {written(matrix)} cm\n"
        self._extend(page, before=before, after="\nQ\n")
        if not _stays(matrix):
            for note in page.get("/Annots", ()):
                _move(note, matrix)
        self._carry(page, placed, source, matrix, links=False)
        if self._tags is not None:
            self._tags.add(page, source.pdf, placed.scale, self._height)
        return page

    def _source(self, book: Book) -> Source:
        if book not in self._sources:
            # An engine passes its own books, each of which is a PDF.
            self._sources[book] = Source(cast("PrintedBook", book), self._common)
        return self._sources[book]

    def _matrix(self, placed: Placed, printed: float) -> Matrix:
        """Return the matrix from a printed page, measured from its lower left corner, to the sheet."""
        scale = placed.scale
        if placed.turned:
            right, top = placed.left + placed.width * scale, self._height - placed.top
            return (-scale, 0, 0, -scale, right, top + (printed - placed.height) * scale)
        return (scale, 0, 0, scale, placed.left, self._height - placed.top - printed * scale)

    def _carry(self, page: pikepdf.Page, placed: Placed, source: Source, matrix: Matrix, *, links: bool) -> None:
        """Move the targets of a page to their position, and its links if they have not been moved with it."""
        import pikepdf

        lift = source.height(placed.page) - placed.height
        for name, place in source.places.get(placed.page, ()) if self._named else ():
            left, top = _moved(matrix, place.left, place.top + lift)
            self._targets.setdefault(name, pikepdf.Array([page.obj, pikepdf.Name.XYZ, left, top, 0]))
        if beside := source.links.get(placed.page):
            made = [self._link(link, matrix) for link in beside]
            page.obj.Annots = pikepdf.Array([*page.obj.get("/Annots", ()), *made])
        if not links:
            return
        for original in source.pdf.pages[placed.page].get("/Annots", ()):
            note = self._out.make_indirect(self._out.copy_foreign(source.pdf.make_indirect(original)))
            if "/StructParent" in note:
                del note.StructParent
            _move(note, matrix)
            if "/Annots" not in page:
                page.Annots = pikepdf.Array()
            page.Annots.append(note)

    def _link(self, link: PdfLink, matrix: Matrix) -> pikepdf.Object:
        import pikepdf

        corners = [*_moved(matrix, link.left, link.bottom), *_moved(matrix, link.right, link.top)]
        made = pikepdf.Dictionary(Subtype=self._link_type, Rect=upright(corners), Border=self._frame)
        if link.target.startswith("#"):
            made.Dest = self._anchor(link.target[1:])
        else:
            made.A = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(link.target))
        return made

    def _anchor(self, name: str) -> pikepdf.Object:
        """Return the name of a position, which all links to it share."""
        import pikepdf

        if name not in self._anchors:
            self._anchors[name] = self._out.make_indirect(pikepdf.String(name))
        return self._anchors[name]


def _stays(matrix: Matrix) -> bool:
    """Return whether there is no visible movement."""
    return all(abs(number - same) < _UNSEEN for number, same in zip(matrix, (1, 0, 0, 1, 0, 0), strict=True))


def _moved(matrix: Matrix, left: float, top: float) -> tuple[float, float]:
    a, _, _, d, e, f = matrix
    return round(a * left + e, 3), round(d * top + f, 3)


def _move(note: pikepdf.Object, matrix: Matrix) -> None:
    """Move a link to its position; its target is looked up by name."""
    import pikepdf

    corners = [float(number) for number in note.Rect]
    first, second = _moved(matrix, *corners[:2]), _moved(matrix, *corners[2:])
    note.Rect = upright([*first, *second])
    if isinstance(target := note.get("/Dest"), pikepdf.Name):
        note.Dest = pikepdf.String(str(target)[1:])
    # PDF/UA requires links to be printable.
    note.F = 4
