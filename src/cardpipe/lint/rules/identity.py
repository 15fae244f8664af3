"""Rules on card IDs: their form, their uniqueness, their file and their prefix."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cardpipe.lint.declaration import card_rule, summaries_rule
from cardpipe.model.anki_identity import note_guid
from cardpipe.model.card_ids import FreeIds, id_prefix
from cardpipe.model.diagnostics import Finding, Fix, Severity
from cardpipe.source.splicing import suggestion
from cardpipe.source.tables import is_table_path
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries, CardSummary
    from cardpipe.model.card_ids import IdForm
    from cardpipe.model.deck import Card

_LOOSE_ID = re.compile(r"([A-Za-z]{1,8})[ _/-]?([0-9]{1,8})", re.ASCII)


@card_rule("IDN001", "id-form")
def id_form(card: Card, context: Context) -> Iterator[Finding]:
    """A card's ID does not have the form of the deck's IDs.

    ## What it does

    Checks that an ID has the form that `deck.yaml` chooses under `ids`. Without a choice, an ID looks like `ML0044`:
    two to eight letters from A to Z, then four digits. Names that Windows reserves, such as `con`, are no IDs.

    ## Why is this bad?

    The prefix chooses the subdeck, the ID names files, links and anchors in every format, and learners'
    review history depends on it. A single form keeps IDs sortable, easy to say, and safe in file names.

    ## Example

    ```yaml
    id: ml-44
    ```

    ## Use instead

    ```yaml
    id: ML0044
    ```
    """
    if "ids" in context.settings.faulty:
        return
    form = context.settings.id_form
    if not form.matches(card.id.text):
        proposal = _proposal(card.id.text.strip(), form, context.prefixes)
        example = form.example(next(iter(context.prefixes), ""))
        yield Finding(
            "IDN001",
            card.id.span(),
            f"“{shortened(card.id.text)}” is not a valid card ID: {form.described()}.",
            f"Write `id: {proposal}`." if proposal else f"Write an ID such as `{example}`.",
        )


def _proposal(written: str, form: IdForm, prefixes: Collection[str]) -> str | None:
    """Return the ID that was probably meant, if it has the form."""
    loose = _LOOSE_ID.fullmatch(written)
    if form.named:
        meant = re.sub(r"[\s_]+", "-", written.lower())
    elif loose is not None:
        same = next((prefix for prefix in prefixes if prefix.casefold() == loose[1].casefold()), loose[1].upper())
        meant = form.numbered(same, int(loose[2]))
    else:
        return None
    return meant if form.matches(meant) else None


@summaries_rule("IDN002", "duplicate-id")
def duplicate_id(summaries: CardSummaries, _context: Context) -> Iterator[Finding]:
    """Two cards have the same ID.

    ## What it does

    Looks for an ID that another card of the deck has. That happens if contributors use the same free ID on different
    branches.

    `cardpipe lint --unsafe-fixes` gives one of the cards the next free ID. It is the one that the main branch of the
    repository lacks; without git, the later one. The other keeps the ID, and always does if it was released. The
    file, the files that are named after the card, and references change too. References that the
    main branch has mean the other card, and stay. `cardpipe rename FILE NEW` does the same for an ID of your choice.

    ## Why is this bad?

    In Anki the two cards would be the same note, so one of them would overwrite the other and its review history.
    Links would be ambiguous too.

    ## Example

    ```yaml
    - id: ML0044
      title: Perceptron
      question: What is a perceptron?
      answer: A weighted sum, a bias and a step.
    - id: ML0044
      title: Multi-layer perceptron
      question: What is a multi-layer perceptron?
      answer: Layers of perceptrons with smooth activations.
    ```

    ## Use instead

    ```yaml
    - id: ML0044
      title: Perceptron
      question: What is a perceptron?
      answer: A weighted sum, a bias and a step.
    - id: ML0045
      title: Multi-layer perceptron
      question: What is a multi-layer perceptron?
      answer: Layers of perceptrons with smooth activations.
    ```
    """
    by_id: dict[str, list[CardSummary]] = {}
    for card in summaries.cards:
        by_id.setdefault(card.id, []).append(card)
    lock = summaries.settings.lock
    released = lock.cards if lock is not None else {}
    free: FreeIds | None = None
    for card_id, cards in by_id.items():
        if len(cards) == 1:
            continue
        if free is None:
            taken = [*summaries.ids(), *released, *(lock.gone if lock is not None else ())]
            free = FreeIds(taken, summaries.settings.id_form)
        shipped = [card for card in cards if card_id in released and card.label == released[card_id].title]
        kept = shipped[0] if shipped else cards[0]
        # Without a title that only one of them has, nobody can tell which one learners have.
        is_certain = card_id not in released or len(shipped) == 1
        place = summaries.whole(kept).id.span()
        unused = free.after(card_id)
        for card in cards:
            if card is not kept:
                yield Finding(
                    "IDN002",
                    summaries.whole(card).id.span(),
                    f"Duplicate ID {card_id}: “{kept.label}” in {place.path}, line {place.line}, has it too.",
                    f"Give this card a unique ID; {unused} is free." if unused else "Give this card a unique ID.",
                    Fix(f"Give the newer card the ID {unused}, also where it is referred to.", (), False, None, unused)
                    if unused is not None and is_certain
                    else None,
                )


@summaries_rule("IDN003", "file-name", severity=Severity.WARNING)
def file_name(summaries: CardSummaries, _context: Context) -> Iterator[Finding]:
    """A file with a single card is not named after the card.

    ## What it does

    Checks that a file with a single card is named by the card's ID: `ML0044.yaml` for `ML0044`, and `france.yaml` in a
    folder `geo` for `geo/france`. Files with several cards may have any name.

    ## Why is this bad?

    People look for cards by file name. A file named after another card also hides that an ID was copied and
    never changed.

    ## Example

    ```yaml
    # source/cards/ML0045.yaml
    id: ML0044
    ```

    ## Use instead

    ```yaml
    # source/cards/ML0044.yaml
    id: ML0044
    ```
    """
    form = summaries.settings.id_form
    by_path: dict[str, list[CardSummary]] = {}
    for card in summaries.cards:
        by_path.setdefault(card.path, []).append(card)
    for path, cards in by_path.items():
        only = cards[0]
        name = PurePosixPath(path)
        # A malformed ID cannot name a file; another rule reports it.
        stem = f"/{path.removesuffix(name.suffix)}"
        if len(cards) == 1 and not is_table_path(path) and not stem.endswith(f"/{only.id}") and form.matches(only.id):
            yield Finding(
                "IDN003",
                summaries.whole(only).id.span(),
                f"The only card of {name.name} is {only.id}; people look for cards by file name.",
                f"Rename the file to {only.id}{name.suffix}, or correct the ID.",
            )


@card_rule("IDN004", "unknown-prefix")
def unknown_prefix(card: Card, context: Context) -> Iterator[Finding]:
    """A card's ID has an unknown prefix.

    ## What it does

    Checks that the prefix of an ID is listed under `subdecks` in `source/deck.yaml`.

    ## Why is this bad?

    The prefix determines the subdeck of a card.

    ## Example

    ```yaml
    id: MN0044
    ```

    ## Use instead

    ```yaml
    id: ML0044
    ```
    """
    form = context.settings.id_form
    if not form.matches(card.id.text) or not context.settings.faulty.isdisjoint(("subdecks", "ids")):
        return
    prefix = id_prefix(card.id.text)
    known = context.prefixes
    if prefix not in known:
        near = context.nearest(prefix, known)
        proposal = f"Did you mean {form.with_prefix(near, card.id.text)}? " if near else ""
        yield Finding(
            "IDN004",
            card.id.span(),
            f"Unknown ID prefix {prefix}: no subdeck has it.",
            f"{proposal}The deck has {_listed(known)}; add new prefixes under `subdecks` in source/deck.yaml.",
            suggestion(card.id, near, 0, len(prefix)),
        )


@summaries_rule("IDN005", "duplicate-guid", since="0.3")
def duplicate_guid(summaries: CardSummaries, _context: Context) -> Iterator[Finding]:
    """Two cards have the same GUID.

    ## What it does

    Looks for a `guid` that another card has too, written or derived from its ID.

    ## Why is this bad?

    In Anki the two cards would be the same note, so one of them would overwrite the other and its review history.

    ## Example

    ```yaml
    - {id: ML0044, question: "What is dropout?", answer: A., guid: "e.(A$]qOSM"}
    - {id: ML0045, question: "When is dropout off?", answer: B., guid: "e.(A$]qOSM"}
    ```

    ## Use instead

    ```yaml
    - {id: ML0044, question: "What is dropout?", answer: A., guid: "e.(A$]qOSM"}
    - {id: ML0045, question: "When is dropout off?", answer: B.}
    ```
    """
    if not any(card.guid for card in summaries.cards):
        return
    uid = summaries.settings.uid.text
    owners = {note_guid(uid, card.id): card for card in summaries.cards if not card.guid}
    for card in summaries.cards:
        if not card.guid:
            continue
        owner = owners.setdefault(card.guid, card)
        # Two cards with one ID are reported as such.
        written = summaries.whole(card).guid if owner is not card and owner.id != card.id else None
        if written is not None:
            yield Finding(
                "IDN005",
                written.span(),
                f"Duplicate GUID: {owner.id} in {owner.path} has it too.",
                "Remove it from the card that learners do not have yet.",
            )


def _listed(prefixes: Collection[str]) -> str:
    shown = sorted(prefixes)[:12]
    return (", ".join(shown) or "none") + (" and others" if len(prefixes) > len(shown) else "")


RULES = (id_form, duplicate_id, file_name, unknown_prefix, duplicate_guid)
