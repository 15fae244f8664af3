"""The whole deck in the form that a writer takes: cards from memory where they are known, else rendered."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cardpipe.model.trust import NOBODY
from cardpipe.render.card import CardRenderer
from cardpipe.render.card_cache import CardCache, recalled_asset
from cardpipe.render.code import code_style
from cardpipe.render.during_lint import Ready
from cardpipe.render.equations import MATH_STYLE
from cardpipe.render.figure_log import FigureLog
from cardpipe.render.media import MediaFiles
from cardpipe.render.part import completed, decoded, encoded
from cardpipe.render.processes import rendered_elsewhere, worthwhile
from cardpipe.render.renderer_process import Batch
from cardpipe.writers.api import RenderedDeck, TextForm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cardpipe.cache.rebuild_log import RebuildLog
    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import FigureKind
    from cardpipe.model.deck import Card, Deck
    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.trust import Trust
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.render.part import CardPart
    from cardpipe.writers.api import Asset, Capabilities


class Wanted(NamedTuple):
    """A card to render, by its ID and by its place: the file, and its number among that file's cards."""

    id: str
    path: str
    number: int


class CardSource(Protocol):
    """Where cards come from."""

    def content(self, path: str) -> str:
        """What tells this content of a file from any other; empty where nothing of it is to be remembered."""

    def data(self, path: str) -> bytes:
        """A file's bytes; raises ProjectError where they are not those that were checked."""

    def card(self, wanted: Wanted) -> Card:
        """A card; raises ProjectError where its file is not the one that was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSetting:
    """All that shapes cards beside their own text."""

    deck: Deck
    """Without its cards."""
    capabilities: Capabilities
    titles: Mapping[str, str]
    """Of all cards, by ID."""
    state: Mapping[str, str]
    """A digest for each thing that shapes cards beside their own files, by a name that people understand."""
    trust: Trust = NOBODY


def render_deck(
    setting: RenderSetting,
    source: CardSource,
    *,
    cards: Sequence[Wanted],
    cache: Cache,
    figure_kinds: Callable[[str], FigureKind | None],
    progress: Callable[[int, int], None],
    rebuild_log: RebuildLog,
    ready: Ready | None = None,
) -> RenderedDeck:
    """Render the selected cards; `progress` is told on the way how many are done, and the log what was not known.

    What is `ready` was rendered before from what `source` has.

    Raises RenderError where the tool or a figure's drawing fails.
    """
    deck, capabilities = setting.deck, setting.capabilities
    form = _form(setting, cache)
    state = {**setting.state, "which scripts are trusted": cache.key(setting.trust.words)[-16:]}
    memory, log = CardCache(cache, form, state), FigureLog(cache, form)
    assets: dict[str, Asset] = {}
    parts = _recalled(cards, source, memory, cache, MediaFiles(deck, cache), assets)
    faults: list[Finding] = []
    missing = [wanted for wanted in cards if wanted.id not in parts]
    _note_cards(rebuild_log, cards, missing, source, memory, capabilities)
    progress(len(parts), len(cards))
    renderer = CardRenderer(deck, capabilities, cache, figure_kinds, setting.trust)
    try:
        ready = ready or Ready()
        at_hand, others = _at_hand(ready, missing)
        count = worthwhile(len(others), sum(wanted.id in ready.passed_over for wanted in others))
        batches = (
            rendered_elsewhere(deck, capabilities, cache, _by_file(others, source), setting.trust, count)
            if count > 1
            else _rendered_here(renderer, others, source)
        )
        by_id = {wanted.id: wanted for wanted in missing}
        for batch in itertools.chain([at_hand] if at_hand.cards else [], batches):
            assets.update(batch.assets)
            _note_figures(rebuild_log, batch.notes, log)
            faults += batch.faults
            for card_id, card in batch.cards.items():
                parts[card_id] = decoded(json.loads(card))
                wanted = by_id[card_id]
                content = source.content(wanted.path)
                # What only drawing finds must be found again the next time.
                if content and not batch.faults:
                    memory.remember(card_id, content, wanted.number, card)
            progress(len(parts), len(cards))
        description = renderer.description()
        assets.update(renderer.assets)
    finally:
        renderer.close()
    log.save()
    memory.save(setting.titles.keys())
    included = {wanted.id for wanted in cards}
    drawn_html = capabilities.text is TextForm.HTML
    return RenderedDeck(
        deck=deck,
        cards=tuple(completed(parts[wanted.id], setting.titles, included) for wanted in cards),
        assets=dict(sorted(assets.items())),
        faults=tuple(faults),
        description=description,
        math_style=MATH_STYLE[capabilities.math] if drawn_html else "",
        code_style=code_style() if drawn_html else "",
        code_style_dark=code_style(dark=True) if drawn_html else "",
    )


def _note_cards(
    rebuild_log: RebuildLog,
    cards: Sequence[Wanted],
    missing: Sequence[Wanted],
    source: CardSource,
    memory: CardCache,
    form: Capabilities,
) -> None:
    step = f"cards as {form.text.value} with {form.math.value} math"
    rebuild_log.begin(step, len(cards))
    for wanted in missing:
        rebuild_log.note(step, wanted.id, memory.reason(wanted.id, source.content(wanted.path), wanted.number))


def _note_figures(rebuild_log: RebuildLog, notes: Sequence[FigureNote], log: FigureLog) -> None:
    step = "figures of these cards"
    rebuild_log.begin(step, len(notes))
    for note in notes:
        if note.drawn:
            rebuild_log.note(step, note.figure, log.reason(note))
        log.remember(note)


def _form(setting: RenderSetting, cache: Cache) -> str:
    """What cards of this form are remembered under: each form and edition has its own."""
    edition = setting.deck.edition
    return cache.key("form", repr(setting.capabilities), edition.name.text if edition is not None else "")[-16:]


def _recalled(
    cards: Sequence[Wanted],
    source: CardSource,
    memory: CardCache,
    cache: Cache,
    media: MediaFiles,
    assets: dict[str, Asset],
) -> dict[str, CardPart]:
    """The cards that are remembered with everything that they show, which is added to the assets."""
    parts = {}
    for wanted in cards:
        content = source.content(wanted.path)
        part = memory.recall(wanted.id, content, wanted.number) if content else None
        if part is None:
            continue
        for needed in part.assets:
            if needed.name not in assets:
                asset = recalled_asset(needed, cache, media)
                if asset is None:
                    break
                assets[asset.name] = asset
        else:
            parts[wanted.id] = part
    return parts


def _at_hand(ready: Ready, cards: Sequence[Wanted]) -> tuple[Batch, list[Wanted]]:
    """What is ready of some cards, and those of which nothing is."""
    at_hand = {wanted.id: ready.cards[wanted.id] for wanted in cards if wanted.id in ready.cards}
    others = [wanted for wanted in cards if wanted.id not in at_hand]
    return Batch(cards=at_hand, assets=ready.assets, faults=(), notes=ready.notes), others


def _by_file(cards: Sequence[Wanted], source: CardSource) -> list[tuple[str, bytes, list[int]]]:
    numbers: dict[str, list[int]] = {}
    for wanted in cards:
        numbers.setdefault(wanted.path, []).append(wanted.number)
    return [(path, source.data(path), of_file) for path, of_file in numbers.items()]


def _rendered_here(renderer: CardRenderer, cards: Sequence[Wanted], source: CardSource) -> Iterator[Batch]:
    read = [source.card(wanted) for wanted in cards]
    renderer.begin(read)
    for card in read:
        made = {card.id.text: encoded(renderer.card(card))}
        yield Batch(cards=made, assets=renderer.assets, faults=renderer.take_faults(), notes=renderer.take_notes())
