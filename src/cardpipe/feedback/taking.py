"""Find the new text of a learner's change: it is accepted only if rendering it shows what the learner's field shows."""

from __future__ import annotations

import html as html_module
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.errors import CardpipeError
from cardpipe.feedback.field_parts import written
from cardpipe.feedback.markdown_words import key_of, paragraph_key, paragraphs_of, words_of
from cardpipe.feedback.merging import Conflict, differences, merged, transferred
from cardpipe.feedback.splicing import with_items, with_new_key, with_text
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import examine, local_checks
from cardpipe.source.load import read_cards

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.feedback.field_forms import FieldReader, ShownWord
    from cardpipe.feedback.field_parts import Part
    from cardpipe.feedback.shipped import Renderer
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.release.word_diff import Budget
    from cardpipe.source.load import CardFile
    from cardpipe.text.positions import SourceText

_TAG: Final = re.compile(r"<[^<>]*>")
_ITEM: Final = "- "
_MOST_CHARACTERS: Final = 30_000_000
"""Maximum characters of files that are read again to prove changes: about a minute, and the same to write them."""


class RefusalError(Exception):
    """Why a change cannot be written into the source."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ThreeForms(NamedTuple):
    """A text as it was shipped, as the learner has it, and as it is now, in Markdown or plain text."""

    base: str
    theirs: str
    now: str


def field_words(source: str) -> str:
    """Return the words of a field that is no Markdown."""
    return " ".join(html_module.unescape(_TAG.sub("", source)).split())


def rewritten(card: Card, part: Part, new: Sequence[str], settings: DeckSettings, budget: Budget) -> Card | None:
    """Return a card in its file with other texts of a part; None if they cannot be written there."""
    current = card
    if not written(card, part) and len(new) == 1:
        return _with_new_text(card, part, new[0], settings)
    if part.is_list and len(written(card, part)) != len(new):
        listed = with_items(written(card, part), new, budget)
        return card_in(card.file.path, listed, card.id.text, settings) if listed is not None else None
    for number, text in enumerate(new):
        texts = written(current, part)
        if len(texts) != len(new):
            return None
        if texts[number].text != text:
            file = with_text(texts[number], text, budget)
            changed = card_in(card.file.path, file, card.id.text, settings) if file is not None else None
            if changed is None:
                return None
            current = changed
    return current


def _with_new_text(card: Card, part: Part, text: str, settings: DeckSettings) -> Card | None:
    """Return a card in its file with a text that it did not have, behind one that it has; None if that fails."""
    others = [card.title, card.question, card.answer] if card.note_type is None else [one.text for one in card.values]
    # A value from the defaults of a table is not in the record.
    present = [one for one in others if one is not None and one.start > card.id.start]
    if not present:
        return None
    last = max(present, key=lambda one: one.start)
    file = with_new_key(last, part.key, text, is_number=part.is_plain and card.note_type is not None)
    made = card_in(card.file.path, file, card.id.text, settings) if file is not None else None
    return made if made is not None and [one.text.rstrip("\n") for one in written(made, part)] == [text] else None


def card_in(path: str, text: str, card_id: str, settings: DeckSettings) -> Card | None:
    """Return a card as it is in a text of its file."""
    found = read_cards(path, text.encode("utf-8", "surrogatepass"), settings)
    return next((card for card in found.cards if card.id.text == card_id), None)


class Taker:
    """Finds the new texts of changed parts."""

    def __init__(self, renderer: Renderer, reader: FieldReader, cache: Cache, budget: Budget) -> None:
        self._renderer = renderer
        self._reader = reader
        self._budget = budget
        self._settings = renderer.deck.settings
        self._context = LintContext(self._settings, cache)
        self._checks = local_checks().only_errors()
        self._files: dict[str, CardFile] = {}
        self._characters = 0

    def close(self) -> None:
        """End MathJax, if it was started."""
        self._context.close()

    def new_texts(self, card: Card, part: Part, forms: ThreeForms, expected: Sequence[ShownWord]) -> tuple[str, ...]:
        """Return the new texts of a part; raises RefusalError if none shows what is expected."""
        texts = written(card, part)
        if not texts and part.is_list:
            raise RefusalError("the card has no list there yet; write it by hand")
        if self._is_shared(card, part, texts):
            raise RefusalError("the text is a default of its table")
        reason = "no text in the source could be found that shows the same"
        for new in self._candidates(texts, part, forms):
            if [text.text for text in texts] == list(new):
                continue
            # Each proof reads the card's file, which can have thousands of other cards.
            self._characters += len(card.file.text)
            if self._characters > _MOST_CHARACTERS:
                raise RefusalError("there are too many changes for one run; write the others first, and compare again")
            made = rewritten(card, part, new, self._settings, self._budget)
            if made is None or not self._shows(made, part, expected):
                continue
            found = self._new_errors(card, made)
            if not found:
                return new
            reason = f"lint would refuse it: {found}"
        raise RefusalError(reason)

    def _is_shared(self, card: Card, part: Part, texts: Sequence[SourceText]) -> bool:
        places = {text.start for text in texts}
        return any(
            text.start in places
            for other in self._file(card).cards
            if other.id.text != card.id.text
            for text in written(other, part)
        )

    def _file(self, card: Card) -> CardFile:
        path = card.file.path
        if path not in self._files:
            self._files.clear()
            self._files[path] = read_cards(path, card.file.text.encode("utf-8", "surrogatepass"), self._settings)
        return self._files[path]

    # --- Candidates --------------------------------------------------------------------------------------------------

    def _candidates(self, texts: Sequence[SourceText], part: Part, forms: ThreeForms) -> Iterator[tuple[str, ...]]:
        wanted = self._merged(forms)
        if not texts:
            yield (wanted,)
            return
        if not part.is_list:
            yield from ((text,) for text in self._changed(forms.now, wanted, texts[0].text))
            return
        now, new = _items(forms.now), _items(wanted)
        if now is None or new is None or len(now) != len(texts):
            raise RefusalError("its items cannot be told apart")
        yield tuple(self._items(now, new, [text.text for text in texts]))

    def _items(self, now: list[str], new: list[str], texts: list[str]) -> Iterator[str]:
        """Yield the new items of a list: those that stay as they are written."""
        position = 0
        for item in differences(now, new, self._budget) or ():
            yield from texts[position : item.start]
            position = item.end
            if item.end - item.start == item.new_end - item.new_start:
                for number in range(item.end - item.start):
                    one, other = now[item.start + number], new[item.new_start + number]
                    yield next(self._changed(one, other, texts[item.start + number]), other)
            else:
                yield from new[item.new_start : item.new_end]
        yield from texts[position:]

    def _merged(self, forms: ThreeForms) -> str:
        if forms.base == forms.now:
            return forms.theirs
        found = merged(words_of(forms.base), words_of(forms.theirs), words_of(forms.now), self._budget)
        if found is None:
            raise RefusalError("too much of the text differs")
        if isinstance(found, Conflict):
            raise RefusalError("the marks around the same words changed in the source")
        return "".join(found)

    def _changed(self, now: str, wanted: str, text: str) -> Iterator[str]:
        """Yield the text of the source with the difference between two texts, the smallest change first."""
        body = text.rstrip()
        tail = text[len(body) :]
        before, after, source = words_of(now), words_of(wanted), words_of(body)
        for joins_touching in (False, True):
            made = transferred(before, after, source, self._budget, key=key_of, joins_touching=joins_touching)
            if made is not None:
                yield "".join(made) + tail
        made = transferred(
            paragraphs_of(before),
            paragraphs_of(after),
            paragraphs_of(source),
            self._budget,
            key=paragraph_key,
            joins_touching=False,
        )
        if made is not None:
            yield "".join(made).rstrip() + tail

    # --- Proofs ------------------------------------------------------------------------------------------------------

    def _shows(self, card: Card, part: Part, expected: Sequence[ShownWord]) -> bool:
        try:
            fields = self._renderer.fields(card)
        except CardpipeError:
            return False
        found = self._reader.read(fields[part.key], clozes=part.is_cloze)
        return found is not None and list(found.words) == list(expected)

    def _new_errors(self, card: Card, made: Card) -> str:
        """Return an error of lint that a card has only with its new text; empty if there is none."""
        known = set(self._errors(card))
        return next((error for error in self._errors(made) if error not in known), "")

    def _errors(self, card: Card) -> list[str]:
        file = replace(self._file(card), source=card.file, cards=[card], faulty_cards=[], findings=[])
        found = examine(file, self._context, self._checks).findings
        return [f"{item.code} {item.message}" for item in found if item.code in self._checks.errors]


def _items(text: str) -> list[str] | None:
    """Return the items of a list in Markdown; None if it is none, or one of several lines."""
    lines = [line for line in text.split("\n") if line.strip()]
    return [line[len(_ITEM) :] for line in lines] if all(line.startswith(_ITEM) for line in lines) else None
