"""Rules on tags: vocabulary, repetition, and Anki's restrictions."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from cardpipe.lint.api import Scope
from cardpipe.lint.declaration import card_rule, summaries_rule
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, is_listed, suggested_item, without_item
from cardpipe.text.suggestions import normal_tag

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText

# Everything but whitespace, controls and characters that separate tags or have a meaning in Anki's search; every script
# has its own combining marks, so these are not listed.
_SIGN = r"\s\x00-\x1f\x7f-\x9f!\"$%'()*,:;<=>?@\[\\\]^`{|}~"
_PART = rf"[^{_SIGN}.+/#&-][^{_SIGN}]*"
TAG_FORM = re.compile(rf"{_PART}(?:::{_PART})*")
_NO_NAME = re.compile(rf"(?:[{_SIGN}]+)")
_ANKIS_OWN = frozenset({"leech", "marked"})


@card_rule("TAG001", "unknown-tag")
def unknown_tag(card: Card, context: Context) -> Iterator[Finding]:
    """A card has an unknown tag.

    ## What it does

    Checks that each tag of a card is listed under `tags` in `source/deck.yaml`. With `tags: open`, any tag is
    allowed.

    ## Why is this bad?

    A misspelt tag becomes a separate tag, and the card is missing for people who study or export by the
    right one. The vocabulary also documents each tag.

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
    settings = context.settings
    for index, tag in enumerate(card.tags) if not settings.open_tags and "tags" not in settings.faulty else ():
        if tag.text not in known and _form_fault(tag.text) is None:
            near = context.nearest(tag.text, known)
            yield Finding(
                "TAG001",
                tag.span(),
                f"Unknown tag “{tag.text}”.",
                f"Did you mean {near}?" if near else _vocabulary(known),
                suggested_item(card.tags, index, near),
            )


def _vocabulary(known: Collection[str]) -> str:
    some = ", ".join(islice(known, 12)) + (" and others" if len(known) > 12 else "")
    new = "Add new tags under `tags` in source/deck.yaml; `tags: open` allows any."
    return f"The deck has {some}. {new}" if some else new


@card_rule("TAG002", "repeated-tag", severity=Severity.WARNING)
def repeated_tag(card: Card, _context: Context) -> Iterator[Finding]:
    """A card has the same tag twice.

    ## What it does

    Looks for a tag that occurs more than once in a card's list, ignoring case.

    ## Why is this bad?

    The second one does nothing; often another tag was intended.

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
            message = f"Duplicate tag “{tag.text}”."
            removal = fix("Remove it.", without_item(card.tags, index))
            yield Finding("TAG002", tag.span(), message, "Remove it.", removal)
        seen.add(folded)


def _form_of_vocabulary(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    known: dict[str, str] = {}
    names = [info.name for info in settings.tags]
    for index, info in enumerate(settings.tags):
        yield from _check_form(names, index, context, removable=False)
        other = known.setdefault(info.name.text.casefold(), info.name.text)
        if other != info.name.text:
            yield Finding(
                "TAG003",
                info.name.span(),
                f"The tags “{info.name.text}” and “{other}” are the same to Anki.",
                "Keep one of them.",
            )


@card_rule("TAG003", "tag-form", also={Scope.SETTINGS: _form_of_vocabulary})
def tag_form(card: Card, context: Context) -> Iterator[Finding]:
    """A tag is not a valid Anki tag.

    ## What it does

    Checks the tags of the vocabulary and of the cards: letters of any script, digits and `_ . + - / # &` only, with
    `::` between levels, and none of Anki's own tags (`marked`, `leech`). Two tags of the vocabulary
    must not differ in case only.

    ## Why is this bad?

    Anki splits tags at whitespace, so `neural nets` would become two tags; it ignores
    case; and `marked` and `leech` have a special meaning.

    ## Example

    ```yaml
    tags: [neural nets]
    ```

    ## Use instead

    ```yaml
    tags: [NN]
    ```
    """
    for index in range(len(card.tags)):
        yield from _check_form(card.tags, index, context)


def _check_form(
    tags: Sequence[SourceText], index: int, context: Context, *, removable: bool = True
) -> Iterator[Finding]:
    """Yield the fault of a tag; a tag that is a key of the vocabulary is not removable by itself."""
    tag = tags[index]
    fault = _form_fault(tag.text)
    if fault is not None:
        joined = _NO_NAME.sub("-", tag.text.replace("::", "\0")).replace("\0", "::").strip("-:.+/#&")
        # A tag of the vocabulary is suggested only if it is the same word.
        proposals = (context.same_tag(tag.text), joined)
        proposal = next((name for name in proposals if name and _form_fault(name) is None), None)
        advice = f"Write `{proposal}`." if proposal else "Choose another word."
        impossible = not removable and proposal is not None and is_listed(tags, index, proposal)
        fixed = None if impossible else suggested_item(tags, index, proposal)
        yield Finding("TAG003", tag.span(), fault, advice, fixed)


def _form_fault(tag: str) -> str | None:
    if tag.casefold() in _ANKIS_OWN:
        return f"“{tag}” is reserved: Anki sets and removes it itself."
    if not TAG_FORM.fullmatch(tag):
        return f"“{tag}” is not a valid tag: use letters, digits and `_ . + - / # &`, and `::` between levels."
    return None


@summaries_rule("TAG004", "similar-tags", severity=Severity.WARNING, since="0.2")
def similar_tags(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """A tag is nearly the same as another one.

    ## What it does

    Compares the tags of cards that are not in the vocabulary (`tags: open`). It reports the rarer of two that
    differ only in capitals, hyphens, underscores, dots, slashes or a plural's *s*; and a tag of one card that has a
    character too many, missing, or swapped with its neighbour, compared with a tag of three or more cards.

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
        tags = summaries.whole(summary).tags
        for index, tag in enumerate(tags):
            name = better.get(tag.text)
            if name is not None:
                yield Finding(
                    "TAG004",
                    tag.span(),
                    f"Other cards have the tag “{name}”; people who study by one of the two miss the other's cards.",
                    f"Write `{name}` if it is the same.",
                    suggested_item(tags, index, name),
                )


def _better_tags(summaries: CardSummaries) -> dict[str, str]:
    """Return the tags that are probably slips, each with the intended tag."""
    listed = {tag.name.text for tag in summaries.settings.tags}
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
"""The minimum number of cards with a tag for a similar tag to count as a slip."""
_SHORTEST = 6
"""The minimum length of a tag to look for slips: shorter words have too many neighbours."""


def _slips(tag: str, common: Mapping[str, str], longer: Mapping[str, str]) -> Iterator[str]:
    """Return the common tags that are one typing slip away; a wrong letter is as often a different word.

    `longer` has the common tags, keyed by their spellings with one letter removed.
    """
    if len(tag) < _SHORTEST or any(character.isdigit() for character in tag):
        return
    yield from (slip for slip in (tag[:at] + tag[at + 1 :] for at in range(len(tag))) if slip in common)
    exchanged = (tag[:at] + tag[at + 1] + tag[at] + tag[at + 2 :] for at in range(len(tag) - 1))
    yield from (slip for slip in exchanged if slip in common)
    if tag in longer:
        yield longer[tag]


RULES = (unknown_tag, repeated_tag, tag_form, similar_tags)
