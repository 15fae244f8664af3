"""Classify a question by its words: several questions, a request, a translation, a choice.

Words are matched in their own language only; marks such as `？` in every language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.markup import Scan
    from cardpipe.model.deck import DeckSettings

_MARKS: Final = re.compile(r"(?<![?])[?]++(?=[\s\"'”’“»›«)*_]|$)|[？؟]+")
_OPENING: Final = frozenset("([{\"'“‘„‚")
_CLOSING: Final = frozenset("\"'”’“»›」』")
_NARROW: Final = " \u00a0\u202f"
"""Spaces that French puts inside quotation marks and before a question mark."""
_GOES_ON: Final = re.compile(r"[)*_]+[ ]?[a-zß-öø-ÿ?,;.]")

_QUESTION_WORD: Final = re.compile(r"\b(?:what|why|how|when|where|who|which|whose|whom)\b", re.IGNORECASE)
_VERB: Final = "(?:is|are|was|were|does|do|did|can|could|should|would|will|has|have|had)"
_ENGLISH_SECOND: Final = re.compile(
    rf"\s{{1,9}}and\s{{1,9}}(?:(?:also|then)\s{{1,9}})?"
    rf"((?:what|why|how|when|where|who|which|whose)\s{{1,9}}(?:\w{{1,40}}\s{{1,9}})?{_VERB})\b",
    re.IGNORECASE,
)
_ENGLISH_VERB: Final = re.compile(rf"\b{_VERB}\b", re.IGNORECASE)
_GERMAN_FIRST: Final = re.compile(
    r"(?:was|warum|wieso|weshalb|wozu|wofür|wie|wann|wo|wer|wem|wen|welche[rsnm]?)\b", re.IGNORECASE
)
_GERMAN_SECOND: Final = re.compile(
    r"\s{1,9}und\s{1,9}((?:was|warum|wieso|weshalb|wozu|wofür|wie|wann|wo|wer)\s{1,9}"
    r"(?:ist|sind|war|waren|hat|haben|wird|werden|kann|macht|tut|heißt|bedeutet|funktioniert|dient|wirkt|unterscheidet))\b",
    re.IGNORECASE,
)

_SECOND: Final = {"en": _ENGLISH_SECOND, "de": _GERMAN_SECOND}
_ASKS_ON: Final = re.compile(
    r"\b(?:it|its|itself|they|their|them|this|that|these|those|one|he|his|him|she|her"
    r"|es|er|sie|ihn|ihm|ihr|ihre[mnrs]?|sein|seine[mnrs]?|dies|diese[mnrs]?)\b",
    re.IGNORECASE,
)

_REQUEST: Final = re.compile(
    r"\s*(?:"
    r"(?:can|could|will|would)\s+(?:you|someone|somebody|anyone|anybody)\s+(?:(?:please|briefly|quickly|also|just)\s+){0,2}"
    r"(?:code|come|compare|complete|conjugate|contrast|define|demonstrate|derive|describe|design|differentiate|discuss"
    r"|distinguish|draw|elaborate|estimate|explain|fill|find|give|guess|help|identify|illustrate|implement|interpret|list"
    r"|mention|name|outline|point|propose|prove|provide|recall|recite|share|show|sketch|solve|spell|state|suggest"
    r"|summari[sz]e|talk|tell|think|translate|walk|write)\b"
    r"|do\s+you\s+(?:know|remember|recall)\s+(?!if\b|whether\b)\w"
    r"|have\s+you\s+(?:ever\s+)?(?:heard|read|seen|tried|used|worked)\b"
    r"|are\s+you\s+(?:aware|familiar)\b)",
    re.IGNORECASE,
)
_WANTS_MORE: Final = re.compile(
    r"(?:[?,;]|\band\b|\bif (?:so|not)\b)\W{0,9}(?:(?:and|so|not|then|if)\W{1,9}){0,2}"
    r"(?:why|how|explain|justify|prove|give|state|which|what|when|where|who|name|describe)\b",
    re.IGNORECASE,
)
_ALTERNATIVE: Final = re.compile(
    r"\b(?:or|either|whether|vs|versus|oder|ou|o|u|eller|czy|albo|lub|или|либо|veya|або|чи|أو|أم|או)\b|[/或]|还是|還是|または|それとも"
)
"""“Or” in several languages: questions can be in a language other than the deck's."""
_TRANSLATION: Final = re.compile(r"\b(?:translat\w+|mean|means|meaning|say|said)\b", re.IGNORECASE)

_EVIDENCE: Final = frozenset(
    """about any at be been by could did does from how its it not of should than that the their there these they this
    those were what when where which who whose why with would you your""".split()  # noqa: SIM905 - a table reads better
)
"""Words that identify a text as English; *is*, *was*, *do*, *in* and others also occur in other languages."""
_YES_OR_NO: Final = re.compile(r"\s*(?:yes|no|true|false|never|always|only)\b", re.IGNORECASE)


def language_of(settings: DeckSettings) -> str:
    """Return the deck's language without region and script, in lower case."""
    return settings.language.text.lower().partition("-")[0]


def is_english_question(asked: Iterable[str], answer: str, answered: Iterable[str]) -> bool:
    """Return whether a question of an English deck is in English, not in a language that the deck teaches.

    It is decided by common words of the question, or of an answer that is not a question.
    """
    if any(word.lower() in _EVIDENCE for word in asked) or _YES_OR_NO.match(answer):
        return True
    return not answer.rstrip().endswith("?") and any(word.lower() in _EVIDENCE for word in answered)


def question_marks(scanned: Scan, language: str) -> Iterator[int]:
    """Return the positions of question marks that end a question in prose; a run of them counts once.

    A mark that does not follow a word is an operator (`??`), and one inside quotation marks belongs to the quotation.
    """
    for segment in scanned.prose():
        if "?" in segment.text or "？" in segment.text or "؟" in segment.text:
            for match in _MARKS.finditer(segment.text):
                start, end = segment.start + match.start(), segment.start + match.end()
                if _ends_a_question(scanned.text, start, end, language):
                    yield start


def _ends_a_question(text: str, start: int, end: int, language: str) -> bool:
    before = text[start - 1 : start]
    if not before or before in _OPENING:
        return False
    if before.isspace() and not (before in "\u00a0\u202f" or (language == "fr" and before == " " and end - start == 1)):
        return False
    return not (_is_quoted(text, start, end) or _GOES_ON.match(text, end))


def _is_quoted(text: str, start: int, end: int) -> bool:
    """Return whether a quotation ends directly after the mark, but the question does not."""
    rest = text[end:].lstrip(_NARROW)
    if rest[:1] == "»" and text.rfind("«", 0, start) > text.rfind("»", 0, start):
        return bool(rest[1:].strip())
    return text[end : end + 1] in _CLOSING and bool(text[end + 1 :].strip()) if text[end : end + 1] else False


def second_question(text: str, language: str) -> tuple[int, int] | None:
    """Return where a second question begins that is joined by *and*, as in *What is X and what does Y do*.

    A part that refers to the first by a pronoun (*… and how does it work*) is not a second question.
    """
    match = _SECOND[language].search(text) if language in _SECOND else None
    if match is None or _ASKS_ON.search(text, match.end()):
        return None
    first = text[: match.start()]
    if language == "de":
        return match.span(1) if _GERMAN_FIRST.match(first.lstrip()) else None
    # A second question word is part of an indirect question: “somebody who knows what is right and what is wrong”.
    is_direct = len(_QUESTION_WORD.findall(first)) == 1 and _ENGLISH_VERB.search(first) is not None
    return match.span(1) if is_direct and "?" in text[match.end() :] else None


def is_request(text: str) -> bool:
    """Return whether an English question is a request: *Can you explain …*, *Do you know how …*."""
    return _REQUEST.match(text) is not None


def wants_more(text: str) -> bool:
    """Return whether an English question asks for more than yes or no: *Is it, and why?* or *Is it? Explain*."""
    return _WANTS_MORE.search(text) is not None


def offers_a_choice(text: str) -> bool:
    """Return whether a question names the possible answers: *a or b*, *der, die oder das*."""
    return _ALTERNATIVE.search(text.lower()) is not None


def is_translation(text: str) -> bool:
    """Return whether an English question asks for the meaning or translation of a phrase."""
    return _TRANSLATION.search(text) is not None
