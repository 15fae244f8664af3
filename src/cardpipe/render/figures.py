"""Figures that cardpipe draws, each once and from the cache if possible."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cardpipe import plugins
from cardpipe.cache.installed import digest_of, distribution_files, version_of
from cardpipe.errors import CardpipeError, FigureError, RenderError
from cardpipe.mathjax import mathjax_version
from cardpipe.mathjax.macros import with_macros
from cardpipe.model.diagnostics import Finding
from cardpipe.parallel.interruption import awaited
from cardpipe.render.figure_log import FigureNote
from cardpipe.render.media import Picture, asset_name, picture_asset
from cardpipe.render.workers import Workers
from cardpipe.source.fields import canonical_json, decode
from cardpipe.writers.api import Asset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Future
    from typing import TypeGuard

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import Drawing, FigureKind, ScriptedKind
    from cardpipe.model.deck import Card, DeckSettings, Figure
    from cardpipe.model.trust import Trust
    from cardpipe.writers.api import FigureForm

_SUFFIXES = {
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/webp": ".webp",
}


@dataclass(frozen=True, slots=True)
class _FigureTask:
    """A valid figure."""

    kind: FigureKind
    values: Mapping[str, Any]
    key: str
    """The cache key of its picture."""
    placeholder: bool
    """Whether a placeholder replaces it, since its script may not run."""


class Figures:
    """Draws figures in one form for one deck.

    With a `stand_in`, nothing is drawn: it is shown for each figure that is not cached, and `missing` counts these.
    """

    def __init__(
        self,
        settings: DeckSettings,
        form: FigureForm,
        cache: Cache,
        kinds: Callable[[str], FigureKind | None],
        trust: Trust,
        stand_in: Drawing | None = None,
    ) -> None:
        self._settings = settings
        self._form = form
        self._cache = cache
        self._kinds = kinds
        self._trust = trust
        self._stand_in = stand_in
        self.missing = 0
        """The number of figures for which the stand-in was shown."""
        self._tasks: dict[int, _FigureTask | None] = {}
        self._drawn: dict[int, tuple[Picture, bool, str] | None] = {}
        self._begun: dict[str, Future[Drawing]] = {}
        self.faults: list[Finding] = []
        """Findings of scripts."""
        self.notes: list[FigureNote] = []
        """The log of figures, and whether each had to be drawn."""
        self._preparation: Future[None] | None = None
        self._workers = Workers(min(4, os.cpu_count() or 1))

    def prepare(self, cards: Iterable[Card]) -> None:
        """Start what the scripts of these cards need, if one has to run; none is run before the deck has no errors."""
        from cardpipe.figures.api import HasPreparation

        for card in cards:
            for figure in card.figures:
                task = self._task(figure)
                if (
                    self._preparation is None
                    and task is not None
                    and isinstance(task.kind, HasPreparation)
                    and not task.placeholder
                    and _unpacked(self._cache.get(task.key)) is None
                ):
                    self._preparation = self._workers.submit(task.kind.prepare)

    def begin(self, cards: Iterable[Card]) -> None:
        """Start the scripts whose pictures are not cached, several at once: each runs in its own process."""
        for card in cards:
            for figure in card.figures:
                task = self._task(figure)
                if task is None or not _is_scripted(task.kind):
                    continue
                if task.key not in self._begun and _unpacked(self._cache.get(task.key)) is None:
                    self._begun[task.key] = self._workers.submit(partial(self._draw_task, task))

    def waits_for_script(self, card: Card) -> bool:
        """Return whether a figure of the card comes from a script that was started."""
        tasks = (self._task(figure) for figure in card.figures)
        return any(task is not None and task.key in self._begun for task in tasks)

    def forget(self) -> None:
        """Release pictures of cards that will not be rendered again."""
        self._tasks.clear()
        self._drawn.clear()
        self._begun.clear()

    def close(self) -> None:
        """Stop drawing."""
        self._workers.close()
        if self._preparation is not None and not self._preparation.cancelled():
            # What it starts can be ended only then.
            from concurrent.futures import wait

            wait((self._preparation,))

    def draw(self, card: Card, figure: Figure) -> tuple[Picture, bool, str] | None:
        """Return a figure's picture, whether it was drawn, and its cache key.

        None for an invalid figure, which lint or `faults` reports.

        Raises RenderError if the drawing fails although the source is valid.
        """
        if id(figure) not in self._drawn:
            self._drawn[id(figure)] = self._draw(card, figure)
        return self._drawn[id(figure)]

    def _draw(self, card: Card, figure: Figure) -> tuple[Picture, bool, str] | None:
        task = self._task(figure)
        if task is None:
            return None
        try:
            drawing, is_new = self._drawing(task, f"the figure {figure.id.text} of the card {card.id.text}")
        except FigureError as error:
            self.faults.append(
                Finding("FIG006", figure.id.span(), error.message, help=error.hint or "Correct the script.")
            )
            return None
        self.notes.append(self._note(f"{card.id.text}/{figure.id.text}", task, drawn=is_new))
        suffix = _SUFFIXES.get(drawing.media_type, ".bin")
        name = asset_name(f"{card.id.text}-{figure.id.text}", suffix, drawing.data)
        asset = _asset(drawing, name, drawing.media_type, self._cache)
        return Picture(asset, drawing.width, drawing.height), drawing.drawn, task.key

    def _task(self, figure: Figure) -> _FigureTask | None:
        if id(figure) not in self._tasks:
            self._tasks[id(figure)] = self._made_task(figure)
        return self._tasks[id(figure)]

    def _made_task(self, figure: Figure) -> _FigureTask | None:
        kind = self._kinds(figure.kind.text)
        if kind is None:
            return None
        figure = with_macros(figure, self._settings.macros)
        values, findings = decode(figure.parameters, kind.fields)
        if findings or kind.check(figure, values, self._settings):
            return None
        placeholder = _is_scripted(kind) and not self._trust.trusts(kind.script(values, self._settings))
        shaped_by = ["placeholder"] if placeholder else []
        key = self._cache.key(
            "figure",
            *shaped_by,
            _versions(),
            kind.name,
            canonical_json(values),
            self._form.value,
            *kind.inputs(values, self._settings),
        )
        return _FigureTask(kind, values, key, placeholder)

    def _draw_task(self, task: _FigureTask) -> Drawing:
        if task.placeholder and _is_scripted(task.kind):
            return task.kind.placeholder(task.values, self._settings, self._form)
        return task.kind.draw(task.values, self._settings, self._form)

    def _drawing(self, task: _FigureTask, words: str) -> tuple[Drawing, bool]:
        """Return the picture, and whether it had to be drawn."""
        begun = self._begun.get(task.key)
        kept = _unpacked(self._cache.get(task.key)) if begun is None else None
        if kept is not None:
            return kept, False
        if self._stand_in is not None:
            self.missing += 1
            return self._stand_in, False
        try:
            drawing = awaited(begun) if begun is not None else self._draw_task(task)
        except (CardpipeError, MemoryError):
            raise
        # A figure kind is a plug-in: any exception becomes one clear message with its name.
        except Exception as error:
            message = f"The figure kind “{task.kind.name}” failed at {words}: {type(error).__name__}: {error}"
            raise RenderError(message) from error
        self._cache.put(task.key, _packed(drawing))
        return drawing, True

    def _note(self, figure: str, task: _FigureTask, *, drawn: bool) -> FigureNote:
        kind, values = task.kind, task.values
        inputs = self._cache.key(*kind.inputs(values, self._settings)) if not task.placeholder else "not trusted"
        written = self._cache.key(canonical_json(values))
        return FigureNote(figure, kind.name, written[-16:], inputs[-16:], self._cache.key(_versions())[-16:], drawn)


@functools.cache
def _versions() -> str:
    """Return further inputs of a figure: the tools that draw it, and the packages of its kind."""
    tools = [f"{name} {version_of(name)}" for name in ("cardpipe", "matplotlib", "numpy")]
    others = digest_of(distribution_files(plugins.distributions()))
    return " ".join([*tools, mathjax_version(), others, *plugins.versions()])


def cached_figure(kept: bytes | None, name: str, media_type: str, cache: Cache) -> Asset | None:
    """Return the picture in a cached value as an asset; None if the value is invalid."""
    drawing = _unpacked(kept)
    return _asset(drawing, name, media_type, cache) if drawing is not None else None


def _is_scripted(kind: FigureKind) -> TypeGuard[ScriptedKind]:
    # Imported here because the code of figures takes long to load, and few cards have any.
    from cardpipe.figures.api import ScriptedKind

    return isinstance(kind, ScriptedKind)


def _asset(drawing: Drawing, name: str, media_type: str, cache: Cache) -> Asset:
    if drawing.drawn:
        return Asset(name, media_type, drawing.data)
    return picture_asset(name, media_type, drawing.data, cache)


def _packed(drawing: Drawing) -> bytes:
    head = [drawing.media_type, drawing.width, drawing.height, drawing.drawn]
    return json.dumps(head).encode() + b"\n" + drawing.data


def _unpacked(kept: bytes | None) -> Drawing | None:
    """Return a drawing from a cached value; None if the value is invalid."""
    from cardpipe.figures.api import Drawing

    head, _, data = (kept or b"").partition(b"\n")
    try:
        media_type, width, height, drawn = json.loads(head)
        if media_type in _SUFFIXES and isinstance(drawn, bool):
            return Drawing(data, media_type, float(width), float(height), drawn)
    except (ValueError, TypeError):
        pass
    return None
