"""Rules on words and symbols: defined, spelt consistently, and asked once."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from cardpipe.lint.acronyms import ACRONYM, KNOWN, acronyms, initials, is_bracketed
from cardpipe.lint.declaration import card_rule, summaries_rule
from cardpipe.lint.question_words import language_of
from cardpipe.lint.symbols import UNNAMED, letters, named_in, subject, symbols
from cardpipe.markup import SegmentKind
from cardpipe.markup.addresses import without_addresses
from cardpipe.model.deck import CardKind, Status
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries, CardSummary
    from cardpipe.markup.words import Word
    from cardpipe.model.deck import Card
    from cardpipe.text.positions import SourceText, Span

_SPELLING: Final = re.compile(r"(?<=[a-z]{3})(?:is|iz)(e|ed|es|er|ers|ing|ation|ations)$")
_EITHER: Final = re.compile(r"(?:is|iz)(?=(?:e|ed|es|er|ers|ing|ation|ations)$)")
_ALWAYS_S: Final = frozenset(
    [
        "advertise",
        "advise",
        "arise",
        "comprise",
        "compromise",
        "demise",
        "despise",
        "devise",
        "disguise",
        "enterprise",
        "exercise",
        "expertise",
        "franchise",
        "improvise",
        "likewise",
        "merchandise",
        "noise",
        "otherwise",
        "poise",
        "praise",
        "precise",
        "premise",
        "promise",
        "raise",
        "revise",
        "rise",
        "supervise",
        "surmise",
        "surprise",
        "televise",
        "wise",
    ]
)
_ALWAYS_Z: Final = frozenset(["capsize", "prize", "seize", "size", "resize"])
_LIKENESS: Final = 0.8
"""The share of common words (Jaccard) from which two questions count as the same."""
_FEWEST: Final = 4
_LONGEST_TITLE: Final = 1_000


@card_rule("WRD013", "unexplained-symbol", severity=Severity.WARNING)
def unexplained_symbol(card: Card, context: Context) -> Iterator[Finding]:
    r"""A symbol of a displayed equation is never defined.

    ## What it does

    Looks for letters of displayed equations that no sentence of the card defines, such as *here $r$ is the rate* or
    *r is the rate*. Exempt are $x$, $y$, $e$ and indices; number sets, transposes, chemistry and
    entries of matrices; what the equation binds ($\forall m$, $\sum_z$, $\lim_{h \to 0}$, $dt$) or defines
    ($L := 2$); and the left side of an answer's equation, which the question asks for.

    ## Why is this bad?

    The equation cannot be understood.

    ## Example

    ```yaml
    details: |
      The doubling time is

      $$T = \frac{\ln 2}{r}$$
    ```

    ## Use instead

    ```yaml
    details: |
      The doubling time $T$ for a growth rate $r$ is

      $$T = \frac{\ln 2}{r}$$
    ```
    """
    shown: list[tuple[SourceText, int, int, str]] = []
    named: set[str] = set(UNNAMED)
    for _, text in card.texts():
        for formula in context.scan(text).math():
            if formula.kind is SegmentKind.DISPLAY_MATH:
                if text is card.answer:
                    named.update(subject(formula.tex))  # it is what the question asks for
                for symbol, start, end in symbols(formula.tex):
                    shown.append((text, formula.text_index(start), formula.text_index(end - 1) + 1, symbol))
            else:
                named.update(letters(formula.tex))
    unknown = {symbol for _, _, _, symbol in shown} - named
    if unknown:
        named.update(_named(card, context, names=any(symbol.startswith("\\") for symbol in unknown)))
    told: set[str] = set()
    for text, first, last, symbol in shown:
        if symbol not in named and symbol not in told:
            told.add(symbol)
            yield Finding(
                "WRD013",
                text.span(first, last),
                f"The symbol {symbol} is never defined.",
                f"Define it in a sentence, with ${symbol}$ between dollars.",
            )


def _named(card: Card, context: Context, *, names: bool) -> Iterator[str]:
    """Return the symbols that occur in sentences and code of the card without dollars; with `names`, also by name."""
    language = language_of(context.settings)
    for _, text in card.texts():
        scanned = context.scan(text)
        yield from named_in(scanned.prose_alone, language, names=names)
        yield from (
            code.content for code in scanned.code() if len(code.content) == 1 and code.kind is SegmentKind.CODE_SPAN
        )


@card_rule("WRD014", "unexplained-acronym", severity=Severity.WARNING)
def unexplained_acronym(card: Card, context: Context) -> Iterator[Finding]:
    """An acronym is never spelt out.

    ## What it does

    Looks for words in capitals that the card does not spell out, as in *multi-layer perceptron (MLP)*, and that are
    neither tags nor listed under `words` in `deck.yaml`. Consecutive words with these initials are enough, and so is
    a question that asks what the letters stand for. Well-known acronyms, common words in capitals (NOT,
    SELECT), several such words in a row, Roman numerals and chemical formulas are exempt. It reports the first
    occurrence in a card.

    ## Why is this bad?

    Cards come in any order, so the one that explains it can come last; and an acronym can mean two things.

    ## Example

    ```yaml
    answer: It is an RBM.
    ```

    ## Use instead

    ```yaml
    answer: It is a restricted Boltzmann machine (RBM).
    ```
    """
    explained: set[str] = set()
    places: dict[str, tuple[SourceText, int]] = {}
    for name, text in card.texts():
        if name == "reference" or ACRONYM.search(context.scan(text).sentences) is None:
            continue
        for segment in context.scan(text).prose():
            prose = without_addresses(segment.text)
            for match in acronyms(prose):
                if is_bracketed(prose, match):
                    explained.add(match[0])
                else:
                    places.setdefault(match[0], (text, segment.start + match.start()))
    named = {tag.text for tag in card.tags} if context.settings.open_tags else set()
    title = card.title.text[:_LONGEST_TITLE] if card.title is not None else ""
    known = (KNOWN, context.known_words, named, explained, title)
    unknown = [acronym for acronym in places if not any(acronym in group for group in known)]
    if not unknown:
        return
    spelt = [initials(context.bare_words(text)) for name, text in card.texts() if name != "reference"]
    for acronym in unknown:
        if _is_spelt_out(acronym, spelt):
            continue
        text, start = places[acronym]
        if not (text is card.question and _ASKS_FOR_WORDS.search(card.question.text)):
            yield Finding(
                "WRD014",
                text.span(start, start + len(acronym)),
                f"The acronym {acronym} is not spelt out on this card.",
                f"Write the words followed by ({acronym}), or list it under `words` in deck.yaml.",
            )


_ASKS_FOR_WORDS: Final = re.compile(
    r"stands? for|letters|mnemonic|acronym|abbreviat|initials|steht|abkürzung|kürzel|sigle|siglas|sigla|skrót|сокращени"
    r"|缩写|縮寫|略語|略称|全称|正式名称|اختصار|ראשי",
    re.IGNORECASE,
)
"""Words of a question that asks what an acronym stands for, so the answer spells it out in some form."""


def _is_spelt_out(acronym: str, spelt: list[tuple[str, str]]) -> bool:
    """Return whether consecutive words have its initials: *chronic obstructive pulmonary disease* for COPD."""
    return len(acronym) > 2 and any(acronym in every or acronym in large for every, large in spelt)


@summaries_rule("WRD015", "inconsistent-term", severity=Severity.WARNING)
def inconsistent_term(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """A word is spelt inconsistently.

    ## What it does

    Compares all words of the deck: with and without a hyphen (*multi-layer*, *multilayer*), and with *-ise* or *-ize*.
    It reports the rarer form, once for each card.

    ## Why is this bad?

    A search finds only some of the cards, and readers may wonder whether there is a difference.

    ## Example

    ```yaml
    - {id: ML0044, title: One, question: "What is a multi-layer network?", answer: Normalised.}
    - {id: ML0045, title: Two, question: "What is a multilayer net with multi-layer parts?", answer: Normalised.}
    ```

    ## Use instead

    ```yaml
    - {id: ML0044, title: One, question: "What is a multi-layer network?", answer: Normalised.}
    - {id: ML0045, title: Two, question: "What is a multi-layer net?", answer: Normalised.}
    ```
    """
    rare = _rare_forms(summaries.cards)
    for summary in summaries.cards if rare else ():
        if rare.keys().isdisjoint(summary.terms.split()):
            continue
        told: set[str] = set()
        # A reference is a quotation: its title keeps its author's spelling.
        texts = [text for name, text in summaries.whole(summary).texts() if name != "reference"]
        for text, word in ((where, word) for where in texts for word in context.words(where)):
            form = word.text.lower()
            if form in rare and form not in told:
                told.add(form)
                yield _inconsistent(text, word, rare[form])


def _rare_forms(cards: Sequence[CardSummary]) -> dict[str, str]:
    """Return the rarer forms of words, each with the more common form."""
    cards_with: Counter[str] = Counter()
    for card in cards:
        cards_with.update(card.terms.split())
    forms_of: dict[str, list[str]] = defaultdict(list)
    for form in cards_with:
        forms_of[_normal(form)].append(form)
    rare = {}
    for forms in forms_of.values():
        if len(forms) > 1:
            best = min(forms, key=lambda form: (-cards_with[form], form))
            rare.update({form: best for form in forms if form != best})
    return rare


def _normal(form: str) -> str:
    joined = form.replace("-", "")
    if joined in _ALWAYS_S or joined in _ALWAYS_Z:
        return joined
    return _EITHER.sub("iz", joined) if _SPELLING.search(joined) else joined


def _inconsistent(text: SourceText, word: Word, better: str) -> Finding:
    return Finding(
        "WRD015",
        text.span(word.start, word.end),
        f"“{word.text}” is spelt “{better}” elsewhere in the deck.",
        "Use one spelling.",
        suggestion(text, _in_case_of(word.text, better), word.start, word.end),
    )


def _in_case_of(written: str, better: str) -> str | None:
    if written.isupper() and len(written) > 1:
        return better.upper()
    return better[:1].upper() + better[1:] if written[:1].isupper() else better


@summaries_rule("WRD016", "near-duplicate-question", severity=Severity.WARNING)
def near_duplicate_question(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """Two cards ask nearly the same question.

    ## What it does

    Compares the words of all questions, in any order, and reports pairs that share four fifths of them. Their
    formulas, code, pictures, numbers, quoted and emphasised words must be the same. Retired cards do not count.

    ## Why is this bad?

    Learners review the same thing twice, and when one card is corrected, the other stays wrong.

    ## Example

    ```yaml
    - {id: ML0044, title: One, question: "Why does a deep sigmoid network learn slowly?", answer: A.}
    - {id: ML0045, title: Two, question: "Why does a deep sigmoid network learn so slowly?", answer: B.}
    ```

    ## Use instead

    ```yaml
    - {id: ML0044, title: One, question: "Why does a deep sigmoid network learn slowly?", answer: A.}
    - {id: ML0045, title: Two, question: "Which activations let gradients through?", answer: B.}
    ```
    """
    del context
    cards = [
        card for card in summaries.cards if card.status != Status.RETIRED.value and card.kind != CardKind.REVERSED.value
    ]
    by_particulars: dict[tuple[str, ...], list[CardSummary]] = defaultdict(list)
    for card in cards:
        by_particulars[tuple(card.particulars)].append(card)
    for group in by_particulars.values():
        for one, other in _alike([frozenset(card.asked) for card in group]):
            yield Finding(
                "WRD016",
                _first_line(summaries.whole(group[other]).question),
                f"{group[one].id} asks nearly the same question.",
                "Retire one of them, or make the difference clear.",
            )


def _first_line(text: SourceText) -> Span:
    first = len(text.text) - len(text.text.lstrip())
    end = text.text.find("\n", first)
    return text.span(first, end if end > 0 else len(text.text))


def _alike(asked: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of similar sets: each set once, with the first earlier set that it is similar to.

    Two sets that share four fifths of their members share one of the rarest fifth of each (prefix filtering), so that
    only these are looked up.
    """
    frequency = Counter(member for members in asked for member in members)
    rank = {member: number for number, member in enumerate(sorted(frequency, key=lambda one: (frequency[one], one)))}
    same: dict[frozenset[str], int] = {}
    index: dict[str, list[int]] = defaultdict(list)
    for number, members in enumerate(asked):
        if members in same and len(members) > 1:
            yield same[members], number
            continue
        same[members] = number
        if len(members) < _FEWEST:
            continue
        rarest = sorted(members, key=rank.__getitem__)[: len(members) - int(_LIKENESS * len(members) + 0.999) + 1]
        near = {other for member in rarest for other in index[member][:_MOST_LOOKED_AT]}
        found = next((other for other in sorted(near) if _are_alike(asked[other], members)), None)
        if found is not None:
            yield found, number
        for member in rarest:
            index[member].append(number)


_MOST_LOOKED_AT: Final = 50
"""Limit for questions that share a rare word: more are a pattern, and comparing all would take quadratic time."""


def _are_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if min(len(one), len(other)) < _LIKENESS * max(len(one), len(other)):
        return False  # however many they share
    shared = len(one & other)
    return shared >= _LIKENESS * (len(one) + len(other) - shared)


@summaries_rule("WRD017", "repeated-title", severity=Severity.WARNING)
def repeated_title(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """Two cards have the same title.

    ## What it does

    Compares the titles of all cards that are not retired, ignoring case.

    ## Why is this bad?

    In contents, links and lists the two cannot be told apart.

    ## Example

    ```yaml
    - {id: ML0044, title: Dropout, question: "What is dropout?", answer: A.}
    - {id: ML0045, title: dropout, question: "When is dropout off?", answer: B.}
    ```

    ## Use instead

    ```yaml
    - {id: ML0044, title: Dropout, question: "What is dropout?", answer: A.}
    - {id: ML0045, title: Dropout at test time, question: "When is dropout off?", answer: B.}
    ```
    """
    del context
    known: dict[str, CardSummary] = {}
    for card in summaries.cards:
        if card.status == Status.RETIRED.value or card.fronts:
            continue
        first = known.setdefault(" ".join(card.title.casefold().split()), card)
        title = summaries.whole(card).title if first is not card else None
        if title is not None:
            yield Finding(
                "WRD017",
                title.span(),
                f"Duplicate title: {first.id} has the same one.",
                "Make the difference clear in the title.",
            )


RULES = (unexplained_symbol, unexplained_acronym, inconsistent_term, near_duplicate_question, repeated_title)
