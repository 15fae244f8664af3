"""Sheets from finished PDFs: for engines that can only make a whole PDF of each document.

A page that fills its sheet stays a page, so that what a tagged PDF says of it stays true; what is drawn over it is
marked as an artifact. Any other page becomes a drawing with a place of its own, and such sheets have no tags: nobody
reads them in the order in which they lie.
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
"""Points by which a page may miss the size of its sheet."""
_UNSEEN: Final = 0.01
"""Points, or a share of the size, that nobody sees a page move by."""


def assemble(width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
    """Sheets of a size in points as PDF, from printed books; links and their targets keep their places."""
    stream = io.BytesIO()
    with assembled(width, height, sheets, named=True) as out:
        out.save(stream, deterministic_id=True)
    return stream.getvalue()


def assembled(width: float, height: float, sheets: Iterable[Iterable[Placed]], *, named: bool = False) -> pikepdf.Pdf:
    """The same, open, for the caller to finish and to close; without targets unless they are to be `named` there."""
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
        """Make a sheet of the pages that are placed on it."""
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
            # Whoever listens to a page hears its text, not its head and foot.
            drawn = f"/Artifact <</Type /Pagination>> BDC\n{chr(10).join(lines)}\nEMC" if first else "\n".join(lines)
            self._extend(page, after=drawn)

    def _added(self, made: pikepdf.Object) -> pikepdf.Page:
        """A page as the last one, of the sheet's size."""
        import pikepdf

        # The list of pages that is part of a PDF looks at all of them for each that is added.
        made.Parent = self._out.Root.Pages
        made.MediaBox = self._box
        self._pages.append(made if made.is_indirect else self._out.make_indirect(made))
        return pikepdf.Page(self._pages[-1])

    def _own_drawings(self, page: pikepdf.Page) -> pikepdf.Dictionary:
        """The drawings that a page knows by name, in resources of its own, for others to be added."""
        import pikepdf

        resources = dict(page.obj.Resources.items()) if "/Resources" in page.obj else {}
        former = dict(resources["/XObject"].items()) if "/XObject" in resources else {}
        page.obj.Resources = pikepdf.Dictionary(resources | {"/XObject": pikepdf.Dictionary(former)})
        return cast("pikepdf.Dictionary", page.obj.Resources.XObject)

    def _free_name(self, drawings: pikepdf.Dictionary) -> str:
        """The first name for a drawing that is not taken yet."""
        number = 0
        while f"/Placed{number}" in drawings:
            number += 1
        return f"/Placed{number}"

    def _extend(self, page: pikepdf.Page, *, before: str = "", after: str = "") -> None:
        """Draw something before and after what is on a page."""
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
        """Write what belongs to the whole: the targets of links, and the tags."""
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
        """Whether the sheet is a page, perhaps with one of another book drawn over it."""
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
        # What the engine changes of the state is not meant for what follows.
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
            # An engine hands over its own books, each of which is a PDF.
            self._sources[book] = Source(cast("PrintedBook", book), self._common)
        return self._sources[book]

    def _matrix(self, placed: Placed, printed: float) -> Matrix:
        """From a printed page, measured from its lower left corner, to the sheet."""
        scale = placed.scale
        if placed.turned:
            right, top = placed.left + placed.width * scale, self._height - placed.top
            return (-scale, 0, 0, -scale, right, top + (printed - placed.height) * scale)
        return (scale, 0, 0, scale, placed.left, self._height - placed.top - printed * scale)

    def _carry(self, page: pikepdf.Page, placed: Placed, source: Source, matrix: Matrix, *, links: bool) -> None:
        """Carry the targets of a page over to its place, and its links where they have not come with it."""
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
        """The name of a place, which all links to it have in common."""
        import pikepdf

        if name not in self._anchors:
            self._anchors[name] = self._out.make_indirect(pikepdf.String(name))
        return self._anchors[name]


def _stays(matrix: Matrix) -> bool:
    """Whether nothing moves that one could see."""
    return all(abs(number - same) < _UNSEEN for number, same in zip(matrix, (1, 0, 0, 1, 0, 0), strict=True))


def _moved(matrix: Matrix, left: float, top: float) -> tuple[float, float]:
    a, _, _, d, e, f = matrix
    return round(a * left + e, 3), round(d * top + f, 3)


def _move(note: pikepdf.Object, matrix: Matrix) -> None:
    """Bring a link to its place; its target is looked up by name."""
    import pikepdf

    corners = [float(number) for number in note.Rect]
    first, second = _moved(matrix, *corners[:2]), _moved(matrix, *corners[2:])
    note.Rect = upright([*first, *second])
    if isinstance(target := note.get("/Dest"), pikepdf.Name):
        note.Dest = pikepdf.String(str(target)[1:])
    # PDF/UA wants links to be printable.
    note.F = 4
