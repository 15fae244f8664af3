"""Rules on the wording of questions and answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cardpipe.lint.declaration import card_rule
from cardpipe.lint.listing import lists
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
from cardpipe.lint.rules.titles import answer_in_title
from cardpipe.markup import SegmentKind
from cardpipe.markup.addresses import without_addresses
from cardpipe.markup.words import content_words
from cardpipe.model.deck import CardKind
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.source.splicing import fix, replacing, suggestion

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
_NO_SENTENCE: Final = re.compile(
    r"\s*(?:(?P<list>[-*+]\s|\d{1,9}[.)]\s)|(?P<heading>#{1,6}\s)|(?P<table>\|)|(?P<code>```|~~~))"
)
_ASKS_FOR: Final = {
    "list": re.compile(
        r"\b(?:list|name|give|enumerate|which|what are|what were|steps|order|nenne|nennen|zähle|welche\w*|cite\w*"
        r"|énumér\w*"
        r"|quel\w*|donne\w*|nombr\w*|enumer\w*|qué|cuáles|quali|elenca\w*|quais|noem|welke|wymień|назов\w*|перечисл\w*)\b"
        r"|哪些|哪几|哪三|哪四|列出|挙げ|何と何|ما هي|עדים|מהם",
        re.IGNORECASE,
    ),
    "table": re.compile(
        r"\b(?:table|conjugat\w*|declin\w*|declension|compare|forms|tabelle|konjugier\w*|deklinier\w*|formen|tableau"
        r"|conjugu\w*|décline\w*|tabla|conjug\w*|tabella|coniuga\w*|tabela)\b|表",
        re.IGNORECASE,
    ),
    "code": re.compile(
        r"`|\b(?:code|function|method|class|program\w*|command|query|script|snippet|statement|regex\w*|expression|syntax"
        r"|macro|selector|loop|one-liner|write|implement|declare|define|print|output|create|call|import|sql|python|java"
        r"|javascript|typescript|rust|ruby|bash|shell|html|css|haskell|kotlin|swift|php|latex|git|docker\w*|vim|excel|yaml"
        r"|json|funktion|methode|klasse|programm\w*|befehl|abfrage|anweisung|ausdruck|schreib\w*|schleife|commande|fonction"
        r"|requête|programme|instruction|écri\w*|código|comando|función|consulta|programa|instrucción|escrib\w*|codice"
        r"|funzione|comando|scriv\w*|função|escrev\w*|код|функци\w*|команд\w*)\b|代码|函数|命令|语句|程序|コード|関数|コマンド|プログラム",
        re.IGNORECASE,
    ),
}
"""Words of questions whose answer is a list, a table or code itself, in common languages."""
_PLACEHOLDER: Final = re.compile(r"\b(?:TODO|TBD|FIXME|(?<![\d,.]{1})XXX+)\b|\b(?i:lorem ipsum)\b|\?{3,}")
_UNWRITTEN: Final = ("TODO", "TBD", "FIXME", "XXX", "orem", "OREM", "???")
"""What a text must contain for the pattern to match."""
_REPEATED: Final = re.compile(r"\b(\w{2,40}+)[ \t\n]{1,20}+\1\b", re.IGNORECASE)
_ASCII_REPEATED: Final = re.compile(_REPEATED.pattern, re.IGNORECASE | re.ASCII)
"""The same for ASCII texts, in half the time."""
_NO_LETTER: Final = re.compile(r"[\d_]")
_MAY_REPEAT: Final = {
    "en": frozenset(
        {"had", "that", "very", "bye", "so", "no", "is", "knock", "never", "now", "there", "far", "yes", "ha"}
    ),
    "de": frozenset({"die", "der", "das", "dem", "den", "sie", "ihr", "wer", "was", "sehr", "so", "nein", "ja", "nie"}),
    "fr": frozenset({"nous", "vous", "très", "non", "si"}),
    "es": frozenset({"muy", "no", "que", "casi"}),
    "it": frozenset({"piano", "via", "ci", "si", "no", "così", "man", "mano", "appena"}),
    "pt": frozenset({"muito", "não", "que", "logo"}),
    "nl": frozenset({"die", "dat", "heel", "nee", "ja", "zo"}),
    "sv": frozenset({"så", "det", "nej", "ja"}),
    "da": frozenset({"så", "det", "nej", "ja"}),
    "nb": frozenset({"så", "det", "nei", "ja"}),
}
"""Words that can be doubled, by language; languages that are not listed double words as part of their grammar."""
_FRENCH: Final = _MAY_REPEAT["fr"]
"""Doubled French pronouns, which decks in other languages quote."""
_LAST_LATIN: Final = "\u058f"
"""The last character of the Latin, Greek, Cyrillic and Armenian scripts, which do not double words."""
_LONGEST_ANSWER: Final = 90
_LONGEST_LIST: Final = 7
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


@card_rule("WRD005", "long-answer", severity=Severity.WARNING)
def long_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The short answer is too long.

    ## What it does

    Reports answers of more than ninety words.

    ## Why is this bad?

    Learners say the answer before they turn the card. Nobody recalls an answer that takes a minute to say, and
    it is unclear whether it was right.

    ## Example

    ```yaml
    answer: |
      Dropout is a way to keep a network from overfitting. In each step of training every unit of a layer is kept with a
      fixed probability and is otherwise left out together with all of its connections, so that no unit can rely on
      another one being there, and so that the network learns features that are useful alone. When training has ended,
      all units are kept, and their outputs are scaled by the probability with which each was kept before, or, as is
      more common today, they are scaled in training already, so that nothing has to be done later.
    ```

    ## Use instead

    ```yaml
    answer: It switches units off at random.
    details: In training each unit is kept with a probability; at test time all are kept, and weights are scaled.
    ```
    """
    if card.answer is not None:
        count = len(context.bare_words(card.answer))
        if count > _LONGEST_ANSWER:
            yield Finding(
                "WRD005",
                card.answer.span(),
                f"The short answer has {count} words, which is too long to recall.",
                "Keep the core, and move the rest to `details`.",
            )


@card_rule("WRD006", "no-short-answer", severity=Severity.INFO)
def no_short_answer(card: Card, context: Context) -> Iterator[Finding]:
    """The answer does not begin with a sentence.

    ## What it does

    Reports answers of basic cards that begin with a list, a table, a heading or a code block. Questions that ask
    for exactly that are exempt: *Name …* and *Which …* for a list, *Conjugate …* for a table, and for code a question
    with code in it, or with a word such as *command*, *function*, *write* or the name of a language.

    ## Why is this bad?

    Learners need one statement to check against. A list without a sentence shows what belongs together, but not
    what the answer is.

    ## Example

    ```yaml
    question: How can a network be made sparse?
    answer: |
      - pruning
      - an L1 penalty
    ```

    ## Use instead

    ```yaml
    question: How can a network be made sparse?
    answer: |
      By taking weights out after training, or by making them zero in training:

      - pruning
      - an L1 penalty
    ```
    """
    del context
    answer = card.answer
    match = _NO_SENTENCE.match(answer.text) if answer is not None and card.kind is CardKind.BASIC else None
    if answer is None or match is None:
        return
    asked = _ASKS_FOR.get(match.lastgroup or "")
    if asked is None or asked.search(card.question.text) is None:
        first = len(answer.text) - len(answer.text.lstrip())
        yield Finding(
            "WRD006",
            answer.span(first, first + 1),
            "The answer does not begin with a sentence.",
            "Summarise the list, table or code in one sentence.",
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


@card_rule("WRD008", "long-list", severity=Severity.WARNING)
def long_list(card: Card, context: Context) -> Iterator[Finding]:
    """An answer contains a long list.

    ## What it does

    Reports lists of more than seven items in answers. Each list is counted separately, including nested
    lists.

    ## Why is this bad?

    Lists are the hardest thing to remember: one forgotten item fails the whole card, again and again.

    ## Example

    ```yaml
    answer: |
      There are eight:

      - one
      - two
      - three
      - four
      - five
      - six
      - seven
      - eight
    ```

    ## Use instead

    ```yaml
    answer: |
      There are two groups, which other cards ask for:

      - the first four
      - the last four
    ```
    """
    answer = card.answer
    if answer is None:
        return
    for found in lists(context.scan(answer)):
        if len(found.items) > _LONGEST_LIST:
            place = found.items[_LONGEST_LIST]
            yield Finding(
                "WRD008",
                answer.span(place, place + 1),
                f"This list has {len(found.items)} items.",
                f"Ask for parts of it in several cards; more than {_LONGEST_LIST} are hard to recall at once.",
            )


@card_rule("WRD009", "placeholder-text", severity=Severity.WARNING)
def placeholder_text(card: Card, context: Context) -> Iterator[Finding]:
    """A text contains a placeholder.

    ## What it does

    Looks for `TODO`, `TBD`, `FIXME` and `XXX` in capitals, `???` and *lorem ipsum*, outside of code and formulas.

    ## Why is this bad?

    Learners would see the placeholder. A card that is not ready should be a draft.

    ## Example

    ```yaml
    details: TODO explain the update rule
    ```

    ## Use instead

    ```yaml
    details: The update rule moves the boundary.
    ```
    """
    for _, text in card.texts():
        if not any(sign in text.text for sign in _UNWRITTEN):
            continue
        for segment in context.scan(text).prose():
            for match in _PLACEHOLDER.finditer(without_addresses(segment.text)):
                yield Finding(
                    "WRD009",
                    text.span(segment.start + match.start(), segment.start + match.end()),
                    f"“{match[0]}” is a placeholder.",
                    "Write the missing text, or mark the card with `status: draft`.",
                )


@card_rule("WRD010", "repeated-word", severity=Severity.WARNING)
def repeated_word(card: Card, context: Context) -> Iterator[Finding]:
    """A word is repeated.

    ## What it does

    Looks for a word that follows itself, also across lines, in decks in languages that do not double words:
    the Germanic and Romance ones. Names (*Pago Pago*, *Bufo bufo*) and words that can be doubled (*had had*,
    *nous nous*) are ignored.

    ## Why is this bad?

    It is a typing slip, usually at the end of a line, where it is easy to miss.

    ## Example

    ```yaml
    details: The the weights are small.
    ```

    ## Use instead

    ```yaml
    details: The weights are small.
    ```
    """
    allowed = _MAY_REPEAT.get(language_of(context.settings))
    if allowed is None:
        return
    for _, text in card.texts():
        prose = context.scan(text).sentences
        for match in (_ASCII_REPEATED if prose.isascii() else _REPEATED).finditer(prose):
            if not _may_repeat(match, prose, allowed):
                first, last = match.end() - len(match[1]), match.end()
                # The whitespace before it goes as well; where that is a line's end, its words run on.
                gap = text.text[match.start() + len(match[1]) : first]
                edit = replacing(text, first - len(gap), last, "") if "\n" not in gap else None
                yield Finding(
                    "WRD010",
                    text.span(first, last),
                    f"“{match[1]}” is repeated.",
                    "Remove one of them.",
                    fix("Remove one of them.", edit, safe=False),
                )


def _may_repeat(match: re.Match[str], prose: str, allowed: frozenset[str]) -> bool:
    """Return whether a word can be doubled: a known one, a number, a name, or one of another script."""
    word, again = match[1], match[0][-len(match[1]) :]
    lowered = word.lower()
    if lowered in allowed or lowered in _FRENCH or _NO_LETTER.search(word) or max(word) > _LAST_LATIN:
        return True
    # A place name has capitals twice, a species name first and is emphasised.
    emphasised = prose[match.start() - 1 : match.start()] in {"*", "_"} and prose[match.end() : match.end() + 1] in {
        "*",
        "_",
    }
    return (word[0].isupper() and again[0].isupper()) or (match.start() > 0 and emphasised)


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


@card_rule("WRD018", "misspelt-word", severity=Severity.WARNING)
def misspelt_word(card: Card, context: Context) -> Iterator[Finding]:
    """A word is misspelt.

    ## What it does

    Looks up the words of the card in the deck's language if `deck.yaml` has `lint: {spelling: true}` and the
    extra `cardpipe[spelling]` is installed. Names, acronyms, formulas, code and references are ignored; for English,
    both British and American spellings are accepted. List technical terms under `words` in `deck.yaml`.

    ## Why is this bad?

    Learners read a card dozens of times, and learn the misspelt word with it.

    ## Example

    ```yaml
    answer: The wieghts are adjusted.
    ```

    ## Use instead

    ```yaml
    answer: The weights are adjusted.
    ```
    """
    speller = context.speller
    if speller is None:
        return
    told: set[str] = set()
    for text in (text for name, text in card.texts() if name != "reference"):
        if speller.correct.issuperset(context.bare_words(text)):
            continue
        for word in context.words(text):
            if word.text in speller.correct:
                continue
            parts = _PART_OF_WORD.finditer(word.text)
            unknown = [match for match in parts if _is_looked_up(match[0]) and not speller.is_known(match[0])]
            if not unknown:
                speller.correct.add(word.text)
            for match in unknown:
                part = match[0]
                if part in told:
                    continue
                told.add(part)
                start = word.start + match.start()
                yield _misspelt(text, start, part, speller.likely(part) if len(told) <= _MOST_LIKELY else None)


_PART_OF_WORD: Final = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?=[-'\u2019]|$)(?<![-'\u2019]s)")


def _is_looked_up(part: str) -> bool:
    return len(part) >= _SHORTEST_WORD and part.islower()


_MOST_LIKELY: Final = 100
"""The maximum number of suggestions per card: each takes a millisecond."""
_SHORTEST_WORD: Final = 4


def _misspelt(text: SourceText, start: int, word: str, likely: str | None) -> Finding:
    end = start + len(word)
    advice = f"Did you mean “{likely}”? " if likely else ""
    return Finding(
        "WRD018",
        text.span(start, end),
        f"“{word}” is not in the dictionary.",
        f"{advice}Add technical terms under `words` in deck.yaml.",
        suggestion(text, likely, start, end),
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
