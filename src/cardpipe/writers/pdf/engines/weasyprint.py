"""The PDF engine `weasyprint`, an adapter for WeasyPrint: tagged PDF and hyphenation, but slow.

Requires the optional extra `cardpipe[weasyprint]` and the Pango libraries, which pip cannot install.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import RenderError, UsageError
from cardpipe.plugins.extras import install_command, pip_install
from cardpipe.writers.pdf.composing.assembly import assemble
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.tag_repairs import FORMULA
from cardpipe.writers.pdf.engine import BASE, is_formula, lost_picture
from cardpipe.writers.pdf.engines.formulas import without_styles
from cardpipe.writers.pdf.engines.ruby import with_ruby

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cardpipe.writers.pdf.engine import Page, Placed, Resources

_FORMULA: Final = re.compile(r'(<img class="math (?:inline|display)" src="[^"]*" alt=")')
_TIME: Final = "SOURCE_DATE_EPOCH"
"""The variable that fontTools asks for the time, in seconds since 1970."""
_POINT: Final = 0.75
"""The size of a CSS pixel in points."""
_PANGO: Final = {
    "linux": "Debian, Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "Fedora: dnf install pango; Alpine: apk add pango; Arch: pacman -S pango.",
    "darwin": "With Homebrew: brew install pango; with MacPorts: port install pango.",
    "win32": "With MSYS2: pacman -S mingw-w64-x86_64-pango, and its bin folder in WEASYPRINT_DLL_DIRECTORIES.",
}
_STYLE: Final = """<style>
@media print {
p, li, dd, blockquote, .tight td { hyphens: auto; hyphenate-limit-chars: 7 3 3; }
h1, h2, h3, h4, h5, h6, th, td, code, pre, figcaption { hyphens: manual; }
.id, .label, .marks, .contents, .tags, .heads, .topic, .foot, .see, .references, .related { hyphens: manual; }
.question p, .cover p, .title p, .contents li, .tags li, .marks li { hyphens: manual; }
.references li, .references p, .related li { hyphens: manual; }
.contents .page { flex: 0 0 9mm; max-width: 9mm; }
ul { list-style-type: "•\\2002"; }
}
</style></head>"""
"""Hyphenation applies to running text only."""


class _LostPictures(logging.Handler):
    """Collects the addresses of unreadable pictures, which the engine reports only in its log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.urls: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg.startswith("Failed to load image") and isinstance(record.args, tuple) and record.args:
            self.urls.append(str(record.args[0]))


class _Book:
    """A document laid out by WeasyPrint."""

    links: Final = ()
    """They are on the pages."""

    def __init__(self, document: Any, page: Page) -> None:
        self._document = document
        self._page = page

    @property
    def page_count(self) -> int:
        """The number of pages."""
        return len(self._document.pages)

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:  # noqa: ARG002 - it knows by itself
        """Return the position of each linked anchor."""
        linked = {target for page in self._document.pages for kind, target, *_ in page.links if kind == "internal"}
        found: dict[str, Place] = {}
        for number, page in enumerate(self._document.pages):
            for name, (left, top, *_) in page.anchors.items():
                if name in linked:
                    place = Place(number, left * _POINT * scale, (self._page.height - top * _POINT) * scale)
                    found.setdefault(name, place)
        return found

    @functools.cache  # noqa: B019 - a book is let go of with its pages
    def pdf(self) -> bytes:
        """Return all pages, tagged."""
        with _fixed_time():
            data: bytes = self._document.write_pdf(pdf_variant="pdf/ua-1")
        return data


@contextlib.contextmanager
def _fixed_time() -> Iterator[None]:
    """Let fontTools, by which WeasyPrint reads and writes fonts, not write the time of day into them."""
    former = os.environ.get(_TIME)
    os.environ[_TIME] = "0"
    try:
        yield
    finally:
        del os.environ[_TIME]
        if former is not None:
            os.environ[_TIME] = former


class WeasyPrint:
    """The engine with tagged PDF and hyphenation."""

    name = "weasyprint"
    summary = "slow; tagged PDF (PDF/UA), hyphenation"

    def version(self) -> str:
        """Return the package's version; raises UsageError if it or a required library is missing."""
        pango = _PANGO[next((name for name in _PANGO if sys.platform.startswith(name)), "linux")]
        try:
            import weasyprint
        except ModuleNotFoundError as error:
            raise UsageError(
                "WeasyPrint is not installed.",
                hint=f"Install it with: {install_command('weasyprint')}; and Pango, which it requires. {pango}",
            ) from error
        except ImportError as error:
            why = " ".join(str(error).split())
            raise UsageError(
                f"WeasyPrint cannot be loaded: {why}.",
                hint=f"Reinstall it with: {pip_install('--force-reinstall', 'weasyprint')}",
            ) from error
        except OSError as error:
            raise UsageError(
                "WeasyPrint is installed, but the Pango libraries that it requires are not.", hint=pango
            ) from error
        return str(weasyprint.__version__)

    def lay_out(self, page: Page, document: str, resources: Resources, *, outlines: bool = False) -> _Book:
        """Lay out a document on pages of a size; raises RenderError if the engine fails."""
        import weasyprint
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
            def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
                if url.startswith("data:"):  # fonts of a single deck
                    return super().fetch(url, headers)
                data, media_type = resources.find(url, outlines=outlines, page_fonts=True)
                if is_formula(url):
                    data = without_styles(data.decode()).encode()
                return URLFetcherResponse(url, data, {"Content-Type": media_type})

        size = f"<style>@page {{ size: {page.width:.4f}pt {page.height:.4f}pt; }}</style>{_STYLE}"
        source = weasyprint.HTML(
            string=_FORMULA.sub(rf"\1{FORMULA}", with_ruby(document, raised="1.1em").replace("</head>", size, 1)),
            base_url=BASE,
            url_fetcher=Fetcher(allowed_protocols=("data",), allow_redirects=False),
        )
        lost = _LostPictures()
        logger = logging.getLogger("weasyprint")
        logger.addHandler(lost)
        try:
            with _fixed_time():
                book = _Book(source.render(), page)
        except MemoryError:
            raise
        except Exception as error:
            raise RenderError(f"WeasyPrint could not lay the PDF out: {type(error).__name__}: {error}.") from error
        finally:
            logger.removeHandler(lost)
        if lost.urls:
            raise lost_picture(lost.urls[0], "WeasyPrint")
        return book

    def compose(self, width: float, height: float, sheets: Iterable[Iterable[Placed]]) -> bytes:
        """Return sheets of a size in points as PDF."""
        return assemble(width, height, sheets)


ENGINE: Final = WeasyPrint()
