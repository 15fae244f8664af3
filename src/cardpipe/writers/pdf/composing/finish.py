"""Finish a PDF by pikepdf: add outline and metadata, remove what differs between runs."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cardpipe.errors import RenderError
from cardpipe.writers.page.grouping import used_tags
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.links import resolve
from cardpipe.writers.pdf.composing.opened import opened
from cardpipe.writers.pdf.composing.saving import read_back, written
from cardpipe.writers.pdf.composing.text_layer import use_common_characters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pikepdf

    from cardpipe.writers.api import RenderedDeck

_DEPTH: Final = 16
"""The maximum depth of a name tree; that of 500 cards has one level."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the outline, with its children."""

    title: str
    place: Place
    children: tuple[Entry, ...] = ()


def destinations(data: bytes, *, foot: float) -> dict[str, Place]:
    """Return the named destinations of a PDF by name, on pages with a lower margin in points.

    The engine names a heading at the top of a page twice, the first time at the lower edge of the previous page.
    """
    pdf = opened(data)
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
    found: dict[str, Place] = {}
    names = pdf.Root.get("/Names")
    tree = names.get("/Dests") if names is not None else None
    for name, target in _named(tree, _DEPTH) if tree is not None else ():
        place = Place(pages[target[0].objgen], float(target[2]), float(target[3]))
        if place.top > foot + 1 and (name not in found or place.page < found[name].page):
            found[name] = place
    return found


def _named(node: pikepdf.Object, depth: int) -> Iterator[tuple[str, pikepdf.Object]]:
    """Return the entries of a name tree (PDF 32000-1, 7.9.6)."""
    if depth == 0:
        raise RenderError("The PDF engine wrote an infinite name tree.")
    for kid in node.get("/Kids", ()):
        yield from _named(kid, depth - 1)
    entries = list(node.get("/Names", ()))
    for name, target in zip(entries[::2], entries[1::2], strict=True):
        yield str(name), target


def finish(
    made: bytes | pikepdf.Pdf,
    deck: RenderedDeck,
    outline: Sequence[Entry],
    duplex: str = "",
    links: Mapping[str, Place] | None = None,
    labels: Sequence[str] | None = None,
) -> bytes:
    """Return the PDF with outline, metadata and language, and with reproducible bytes.

    An open PDF is closed unless the caller keeps it. With `duplex` (`long` or `short`), it asks printers to flip the
    paper over that edge, and not to scale. `links` are the positions by anchor of links between its documents. `labels`
    are the page labels if they differ from the numbers of the PDF's pages.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(made)) if isinstance(made, bytes) else made as pdf:
        _describe(pdf, deck)
        _outline(pdf, outline)
        use_common_characters(pdf)
        if links is not None:
            resolve(pdf, links)
        if labels is not None:
            _label(pdf, labels)
        pdf.Root.Lang = pikepdf.String(deck.settings.language.text)
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        if duplex:
            pdf.Root.ViewerPreferences.PrintScaling = pikepdf.Name("/None")
            pdf.Root.ViewerPreferences.Duplex = pikepdf.Name(f"/DuplexFlip{duplex.title()}Edge")
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        if isinstance(made, bytes):
            # On a canvas with several books, each page refers to the fonts of all.
            pdf.remove_unreferenced_resources()
        stream = written(pdf)
    del made, pdf  # of a long deck it takes much memory, and so do its bytes
    return read_back(stream)


def _describe(pdf: pikepdf.Pdf, deck: RenderedDeck) -> None:
    """Write title, authors and subject, as document information for old readers and as XMP; no dates."""
    import pikepdf

    source = deck.settings
    authors = [author.text for author in source.authors]
    tags = [tag.description or tag.name for tag in used_tags(deck)]
    count = len(deck.cards)
    subject = source.catalogue.ngettext(
        "%(count)s card with questions and answers", "%(count)s cards with questions and answers", count
    ) % {"count": source.catalogue.number(count)}
    information = {
        "/Title": source.name.text,
        "/Author": ", ".join(authors),
        "/Subject": subject,
        "/Keywords": ", ".join(tags),
        "/Creator": "cardpipe",
        "/Producer": "cardpipe",
    }
    for key in list(pdf.docinfo.keys()):
        del pdf.docinfo[key]
    for key, value in information.items():
        if value:
            pdf.docinfo[key] = pikepdf.String(value)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
        for key in list(xmp):
            del xmp[key]
        xmp["dc:title"] = source.name.text
        xmp["dc:description"] = subject
        xmp["dc:language"] = {source.language.text}
        xmp["dc:format"] = "application/pdf"
        xmp["xmp:CreatorTool"] = "cardpipe"
        xmp["pdf:Producer"] = "cardpipe"
        if authors:
            xmp["dc:creator"] = authors
        if source.licence is not None:
            xmp["dc:rights"] = source.licence.text
        if tags:
            xmp["pdf:Keywords"] = ", ".join(tags)
        if "/StructTreeRoot" in pdf.Root:
            xmp["pdfuaid:part"] = "1"


def _label(pdf: pikepdf.Pdf, labels: Sequence[str]) -> None:
    """Label each page with what is printed on it (PDF 32000-1, 12.4.2)."""
    import pikepdf

    # A label without a numbering style consists of its prefix.
    numbers = [
        part
        for page, label in enumerate(labels)
        for part in (page, pikepdf.Dictionary(P=pikepdf.String(label)) if label else pikepdf.Dictionary())
    ]
    pdf.Root.PageLabels = pikepdf.Dictionary(Nums=pikepdf.Array(numbers))


def _outline(pdf: pikepdf.Pdf, entries: Sequence[Entry]) -> None:
    import pikepdf

    pages = [page.obj for page in pdf.pages]

    def item(entry: Entry) -> pikepdf.OutlineItem:
        made = pikepdf.OutlineItem(entry.title, destination=entry.place.target(pages))
        made.children.extend(map(item, entry.children))
        return made

    with pdf.open_outline() as outline:
        outline.root.extend(map(item, entries))
