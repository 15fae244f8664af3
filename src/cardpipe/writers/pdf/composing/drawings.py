"""Pages of a printed book as form XObjects of another PDF: one per page, or one for several small pages.

Most sides of cards have a few hundred bytes: for ten thousand cards, separate form XObjects take ten times as much
memory.
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
"""The maximum compressed size of a page in bytes that is joined with others."""
_MARKS: Final = frozenset({"BDC", "BMC", "EMC", "MP", "DP"})
"""Operators of marked content (PDF 32000-1, 14.6)."""
_BOXES: Final = ("/MediaBox", "/BleedBox", "/TrimBox", "/CropBox", "/ArtBox")

Matrix: TypeAlias = tuple[float, ...]
"""The six numbers of a transformation matrix (PDF 32000-1, 8.3.3)."""


class Common:
    """Objects that form XObjects of one PDF share, which saves much memory for thousands of cards."""

    def __init__(self, out: pikepdf.Pdf) -> None:
        self.out = out
        self._boxes: dict[tuple[str, ...], pikepdf.Object] = {}

    def box(self, sides: Sequence[object]) -> pikepdf.Object:
        """Return a box from its four sides in points."""
        import pikepdf

        key = tuple(map(str, sides))
        if key not in self._boxes:
            self._boxes[key] = self.out.make_indirect(pikepdf.Array(sides))
        return self._boxes[key]


class _Leaf(NamedTuple):
    """A page with its position."""

    number: int
    matrix: Matrix
    page: pikepdf.Page


class Source:
    """An opened printed book."""

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
        """Return the height of a printed page, which can differ from the book's by rounding."""
        return float(self.pdf.pages[page].mediabox[3])

    def page(self, number: int) -> pikepdf.Object:
        """Return a page as one of the other PDF, without a size; with its links and tags if it has them."""
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
        """Return pages by number, in order, as form XObjects with their matrices.

        Small consecutive ones are joined to one form XObject of the sheet's size, which needs no matrix.
        """
        every = [_Leaf(page, matrix, self.pdf.pages[page]) for page, matrix in placed]
        for leaves in _gathered(every) if len(every) > 1 else [every]:
            if len(leaves) > 1:
                yield self._joined(leaves, sheet), None
            else:
                yield self._drawing(leaves[0].number), leaves[0].matrix

    def _drawing(self, number: int) -> pikepdf.Object:
        """Return a page as a form XObject with the same origin."""
        if number not in self._drawings:
            page = self.pdf.pages[number]
            packed = zlib.compress(self._unmarked(page)) if self._tagged else _packed(page)
            self._drawings[number] = self._form(packed, self._common.box(list(page.trimbox)), [page])
        return self._drawings[number]

    def _joined(self, leaves: Sequence[_Leaf], sheet: pikepdf.Object) -> pikepdf.Object:
        """Return several pages as one form XObject, each clipped at its edges."""
        drawn = b"".join(_drawn(leaf, self._unmarked(leaf.page)) for leaf in leaves)
        return self._form(zlib.compress(drawn), sheet, [leaf.page for leaf in leaves])

    def _unmarked(self, page: pikepdf.Page) -> bytes:
        """Return a page's content without marked content: form XObjects are not part of a structure tree."""
        import pikepdf

        if not self._tagged:
            return _content(page)
        parts = [part for part in pikepdf.parse_content_stream(page) if str(part.operator) not in _MARKS]
        return pikepdf.unparse_content_stream(parts)

    def _form(self, packed: bytes, box: pikepdf.Object, pages: Sequence[pikepdf.Page]) -> pikepdf.Object:
        """Return a form XObject of these pages' content, which share a transparency group."""
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

        # Not copied from the source, since pikepdf's copy of a stream keeps the original alive.
        return self._common.out.make_stream(packed, Filter=pikepdf.Name.FlateDecode)

    def _union(self, pages: Sequence[pikepdf.Page]) -> pikepdf.Object:
        """Return the resources of all of these pages, whose names are distinct."""
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
    """Group pages that can be joined; the others stay single."""
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
    """Return the resources of a small page by name; nothing for a page that stays single."""
    if sum(int(stream.stream_dict.Length) for stream in _streams(page)) > _SMALL:
        return {}
    group = page.obj.Group.unparse() if "/Group" in page.obj else b""
    return {"group": group} | {f"{kind}{name}": value.unparse() for kind, name, value in _resources(page)}


def _resources(page: pikepdf.Page) -> Iterator[tuple[str, str, pikepdf.Object]]:
    """Yield kind, name and value of each resource."""
    import pikepdf

    for kind, named in page.resources.items():
        if isinstance(named, pikepdf.Dictionary):  # not a list of procedures, which is obsolete
            yield from ((kind, name, value) for name, value in named.items())


def _drawn(leaf: _Leaf, content: bytes) -> bytes:
    """Return a page's content, moved to its position and clipped at its edges."""
    left, bottom, right, top = map(float, leaf.page.mediabox)
    box = f"{left:g} {bottom:g} {right - left:.3f} {top - bottom:.3f} re W n"
    return f"q {written(leaf.matrix)} cm {box}\n".encode() + content + b"\nQ\n"


def _content(page: pikepdf.Page) -> bytes:
    return b"\n".join(stream.read_bytes() for stream in _streams(page))


def _packed(page: pikepdf.Page) -> bytes:
    """Return a page's content, compressed by Flate."""
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
    """Return the numbers of a matrix as PDF syntax."""
    return " ".join(f"{number:.4f}" for number in matrix)


def _by_page(places: Mapping[str, Place]) -> dict[int, list[tuple[str, Place]]]:
    found: dict[int, list[tuple[str, Place]]] = {}
    for name, place in places.items():
        found.setdefault(place.page, []).append((name, place))
    return found
