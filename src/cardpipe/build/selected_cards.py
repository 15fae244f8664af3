"""Render some cards of a project for a report, even if other cards have errors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cardpipe.build.artefact_cache import environment
from cardpipe.build.card_pool import CardPool
from cardpipe.build.card_worker import RenderPlan
from cardpipe.build.pipeline import check
from cardpipe.build.verified_source import card_files
from cardpipe.errors import CardpipeError
from cardpipe.model.diagnostics import Severity
from cardpipe.model.selection import Request
from cardpipe.render.deck import RenderSetting, render_deck

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from cardpipe.build.pipeline import Checked
    from cardpipe.cache.store import Cache
    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.selection import CardEntry
    from cardpipe.model.trust import Trust
    from cardpipe.writers.api import Asset, Capabilities, RenderedCard


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedCards:
    """Some rendered cards of a linted project."""

    checked: Checked
    cards: Mapping[str, RenderedCard] = field(default_factory=dict)
    """By ID; cards whose file has an error, and cards that could not be rendered, are missing."""
    assets: Mapping[str, Asset] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    """By ID, why a card could not be rendered although its file has no error."""
    styles: tuple[str, str, str] = ("", "", "")
    """CSS of formulas, and of code on a light and on a dark background."""


def render_selected(
    root: Path, ids: Collection[str], form: Capabilities, *, trust: Trust, cache: Cache
) -> SelectedCards:
    """Lint a project and render the cards with these IDs; only scripts that `trust` allows are run.

    Raises ProjectError if the project cannot be read.
    """
    request = Request(ids=tuple(ids), trust=trust)

    def plan(settings: DeckSettings) -> RenderPlan:
        return RenderPlan(settings=settings, request=request, forms=(form,))

    # Without IDs, a request is for all cards.
    with CardPool(cache, plan if ids else None) as pool:
        checked = check(root, cache=cache, pool=pool)
        settings = checked.settings
        if settings is None or settings.faulty or not checked.cards or not ids:
            return SelectedCards(checked=checked)
        faulty = {item.span.path for item in checked.diagnostics if item.severity is Severity.ERROR}
        chosen = [card for card in checked.cards if card.id in ids and card.path not in faulty]
        setting = RenderSetting(
            settings=settings,
            capabilities=form,
            titles={card.id: card.label for card in checked.cards},
            state={**checked.state, "Python or a library": cache.key(environment())[-16:]},
            trust=trust,
        )
        try:
            return _rendered(setting, chosen, checked, pool, cache)
        except CardpipeError:
            return _one_by_one(setting, chosen, checked, pool, cache)


def _rendered(
    setting: RenderSetting, cards: Sequence[CardEntry], checked: Checked, pool: CardPool, cache: Cache
) -> SelectedCards:
    from cardpipe.cache.rebuild_log import RebuildLog

    form = setting.capabilities
    deck = render_deck(
        setting,
        cards=cards,
        contents=checked.contents,
        ready=pool.rendered_while_linting(form),
        render=lambda missing: pool.render(form, card_files(missing, checked.files, checked.contents)),
        cache=cache,
        progress=lambda _done, _all: None,
        rebuild_log=RebuildLog(),
    )
    return SelectedCards(
        checked=checked,
        cards={card.id: card for card in deck.cards},
        assets=deck.assets,
        styles=(deck.math_style, deck.code_style, deck.code_style_dark),
    )


def _one_by_one(
    setting: RenderSetting, cards: Sequence[CardEntry], checked: Checked, pool: CardPool, cache: Cache
) -> SelectedCards:
    """Render each card by itself, so that one whose figure fails does not hide the others."""
    found = SelectedCards(checked=checked)
    for card in cards:
        try:
            one = _rendered(setting, [card], checked, pool, cache)
        except CardpipeError as error:
            found = replace(found, failures={**found.failures, card.id: error.message})
            continue
        found = replace(
            found, cards={**found.cards, **one.cards}, assets={**found.assets, **one.assets}, styles=one.styles
        )
    return found
