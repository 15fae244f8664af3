"""Lay out and draw documents, in several processes if there are many, with a cache."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast
from urllib.parse import unquote

from cardpipe import plugins
from cardpipe.parallel.free_memory import return_free_memory
from cardpipe.parallel.pool import WorkerPool, processes_for
from cardpipe.writers.pdf.composing.destinations import Place
from cardpipe.writers.pdf.composing.links import PdfLink
from cardpipe.writers.pdf.composing.spool import Spool
from cardpipe.writers.pdf.composing.trimming import trimmed
from cardpipe.writers.pdf.engine import BASE, Resources, draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from cardpipe.writers.api import Asset, Memory
    from cardpipe.writers.pdf.composing.paper import Paper
    from cardpipe.writers.pdf.composing.spool import SpooledBytes
    from cardpipe.writers.pdf.engine import Engine

_PAYS_FROM: Final = 400
"""Cards; below, a process takes longer to start than it saves."""
_FAST: Final = {"plutoprint": 3}
"""Engines for which so many times more cards are work for one process: others would take most of the memory."""
_DOCUMENTS: Final = 40
"""Documents after which a process makes room for another."""
_FONTS: Final = "/*fonts*/"
"""Replaced in documents by the font rules: those of a deck can have megabytes."""
_Key = tuple[str | bytes, ...]
_ADDRESS: Final = re.compile(rf'{re.escape(BASE)}asset/([^"?]+)\?')


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutJob:
    """A layout job: a document and its page."""

    page: Paper
    document: str
    """HTML, with `fonts` as the placeholder for its fonts."""
    scale: float = 1.0
    measured: bool = False
    """Lay out only, with empty boxes for pictures, to determine positions."""


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class LaidOut:
    """A laid-out document: a book of which only the PDF is kept."""

    page_count: int
    anchors: Mapping[str, Place]
    """The position of each linked anchor."""
    spooled: SpooledBytes = field(repr=False)
    """The pages as PDF; empty if they were only measured."""
    links: Sequence[PdfLink] = ()
    """Links that are not on the pages."""

    def pdf(self) -> BinaryIO:
        """Return the pages as PDF."""
        return self.spooled.stream()

    def places(self, scale: float = 1.0, drawn: bytes = b"") -> Mapping[str, Place]:  # noqa: ARG002 - they are known
        """Return the position of each anchor; pages have their final size, so the scale is 1."""
        return self.anchors


class _Made(NamedTuple):
    """A laid-out document as returned by a process: like `LaidOut`, with its PDF as bytes."""

    page_count: int
    anchors: Mapping[str, Place]
    data: bytes = b""
    links: Sequence[PdfLink] = ()


class _Job(NamedTuple):
    """A document for a worker, with all its inputs."""

    order: LayoutJob
    assets: Mapping[str, Asset]
    """The assets that it shows."""
    secret: str
    """The digest in the assets' addresses."""


class DocumentPrinter:
    """Lays out documents of one deck; must be closed, or used as a context manager."""

    fonts: Final = _FONTS

    def __init__(
        self, engine: Engine, assets: Mapping[str, Asset], fonts: str, *, cards: int, memory: Memory | None
    ) -> None:
        self.engine = engine
        self._version = engine.version()  # looked up on disk
        self.files = Resources(assets)
        self._assets = assets
        self._fonts = fonts
        self._fonts_digest = hashlib.sha256(fonts.encode()).hexdigest()
        self._memory = memory
        self._processes = processes_for(cards, _PAYS_FROM * _FAST.get(engine.name, 1))
        # The engine leaks memory with each document, so processes are replaced.
        self._pool = WorkerPool(partial(_Typesetter, engine.name, fonts), jobs_per_process=_DOCUMENTS)
        self._spool = Spool()

    def __enter__(self) -> Self:
        """Return the printer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes."""
        self._pool.close()

    def print(self, orders: Iterable[LayoutJob]) -> list[LaidOut]:
        """Lay out documents, in order; raises RenderError if the engine fails.

        Jobs are taken lazily, and released when they are finished.
        """
        found: list[LaidOut | None] = []
        unknown: deque[tuple[int, _Key]] = deque()

        def jobs() -> Iterator[_Job]:
            for order in orders:
                key = self._key(order)
                found.append(self._recalled(key))
                if found[-1] is None:
                    unknown.append((len(found) - 1, key))
                    yield _Job(order, self._shown(order), self.files.digest)

        for made in self._pool.map(_Typesetter.print, jobs(), self._processes):
            number, key = unknown.popleft()
            self._remember(key, made)
            found[number] = self._spooled(made)
        # Not after each document: the next one uses the same memory, which the system would have to clear first.
        return_free_memory()
        return cast("list[LaidOut]", found)

    def _spooled(self, made: _Made) -> LaidOut:
        return LaidOut(made.page_count, made.anchors, self._spool.append(made.data), made.links)

    def _shown(self, order: LayoutJob) -> dict[str, Asset]:
        """Return the assets that a document shows."""
        names = {unquote(html.unescape(name)) for name in _ADDRESS.findall(order.document)}
        return {name: self._assets[name] for name in sorted(names) if name in self._assets}

    def _key(self, order: LayoutJob) -> _Key:
        """Return all inputs of a document's pages, without the digest in addresses of assets."""
        assets = [f"{asset.name} {asset.digest}" for asset in self._shown(order).values()]
        document = order.document.replace(self.files.digest, "")
        setting = repr((order.page, order.scale, order.measured))
        return ("document", self.engine.name, self._version, setting, self._fonts_digest, document, *assets)

    def _recalled(self, key: _Key) -> LaidOut | None:
        kept = self._memory.recall(key) if self._memory is not None else None
        if kept is None:
            return None
        head, _, data = kept.partition(b"\n")
        pages, places, links = json.loads(head)
        anchors = {name: Place(*place) for name, place in places.items()}
        return self._spooled(_Made(pages, anchors, data, [PdfLink(*link) for link in links]))

    def _remember(self, key: _Key, made: _Made) -> None:
        if self._memory is not None:
            places = {name: [place.page, place.left, place.top] for name, place in made.anchors.items()}
            self._memory.remember(key, json.dumps([made.page_count, places, made.links]).encode() + b"\n" + made.data)


class _Typesetter:
    """Lays out documents with one engine and one set of fonts, in any process."""

    def __init__(self, engine: str, fonts: str) -> None:
        self._engine = cast("Engine", plugins.load(plugins.PDF_ENGINES, engine))
        self._fonts = fonts

    def print(self, job: _Job) -> _Made:
        order, engine = job.order, self._engine
        document = order.document.replace(_FONTS, self._fonts, 1)
        book = engine.lay_out(order.page, document, Resources(job.assets, job.secret), outlines=order.measured)
        if order.measured:
            made = _Made(book.page_count, book.places(order.scale))
        else:
            data = draw(engine, order.page, book, scale=order.scale)
            made = _Made(book.page_count, book.places(order.scale, data), *trimmed(data))
        return made
