"""Rules on references to other cards and on addresses."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import card_rule, summaries_rule, text_rule
from cardpipe.markup import LinkForm
from cardpipe.markup.segments import CARD_SCHEME
from cardpipe.model.deck import CARD_PLACE
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, replacing, suggested_item, suggestion, without_item
from cardpipe.text.addresses import address_fault, is_safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.lint.declaration import Also
    from cardpipe.lint.summary import CardSummaries
    from cardpipe.model.card_ids import IdForm
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.model.diagnostics import Fix
    from cardpipe.text.positions import SourceText, Span

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_STRANGE = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f<>\"]")


@summaries_rule("REF001", "unknown-card")
def unknown_card(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """A reference names an unknown card.

    ## What it does

    Checks that every ID under `related` and every `[text](card:ID)` names a card of the deck.

    ## Why is this bad?

    The link would be broken.

    ## Example

    ```yaml
    id: ML0044
    related: [ML0440]
    ```

    ## Use instead

    ```yaml
    id: ML0044
    related: [ML0045]
    ```
    """
    # Sorted, so that the suggestion is always the same if two names are equally close.
    known = dict.fromkeys(sorted(summaries.ids()))
    for link in summaries.loose_links:
        if link.card_id not in known:
            yield _unknown_card(link.place, link.card_id, context.nearest(link.card_id, known))
    for summary in summaries.cards:
        if known.keys() >= {*summary.related, *summary.links}:
            continue
        card = summaries.whole(summary)
        for index, related in enumerate(card.related):
            if related.text not in known:
                near = context.nearest(related.text, known, other_than=card.id.text)
                yield _unknown_card(related.span(), related.text, near, suggested_item(card.related, index, near))
        for _, text in card.texts():
            for found in context.scan(text).card_links():
                if found.card_id not in known:
                    place = text.span(found.target_start, found.target_end)
                    start = found.target_start + len(CARD_SCHEME)
                    near = context.nearest(found.card_id or "", known)
                    proposal = suggestion(text, near, start, found.target_end)
                    yield _unknown_card(place, found.card_id or "", near, proposal)


def _unknown_card(span: Span, card_id: str, near: str | None, proposal: Fix | None = None) -> Finding:
    return Finding(
        "REF001",
        span,
        f"Broken reference: the deck has no card “{card_id}”." if card_id else "Missing card ID.",
        f"Did you mean {near}?" if near else "`cardpipe list` shows all cards.",
        proposal,
    )


@card_rule("REF002", "self-reference", severity=Severity.WARNING)
def self_reference(card: Card, context: Context) -> Iterator[Finding]:
    """A card refers to itself or lists a related card twice.

    ## What it does

    Looks for a card's own ID under its `related` and in its links, and for duplicate IDs under `related`.

    ## Why is this bad?

    A link to the current page does nothing; usually the ID was copied and not changed.

    ## Example

    ```yaml
    id: ML0044
    related: [ML0044]
    ```

    ## Use instead

    ```yaml
    id: ML0044
    related: [ML0045]
    ```
    """
    seen: set[str] = set()
    for index, related in enumerate(card.related):
        if related.text == card.id.text:
            yield _self_reference(related.span(), card)
        elif related.text in seen:
            message = f"{related.text} is already listed under `related`."
            removal = fix("Remove it.", without_item(card.related, index))
            yield Finding("REF002", related.span(), message, "Remove it.", removal)
        seen.add(related.text)
    for _, text in card.texts():
        for link in context.scan(text).card_links():
            if link.card_id == card.id.text:
                yield _self_reference(text.span(link.target_start, link.target_end), card)


def _self_reference(span: Span, card: Card) -> Finding:
    return Finding("REF002", span, f"{card.id.text} refers to itself.", "Name the card that was meant, or take it out.")


def _addresses_of_references(card: Card, context: Context) -> Iterator[Finding]:
    form = context.settings.id_form
    for reference in card.references:
        if reference.url is not None:
            yield from _unsafe(reference.url.text, reference.url.span(), form)


def _addresses_of_deck(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    for address in (settings.homepage, settings.report, *(edition.link for edition in settings.editions)):
        if address is not None:
            # The position of the card's ID would be misleading.
            yield from _unsafe(address.text.replace(CARD_PLACE, "ML0044"), address.span(), settings.id_form)


_ADDRESSES: Also = {Scope.CARD: _addresses_of_references, Scope.SETTINGS: _addresses_of_deck}


@text_rule("REF003", "unsafe-link", also=_ADDRESSES, needs_markup=True, safety=True)
def unsafe_link(text: SourceText, context: Context) -> Iterator[Finding]:
    """A link has an unsafe or incomplete address.

    ## What it does

    Checks the target of every link, the `url` of every reference, the deck's home page, its `report` address and the
    `link` of every edition. A target must be a whole address that begins with `https://`, `http://` or `mailto:`,
    without a user name before the host, or a card link such as `card:ML0045`.

    ## Why is this bad?

    `javascript:` and `data:` addresses can run code where the deck is read. An address without a scheme is looked for
    next to the current page, and in Anki or a PDF there is nothing. A user name before an `@` looks like
    the host.

    ## Example

    ```yaml
    details: See [the proof](javascript:alert).
    ```

    ## Use instead

    ```yaml
    details: See [the proof](https://example.org/proof).
    ```
    """
    form = context.settings.id_form
    for link in context.scan(text).links():
        if link.card_id is None and not _is_plain_mail(link.target):
            span = text.span(link.target_start, link.target_end) if link.target else text.span(link.start, link.end)
            for finding in _unsafe(link.target, span, form, is_definition=link.form is LinkForm.DEFINITION):
                instead = _address(link.target, form)
                edit = replacing(text, link.target_start, link.target_end, instead) if instead else None
                yield dataclasses.replace(finding, fix=fix(f"Write {instead}.", edit))


def _address(target: str, form: IdForm) -> str | None:
    """Return the likely address: a link for a card ID, or the address with special characters percent-encoded.

    Percent-encoding is defined in RFC 3986, section 2.1.
    """
    if form.matches(target):
        return f"{CARD_SCHEME}{target}"
    escaped = _STRANGE.sub(lambda match: quote(match[0], safe=""), target)
    return escaped if escaped != target and is_safe(escaped) else None


def _is_plain_mail(target: str) -> bool:
    """Return whether it is the target of `<name@host>`."""
    return "@" in target and not _SCHEME.match(target) and "/" not in target


def _unsafe(address: str, span: Span, form: IdForm, *, is_definition: bool = False) -> Iterator[Finding]:
    if not address:
        yield Finding("REF003", span, "This link has no target.", "Write the address between the parentheses.")
        return
    if form.matches(address):
        message = f"“{address}” is the ID of a card, not an address."
        yield Finding("REF003", span, message, f"Write `card:{address}`.")
        return
    fault = address_fault(address)
    if fault is None:
        return
    if is_definition and not _SCHEME.match(address):
        yield Finding(
            "REF003",
            span,
            "This line is a link reference definition, which is not shown, and its address has no scheme.",
            "Write `\\[` for a literal bracket, or the whole address with https://.",
        )
    else:
        yield Finding("REF003", span, fault.message, fault.help)


RULES = (unknown_card, self_reference, unsafe_link)
