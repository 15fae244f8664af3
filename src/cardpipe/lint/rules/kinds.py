"""Rules on card kinds: cloze deletions, typed answers, reversed cards, and retired cards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule, summaries_rule
from cardpipe.lint.rules.bare_braces import bare_braces
from cardpipe.lint.rules.note_types import RULES as NOTE_TYPE_RULES
from cardpipe.markup import ClozeTrouble, SegmentKind, clozes
from cardpipe.markup.bounds import excess
from cardpipe.model.deck import CardKind, Status
from cardpipe.model.diagnostics import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries, CardSummary
    from cardpipe.markup import Segment
    from cardpipe.model.deck import Card

_HOW: Final = "Write {{c1::what is hidden}}, or {{c1::what is hidden::hint}}."
_TROUBLES: Final = {
    ClozeTrouble.UNCLOSED: (
        "This cloze deletion is never closed.",
        "Close it with }} within the same paragraph, cell or formula.",
    ),
    ClozeTrouble.NUMBER: ("The number of a cloze deletion must be between 1 and 500.", "Start with {{c1::."),
    ClozeTrouble.EMPTY: ("This cloze deletion is empty.", _HOW),
    ClozeTrouble.CROSSES: (
        "This cloze deletion crosses a paragraph, list item or table cell.",
        "Write one cloze deletion in each; deletions with the same number are asked together.",
    ),
    ClozeTrouble.MISWRITTEN: ("Malformed cloze deletion.", _HOW),
}
_LONGEST_TYPED: Final = 40
_MOST_TYPED: Final = 1_000
_LONGEST_REVERSED: Final = 400
_LINES: Final = re.compile(r"\n\s*\n|\n\s*(?:[-*+]|\d+[.)])\s")


@card_rule("KND001", "cloze-without-blanks")
def cloze_without_blanks(card: Card, context: Context) -> Iterator[Finding]:
    """A cloze has no cloze deletion.

    ## What it does

    Checks that the question of a card of `kind: cloze` has at least one cloze deletion, `{{c1::…}}`.

    ## Why is this bad?

    Anki makes one card for each number; without any it makes none, and the import rejects the note.

    ## Example

    ```yaml
    kind: cloze
    question: The derivative of the sigmoid is at most 1/4.
    ```

    ## Use instead

    ```yaml
    kind: cloze
    question: The derivative of the sigmoid is at most {{c1::1/4}}.
    ```
    """
    if card.kind is CardKind.CLOZE:
        found = clozes(context.scan(card.question))
        if not found.deletions and not found.faults and excess(card.question.text) is None:
            yield Finding("KND001", card.question.span(), "This cloze has no cloze deletion.", _HOW)


@card_rule("KND002", "broken-cloze")
def broken_cloze(card: Card, context: Context) -> Iterator[Finding]:
    """A cloze deletion is malformed.

    ## What it does

    Looks for cloze deletions that are not closed, empty, numbered below 1 or above 500, or cross paragraphs or table
    cells, and for near misses: `{c1::…}}`, `{{C1::…}}`, `{{c1:…}}`.

    ## Why is this bad?

    Learners would see raw braces, or a card that asks for nothing.

    ## Example

    ```yaml
    kind: cloze
    question: ReLU is {{c1:max(0, x)}}.
    ```

    ## Use instead

    ```yaml
    kind: cloze
    question: ReLU is {{c1::max(0, x)}}.
    ```
    """
    if card.kind is CardKind.CLOZE:
        for fault in clozes(context.scan(card.question)).faults:
            if fault.trouble in _TROUBLES:
                message, advice = _TROUBLES[fault.trouble]
                yield Finding("KND002", card.question.span(fault.start, fault.end), message, advice)


@card_rule("KND003", "nested-cloze")
def nested_cloze(card: Card, context: Context) -> Iterator[Finding]:
    """A cloze deletion is nested in another.

    ## What it does

    Looks for `{{c1::… {{c2::…}} …}}`, in text and in formulas.

    ## Why is this bad?

    Versions of Anki and its mobile apps read nested deletions differently: some show braces, some make no card.

    ## Example

    ```yaml
    kind: cloze
    question: The gradient {{c1::vanishes in {{c2::deep}} networks}}.
    ```

    ## Use instead

    ```yaml
    kind: cloze
    question: The gradient {{c1::vanishes}} in {{c2::deep}} networks.
    ```
    """
    if card.kind is CardKind.CLOZE:
        for fault in clozes(context.scan(card.question)).faults:
            if fault.trouble is ClozeTrouble.NESTED:
                yield Finding(
                    "KND003",
                    card.question.span(fault.start, fault.end),
                    "This cloze deletion is nested in another.",
                    "Close the outer one before it, or remove one of them.",
                )


@card_rule("KND004", "cloze-elsewhere")
def cloze_elsewhere(card: Card, context: Context) -> Iterator[Finding]:
    """A cloze deletion is outside the question of a cloze.

    ## What it does

    Looks for `{{c1::…}}` in the questions of cards of other kinds, and in all other texts of any card.

    ## Why is this bad?

    Cloze deletions work only in the question of a `kind: cloze`; anywhere else learners see the braces.

    ## Example

    ```yaml
    question: ReLU is {{c1::max(0, x)}}.
    ```

    ## Use instead

    ```yaml
    kind: cloze
    question: ReLU is {{c1::max(0, x)}}.
    ```
    """
    for name, text in card.texts():
        if "{{c" not in text.text or (name == "question" and card.kind is CardKind.CLOZE):
            continue
        advice = (
            "Add `kind: cloze` to the card, or remove the braces."
            if name == "question"
            else "Cloze deletions work only in the question of a `kind: cloze`; remove the braces."
        )
        for deletion in clozes(context.scan(text)).deletions:
            yield Finding(
                "KND004",
                text.span(deletion.start, deletion.text_start),
                f"A cloze deletion has no effect in “{name}”.",
                advice,
            )


@card_rule("KND005", "cloze-numbers", severity=Severity.WARNING)
def cloze_numbers(card: Card, context: Context) -> Iterator[Finding]:
    """The numbers of a cloze have a gap.

    ## What it does

    Checks that a cloze whose highest number is `c3` has `c1` and `c2` too.

    ## Why is this bad?

    Usually a deletion was removed or a number mistyped. In a published deck, a number that is gone leaves
    learners an empty card, and the others must keep theirs: then ignore this finding.

    ## Example

    ```yaml
    kind: cloze
    question: A layer computes {{c1::a weighted sum}} and {{c3::an activation}}.
    ```

    ## Use instead

    ```yaml
    kind: cloze
    question: A layer computes {{c1::a weighted sum}} and {{c2::an activation}}.
    ```
    """
    if card.kind is not CardKind.CLOZE:
        return
    found = clozes(context.scan(card.question))
    released = context.settings.lock.cards.get(card.id.text) if context.settings.lock is not None else None
    known = {*found.numbers, *(released.clozes if released is not None else ())}
    number = next((number for number in range(1, max(known, default=0)) if number not in known), None)
    if number is None or found.faults:
        return
    above = next(deletion for deletion in found.deletions if deletion.number > number)
    yield Finding(
        "KND005",
        card.question.span(above.start, above.text_start),
        f"There is a c{above.number}, but no c{number}.",
        f"Number the cloze deletions from 1 without a gap: {{{{c{number}:: here.",
    )


@card_rule("KND006", "typed-answer")
def typed_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The answer of a typed card is more than plain text on one line.

    ## What it does

    Checks that the answer of a card of `kind: typed` is one line of at most a thousand characters, without
    emphasis, formulas, code between backticks, links or pictures. Any other character is taken literally: `<Esc>`,
    `Vec<i32>`, `__init__`.

    ## Why is this bad?

    Anki compares it character by character with what a learner typed: nobody types asterisks or TeX.

    ## Example

    ```yaml
    kind: typed
    question: Which activation maps to $(-1, 1)$?
    answer: The **tanh** function
    ```

    ## Use instead

    ```yaml
    kind: typed
    question: Which activation maps to $(-1, 1)$?
    answer: tanh
    ```
    """
    answer = card.typed
    if answer is None:
        return
    text = answer.text
    marked = next((segment for segment in context.scan(answer).segments if _is_marked(segment, text)), None)
    emphasis = _EMPHASIS.search(text)
    if "\n" in text.strip():
        first = text.index("\n", len(text) - len(text.lstrip()))
        place, what = answer.span(first, first), "has several lines"
    elif len(text) > _MOST_TYPED:
        place, what = answer.span(), f"has more than {_MOST_TYPED:,} characters"
    elif marked is not None:
        place, what = answer.span(marked.start, marked.end), f"has {_MARKED[marked.kind]} in it"
    elif emphasis is not None:
        place, what = answer.span(*emphasis.span()), "has Markdown in it"
    else:
        return
    yield Finding(
        "KND006",
        place,
        f"A typed answer {what}, which learners cannot type.",
        "Write exactly what learners should type, on one line; move the rest to `details`.",
    )


_MARKED: Final = {
    SegmentKind.CODE_SPAN: "code",
    SegmentKind.INLINE_MATH: "math",
    SegmentKind.DISPLAY_MATH: "math",
    SegmentKind.IMAGE: "a picture",
}
_EMPHASIS: Final = re.compile(
    r"(?<![\w*\\])(?P<mark>\*{1,2})(?![\s*])[^*]{1,200}(?<!\s)(?P=mark)(?![\w*])"
    r"|\[[^\[\]]{1,200}\]\((?:https?:|card:|mailto:)"
)


def _is_marked(segment: Segment, text: str) -> bool:
    """Return whether a span is intended as markup; `$HOME/$USER` and `` a`b`c `` are text to type."""
    around = text[max(segment.start - 1, 0) : segment.start] + text[segment.end : segment.end + 1]
    return segment.kind in _MARKED and not any(map(str.isalnum, around))


@card_rule("KND007", "long-typed-answer", severity=Severity.WARNING)
def long_typed_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The answer of a typed card is long.

    ## What it does

    Reports typed answers of more than forty characters.

    ## Why is this bad?

    Learners who know the fact are marked wrong for a comma. Typing works for a word or a number.

    ## Example

    ```yaml
    kind: typed
    question: What does an epoch mean?
    answer: One pass of the optimiser over all examples in the training set
    ```

    ## Use instead

    ```yaml
    kind: typed
    question: What is one pass over the whole training set called?
    answer: epoch
    ```
    """
    del context
    answer = card.typed
    if answer is not None and len(answer.text.strip()) > _LONGEST_TYPED:
        yield Finding(
            "KND007",
            answer.span(),
            f"This answer has {len(answer.text.strip())} characters to type.",
            "Ask for the one word or number that matters, or make it a basic card.",
        )


@card_rule("KND008", "long-reversed-answer", severity=Severity.WARNING)
def long_reversed_answer(card: Card, context: Context) -> Iterator[Finding]:
    """A reversed card has an answer that does not work as a question.

    ## What it does

    Reports answers of cards of `kind: reversed` that have more than four hundred characters, several paragraphs or a
    list.

    ## Why is this bad?

    The reverse card shows the answer as its question: that works for a term and its definition, but not for an
    essay.

    ## Example

    ```yaml
    kind: reversed
    question: Dropout
    answer: |
      - switches units off at random
      - is used in training only
    ```

    ## Use instead

    ```yaml
    kind: reversed
    question: Dropout
    answer: Switching units off at random in training
    ```
    """
    del context
    answer = card.answer
    if card.kind is not CardKind.REVERSED or answer is None:
        return
    text = answer.text.strip()
    if len(text) > _LONGEST_REVERSED or _LINES.search(f"\n{text}") is not None:
        yield Finding(
            "KND008",
            answer.span(),
            "The reverse card shows this whole answer as its question.",
            "Keep one sentence here and move the rest to `details`, or make it a basic card.",
        )


@summaries_rule("KND009", "replacement")
def replacement(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """A card has an invalid `replaced_by`.

    ## What it does

    Checks that only cards of `status: retired` have `replaced_by`, and that it names another card that is active.

    ## Why is this bad?

    Learners who meet a retired card are sent to the other one, which must exist and must not be retired.

    ## Example

    ```yaml
    status: active
    replaced_by: ML0045
    ```

    ## Use instead

    ```yaml
    status: retired
    replaced_by: ML0045
    ```
    """
    by_id = {card.id: card for card in sorted(summaries.cards, key=lambda card: card.id)}
    for card in summaries.cards:
        if card.replaced_by is None:
            continue
        message, advice = _wrong_replacement(card, card.replaced_by, by_id, summaries.faulty_ids, context)
        named = summaries.whole(card).replaced_by if message else None
        if named is not None:
            yield Finding("KND009", named.span(), message, advice)


def _wrong_replacement(
    card: CardSummary, named: str, by_id: dict[str, CardSummary], faulty_ids: frozenset[str], context: Context
) -> tuple[str, str]:
    other = by_id.get(named)
    if card.status != Status.RETIRED.value:
        return "Only a retired card can have `replaced_by`.", "Add `status: retired`, or remove this line."
    if other is None and named in faulty_ids:
        return "", ""
    if other is None:
        near = context.nearest(named, by_id, other_than=card.id)
        return (
            f"Unknown card “{named}”.",
            f"Did you mean {near}?" if near else "`cardpipe list` shows all cards.",
        )
    if other is card:
        return f"{named} is replaced by itself.", "Name the card that replaces it, or remove this line."
    if other.status != Status.ACTIVE.value:
        return f"{named} is {other.status} too.", "Name an active card."
    return "", ""


@summaries_rule("KND010", "link-to-retired", severity=Severity.WARNING)
def link_to_retired(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """A card refers to a retired card.

    ## What it does

    Looks under `related` and in the links of active cards for cards of `status: retired`.

    ## Why is this bad?

    The retired card is not in the PDF, the HTML page or the Markdown, so the link is broken there; in Anki it
    leads to an outdated card.

    ## Example

    ```yaml
    - {id: ML0044, title: Perceptron, question: What, answer: That, related: [ML0008]}
    - {id: ML0008, title: Old, question: What, answer: That, status: retired}
    ```

    ## Use instead

    ```yaml
    - {id: ML0044, title: Perceptron, question: What, answer: That, related: [ML0045]}
    - {id: ML0008, title: Old, question: What, answer: That, status: retired}
    ```
    """
    retired = {card.id: card for card in summaries.cards if card.status == Status.RETIRED.value}
    for summary in summaries.cards if retired else ():
        if summary.id in retired or retired.keys().isdisjoint({*summary.related, *summary.links}):
            continue
        card = summaries.whole(summary)
        places = [(other.text, other.span()) for other in card.related if other.text in retired]
        for _, text in card.texts():
            places += [
                (link.card_id, text.span(link.target_start, link.target_end))
                for link in context.scan(text).card_links()
                if link.card_id is not None and link.card_id in retired
            ]
        for named, place in places:
            instead = retired[named].replaced_by
            advice = f"Name {instead}, which replaces it." if instead is not None else "Remove it."
            yield Finding("KND010", place, f"{named} is retired, so only Anki contains it.", advice)


RULES = (
    cloze_without_blanks,
    broken_cloze,
    nested_cloze,
    cloze_elsewhere,
    cloze_numbers,
    typed_answer,
    long_typed_answer,
    long_reversed_answer,
    replacement,
    link_to_retired,
    bare_braces,
    *NOTE_TYPE_RULES,
)
