"""The preview of a deck: it follows changes of the source, and makes what the server answers."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from cardpipe.build.one_card import CardBuilder, CardSource, references
from cardpipe.errors import CardpipeError
from cardpipe.figures.api import Drawing
from cardpipe.serve.background import Background, Job, Outcome
from cardpipe.serve.documents import Documents, own_file
from cardpipe.serve.events import Events
from cardpipe.serve.live_deck import LiveDeck, checked_deck
from cardpipe.serve.pages import Pages, Panel
from cardpipe.serve.views import IN_BACKGROUND, CardViews, Look, View
from cardpipe.serve.work import Urgency, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import Card
    from cardpipe.model.trust import Trust
    from cardpipe.serve.address import Address
    from cardpipe.serve.live_deck import CheckedDeck, CurrentCard

_STAND_IN_SIZE: Final = (480.0, 240.0)
_MOST_OUTCOMES: Final = 64
_CHECK_DELAY: Final = 0.25
"""Seconds between a save and the check of the whole deck, in which pages fetch the card first."""


@dataclass(frozen=True, slots=True)
class _Made:
    """What another process made of a state of a card."""

    state: str
    outcome: Outcome


class Preview:
    """A deck and its open pages; `work` is run by the thread that made the preview."""

    def __init__(self, root: Path, cache: Cache, trust: Trust) -> None:
        self.work = Work()
        self.events = Events()
        self.documents = Documents()
        self.token = secrets.token_urlsafe(32)
        """Shows that a request comes from one of our pages."""
        self.deck = LiveDeck(root, cache)
        self._cache = cache
        self._trust = trust
        self._background = Background(root, trust)
        self._views: CardViews | None = None
        self._builder: CardBuilder | None = None
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._is_check_due = False
        self._saves = 0
        self._made: dict[tuple[str, str], _Made] = {}
        self._drawn: dict[tuple[str, str], _Made] = {}
        self._wanted: dict[tuple[str, str], str] = {}

    # --- Changes of the source: called by the watcher ---

    def changed(self, paths: frozenset[str]) -> None:
        """Note changed files, which are read together as soon as the work allows; none stands for unknown ones."""
        with self._lock:
            is_scheduled = bool(self._changed)
            self._changed |= paths or {""}
        if not is_scheduled:
            self.work.submit(Urgency.CHANGE, self._follow)

    def _follow(self) -> None:
        with self._lock:
            paths, self._changed = self._changed, set()
        changed, is_all = self.deck.update(paths)
        self._saves += 1
        if changed:
            self.events.send(changed)
        self._check_after(_CHECK_DELAY if is_all else 0.0)

    def _check_after(self, seconds: float) -> None:
        """Let the whole deck be linted, unless that is due already."""
        if not self._is_check_due:
            self._is_check_due = True
            timer = threading.Timer(seconds, self.work.submit, (Urgency.VIEW, self._check))
            timer.daemon = True
            timer.start()

    def _check(self) -> None:
        saves = self._saves
        # The other process finds there what is known of new formulas.
        self._cache.flush()
        self._background.check(lambda checked: self._later(partial(self._checked, saves, checked)))

    def _later(self, call: Callable[[], None]) -> None:
        self.work.submit(Urgency.CHANGE, call)

    def _checked(self, saves: int, checked: CheckedDeck) -> None:
        self._is_check_due = False
        if saves != self._saves:
            # Another file was saved meanwhile, and the result may be older.
            self._check_after(_CHECK_DELAY)
            return
        self.deck.take(checked)
        self.events.send(everything=True)

    def close(self) -> None:
        """End all background work."""
        self.events.close()
        self._background.close()
        if self._views is not None:
            self._views.close()

    def start(self) -> None:
        """Lint the whole deck for the first time, in this process."""
        self.deck.take(checked_deck(self.deck.root, self._cache))
        self._cache.flush()

    def warm_up(self) -> None:
        """Load what the first save would have to wait for: the renderer and MathJax."""
        from cardpipe.mathjax import shared_mathjax

        shared_mathjax().typeset("x^2", display=False)
        if self.deck.settings is not None:
            self._current_views()

    # --- Answers: called by the work's thread ---

    def page(self, address: Address, part: str, *, is_local: bool) -> str:
        """Return a page, or its part `card` or `list`."""
        pages = Pages(self.deck, token=self.token, revision=self.events.revision, is_local=is_local)
        if part == "list":
            return pages.list_part(address)
        panel = self._panel(address)
        return pages.card_part(address, panel) if part == "card" else pages.page(address, panel)

    def _panel(self, address: Address) -> Panel:
        card_id = address.card or next(iter(self.deck.entries), "")
        current = self.deck.current(card_id)
        if current is None or current.card is None or self.deck.settings is None:
            return Panel(current=current)
        if address.view == "source":
            return Panel(current=current)
        titles = self.deck.titles(references(current.card))
        try:
            if address.view in IN_BACKGROUND:
                return self._background_panel(current, current.card, titles, address.view)
            view = self._view(current.card, titles, address)
        except (CardpipeError, MemoryError) as error:
            return Panel(current=current, message=str(error) or type(error).__name__)
        format_ = address.view
        if view.missing_figures:
            self._draw(current, titles, format_)
        drawn = self._drawn.get((format_, card_id))
        is_drawn = drawn is not None and drawn.state == self._state_of(current, titles)
        return Panel(
            current=current,
            view=view,
            is_pending=view.missing_figures > 0 and not is_drawn,
            message=drawn.outcome.failure if drawn is not None and is_drawn else "",
            drawing=drawn.outcome.findings if drawn is not None and is_drawn else (),
        )

    def _view(self, card: Card, titles: Mapping[str, str], address: Address) -> View:
        views = self._current_views()
        if address.view == "html":
            return views.html(card, titles)
        if address.view == "markdown":
            return views.markdown(card, titles)
        if address.view == "csv":
            return views.csv(card, titles)
        return views.anki(card, titles, Look(address.number, address.phone, address.night))

    def _current_views(self) -> CardViews:
        settings = self.deck.settings
        if settings is None:
            raise ValueError("a deck without settings has no views")
        if self._views is None or self._builder is None or self._builder.settings is not settings:
            if self._views is not None:
                self._views.close()
            if self._builder is not None:
                self._builder.close()
            self._builder = CardBuilder(settings, self._cache, self._trust, self._tools, _stand_in())
            self._views = CardViews(self._builder, self._cache, self.documents)
        return self._views

    @property
    def _tools(self) -> str:
        return self.deck.state.get("cardpipe or a plug-in", "")

    # --- Work of other processes ---

    def _background_panel(self, current: CurrentCard, card: Card, titles: Mapping[str, str], view: str) -> Panel:
        slot = (view, current.entry.id)
        state = self._state_of(current, titles)
        made = self._made.get(slot)
        is_current = made is not None and made.state == state
        if not is_current and self._wanted.get(slot) != state:
            self._wanted[slot] = state
            job = Job(IN_BACKGROUND[view], self._source(current, titles), self._tools)
            self._background.submit("/".join(slot), job, partial(self._finished, self._made, slot, state))
        if made is None:
            return Panel(current=current, is_pending=True)
        shown = self._current_views()
        files = made.outcome.files
        found = None
        if files:
            found = shown.sheet(files) if view == "sheet" else shown.site(files, card.id.text)
        return Panel(
            current=current,
            view=found,
            is_pending=not is_current,
            message=made.outcome.failure,
            drawing=made.outcome.findings if is_current else (),
        )

    def _draw(self, current: CurrentCard, titles: Mapping[str, str], format_: str) -> None:
        """Let the figures of a card be drawn, once for each of its states."""
        slot = (format_, current.entry.id)
        state = self._state_of(current, titles)
        key = (f"figures {format_}", current.entry.id)
        if self._wanted.get(key) == state:
            return
        self._wanted[key] = state
        job = Job(format_, self._source(current, titles), self._tools, only_figures=True)
        self._background.submit("/".join(key), job, partial(self._finished, self._drawn, slot, state))

    def _finished(
        self, results: dict[tuple[str, str], _Made], slot: tuple[str, str], state: str, outcome: Outcome
    ) -> None:
        """Take over the outcome of a job; called from another thread."""

        def take_over() -> None:
            results.pop(slot, None)
            results[slot] = _Made(state, outcome)
            if len(results) > _MOST_OUTCOMES:
                oldest = next(iter(results))
                del results[oldest]
                self._wanted.pop(oldest, None)
            self.events.send([slot[1]])

        self._later(take_over)

    def _source(self, current: CurrentCard, titles: Mapping[str, str]) -> CardSource:
        card, settings = current.card, self.deck.settings
        cards = CardSource(current.entry.path, current.data, 0).cards(settings) if settings is not None else []
        number = next(
            position for position, one in enumerate(cards) if card is not None and one.id.text == card.id.text
        )
        return CardSource(current.entry.path, current.data, number, titles)

    def _state_of(self, current: CurrentCard, titles: Mapping[str, str]) -> str:
        """Return a digest of everything that determines the views of a card."""
        found = hashlib.blake2b(current.data, digest_size=16)
        found.update(
            repr((current.entry.id, sorted(titles.items()), sorted(self.deck.state.items()))).encode(
                "utf-8", "surrogatepass"
            )
        )
        return found.hexdigest()


def _stand_in() -> Drawing:
    """Return the picture that is shown while a figure is being drawn."""
    return Drawing(own_file("drawing.svg"), "image/svg+xml", *_STAND_IN_SIZE)
