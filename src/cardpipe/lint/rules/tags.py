"""Rules on tags: the vocabulary, repetition, and what Anki can store."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import card_rule, summaries_rule
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, suggestion, without_item
from cardpipe.text.suggestions import normal_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import Summaries
    from cardpipe.model.deck import Card, Deck
    from cardpipe.text.positions import SourceText

# All but white space, controls and the signs that part tags or mean something in Anki's search; letters of every script
# have marks of their own, so that these are not listed.
_SIGN = r"\s\x00-\x1f\x7f-\x9f!\"$%'()*,:;<=>?@\[\\\]^`{|}~"
_PART = rf"[^{_SIGN}.+/#&-][^{_SIGN}]*"
TAG_FORM = re.compile(rf"{_PART}(?:::{_PART})*")
_NO_NAME = re.compile(rf"(?:[{_SIGN}]+)")
_ANKIS_OWN = frozenset({"leech", "marked"})


@card_rule("TAG001", "unknown-tag")
def unknown_tag(card: Card, context: Context) -> Iterator[Finding]:
    """A card has a tag that the deck does not know.

    ## What it does

    Checks that each tag of a card is listed under `tags` in `source/deck.yaml`. With `tags: open` there, any tag may be
    used.

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
    for tag in card.tags if not context.deck.open_tags else ():
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
    new = "A new tag is listed under `tags` in source/deck.yaml; `tags: open` there allows any."
    return f"It has {some}. {new}" if some else new


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
        yield from _check_form(info.name, context)
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

    Checks the tags of the vocabulary and of the cards: letters of any script, digits and `_ . + - / # &` only, with
    `::` between a tag and the one below it, and none of Anki's own tags (`marked`, `leech`). Two tags of the vocabulary
    must not differ in the case of their letters alone.

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
        yield from _check_form(tag, context)


def _check_form(tag: SourceText, context: Context) -> Iterator[Finding]:
    fault = _form_fault(tag.text)
    if fault is not None:
        joined = _NO_NAME.sub("-", tag.text.replace("::", "\0")).replace("\0", "::").strip("-:.+/#&")
        # A tag of the vocabulary is proposed only where it is the same word.
        proposals = (context.same_tag(tag.text), joined)
        proposal = next((name for name in proposals if name and _form_fault(name) is None), None)
        advice = f"Write `{proposal}`." if proposal else "Write another word."
        yield Finding("TAG003", tag.span(), fault, advice, suggestion(tag, proposal))


def _form_fault(tag: str) -> str | None:
    if tag.casefold() in _ANKIS_OWN:
        return f"“{tag}” is a tag that Anki itself sets and removes."
    if not TAG_FORM.fullmatch(tag):
        return f"“{tag}” cannot be a tag: those have letters, digits and `_ . + - / # &`, and `::` between levels."
    return None


@summaries_rule("TAG004", "similar-tags", severity=Severity.WARNING, since="0.2")
def similar_tags(summaries: Summaries, context: Context) -> Iterator[Finding]:
    """A tag is nearly the same as another one.

    ## What it does

    Compares the tags that cards have and no vocabulary lists, as with `tags: open`. It reports the rarer of two that
    differ only in capitals, hyphens, underscores, dots, slashes or a plural's *s*; and a tag of one card that has a
    character too many, missing, or exchanged with its neighbour, beside a tag of three cards or more.

    ## Why is this bad?

    People who study or export by one of the two miss the cards of the other.

    ## Example

    ```yaml
    - {id: ML0044, title: One, question: "What is a noun?", answer: A., tags: [part-of-speech]}
    - {id: ML0045, title: Two, question: "What does a verb say?", answer: B., tags: [part_of_speech]}
    ```

    ## Use instead

    ```yaml
    - {id: ML0044, title: One, question: "What is a noun?", answer: A., tags: [part-of-speech]}
    - {id: ML0045, title: Two, question: "What does a verb say?", answer: B., tags: [part-of-speech]}
    ```
    """
    del context
    better = _better_tags(summaries)
    for summary in summaries.cards if better else ():
        if better.keys().isdisjoint(summary.tags):
            continue
        for tag in summaries.whole(summary).tags:
            name = better.get(tag.text)
            if name is not None:
                yield Finding(
                    "TAG004",
                    tag.span(),
                    f"Other cards have the tag “{name}”; people who study by one of the two miss the other's cards.",
                    f"Write `{name}` if it is the same.",
                    suggestion(tag, name),
                )


def _better_tags(summaries: Summaries) -> dict[str, str]:
    """The tags that are probably meant to be another one, each with that one."""
    listed = {tag.name.text for tag in summaries.deck.tags}
    counts = Counter(tag for card in summaries.cards for tag in set(card.tags) - listed if _form_fault(tag) is None)
    order = sorted(counts, key=lambda tag: (-counts[tag], tag))
    best: dict[str, str] = {}
    for tag in order:
        best.setdefault(normal_tag(tag), tag)
    better = {tag: best[normal_tag(tag)] for tag in order if best[normal_tag(tag)] != tag}
    common = {tag.casefold(): tag for tag in order if counts[tag] >= _COMMON}
    longer = {name[:at] + name[at + 1 :]: name for name in common for at in range(len(name))}
    for tag in order:
        if counts[tag] == 1 and tag not in better:
            near = next((common[slip] for slip in _slips(tag.casefold(), common, longer) if common[slip] != tag), None)
            if near is not None:
                better[tag] = near
    return better


_COMMON = 3
"""Cards with a tag from which on a tag that nearly equals it is taken for a slip."""
_SHORTEST = 6
"""Characters of a tag in which a slip is looked for: shorter words have too many neighbours."""


def _slips(tag: str, common: Mapping[str, str], longer: Mapping[str, str]) -> Iterator[str]:
    """The common tags to which one slip of the keyboard leads from a tag; a wrong letter is another word as often.

    `longer` has the common tags by what is left of them without one of their letters.
    """
    if len(tag) < _SHORTEST or any(character.isdigit() for character in tag):
        return
    yield from (slip for slip in (tag[:at] + tag[at + 1 :] for at in range(len(tag))) if slip in common)
    exchanged = (tag[:at] + tag[at + 1] + tag[at] + tag[at + 2 :] for at in range(len(tag) - 1))
    yield from (slip for slip in exchanged if slip in common)
    if tag in longer:
        yield longer[tag]


RULES = (unknown_tag, repeated_tag, tag_form, similar_tags)
