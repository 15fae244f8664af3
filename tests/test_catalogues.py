"""The gettext catalogues: complete, compiled from their sources, and used."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import cardpipe
from cardpipe.text.translation import DOMAIN, LOCALE, catalogue

PACKAGE = Path(cardpipe.__file__).parent
CATALOGUES = sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
WORDS = {
    message for _, _, message, _, _ in extract_from_dir(PACKAGE, [("**.py", "python")]) if isinstance(message, str)
}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_catalogue_has_all_words_and_is_compiled(path: Path) -> None:
    with path.open("rb") as file:
        words = read_po(file, path.parts[-3])
    assert {message.id for message in words if message.id} == WORDS
    compiled = io.BytesIO()
    write_mo(compiled, words)
    assert path.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `pybabel compile`"


def test_the_template_has_all_words() -> None:
    with (LOCALE / f"{DOMAIN}.pot").open("rb") as file:
        assert {message.id for message in read_po(file) if message.id} == WORDS
    assert {"Answer", "Tags"} <= WORDS


def test_english_words_are_those_of_the_source() -> None:
    assert all(catalogue("en-GB").gettext(word) == word for word in WORDS)


def test_a_language_without_a_catalogue_has_english_words() -> None:
    assert catalogue("tlh").gettext("Answer") == "Answer"
    assert catalogue("../en").gettext("Answer") == "Answer"


def test_a_language_is_looked_for_from_its_region_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from babel.messages.catalog import Catalog

    words = Catalog(locale="de", domain=DOMAIN)
    words.add("Answer", "Antwort")
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, words)
    monkeypatch.setattr("cardpipe.text.translation.LOCALE", tmp_path)
    catalogue.cache_clear()
    try:
        assert catalogue("de-AT").gettext("Answer") == "Antwort"
    finally:
        catalogue.cache_clear()
