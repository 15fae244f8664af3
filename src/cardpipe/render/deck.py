"""The deck in the form that a writer takes: cards from the cache where they are known, else rendered."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardpipe.model.trust import NOBODY
from cardpipe.render.cached_card import completed, decoded, digest_of
from cardpipe.render.card import CardRenderer
from cardpipe.render.card_cache import CardCache, recalled_asset
from cardpipe.render.code import code_style
from cardpipe.render.equations import MATH_STYLE
from cardpipe.render.faces import note_styles, single_faces, with_class
from cardpipe.render.figure_log import FigureLog
from cardpipe.render.media import MediaFiles
from cardpipe.writers.api import FigureForm, MathForm, RenderedDeck, SoundForm, TextForm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cardpipe.cache.rebuild_log import RebuildLog
    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.selection import CardEntry
    from cardpipe.model.trust import Trust
    from cardpipe.render.batch import Batch
    from cardpipe.render.cached_card import CachedCard
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.writers.api import Asset, Capabilities, RenderedCard, RenderedNoteType


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSetting:
    """All inputs of rendering other than the card's own text."""

    settings: DeckSettings
    capabilities: Capabilities
    titles: Mapping[str, str]
    """Labels of all cards, by ID."""
    state: Mapping[str, str]
    """A digest of each input other than the cards' files, by a readable name."""
    trust: Trust = NOBODY


def render_deck(
    setting: RenderSetting,
    *,
    cards: Sequence[CardEntry],
    contents: Mapping[str, str],
    ready: Iterable[Batch],
    render: Callable[[Sequence[CardEntry]], Iterable[Batch]],
    cache: Cache,
    progress: Callable[[int, int], None],
    rebuild_log: RebuildLog,
) -> RenderedDeck:
    """Return the selected cards: from the cache, from the `ready` batches, or rendered by `render`.

    `contents` has a digest for each card file whose cards may be cached. `progress` is called with the number of
    finished cards and the total; the log records which were not cached.

    Raises RenderError if a tool or the drawing of a figure fails.
    """
    settings, capabilities = setting.settings, setting.capabilities
    form = _form(setting, cache)
    state = {**setting.state, "which scripts are trusted": cache.key(setting.trust.identifier(settings.scripts))[-16:]}
    cached, figure_log = CardCache(cache, form, state), FigureLog(cache, form)
    assets: dict[str, Asset] = {}
    known = _recalled(cards, contents, cached, cache, MediaFiles(settings, cache), assets)
    missing = {card.id: card for card in cards if card.id not in known}
    _note_cards(rebuild_log, cards, missing.values(), contents, cached, capabilities)
    progress(len(known), len(cards))
    faults: list[Finding] = []

    def others() -> Iterator[Batch]:
        # Called after the ready batches, which may be all.
        yield from render([card for card in missing.values() if card.id not in known])

    for batch in itertools.chain(ready, others()):
        assets.update(batch.assets)
        _note_figures(rebuild_log, batch.notes, figure_log)
        faults += batch.faults
        for card_id, encoded in batch.cards.items():
            card = missing.get(card_id)
            if card is None:
                continue
            digest = digest_of(encoded)
            known[card_id] = decoded(json.loads(encoded), digest)
            content, number = _content(card, contents)
            # Findings of drawing must occur again the next time.
            if content and not batch.faults:
                cached.remember(card_id, content, number, encoded, digest)
        progress(len(known), len(cards))
    figure_log.save()
    cached.save(setting.titles.keys())
    description = CardRenderer(settings, capabilities, cache, lambda _name: None, setting.trust)
    try:
        described = description.description()
        note_types = description.note_types()
        assets.update(description.assets)
    finally:
        description.close()
    included = {card.id for card in cards}
    return rendered_deck(
        settings,
        capabilities,
        cards=tuple(completed(known[card.id], setting.titles, included, card.path) for card in cards),
        assets=assets,
        description=described,
        note_types=note_types,
        faults=tuple(faults),
    )


def rendered_deck(
    settings: DeckSettings,
    capabilities: Capabilities,
    *,
    cards: tuple[RenderedCard, ...],
    assets: Mapping[str, Asset],
    description: str,
    note_types: tuple[RenderedNoteType, ...] = (),
    faults: tuple[Finding, ...] = (),
) -> RenderedDeck:
    """Return a deck of rendered cards, with the styles of its form."""
    is_html = capabilities.text is TextForm.HTML
    if settings.note_types and not capabilities.faces:
        cards = tuple(one for card in cards for one in single_faces(card, settings))
    # Anki and tables have a style sheet for each note type.
    styles = note_styles(settings) if is_html and capabilities.math is not MathForm.MATHJAX else {}
    if styles:
        cards = tuple(with_class(card) if card.note_type in styles else card for card in cards)
    return RenderedDeck(
        settings=settings,
        cards=cards,
        assets=dict(sorted(assets.items())),
        faults=faults,
        description=description,
        note_types=note_types,
        math_style=MATH_STYLE[capabilities.math] if is_html else "",
        code_style=code_style() if is_html else "",
        note_style="".join(f"{style}\n" for style in styles.values()),
        code_style_dark=code_style(dark=True) if is_html else "",
    )


def _content(card: CardEntry, contents: Mapping[str, str]) -> tuple[str, int]:
    """Return a digest of a card's file and its position there; of a record of a table, a digest of itself."""
    of_file = contents.get(card.path, "")
    return (card.content, 0) if card.content and of_file else (of_file, card.number)


def _note_cards(
    rebuild_log: RebuildLog,
    cards: Sequence[CardEntry],
    missing: Iterable[CardEntry],
    contents: Mapping[str, str],
    cached: CardCache,
    form: Capabilities,
) -> None:
    step = _described(form)
    rebuild_log.begin(step, len(cards))
    for card in missing:
        rebuild_log.note(step, card.id, cached.reason(card.id, *_content(card, contents)))


def _described(form: Capabilities) -> str:
    """Return the name of the step that renders cards in a form; forms of different formats have different names."""
    others = {
        "MathML": form.read_aloud,
        "PNG figures": form.figures is FigureForm.PNG,
        "sounds": form.sound is SoundForm.ELEMENT,
    }
    listed = [f"{form.math.value} math", *(name for name, is_present in others.items() if is_present)]
    return f"cards as {form.text.value} with {', '.join(listed)}"


def _note_figures(rebuild_log: RebuildLog, notes: Sequence[FigureNote], log: FigureLog) -> None:
    step = "figures of these cards"
    rebuild_log.begin(step, len(notes))
    for note in notes:
        if note.drawn:
            rebuild_log.note(step, note.figure, log.reason(note))
        log.remember(note)


def _form(setting: RenderSetting, cache: Cache) -> str:
    """Return the name of the cache of this form: each form and edition has its own."""
    edition = setting.settings.edition
    return cache.key("form", repr(setting.capabilities), edition.name.text if edition is not None else "")[-16:]


def _recalled(
    cards: Sequence[CardEntry],
    contents: Mapping[str, str],
    cached: CardCache,
    cache: Cache,
    media: MediaFiles,
    assets: dict[str, Asset],
) -> dict[str, CachedCard]:
    """Return the cards that are cached with all of their assets, which are added to the assets."""
    known = {}
    for entry in cards:
        content, number = _content(entry, contents)
        card = cached.recall(entry.id, content, number) if content else None
        if card is None:
            continue
        for needed in card.assets:
            if needed.name not in assets:
                asset = recalled_asset(needed, cache, media)
                if asset is None:
                    break
                assets[asset.name] = asset
        else:
            known[entry.id] = card
    return known
