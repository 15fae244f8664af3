"""Rules on cards of a deck's own note types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.assets.pictures import MEDIA_TYPES
from cardpipe.assets.sounds import is_sound
from cardpipe.lint.declaration import card_rule, summaries_rule
from cardpipe.markup import SegmentKind, ruby
from cardpipe.markup.late_patterns import compiled
from cardpipe.model.deck import media_key
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.model.note_types import MEDIA, FieldKind, filled_keys, needed, sides
from cardpipe.source.splicing import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries, CardSummary
    from cardpipe.model.deck import Card
    from cardpipe.model.note_types import NoteField
    from cardpipe.text.positions import SourceText

_FIGURE: Final = "figure:"


@card_rule("NTY007", "note-without-card", since="0.2")
def note_without_card(card: Card, _context: Context) -> Iterator[Finding]:
    """A note makes no card.

    ## What it does

    Looks for cards of a note type whose filled fields are not enough for any face.

    ## Why is this bad?

    Learners would never see it, and Anki deletes notes without cards.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line, flag: picture}
        faces: {capital: {front: "{country}", back: "{capital}{?flag} {flag}{/flag}"}}
    # source/cards/ML0044.yaml
    id: ML0044
    type: country
    fields: {country: France}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line, flag: picture}
        faces: {capital: {front: "{country}", back: "{capital}{?flag} {flag}{/flag}"}}
    # source/cards/ML0044.yaml
    id: ML0044
    type: country
    fields: {country: France, capital: Paris}
    ```
    """
    if card.note_type is None:
        return
    written = {value.field.key.text for value in card.values}
    if any(field.required and field.key.text not in written for field in card.note_type.fields):
        # The reader reports what is missing.
        return
    filled = filled_keys(card)
    lacking = []
    for face in card.note_type.faces:
        wanted = [key for key in needed(face, *sides(face, card.note_type)) if key not in filled]
        if not wanted:
            return
        lacking.append(f"“{face.key.text}” lacks {', '.join(wanted)}")
    yield Finding("NTY007", card.span, "No face can be made of this note.", f"Fill more fields: {'; '.join(lacking)}.")


@card_rule("NTY008", "field-file", since="0.2")
def field_file(card: Card, context: Context) -> Iterator[Finding]:
    """A picture or sound of a field does not exist, or a figure is shown by no field.

    ## What it does

    Checks that a field of the kind `picture` or `sound` is the path of such a file below `source/media/`, or
    `figure:ID` for one of the card's figures; and that a field shows each of these.

    ## Why is this bad?

    Learners would see nothing.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line, flag: picture}
        faces: {capital: {front: "{country}", back: "{capital}{?flag} {flag}{/flag}"}}
    # source/cards/ML0044.yaml
    id: ML0044
    type: country
    fields: {country: France, capital: Paris, flag: neurn.png}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      country:
        fields: {country: line, capital: line, flag: picture}
        faces: {capital: {front: "{country}", back: "{capital}{?flag} {flag}{/flag}"}}
    # source/cards/ML0044.yaml
    id: ML0044
    type: country
    fields: {country: France, capital: Paris, flag: neuron.png}
    ```
    """
    if card.note_type is None:
        return
    placed = (
        {image.figure_id for _, text in card.texts() for image in context.scan(text).images()}
        if card.figures
        else set()
    )
    for value in card.values:
        if value.field.kind not in MEDIA:
            continue
        for part in value.parts:
            name = part.text.removeprefix(_FIGURE)
            if name == part.text:
                yield from _missing(part, value.field, context)
                continue
            placed.add(name)
            if all(figure.id.text != name for figure in card.figures):
                message = f"The card has no figure “{name[:60]}”."
                yield Finding("NTY008", part.span(), message, "Add it to `figures`.")
    for figure in card.figures:
        if figure.id.text not in placed:
            message = f"No field shows the figure “{figure.id.text}”."
            yield Finding("NTY008", figure.span, message, f"Write `figure:{figure.id.text}` as the value of a picture.")


def _missing(part: SourceText, field: NoteField, context: Context) -> Iterator[Finding]:
    written = part.text
    if media_key(written) not in context.media_names:
        near = context.nearest(written, context.media_names.values())
        advice = f"Did you mean {near}?" if near else "Write the name of a file below source/media/."
        message = f"source/media/{written[:100]} does not exist."
        yield Finding("NTY008", part.span(), message, advice, suggestion(part, near))
        return
    suffix = f".{written.rpartition('.')[2].lower()}"
    is_right = is_sound(written) if field.kind is FieldKind.SOUND else suffix in MEDIA_TYPES
    if not is_right:
        message = f"“{written[:100]}” is no {field.kind.value}."
        yield Finding("NTY008", part.span(), message, f"Name a file that is a {field.kind.value}.")


@summaries_rule("NTY009", "repeated-front", severity=Severity.WARNING, since="0.2")
def repeated_front(summaries: CardSummaries, _context: Context) -> Iterator[Finding]:
    """Two notes ask the same question.

    ## What it does

    Compares the fields that the front of a face shows, without case, between all notes of a type.

    ## Why is this bad?

    Learners cannot know which answer is meant; often a record was entered twice.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      word:
        fields: {word: line, meaning: line}
        faces: {meaning: {front: "{word}", back: "{meaning}"}}
    # source/tables/words.yaml
    type: word
    records:
      - {id: ML0044, word: bank, meaning: Bank}
      - {id: ML0045, word: bank, meaning: Ufer}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      word:
        fields: {word: line, meaning: line}
        faces: {meaning: {front: "{word}", back: "{meaning}"}}
    # source/tables/words.yaml
    type: word
    records:
      - {id: ML0044, word: bank (money), meaning: Bank}
      - {id: ML0045, word: bank (river), meaning: Ufer}
    ```
    """
    first: dict[str, CardSummary] = {}
    for summary in summaries.cards:
        repeated = [front for front in summary.fronts if first.setdefault(front, summary) is not summary]
        if not repeated or summary.status == "retired":
            continue
        card = summaries.whole(summary)
        faces = ", ".join(f"“{front.split()[1]}”" for front in repeated)
        other = first[repeated[0]]
        yield Finding(
            "NTY009",
            card.span,
            f"The front of {faces} is the same as that of {other.id}.",
            "Add what makes the difference, or delete one of them.",
        )


@card_rule("NTY010", "untypable-field", severity=Severity.WARNING, since="0.2")
def untypable_field(card: Card, context: Context) -> Iterator[Finding]:
    """A field that learners type contains what cannot be typed.

    ## What it does

    Reports fields that a face names under `type_in` with formulas, ruby or pictures in them, or more than a hundred
    characters. Emphasis is allowed, since it is not compared.

    ## Why is this bad?

    Anki compares the field with what a learner typed, character by character: formulas as TeX, and ruby with its
    readings in brackets. Nobody types that.

    ## Example

    ```yaml
    # deck.yaml
    note_types:
      word:
        fields: {word: line, meaning: line}
        faces: {word: {front: "{meaning}", back: "{word}", type_in: word}}
    # source/cards/ML0044.yaml
    id: ML0044
    type: word
    fields: {word: "{漢字|かんじ}", meaning: Chinese characters}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    note_types:
      word:
        fields: {word: line, reading: line, meaning: line}
        faces: {word: {front: "{meaning}", back: "{word}, {reading}", type_in: word}}
    # source/cards/ML0044.yaml
    id: ML0044
    type: word
    fields: {word: 漢字, reading: かんじ, meaning: Chinese characters}
    ```
    """
    if card.note_type is None:
        return
    typed = {face.type_in.text for face in card.note_type.faces if face.type_in is not None}
    for value in card.values:
        if value.field.key.text not in typed:
            continue
        found = _untypable(value.text, context)
        if found is not None:
            start, end, what = found
            yield Finding(
                "NTY010",
                value.text.span(start, end),
                f"Learners type “{value.field.key.text}”, and cannot type {what}.",
                "Move it to another field, or remove `type_in` in source/deck.yaml.",
            )


_LONGEST_TYPED: Final = 100
_UNTYPABLE: Final = {
    SegmentKind.INLINE_MATH: "a formula",
    SegmentKind.DISPLAY_MATH: "a formula",
    SegmentKind.IMAGE: "a picture or sound",
}


def _untypable(text: SourceText, context: Context) -> tuple[int, int, str] | None:
    if len(text.text) > _LONGEST_TYPED:
        return 0, len(text.text), f"{len(text.text)} characters without a slip"
    if text.text.isalnum():
        return None
    for segment in context.scan(text).segments:
        if segment.kind in _UNTYPABLE:
            return segment.start, segment.end, _UNTYPABLE[segment.kind]
        if segment.kind is SegmentKind.PROSE and not text.text.isascii():
            for match in compiled(ruby.INTENDED).finditer(text.text, segment.start, segment.end):
                if ruby.read(match[0]) is not None:
                    return *match.span(), "ruby"
    return None


RULES = (note_without_card, field_file, repeated_front, untypable_field)
