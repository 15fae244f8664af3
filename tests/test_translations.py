"""The translations: each message, the language that a tag finds, and what the writers make of them."""

from __future__ import annotations

import dataclasses
import functools
import io
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pdfplumber
import pytest
from babel import Locale
from babel.messages.checkers import python_format
from babel.messages.pofile import read_po

from cardpipe.model.deck import CardKind, Difficulty, Status
from cardpipe.model.languages import with_gregorian_calendar
from cardpipe.model.release_lock import ReleasedCard, ReleaseLock
from cardpipe.text.escaping import PlainText
from cardpipe.text.translation import DOMAIN, LOCALE, catalogue
from cardpipe.writers import html, markdown, pdf, site
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.note_type import templates
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.api import ALERTS, RelatedCard
from cardpipe.writers.pdf.composing import indic_fonts
from cardpipe.writers.pdf.composing.indic_fonts import indic_characters, indic_rules
from cardpipe.writers.pdf.composing.style import style
from cardpipe.writers.pdf.warnings import warnings_on
from page_sample import card, deck, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Message

    from cardpipe.writers.api import RenderedDeck

ROOT = Path(__file__).parent.parent
LANGUAGES = [
    *("ar", "de", "en", "es", "fa", "fr", "he", "hi", "it", "ja"),
    *("ko", "nl", "pl", "pt", "ru", "tr", "uk", "vi", "zh_Hans", "zh_Hant"),
]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
SAME = {
    **dict.fromkeys(["%(label)s: %(value)s", ", "], ""),  # signs, which most languages share
    "ID": "de es it ja ko nl pl pt ru uk zh_Hans zh_Hant",  # what users of computers call it
    "{count} min": "de es fr it nl pl pt",  # the unit's international symbol, as are the next two
    "{count} h": "es fr it pt",
    "{count} d": "es nl pt",
    "%(count)s question.": "fr",
    "%(count)s questions.": "fr",
    "Desktop": "de",
    "Important": "fr",
    "Licence": "fr",
    "Licences": "fr",
    "Mature": "it",
    "Page %(number)s": "fr",
    "Question": "fr",
    "Site": "fr nl pt tr",
    "Source": "fr",
    "Tip": "nl",
    "editor": "es it nl pt",
    "filter": "nl",
    "long": "fr",
}
"""Messages that are the same in English and in other languages; in any language where none is named."""
KEPT = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^<>]+>|&#?\w+;|--[a-z]+|RIGHT|DOWN|\$EDITOR|source/cards/|deck\.yaml")
"""Values, elements, character references and names, which translations keep."""
WITHOUT_NUMBER = frozenset({"%(count)s"})
"""What a form for a single number can leave out: “one card”."""
INVISIBLE = {"fr": "\u202f", "fa": "\u200c"}
"""Characters without a form of their own that a language's spelling needs."""
STOPS = {".": ".。।", ":": ":：", "?": "?？؟"}
"""How a sentence ends in the languages."""


def tag_of(language: str) -> str:
    return language.replace("_", "-")


@functools.cache
def messages(language: str) -> tuple[Message, ...]:
    with (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return tuple(message for message in read_po(file, language) if message.id)


def pairs(language: str) -> Iterator[tuple[str, str]]:
    """Each English text with its translation; all forms of a plural with the English one for several."""
    for message in messages(language):
        if isinstance(message.id, str):
            assert isinstance(message.string, str)
            yield message.id, message.string
        else:
            yield from ((message.id[1], form) for form in message.string or ())


def test_there_is_a_catalogue_of_each_language() -> None:
    assert sorted(path.parts[-3] for path in LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")) == LANGUAGES


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_message_is_left_in_english(language: str) -> None:
    for message in messages(language):
        assert not message.fuzzy, message.id
    same = {text for text, translation in pairs(language) if not translation.strip(" ") or text == translation}
    assert {text for text in same if language not in (SAME.get(text, "none").split() or [language])} == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_keeps_values_elements_and_names(language: str) -> None:
    for text, translation in pairs(language):
        expected, found = sorted(KEPT.findall(text)), sorted(KEPT.findall(translation))
        assert [part for part in expected if part not in WITHOUT_NUMBER] == [
            part for part in found if part not in WITHOUT_NUMBER
        ], translation
        assert not re.search(r"[<>&]", KEPT.sub("", translation)), translation
        assert not re.search(r"[*_`\[\]|\\]", KEPT.sub("", translation)), f"Markdown in {translation}"
    for message in messages(language):
        python_format(None, message)
        if not message.pluralizable:
            assert ("%(count)s" in message.id) == ("%(count)s" in str(message.string))


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    """Each kind of number that CLDR distinguishes has one form, and several numbers of a form show themselves."""
    category = Locale.parse(language).plural_form
    of_kind: dict[str, list[int]] = {}
    for number in [*range(211), 1_000, 1_001, 1_000_000]:
        of_kind.setdefault(category(number), []).append(number)
    words = catalogue(tag_of(language))
    for numbers in of_kind.values():
        assert len({words.ngettext("%(count)s card", "%(count)s cards", number) for number in numbers}) == 1, numbers
    for message in messages(language):
        if message.pluralizable and "%(count)s" in message.id[0]:
            for numbers in of_kind.values():
                form = words.ngettext(message.id[0], message.id[1], numbers[-1])
                assert "%(count)s" in form or len(numbers) == 1, form


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_no_invisible_characters_or_typewriter_signs(language: str) -> None:
    for text, translation in pairs(language):
        bare = KEPT.sub("x", translation)
        strange = {
            character
            for character in translation
            if unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
            or character in "\u00a0\u202f"
        }
        assert strange <= set(INVISIBLE.get(language, "")), (text, translation)
        assert unicodedata.is_normalized("NFC", translation), translation
        assert not re.search(r"[\"']|\.\.\.|  ", bare), translation
        if text != ", ":
            assert translation == translation.strip()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_ends_as_the_message_does(language: str) -> None:
    for text, translation in pairs(language):
        for stop, allowed in STOPS.items():
            if stop == ":" and re.search(r"JavaScript|offset", text):
                continue
            assert (text.removesuffix("</b>")[-1] == stop) <= (translation.removesuffix("</b>")[-1] in allowed), (
                translation
            )


def test_french_signs_of_two_parts_follow_a_narrow_space() -> None:
    for _, translation in pairs("fr"):
        assert not re.search(r"[^\u202f][?!;»]|[^\u202f]: |«[^\u202f]", KEPT.sub("x", translation)), translation


def test_only_the_languages_that_use_them_have_their_signs() -> None:
    signs = {"¿¡": {"es"}, "،؛؟": {"ar", "fa"}, "。「」": {"ja", "zh_Hans", "zh_Hant"}, "।": {"hi"}}
    for language in LANGUAGES:
        written = "".join(translation for _, translation in pairs(language))
        for sign, users in signs.items():
            assert language in users or not set(sign) & set(written), (language, sign)
        assert not {letter for letter in written if letter.isdigit()} - set("0123456789"), (
            "digits are those of the other numbers of a deck"
        )


@pytest.mark.parametrize(
    ("language", "found"),
    [
        *(("en", "en"), ("en-GB", "en"), ("EN-us", "en"), ("de", "de"), ("de-AT", "de"), ("de-Latn-CH-1996", "de")),
        *(("pt", "pt"), ("pt-BR", "pt"), ("pt-PT", "pt"), ("fr-CA", "fr"), ("es-419", "es")),
        *(
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-Hans", "zh-Hans"),
            ("zh-hans-hk", "zh-Hans"),
        ),
        *(
            ("zh-TW", "zh-Hant"),
            ("zh-HK", "zh-Hant"),
            ("zh-MO", "zh-Hant"),
            ("zh-Hant", "zh-Hant"),
            ("ZH-hant-CN", "zh-Hant"),
        ),
        *(("cmn", "zh-Hans"), ("cmn-Hant", "zh-Hant"), ("yue", "zh-Hant"), ("yue-Hans", "zh-Hans"), ("zh-Latn", "en")),
        *(("sr", "en"), ("sr-Latn", "en"), ("nb", "en"), ("sv", "en"), ("tlh", "en"), ("und", "en"), ("mul", "en")),
        *(
            ("ru-Cyrl", "ru"),
            ("ru-Latn", "en"),
            ("uk-Latn", "en"),
            ("hi-Latn", "en"),
            ("tr-Arab", "en"),
            ("ja-Latn", "en"),
        ),
        *(("iw", "he"), ("iw-IL", "he"), ("fa-AF", "fa"), ("prs", "fa"), ("ar-EG", "ar"), ("ko-Kore-KR", "ko")),
        *(
            ("fa-u-nu-arabext", "fa"),
            ("ja-x-easy", "ja"),
            ("x-de", "en"),
            ("d", "en"),
            ("", "en"),
            ("..", "en"),
            ("de/", "en"),
        ),
    ],
)
def test_a_tag_finds_its_language(language: str, found: str) -> None:
    assert catalogue(language).language == found
    assert (catalogue(language).gettext("Answer") == "Answer") == (found == "en")


def test_numbers_and_days_are_written_as_in_the_language() -> None:
    words = {language: catalogue(tag_of(language)) for language in LANGUAGES}
    written = {language: (one.number(1234567), one.day("2026-01-31")) for language, one in words.items()}
    assert written["en"] == ("1234567", "2026-01-31")
    assert written["de"] == ("1.234.567", "31. Januar 2026")
    assert written["fr"] == ("1\u202f234\u202f567", "31 janvier 2026")
    assert written["ja"] == ("1,234,567", "2026年1月31日")
    assert written["zh_Hant"] == ("1,234,567", "2026年1月31日")
    assert written["hi"] == ("12,34,567", "31 जनवरी 2026")
    for number, day in written.values():
        assert set(re.findall(r"\d", number + day)) <= set("0123456789")
    assert catalogue("sv").number(1234567) == "1234567"
    assert catalogue("de").number(999) == "999"


def test_the_study_page_counts_days_as_the_other_pages() -> None:
    assert with_gregorian_calendar("fa") == "fa-u-ca-gregory-nu-latn"
    assert with_gregorian_calendar("ar-EG") == "ar-EG-u-ca-gregory-nu-latn"
    for language in ("en", "de", "hi", "fa-u-nu-arabext", "fa-x-own"):
        assert with_gregorian_calendar(language) == language


@pytest.mark.slow
def test_the_commands_of_the_guide_leave_the_catalogues_as_they_are(tmp_path: Path) -> None:
    shutil.copytree(LOCALE, tmp_path / "locale")
    guide = (ROOT / "docs" / "howto" / "translate-the-interface.md").read_text("utf-8")
    commands = re.findall(r"^ *(pybabel .*)$", guide, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        words = command.replace("src/cardpipe/locale", str(tmp_path / "locale")).split()
        subprocess.run([sys.executable, "-m", "babel.messages.frontend", *words[1:]], cwd=ROOT, check=True)
    assert (tmp_path / "locale" / "sv" / "LC_MESSAGES" / f"{DOMAIN}.mo").is_file()
    shutil.rmtree(tmp_path / "locale" / "sv")
    for path in LOCALE.rglob("*.*o*"):
        assert (tmp_path / "locale" / path.relative_to(LOCALE)).read_bytes() == path.read_bytes(), path


# --- What the writers make of them ---

ENGLISH = re.compile(r"[A-Za-z]{2,}")
OWN = set(
    re.findall(
        r"\w+",
        "Ada Example Ben Beispiel CC BY EX https http example org deck cardpipe tag retired releases atom cards json "
        "Source Serif Sans SIL Open Font License STIX MathJax TeX Apache Bitstream Vera licence span dir ltr rtl",
    )
)
"""What a deck says in Latin letters, and names that stay."""


def sample(language: str) -> RenderedDeck:
    """A deck in Greek letters, with all that writers have words for."""
    kinds = [*CardKind]
    made = [
        dataclasses.replace(
            card(
                f"EX000{number}",
                f"Ερώτηση {number}",
                question="<p>Τί;</p>",
                answer="<p>Αυτό.</p>",
                details=f"<blockquote>\n<p><strong>{ALERTS[number]}</strong></p>\n<p>Λεπτομέρειες.</p>\n</blockquote>",
                tags=("ετικέτα",),
                references=["Πηγή"],
                related=[RelatedCard(id="EX0009", title=PlainText("Άλλη"), included=False)],
                difficulty=difficulty,
                status=status,
            ),
            kind=kinds[number] if kinds[number] is not CardKind.CLOZE else CardKind.BASIC,
        )
        for number, (difficulty, status) in enumerate(
            zip([*Difficulty, None], [Status.DRAFT, Status.ACTIVE, Status.RETIRED, Status.ACTIVE], strict=True)
        )
    ]
    plain = deck(
        *made, name="Τράπουλα", language=language, description="<p>Κάρτες</p>", subdecks=[("EX", "Ομάδα")], tags=()
    )
    released = ReleasedCard(
        guid="a", kind="basic", mod=1_769_860_800, title="Ερώτηση 0", deck="", tags=(), digest="", parts={}
    )
    lock = ReleaseLock(
        uid="",
        version="1.0.0",
        time=1_769_860_800,
        name="",
        subdecks={},
        note_types={},
        cards={"EX0000": released},
        gone={"EX0099": "1.0.0"},
    )
    return dataclasses.replace(plain, settings=dataclasses.replace(plain.settings, lock=lock))


def words_in(language: str) -> set[str]:
    """The words of a catalogue and of a date in Latin letters."""
    written = [translation for _, translation in pairs(language)]
    return set(ENGLISH.findall(" ".join([*written, catalogue(tag_of(language)).day("2026-01-31")])))


def strange_words(language: str, text: str) -> set[str]:
    return (
        {word for word in ENGLISH.findall(text) if word not in OWN}
        - words_in(language)
        - {language, *language.split("_")}
    )


def seen(page: str) -> str:
    """The words of a page for readers and for screen readers."""
    page = re.sub(r"<(style|script)\b.*?</\1>|<[^<>]* lang=\"en\".*?</li>", "", page, flags=re.DOTALL)
    spoken = re.findall(
        r'\b(?:aria-label|placeholder|title|alt|data-(?:found|none|loading|failed|kept))="([^"]*)"', page
    )
    return re.sub(r"&\w+;", " ", " ".join([*spoken, re.sub(r"<[^>]*>", " ", page)]))


@pytest.mark.quick_cases(every=2)
@pytest.mark.parametrize("language", TRANSLATED)
def test_page_markdown_and_notes_have_only_words_of_the_language(language: str) -> None:
    made = sample(tag_of(language))
    page = html.WRITER.write(made, {"group-by": "difficulty"}, silent)[0].data.decode()
    assert strange_words(language, seen(page)) == set()
    # Code hosts write the titles of alerts themselves.
    plain = dataclasses.replace(made, cards=tuple(dataclasses.replace(one, details="") for one in made.cards))
    for artefact in markdown.WRITER.write(plain, {}, silent):
        if str(artefact.path).endswith(".md"):
            written = re.sub(r"\]\([^)]*\)|cards/\S*|`[^`]*`", " ", artefact.data.decode())
            assert strange_words(language, seen(written)) == set()
    for note in notes(made, decks_of(made.settings)):
        assert strange_words(language, seen(" ".join(note.fields))) == set()
    for kind in CardKind:
        for template in templates(kind.value, made.settings):
            shown = re.sub(r"\{\{.*?\}\}", " ", template.front + template.back)
            assert strange_words(language, seen(shown)) == set()


@pytest.mark.quick_cases("ja")
@pytest.mark.parametrize("language", TRANSLATED)
def test_the_site_has_only_words_of_the_language(language: str) -> None:
    made = sample(tag_of(language))
    study = ""
    for artefact in site.WRITER.write(made, {}, silent):
        if str(artefact.path).endswith(".html"):
            page = artefact.data.decode()
            assert strange_words(language, seen(page)) == set(), artefact.path
            study = study or (page if "study-words" in page else "")
    # The scripts take their words from the page; those that are not there are the same in English.
    missing = {text for text, translation in pairs(language) if text in site.study_words.WORDS and text == translation}
    assert f'<html lang="{with_gregorian_calendar(tag_of(language))}"' in study
    for word in site.study_words.WORDS:
        assert word in missing or f'"{word}"' in study, word


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["sheet", "quiz", "slides", "cards"])
@pytest.mark.parametrize("language", TRANSLATED)
def test_the_pdf_has_only_words_of_the_language_and_all_its_letters(language: str, layout: str) -> None:
    data = pdf.WRITER.write(sample(tag_of(language)), {"layout": layout}, silent)[0].data
    with pdfplumber.open(io.BytesIO(data)) as printed:
        said = " ".join(page.extract_text() for page in printed.pages)
    assert strange_words(language, said) == set()
    # A sign for several letters of Devanagari, where only the first has characters to copy.
    assert language == "hi" or "\ufffd" not in said


@pytest.mark.parametrize(
    ("language", "is_turned"), [("ar", True), ("fa-IR", True), ("he", True), ("ur", False), ("de", False)]
)
def test_a_paragraph_of_a_note_has_the_direction_of_its_words_not_of_an_id(language: str, is_turned: bool) -> None:
    related = next(notes(made := sample(language), decks_of(made.settings))).fields[7]
    assert ('<span class="card-id" dir="ltr">EX0009</span>' in related) == is_turned
    assert ("dir=" in related) == is_turned


@pytest.mark.parametrize(
    ("language", "order"),
    [
        ("ja", ["sheet sans", "sheet han JP", "sheet symbols", "sheet Devanagari"]),
        ("zh-TW", ["sheet sans", "sheet han TC", "sheet symbols", "sheet Devanagari"]),
        ("en", ["sheet sans", "sheet symbols", "sheet han SC", "sheet Devanagari"]),
    ],
)
def test_fonts_for_other_scripts_come_where_they_are_needed(language: str, order: list[str]) -> None:
    made = deck(card("EX0001", "学習 सीखना"), language=language)
    stack = re.search(r"font-family: (\"sheet sans\"[^;]*);", style(made, "quiz"))
    assert stack is not None
    places = [stack[1].index(f'"{family}"') for family in order]
    assert places == sorted(places)


@pytest.mark.slow
def test_the_fonts_of_south_asia_are_the_same_bytes_every_time() -> None:
    characters = indic_characters("भूगोल, ভূগোল, புவியியல் and భూగోళం")
    assert characters == set("भूगोलভূগোলபுவியியல்భూగోళం")
    rules, left = indic_rules(characters)
    assert left == frozenset()
    assert rules.count("@font-face") == 16
    assert rules == indic_rules(characters)[0]
    assert indic_rules(frozenset()) == ("", frozenset())


def test_missing_fonts_of_south_asia_are_named_with_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indic_fonts, "font_file", lambda *_: None)
    made = dataclasses.replace(sample("hi"), description="<p>भूगोल 🙂</p>")
    extra, others = warnings_on(made)
    assert "pip install 'cardpipe[indic]'" in extra
    assert "🙂" in others
    assert "ग" not in others
