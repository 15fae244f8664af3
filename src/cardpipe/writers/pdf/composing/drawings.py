"""Pages of a printed book as drawings of another PDF: each as a form of its own, or several small ones as one.

Of ten thousand cards most sides are a few hundred bytes: as forms of their own they hold ten times as much in memory.
"""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from cardpipe.writers.pdf.composing.tags import is_tagged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pikepdf

    from cardpipe.writers.pdf.composing.books import PrintedBook
    from cardpipe.writers.pdf.composing.destinations import Place
    from cardpipe.writers.pdf.composing.links import PdfLink

_SMALL: Final = 4096
"""Bytes of a page as it is packed, up to which it is drawn together with others."""
_MARKS: Final = frozenset({"BDC", "BMC", "EMC", "MP", "DP"})
"""Operators of marked content (PDF 32000-1, 14.6)."""
_BOXES: Final = ("/MediaBox", "/BleedBox", "/TrimBox", "/CropBox", "/ArtBox")

Matrix: TypeAlias = tuple[float, ...]
"""The six numbers by which a page is moved and turned (PDF 32000-1, 8.3.3)."""


class Common:
    """What drawings of one PDF have in common and is there once: of ten thousand cards that is much memory."""

    def __init__(self, out: pikepdf.Pdf) -> None:
        self.out = out
        self._boxes: dict[tuple[str, ...], pikepdf.Object] = {}

    def box(self, sides: Sequence[object]) -> pikepdf.Object:
        """A box from its four sides in points."""
        import pikepdf

        key = tuple(map(str, sides))
        if key not in self._boxes:
            self._boxes[key] = self.out.make_indirect(pikepdf.Array(sides))
        return self._boxes[key]


class _Leaf(NamedTuple):
    """A page in its place."""

    number: int
    matrix: Matrix
    page: pikepdf.Page


class Source:
    """A printed book, opened."""

    def __init__(self, book: PrintedBook, common: Common) -> None:
        import pikepdf

        made = book.pdf()
        self.pdf = pikepdf.open(io.BytesIO(made) if isinstance(made, bytes) else made)
        self._tagged = is_tagged(self.pdf)
        self.places = _by_page(book.places())
        self.links: dict[int, list[PdfLink]] = {}
        for link in book.links:
            self.links.setdefault(link.page, []).append(link)
        self._common = common
        self._drawings: dict[int, pikepdf.Object] = {}
        self._copies: dict[tuple[bytes, ...], pikepdf.Object] = {}

    def height(self, page: int) -> float:
        """Of a page as it was printed, which can differ from the book's by a rounding."""
        return float(self.pdf.pages[page].mediabox[3])

    def page(self, number: int) -> pikepdf.Object:
        """A page as one of the other PDF, without a size; with its links and tags where it has them."""
        import pikepdf

        printed = self.pdf.pages[number]
        if "/Annots" in printed.obj or "/StructParents" in printed.obj:
            printed.obj.Resources = printed.resources  # which may be those of all pages
            made = self._common.out.copy_foreign(printed.obj)
            for box in _BOXES:
                if box in made:
                    del made[box]
            return made
        made = pikepdf.Dictionary(Type=pikepdf.Name.Page, Contents=self._stream(_packed(printed)))
        made.Resources = self._union([printed])
        if "/Group" in printed.obj:
            made.Group = self._group(printed.obj.Group)
        return made

    def drawings(
        self, placed: Sequence[tuple[int, Matrix]], sheet: pikepdf.Object
    ) -> Iterator[tuple[pikepdf.Object, Matrix | None]]:
        """Pages by number, in their order, as forms with the matrices to draw them by.

        Small ones that follow each other are one form as large as the sheet, which needs no matrix.
        """
        for leaves in _gathered([_Leaf(page, matrix, self.pdf.pages[page]) for page, matrix in placed]):
            if len(leaves) > 1:
                yield self._joined(leaves, sheet), None
            else:
                yield self._drawing(leaves[0].number), leaves[0].matrix

    def _drawing(self, number: int) -> pikepdf.Object:
        """A page as a form, whose corner is that of the page."""
        if number not in self._drawings:
            page = self.pdf.pages[number]
            packed = zlib.compress(self._unmarked(page)) if self._tagged else _packed(page)
            self._drawings[number] = self._form(packed, self._common.box(list(page.trimbox)), [page])
        return self._drawings[number]

    def _joined(self, leaves: Sequence[_Leaf], sheet: pikepdf.Object) -> pikepdf.Object:
        """Several pages as one form, each cut at its edges."""
        drawn = b"".join(_drawn(leaf, self._unmarked(leaf.page)) for leaf in leaves)
        return self._form(zlib.compress(drawn), sheet, [leaf.page for leaf in leaves])

    def _unmarked(self, page: pikepdf.Page) -> bytes:
        """What a page draws, without the marks by which a structure tree knows its parts: drawings are in none."""
        import pikepdf

        if not self._tagged:
            return _content(page)
        parts = [part for part in pikepdf.parse_content_stream(page) if str(part.operator) not in _MARKS]
        return pikepdf.unparse_content_stream(parts)

    def _form(self, packed: bytes, box: pikepdf.Object, pages: Sequence[pikepdf.Page]) -> pikepdf.Object:
        """A form of what these pages draw, which are of one group."""
        import pikepdf

        form = self._stream(packed)
        form.Subtype = pikepdf.Name.Form
        form.BBox = box
        form.Resources = self._union(pages)
        if "/Group" in pages[0].obj:
            form.Group = self._group(pages[0].obj.Group)
        return form

    def _stream(self, packed: bytes) -> pikepdf.Stream:
        import pikepdf

        # Not copied from the source, since pikepdf lets the copy of a stream hold on to what it was copied from.
        return self._common.out.make_stream(packed, Filter=pikepdf.Name.FlateDecode)

    def _union(self, pages: Sequence[pikepdf.Page]) -> pikepdf.Object:
        """The resources of all of these pages, among which no two have the same name."""
        import pikepdf

        key = tuple(sorted({page.resources.unparse() for page in pages}))
        if key not in self._copies:
            union: dict[str, dict[str, pikepdf.Object]] = {}
            for page in pages:
                for kind, name, value in _resources(page):
                    union.setdefault(kind, {})[name] = value
            made = {kind: pikepdf.Dictionary(named) for kind, named in union.items()}
            self._copies[key] = self._copied(pikepdf.Dictionary(made))
        return self._copies[key]

    def _group(self, group: pikepdf.Object) -> pikepdf.Object:
        key = (group.unparse(),)
        if key not in self._copies:
            self._copies[key] = self._copied(group)
        return self._copies[key]

    def _copied(self, found: pikepdf.Object) -> pikepdf.Object:
        return self._common.out.copy_foreign(found if found.is_indirect else self.pdf.make_indirect(found))


def _gathered(leaves: Sequence[_Leaf]) -> Iterator[list[_Leaf]]:
    """Pages that can be drawn together, and the others each by itself."""
    together: list[_Leaf] = []
    known: dict[str, bytes] = {}
    for leaf in leaves:
        names = _names(leaf.page)
        if together and (
            not names or not known or any(known.get(name, value) != value for name, value in names.items())
        ):
            yield together
            together, known = [], {}
        together.append(leaf)
        known |= names
    if together:
        yield together


def _names(page: pikepdf.Page) -> dict[str, bytes]:
    """What a small page means by each name of its resources; nothing for a page that stays by itself."""
    if sum(int(stream.stream_dict.Length) for stream in _streams(page)) > _SMALL:
        return {}
    group = page.obj.Group.unparse() if "/Group" in page.obj else b""
    return {"group": group} | {f"{kind}{name}": value.unparse() for kind, name, value in _resources(page)}


def _resources(page: pikepdf.Page) -> Iterator[tuple[str, str, pikepdf.Object]]:
    """Kind, name and value of each resource."""
    import pikepdf

    for kind, named in page.resources.items():
        if isinstance(named, pikepdf.Dictionary):  # and not a list of procedures, which nobody reads any more
            yield from ((kind, name, value) for name, value in named.items())


def _drawn(leaf: _Leaf, content: bytes) -> bytes:
    """What a page draws, moved to its place and within its edges."""
    left, bottom, right, top = map(float, leaf.page.mediabox)
    box = f"{left:g} {bottom:g} {right - left:.3f} {top - bottom:.3f} re W n"
    return f"q {written(leaf.matrix)} cm {box}\n".encode() + content + b"\nQ\n"


def _content(page: pikepdf.Page) -> bytes:
    return b"\n".join(stream.read_bytes() for stream in _streams(page))


def _packed(page: pikepdf.Page) -> bytes:
    """What a page draws, packed by Flate."""
    import pikepdf

    streams = _streams(page)
    if len(streams) == 1 and streams[0].get("/Filter") == pikepdf.Name.FlateDecode and "/DecodeParms" not in streams[0]:
        return streams[0].read_raw_bytes()
    return zlib.compress(_content(page))


def _streams(page: pikepdf.Page) -> list[pikepdf.Stream]:
    import pikepdf

    drawn = page.obj.get("/Contents", pikepdf.Array())
    return [
        part for part in (drawn if isinstance(drawn, pikepdf.Array) else [drawn]) if isinstance(part, pikepdf.Stream)
    ]


def written(matrix: Matrix) -> str:
    """The numbers of a matrix as a PDF has them."""
    return " ".join(f"{number:.4f}" for number in matrix)


def _by_page(places: Mapping[str, Place]) -> dict[int, list[tuple[str, Place]]]:
    found: dict[int, list[tuple[str, Place]]] = {}
    for name, place in places.items():
        found.setdefault(place.page, []).append((name, place))
    return found
