"""Compare a learner's package with what was shipped and with the source, part by part."""

from __future__ import annotations

import enum
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.build.pipeline import cache_of, prepare
from cardpipe.feedback.field_forms import FieldReader
from cardpipe.feedback.field_parts import values_of, written
from cardpipe.feedback.merging import Conflict, differences, merged
from cardpipe.feedback.package import notes_of
from cardpipe.feedback.shipped import Renderer, SourceState, shipped_states
from cardpipe.feedback.taking import RefusalError, Taker, ThreeForms, field_words
from cardpipe.importing.cleaning import STYLE_SHEET
from cardpipe.model import anki_identity as identity
from cardpipe.model.trust import NOBODY
from cardpipe.release.word_diff import Budget
from cardpipe.source.load import load
from cardpipe.writers.anki.decks import decks_of
from cardpipe.writers.anki.notes import notes
from cardpipe.writers.anki.shipment import is_same, shipment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cardpipe.build.pipeline import Checked, Progress
    from cardpipe.cache.store import Cache
    from cardpipe.feedback.field_forms import FieldForms, ShownWord
    from cardpipe.feedback.field_parts import Part
    from cardpipe.feedback.shipped import FieldsByPart, Shipped
    from cardpipe.importing.api import ImportedNote, ImportedNoteType
    from cardpipe.model.deck import Card, Deck
    from cardpipe.writers.api import RenderedDeck

_STEPS: Final = 60_000_000
"""Words of all comparisons of a run: about a minute."""
_FAR: Final = 1_000_000
_LONGEST_EXCERPT: Final = 2_000


class Outcome(enum.Enum):
    """What becomes of a learner's change."""

    CHANGE = "change"
    """It can be written into the source."""
    CONFLICT = "conflict"
    """The source has changed the same words."""
    PRESENT = "already there"
    REFUSED = "not taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerChange:
    """A part of a card that a learner has changed."""

    card: Card
    part: Part
    outcome: Outcome
    reason: str = ""
    """Why it cannot be taken."""
    left_out: tuple[str, ...] = ()
    """What the learner's field has that is not taken with the rest."""
    before: tuple[str, ...] = ()
    """The texts of the source."""
    after: tuple[str, ...] = ()
    """The new texts of the source."""
    base: str | None = None
    """The shipped text, of a change that cannot be taken; None if it is unknown."""
    theirs: str = ""
    now: str = ""

    @property
    def place(self) -> str:
        """The file and line of the part."""
        texts = written(self.card, self.part)
        start = texts[0].span() if texts else self.card.span
        return f"{start.path}:{start.line}"


@dataclass(slots=True)
class Feedback:
    """What a package has of a deck."""

    checked: Checked
    deck: Deck | None = None
    """None if errors in the source prevent the comparison."""
    changes: list[LearnerChange] = field(default_factory=list)
    """In the order of the source."""
    notes: int = 0
    """The number of notes of the deck."""
    others: int = 0
    """The number of notes that are not of the deck."""
    refused_notes: list[tuple[str, str]] = field(default_factory=list)
    """IDs of cards whose notes cannot be compared, with the reason."""
    against: str = ""
    """What was shipped, in words."""


def feedback_of(root: Path, package: Path, named: Sequence[str], progress: Progress) -> Feedback:
    """Compare a learner's package with what was shipped: named packages and revisions, else the releases in git.

    No script of the source runs. Raises UsageError if the package or what was shipped cannot be read.
    """
    deck = load(root).deck
    guids = _guids(deck) if deck is not None else {}
    theirs = notes_of(package, guids.keys())
    prepared = prepare(root, "anki", progress, trust=NOBODY)
    found = Feedback(prepared.checked, notes=theirs.count, others=theirs.others)
    rendered = prepared.rendered
    if rendered is None or deck is None:
        return found
    found.deck = deck
    with ExitStack() as resources:
        cache = resources.enter_context(cache_of(root))
        renderer = Renderer(deck, cache)
        resources.callback(renderer.close)
        current = {note.guid: note for note in notes(rendered, decks_of(deck.settings))}
        renderer.kinds.update({note.card_id: note.note_type for note in current.values()})
        states = shipped_states(root, named, renderer, guids, resources)
        found.against = ", ".join(state.name for state in states[:3])
        comparison = _Comparison(renderer, states, cache, resources)
        if isinstance(states[0], SourceState):
            comparison.unknown = _changed_since_release(rendered)
        lock = rendered.settings.lock
        released = lock.cards if lock is not None else {}
        for number, (guid, card) in enumerate(guids.items()):
            progress("feedback", number, len(guids))
            if guid in theirs.doubled:
                found.refused_notes.append((card.id.text, "several notes have its GUID"))
            elif guid in theirs.ours:
                note, note_type = theirs.ours[guid]
                if card.id.text in released and released[card.id.text].mod == note.modified:
                    # Anki gives an edited note another time. Of an imported deck, an untouched note can show more.
                    continue
                reason = comparison.compare(
                    card, note, note_type, current[guid].fields if guid in current else None, found.changes
                )
                if reason:
                    found.refused_notes.append((card.id.text, reason))
    return found


def _guids(deck: Deck) -> dict[str, Card]:
    uid = deck.settings.uid.text
    return {
        identity.note_guid(uid, card.id.text, card.guid.text if card.guid is not None else ""): card
        for card in deck.cards
    }


def _changed_since_release(rendered: RenderedDeck) -> frozenset[str]:
    """Return the IDs of the cards that differ from the release lock, whose shipped texts are unknown without git."""
    lock = rendered.settings.lock
    if lock is None:
        return frozenset()
    now = shipment(rendered).cards
    return frozenset(
        card_id for card_id, card in lock.cards.items() if card_id in now and not is_same(card, now[card_id].record)
    )


class _Comparison:
    """Compares notes one by one."""

    def __init__(self, renderer: Renderer, states: Sequence[Shipped], cache: Cache, resources: ExitStack) -> None:
        self._renderer = renderer
        self._states = states
        self.unknown: frozenset[str] = frozenset()
        """IDs of cards whose shipped texts are unknown."""
        self._reader = FieldReader()
        self._budget = Budget(_STEPS)
        self._taker = Taker(renderer, self._reader, cache, self._budget)
        resources.callback(self._taker.close)

    def compare(
        self,
        card: Card,
        note: ImportedNote,
        note_type: ImportedNoteType,
        current: Sequence[str] | None,
        changes: list[LearnerChange],
    ) -> str:
        """Add the changes of a note; return why it cannot be compared, empty if it can."""
        parts = self._renderer.parts(card)
        theirs = values_of(note.fields, note_type, self._renderer.kind(card), parts)
        if theirs is None:
            return "its note type is not the one of the deck"
        shown = {part.key: current[part.index] for part in parts if part.index < len(current or ())} if current else {}
        differing = [part for part in parts if not self._is_unchanged(card, part, theirs[part.key], shown)]
        if differing:
            changes += self._changes(card, differing, theirs)
        return ""

    def _is_unchanged(self, card: Card, part: Part, theirs: str, shown: FieldsByPart) -> bool:
        now = shown.get(part.key, "")
        return bool(shown) and theirs == now and self._states[0].is_like_now(card, part, now)

    def _changes(self, card: Card, parts: Sequence[Part], theirs: Mapping[str, str]) -> Iterator[LearnerChange]:
        now = self._renderer.fields(card)
        self._reader.forget()
        self._reader.know(now.values())
        known: list[FieldsByPart] = []
        pending = list(parts)
        for state in self._states:
            fields = state.fields(card.id.text)
            if fields is not None and pending:
                known.append(fields)
                self._reader.know(fields.values())
                pending = [part for part in pending if theirs[part.key] != fields.get(part.key, "")]
        for part in pending:
            if card.id.text in self.unknown:
                yield self._refused(card, part, theirs[part.key], "what was shipped is unknown; name it with --base")
                continue
            bases = [fields.get(part.key, "") for fields in known] or [now[part.key]]
            try:
                found = self._change(card, part, theirs[part.key], now[part.key], bases)
            except RefusalError as refused:
                found = self._refused(card, part, theirs[part.key], refused.reason)
            if found is not None:
                yield found

    def _refused(self, card: Card, part: Part, theirs: str, reason: str) -> LearnerChange:
        shown = field_words(theirs[:_LONGEST_EXCERPT])
        return LearnerChange(card=card, part=part, outcome=Outcome.REFUSED, reason=reason, theirs=shown)

    def _change(
        self, card: Card, part: Part, theirs_html: str, now_html: str, bases: Sequence[str]
    ) -> LearnerChange | None:
        theirs, now = self._read_learners(part, theirs_html, bases[0]), self._read(part, now_html)
        shipped = [(self._read(part, html), html) for html in bases]
        distances = [self._distance(forms.words, theirs.words) for forms, _ in shipped]
        nearest = distances.index(min(distances))
        base, base_html = shipped[nearest]
        texts = tuple(text.text for text in written(card, part))
        made = LearnerChange(
            card=card,
            part=part,
            outcome=Outcome.REFUSED,
            left_out=theirs.left_out,
            before=texts,
            base=_readable(part, base, base_html),
            theirs=_readable(part, theirs, theirs_html),
            now=_readable(part, now, now_html),
        )
        # A card cannot be without a text, so the import has put a dash into empty ones.
        is_still_empty = not theirs.words and base.markdown == "–"
        if distances[nearest] == 0 or is_still_empty:
            # Fields of an imported deck had their style sheets before it.
            others = [what for what in theirs.left_out if what != STYLE_SHEET]
            return replace(made, reason=f"it has {others[0]}") if others else None
        try:
            return self._decided(made, base, theirs, now)
        except RefusalError as refused:
            return replace(made, reason=refused.reason)

    def _decided(self, made: LearnerChange, base: FieldForms, theirs: FieldForms, now: FieldForms) -> LearnerChange:
        """Return what becomes of a change; raises RefusalError if it cannot be taken."""
        if theirs.words == now.words:
            return replace(made, outcome=Outcome.PRESENT)
        if not made.part.is_text:
            raise RefusalError("cardpipe makes this field of several parts of the card; change them by hand")
        if not theirs.words:
            raise RefusalError("the learner has emptied the field")
        expected = merged(base.words, theirs.words, now.words, self._budget)
        if expected is None:
            raise RefusalError("too much of the text differs")
        if isinstance(expected, Conflict):
            return replace(made, outcome=Outcome.CONFLICT)
        if tuple(expected) == now.words:
            return replace(made, outcome=Outcome.PRESENT)
        if theirs.markdown is None or now.markdown is None or base.markdown is None:
            raise RefusalError("it is too deeply nested to be written as Markdown")
        forms = (
            ThreeForms(made.base or "", made.theirs, made.now)
            if made.part.is_plain
            else ThreeForms(base.markdown, theirs.markdown, now.markdown)
        )
        after = self._taker.new_texts(made.card, made.part, forms, expected)
        return replace(made, outcome=Outcome.CHANGE, after=after)

    def _read_learners(self, part: Part, source: str, shipped: str) -> FieldForms:
        found = self._reader.read_learners(source, shipped, clozes=part.is_cloze)
        if found is None:
            raise RefusalError("the field is too large")
        return found

    def _read(self, part: Part, source: str) -> FieldForms:
        found = self._reader.read(source, clozes=part.is_cloze)
        if found is None:
            raise RefusalError("the field is too large")
        return found

    def _distance(self, one: Sequence[ShownWord], other: Sequence[ShownWord]) -> int:
        found = differences(one, other, self._budget)
        return (
            _FAR if found is None else sum(max(item.end - item.start, item.new_end - item.new_start) for item in found)
        )


def _readable(part: Part, forms: FieldForms, source: str) -> str:
    return field_words(source) if part.is_plain or forms.markdown is None else forms.markdown
