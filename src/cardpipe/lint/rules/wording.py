"""Rules on the wording of questions and titles, and on the length of a card."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.lint.question_words import (
    is_english_question,
    is_request,
    is_translation,
    language_of,
    offers_a_choice,
    question_marks,
    second_question,
    wants_more,
)
from cardpipe.lint.rules.answers import long_answer, long_list, no_short_answer
from cardpipe.lint.rules.titles import answer_in_title
from cardpipe.lint.rules.words import misspelt_word, placeholder_text, repeated_word
from cardpipe.markup import SegmentKind
from cardpipe.markup.words import content_words
from cardpipe.model.deck import CardKind
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import Card
    from cardpipe.text.positions import SourceText, Span

_YES_NO: Final = re.compile(
    r"\s*(?:is|are|was|were|does|do|did|can|could|should|will|would|has|have|had)\b", re.IGNORECASE
)
_ELSEWHERE: Final = re.compile(
    r"\b(?:in (?:this|the) (?:deck|chapter|section|lecture|course|book)|(?:the |as |see )above\b|see below"
    r"|mentioned (?:above|before|earlier)|(?:the )?(?:previous|last|next|preceding) (?:card|question|chapter|section)"
    r"|as we (?:saw|have seen)|the (?:example|figure|table|formula|equation|diagram|graph|code) (?:above|below))",
    re.IGNORECASE,
)
_PRONOUN: Final = re.compile(
    r"\s*(?:it|this|that|they|these|those|he|she)\s+"
    r"(?:is|are|was|were|has|have|can|does|do|means|happens|works|depends|makes|allows|helps|because|will|would)\b",
    re.IGNORECASE,
)
_LONGEST_TITLE: Final = 60
_MOST_WORDS: Final = 600


def _is_english(card: Card, context: Context) -> bool:
    """Return whether the question is in English, in an English deck."""
    if language_of(context.settings) != "en":
        return False
    answer = card.answer
    answered = context.bare_words(answer) if answer is not None else ()
    return is_english_question(context.bare_words(card.question), answer.text if answer is not None else "", answered)


@card_rule("WRD001", "several-questions", severity=Severity.WARNING)
def several_questions(card: Card, context: Context) -> Iterator[Finding]:
    """A card asks more than one question.

    ## What it does

    Reports a second question mark in a question, and in English and German decks a second question that *and* joins to
    the first one, unless it refers to it by a pronoun (*… and how does it work?*). Marks in code, formulas and quotes
    do not count, nor do operators such as `??`.

    ## Why is this bad?

    A learner who knows only one of the answers cannot grade the card. Two small cards are learnt faster than
    one large card, and each is repeated only when it is forgotten.

    ## Example

    ```yaml
    question: What is dropout? When is it switched off?
    ```

    ## Use instead

    ```yaml
    question: When is dropout switched off?
    ```
    """
    if card.kind is CardKind.CLOZE:
        return
    language = language_of(context.settings)
    marks = list(question_marks(context.scan(card.question), language))
    place = (marks[1], marks[1] + 1) if len(marks) > 1 else second_question(card.question.text, language)
    if place is not None:
        yield Finding(
            "WRD001",
            card.question.span(*place),
            "The card asks a second question.",
            "Write a separate card for it.",
        )


@card_rule("WRD002", "yes-no-question", severity=Severity.WARNING)
def yes_no_question(card: Card, context: Context) -> Iterator[Finding]:
    """A question can be answered with yes or no.

    ## What it does

    In English decks, reports questions in English that begin with a verb such as *is*, *does* or *can*. Exempt are
    questions that offer a choice (*… or …*), that ask for more (*… and why?*), requests (*Can you explain …?*, *Do you
    know how …?*), and sentences of another language.

    ## Why is this bad?

    Half of all guesses are right, and the answer does not show whether the reason was known.

    ## Example

    ```yaml
    question: Does dropout run at test time?
    ```

    ## Use instead

    ```yaml
    question: Why does dropout not run at test time?
    ```
    """
    text = card.question.text
    match = _YES_NO.match(text)
    if match is None or "?" not in text or card.kind not in {CardKind.BASIC, CardKind.TYPED}:
        return
    leaves_no_guess = is_request(text) or offers_a_choice(text) or wants_more(text[match.end() :])
    if not leaves_no_guess and _is_english(card, context):
        first = len(text) - len(text.lstrip())
        yield Finding(
            "WRD002",
            card.question.span(first, match.end()),
            "This question can be answered with yes or no.",
            "Ask why, how, when or what instead.",
        )


@card_rule("WRD003", "answer-in-question", severity=Severity.WARNING)
def answer_in_question(card: Card, context: Context) -> Iterator[Finding]:
    """The question gives its answer away.

    ## What it does

    Reports answers of a few words that all occur in the question. A choice (*… or …*, *a/b*) can name them,
    and so can a question for a name that two things share: the capital of Luxembourg, or a word that is equal in both
    languages, in quotation marks or alone on the card.

    ## Why is this bad?

    The card can be answered by reading, not by remembering.

    ## Example

    ```yaml
    question: What is the name of the sigmoid function with values from 0 to 1?
    answer: The sigmoid function
    ```

    ## Use instead

    ```yaml
    question: Which squashing function has values from 0 to 1?
    answer: The sigmoid function
    ```
    """
    answer = card.answer
    if answer is None or card.kind is CardKind.CLOZE or len(answer.text) > 120 or offers_a_choice(card.question.text):
        return
    scanned = context.scan(answer)
    given = content_words(context.bare_words(answer))
    bare = all(segment.kind is SegmentKind.PROSE for segment in scanned.segments) and not re.search(r"\d", answer.text)
    asked = set(content_words(context.bare_words(card.question)))
    if (
        bare
        and 0 < len(given) <= 4
        and asked.issuperset(given)
        and not _is_shared_name(card.question.text, answer.text)
    ):
        yield Finding(
            "WRD003",
            answer.span(),
            "The question contains the whole answer.",
            "Rephrase the question, or ask for something else.",
        )


def _is_shared_name(question: str, answer: str) -> bool:
    """Return whether the answer is a name that two things share: a proper name, a quoted word, the whole question."""
    name = answer.strip().rstrip(".").strip("*_\"'“”„«»‚‘’")
    if question.strip().rstrip("?.؟？").strip().casefold() == name.casefold():
        return True
    bare = re.escape(
        re.sub(r"^(?:the|a|an|der|die|das|le|la|les|l'|el|los|las|il|lo)\s+", "", name, flags=re.IGNORECASE)
    )
    if re.search(rf"[\"'“”„«»‚‘’*_「『]\s?{bare}\s?[\"'“”«»‘’*_」』]", question, re.IGNORECASE):
        return True
    # A proper name has capitals within the sentence; this does not work for scripts without capitals.
    cased = name != name.lower() or name != name.upper()
    capitals = all(word[0] != word[0].lower() for word in name.split() if word)
    at = question.find(name, 1)
    within = at > 0 and bool(question[:at].strip()) and not question[at + len(name) : at + len(name) + 1].isalnum()
    return within and (capitals or not cased)


@card_rule("WRD004", "question-needs-its-place", severity=Severity.WARNING)
def question_needs_its_place(card: Card, context: Context) -> Iterator[Finding]:
    """A question cannot be understood by itself.

    ## What it does

    In English decks, looks in questions for words such as *the above*, *in this chapter* or *the previous card*, and
    for a pronoun at the start without an antecedent, unless the sentence is not a question.

    ## Why is this bad?

    Cards are reviewed one by one, in any order, months later: there is no previous card and no chapter.

    ## Example

    ```yaml
    question: What is the second term in the formula above?
    ```

    ## Use instead

    ```yaml
    question: What does the second term of the ridge loss do?
    ```
    """
    if language_of(context.settings) != "en":
        return
    text = card.question.text
    match = _ELSEWHERE.search(text)
    if match is None and card.kind is not CardKind.CLOZE and "?" in text:
        match = _PRONOUN.match(text)
    if match is not None:
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        yield Finding(
            "WRD004",
            card.question.span(start, match.end()),
            f"“{' '.join(match[0].split())}” has no meaning when this card is shown alone.",
            "Name the thing itself.",
        )


@card_rule("WRD007", "vague-answer", severity=Severity.WARNING)
def vague_answer(card: Card, context: Context) -> Iterator[Finding]:
    """An answer begins with an ambiguous pronoun.

    ## What it does

    In English decks, reports answers that begin with *this is*, *that means*, *these are* and similar words, where the
    question is in English and does not ask for a translation.

    ## Why is this bad?

    The answer should be clear by itself. *It* refers to the subject of the question; *this* could refer
    to anything.

    ## Example

    ```yaml
    question: Why does a deep sigmoid network train slowly?
    answer: This is because gradients vanish.
    ```

    ## Use instead

    ```yaml
    question: Why does a deep sigmoid network train slowly?
    answer: Because its gradients vanish on the way back.
    ```
    """
    answer = card.answer
    match = _PRONOUN.match(answer.text) if answer is not None else None
    if answer is None or match is None or match[0].split()[0].lower() not in {"this", "that", "these", "those"}:
        return
    if language_of(context.settings) == "en" and _asks_in_english(card.question, context):
        first = len(answer.text) - len(answer.text.lstrip())
        yield Finding(
            "WRD007",
            answer.span(first, match.end()),
            f"“{' '.join(match[0].split())}” is ambiguous.",
            "Name the thing itself.",
        )


def _asks_in_english(question: SourceText, context: Context) -> bool:
    text = question.text
    return is_english_question(context.bare_words(question), "", ()) and not is_translation(text)


@card_rule("WRD011", "title-form", severity=Severity.WARNING)
def title_form(card: Card, context: Context) -> Iterator[Finding]:
    """A title is not a short phrase.

    ## What it does

    Reports titles that end with a full stop, are longer than sixty characters, contain the card's ID, or repeat
    the question, unless that is only a word or two.

    ## Why is this bad?

    Titles are used in contents, indexes and links, where readers look for a name.

    ## Example

    ```yaml
    title: What is a perceptron.
    ```

    ## Use instead

    ```yaml
    title: Perceptron
    ```
    """
    del context
    written = card.title
    if written is None:
        return
    title = written.text.strip()
    removal = None
    if title.endswith(".") and not title.endswith(("..", "etc.")):
        fault = ("The title ends with a full stop.", "Remove it.")
        length = len(written.text.rstrip())
        removal = fix("Remove it.", replacing(written, length - 1, length, ""))
    elif len(title) > _LONGEST_TITLE:
        fault = (f"This title has {len(title)} characters.", "Shorten it to a few words.")
    elif card.id.text in title:
        fault = ("The title contains the ID, which is shown next to it everywhere.", "Remove it from the title.")
    elif card.kind is not CardKind.REVERSED and _is_question(title) and title.casefold() == _folded(card.question):
        fault = ("The title repeats the question.", "Name the subject of the card in a few words.")
    else:
        return
    yield Finding("WRD011", written.span(), *fault, removal)


def _is_question(title: str) -> bool:
    return len(title.split()) > 3 or title.endswith(("?", "？", "؟"))


def _folded(text: SourceText) -> str:
    return text.text.strip().casefold()


@card_rule("WRD012", "overloaded-card", severity=Severity.INFO)
def overloaded_card(card: Card, context: Context) -> Iterator[Finding]:
    """A card is too long.

    ## What it does

    Reports details of more than six hundred words.

    ## Why is this bad?

    Nobody reads a chapter on the back of a card. Two cards with a link between them are read.

    ## Example

    Details that explain a method, its three variants, and a proof.

    ## Use instead

    A card for the method, and one for each variant, linked by `related`.
    """
    if card.details is not None:
        count = len(context.bare_words(card.details))
        if count > _MOST_WORDS:
            yield Finding(
                "WRD012",
                _first_line(card.details),
                f"The details have {count} words, which is too long for one card.",
                "Split the card, and link the parts with `related`.",
            )


def _first_line(text: SourceText) -> Span:
    first = len(text.text) - len(text.text.lstrip())
    end = text.text.find("\n", first)
    return text.span(first, end if end > 0 else len(text.text))


RULES = (
    several_questions,
    yes_no_question,
    answer_in_question,
    question_needs_its_place,
    long_answer,
    no_short_answer,
    vague_answer,
    long_list,
    placeholder_text,
    repeated_word,
    title_form,
    overloaded_card,
    misspelt_word,
    answer_in_title,
)
