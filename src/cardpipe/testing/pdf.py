"""Contract tests for PDF layouts and engines."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.errors import UsageError
from cardpipe.testing.deck import rendered
from cardpipe.testing.declared import check_attributes, check_name, check_options, expect
from cardpipe.testing.processes import check_elsewhere, check_light
from cardpipe.writers.api import Asset, Capabilities, FigureForm, MathForm, TextForm
from cardpipe.writers.pdf.engine import Placed, Resources, draw, installed_engine
from cardpipe.writers.pdf.layout import Paper, PrintJob, TwoSided

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.writers.api import RenderedDeck
    from cardpipe.writers.pdf.engine import Book, Engine
    from cardpipe.writers.pdf.layout import Layout

_FORM: Final = Capabilities(TextForm.HTML, MathForm.SVG, FigureForm.SVG)
_ENGINE: Final = "plutoprint"
_LAYOUTS: Final = ("sheet", "cards")
"""Built-in layouts for the test: one needs anchor positions, one puts several pages on a sheet."""
_PAPERS: Final = ("letter", "120x180mm")
_PICTURE: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
_PAGE: Final = Paper(300.0, 400.0, 15, 15, 15, 15)
_LINES: Final = 300
"""Paragraphs of the long test document."""


def check_layout(layout: Layout, *, engine: Engine | None = None, every_choice: bool = True) -> None:
    """Check that a layout fulfils its contract with an engine, by default PlutoPrint.

    Raises AssertionError otherwise. With `every_choice`, each choice of each option is tested, not
    only the defaults.
    """
    called = check_name(layout, "PDF layout")
    check_attributes(layout, "PDF layout", "options", "make")
    check_options(called, layout.options)
    check_light(called, layout)
    used = engine or installed_engine(_ENGINE)
    deck = rendered(_FORM)
    first = _pages(called, layout, _job(deck, layout, used))
    expect(first, f"{called} rejects its own defaults.")
    expect(
        first == _pages(called, layout, _job(deck, layout, used)),
        f"{called} makes different bytes the second time: call finish() last, which removes what varies.",
    )
    check_elsewhere(called, layout, made, deck, used.name)
    empty = replace(deck, cards=())
    _pages(f"{called}, for a deck without cards,", layout, _job(empty, layout, used))
    for paper in _PAPERS:
        _pages(f"{called}, on {paper},", layout, replace(_job(deck, layout, used), paper=paper))
    _pages(f"{called}, in large letters,", layout, replace(_job(deck, layout, used), scale=1.6))
    for option in layout.options if every_choice else ():
        for value in option.choices:
            if value != option.default:
                job = _job(deck, layout, used)
                chosen = replace(job, options={**job.options, option.name: value})
                _pages(f"{called}, with {option.name}={value},", layout, chosen)
    if isinstance(layout, TwoSided):
        _check_sides(called, layout, _job(deck, layout, used))


def made(layout: Layout, deck: RenderedDeck, engine: str) -> bytes:
    """Return the output of a layout with one of the installed engines."""
    return layout.make(_job(deck, layout, installed_engine(engine)))


def check_engine(engine: Engine) -> None:
    """Check that an engine fulfils its contract; raises AssertionError otherwise."""
    called = check_name(engine, "PDF engine")
    check_attributes(engine, "PDF engine", "version", "lay_out", "compose")
    check_light(called, engine)
    try:
        version: object = engine.version()
    except UsageError as error:
        raise AssertionError(f"{called} cannot be used on this machine: {error.message}") from error
    expect(isinstance(version, str) and version, f"{called} has the version {version!r}, which is not a text.")
    try:
        pickle.dumps(engine)
    except Exception as error:
        raise AssertionError(
            f"{called} cannot be pickled for other processes: {error}. Keep no state in it, and define its class in a "
            "module."
        ) from error
    short, long = _book(called, engine, _document(1)), _book(called, engine, _document(_LINES))
    expect(short.page_count >= 1, f"{called} makes a document of {short.page_count} pages.")
    expect(
        long.page_count > short.page_count, f"{called} produces no more pages for a long document than for a short one."
    )
    _check_sheets(called, engine, long)
    _check_places(called, engine, long)
    for name in _LAYOUTS:
        layout = cast("Layout", plugins.load(plugins.PDF_LAYOUTS, name))
        deck = rendered(_FORM)
        first = _pages(f"{called}, with the layout {name},", layout, _job(deck, layout, engine))
        again = _pages(f"{called}, with the layout {name},", layout, _job(deck, layout, engine))
        expect(first == again, f"{called} makes different bytes the second time, with the layout {name}.")


def _job(deck: RenderedDeck, layout: Layout, engine: Engine) -> PrintJob:
    from cardpipe.writers.pdf import WRITER

    settings: Mapping[str, str] = {option.name: option.default for option in (*layout.options, *WRITER.options)}
    return PrintJob(
        deck=deck,
        engine=engine,
        paper=settings["paper"],
        margin=settings["margin"],
        scale=1.0,
        points=0.0,
        group=settings["group"],
        options={**settings, **{option.name: option.default for option in layout.options}},
        progress=lambda _done, _count: None,
    )


def _pages(called: str, layout: Layout, job: PrintJob) -> bytes:
    """Return the PDF of a layout; empty if it rejects the options."""
    try:
        data: object = layout.make(job)
    except UsageError as error:
        expect(error.message.strip(), f"{called} raises a UsageError without a message.")
        return b""
    except Exception as error:
        raise AssertionError(f"{called} raises {type(error).__name__}: {error}") from error
    if type(data) is not bytes:
        raise AssertionError(f"{called} returns {type(data).__name__}, not the bytes of a PDF.")
    sizes = _sizes(called, data)
    expect(sizes, f"{called} makes a PDF without pages.")
    return data


def _sizes(called: str, data: bytes) -> list[tuple[float, float]]:
    """Return the width and height of each page in points."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            boxes = [[float(side) for side in page.mediabox] for page in pdf.pages]
    except pikepdf.PdfError as error:
        raise AssertionError(f"{called} makes an invalid PDF: {error}.") from error
    return [(right - left, top - bottom) for left, bottom, right, top in boxes]


def _check_sides(called: str, layout: TwoSided, job: PrintJob) -> None:
    size: object = layout.sheet(job)
    fine = isinstance(size, tuple) and len(size) == 2 and all(isinstance(side, (int, float)) for side in size)
    expect(fine and min(layout.sheet(job)) > 0, f"{called} has a sheet of {size!r}, not width and height.")
    edge: object = layout.edge(job)
    expect(edge in {"long", "short"}, f"{called} has the paper turned over the edge {edge!r}, not long or short.")


def _document(paragraphs: int) -> str:
    resources = _resources()
    lines = "".join(f'<p id="p{number}">Paragraph {number} of a document.</p>' for number in range(paragraphs))
    picture = f'<img src="{resources.address("picture.svg")}" alt="A box" width="40" height="20">'
    links = f'<a href="#p0">first</a> <a href="#p{paragraphs - 1}">last</a>'
    style = f"<style>@page {{ margin: {_PAGE.margins}; }}</style>"
    head = f'<head><meta charset="utf-8"><title>A &amp; b</title>{style}</head>'
    return f'<!DOCTYPE html><html lang="en">{head}<body><p>{links}{picture}</p>{lines}</body></html>'


def _resources() -> Resources:
    return Resources({"picture.svg": Asset("picture.svg", "image/svg+xml", _PICTURE)})


def _book(called: str, engine: Engine, document: str) -> Book:
    book = None
    for outlines in (True, False):
        try:
            book = engine.lay_out(_PAGE, document, _resources(), outlines=outlines)
        except Exception as error:
            raise AssertionError(f"{called} raises {type(error).__name__} in lay_out: {error}") from error
        expect(
            isinstance(getattr(book, "page_count", None), int) and hasattr(book, "places"),
            f"{called} returns {type(book).__name__} from lay_out, which is no Book with page_count and places.",
        )
    return cast("Book", book)


def _check_places(called: str, engine: Engine, book: Book) -> None:
    places = book.places(drawn=draw(engine, _PAGE, book))
    names = ("p0", f"p{_LINES - 1}")
    for name in names:
        expect(name in places, f"{called} has no place for the anchor “{name}”, to which the document links.")
        place = places[name]
        expect(
            0 <= place.page < book.page_count and 0 <= place.top <= _PAGE.height + 1,
            f"{called} has the anchor “{name}” at {place.top:g} pt of page {place.page}, which is on no page.",
        )
    first, last = (places[name] for name in names)
    expect(
        first.page == 0 and last.page == book.page_count - 1,
        f"{called} has the first paragraph on page {first.page} and the last on page {last.page}, counted from 0.",
    )


def _check_sheets(called: str, engine: Engine, book: Book) -> None:
    """Check that sheets have their size, be it that a page fills them or that there are two on each."""
    whole = _sizes(called, draw(engine, _PAGE, book))
    expect(
        len(whole) == book.page_count, f"{called} composes {len(whole)} sheets where {book.page_count} were asked for."
    )
    width, height = 2 * _PAGE.width, _PAGE.height
    data: object = engine.compose(width, height, _pairs(book))
    if type(data) is not bytes:
        raise AssertionError(f"{called} returns {type(data).__name__} from compose, not the bytes of a PDF.")
    for size in whole:
        _check_size(called, size, (_PAGE.width, _PAGE.height))
    for size in _sizes(called, data):
        _check_size(called, size, (width, height))


def _check_size(called: str, size: tuple[float, float], wanted: tuple[float, float]) -> None:
    near = all(abs(side - other) < 1 for side, other in zip(size, wanted, strict=True))
    expect(near, f"{called} composes a sheet of {size[0]:g} by {size[1]:g} pt, not {wanted[0]:g} by {wanted[1]:g}.")


def _pairs(book: Book) -> Iterator[list[Placed]]:
    for left in range(0, book.page_count, 2):
        pages = range(left, min(left + 2, book.page_count))
        yield [
            Placed(book, page, place * _PAGE.width, 0, _PAGE.width, _PAGE.height, turned=place == 1)
            for place, page in enumerate(pages)
        ]
