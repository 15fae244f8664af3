"""Rules on tags: the vocabulary, repetition, and what Anki can store."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from cardpipe.diagnostics import Finding, Severity
from cardpipe.lint.declaration import card_rule
from cardpipe.rule import Scope
from cardpipe.splicing import fix, suggestion, without_item

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cardpipe.model import Card, Deck
    from cardpipe.positions import SourceText
    from cardpipe.rule import Context

_PART = r"\w[\w.+-]*"
TAG_FORM = re.compile(rf"{_PART}(?:::{_PART})*")
_ANKIS_OWN = frozenset({"leech", "marked"})


@card_rule("TAG001", "unknown-tag")
def unknown_tag(card: Card, context: Context) -> Iterator[Finding]:
    """A card has a tag that the deck does not know.

    ## What it does

    Checks that each tag of a card is listed under `tags` in `source/deck.yaml`.

    ## Why is this bad?

    A misspelt tag makes a second, lonely tag, and the card is missing wherever somebody studies or exports by the
    right one. The vocabulary also says what each tag means.

    ## Example

    ```yaml
    tags: [Nm]
    ```

    ## Use instead

    ```yaml
    tags: [NN]
    ```
    """
    known = context.tags
    for tag in card.tags:
        if tag.text not in known and _form_fault(tag.text) is None:
            near = context.nearest(tag.text, known)
            yield Finding(
                "TAG001",
                tag.span(),
                f"The deck has no tag “{tag.text}”, so nobody who studies by tags finds this card.",
                f"Did you mean {near}?" if near else _vocabulary(known),
                suggestion(tag, near),
            )


def _vocabulary(known: Collection[str]) -> str:
    some = ", ".join(islice(known, 12)) + (" and others" if len(known) > 12 else "")
    return f"{f'It has {some}. ' if some else ''}A new tag is listed under `tags` in source/deck.yaml."


@card_rule("TAG002", "repeated-tag", severity=Severity.WARNING)
def repeated_tag(card: Card, _context: Context) -> Iterator[Finding]:
    """A card has the same tag twice.

    ## What it does

    Looks for a tag that stands more than once in a card's list, whatever the case of its letters.

    ## Why is this bad?

    The second one does nothing; often another tag was meant.

    ## Example

    ```yaml
    tags: [NN, NN]
    ```

    ## Use instead

    ```yaml
    tags: [NN]
    ```
    """
    seen: set[str] = set()
    for index, tag in enumerate(card.tags):
        folded = tag.text.casefold()
        if folded in seen:
            message = f"The card has the tag “{tag.text}” already."
            mended = fix("Take it out.", without_item(card.tags, index))
            yield Finding("TAG002", tag.span(), message, "Take it out.", mended)
        seen.add(folded)


def _form_of_vocabulary(deck: Deck, context: Context) -> Iterator[Finding]:
    known: dict[str, str] = {}
    for info in deck.tags:
        yield from _check_form(info.name, known.values(), context)
        other = known.setdefault(info.name.text.casefold(), info.name.text)
        if other != info.name.text:
            yield Finding(
                "TAG003",
                info.name.span(),
                f"Anki takes the tags “{info.name.text}” and “{other}” for the same.",
                "Keep one of them.",
            )


@card_rule("TAG003", "tag-form", also={Scope.FRAME: _form_of_vocabulary})
def tag_form(card: Card, context: Context) -> Iterator[Finding]:
    """A tag has a form that Anki cannot keep.

    ## What it does

    Checks the tags of the vocabulary and of the cards: letters, digits and `_ . + -` only, with `::` between a tag and
    the one below it, and none of Anki's own tags (`marked`, `leech`). Two tags of the vocabulary must not differ in the
    case of their letters alone.

    ## Why is this bad?

    Anki divides tags at white space, so `neural nets` would become two tags; it takes upper and lower case for
    the same; and it gives `marked` and `leech` a meaning of their own.

    ## Example

    ```yaml
    tags: [neural nets]
    ```

    ## Use instead

    ```yaml
    tags: [NN]
    ```
    """
    for tag in card.tags:
        yield from _check_form(tag, context.tags, context)


def _check_form(tag: SourceText, known: Collection[str], context: Context) -> Iterator[Finding]:
    fault = _form_fault(tag.text)
    if fault is not None:
        near = context.nearest(tag.text, known)
        joined = re.sub(r"[^\w.+:-]+", "-", tag.text).strip("-:")
        proposal = near or (joined if joined and _form_fault(joined) is None else None)
        advice = f"Write `{proposal}`." if proposal else "Write another word."
        yield Finding("TAG003", tag.span(), fault, advice, suggestion(tag, proposal))


def _form_fault(tag: str) -> str | None:
    if tag.casefold() in _ANKIS_OWN:
        return f"“{tag}” is a tag that Anki itself sets and removes."
    if not TAG_FORM.fullmatch(tag):
        return f"“{tag}” cannot be a tag: those have letters, digits and `_ . + -`, and `::` between levels."
    return None


RULES = (unknown_tag, repeated_tag, tag_form)
