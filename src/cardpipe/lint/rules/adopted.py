"""Rules on adopted note types, and on cards that are shipped in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.lint.declaration import card_rule, settings_rule
from cardpipe.model.adopted import adopted_type
from cardpipe.model.anki_identity import note_guid
from cardpipe.model.diagnostics import Finding, Severity
from cardpipe.text.anki_templates import template_faults
from cardpipe.text.style_sheets import faults as style_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.adopted import AdoptedType
    from cardpipe.model.deck import Card, DeckSettings
    from cardpipe.text.positions import SourceText


@settings_rule("NTY011", "unsafe-template", since="0.3", safety=True)
def unsafe_template(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    """A template or style sheet in `source/anki/` contains what is not safe.

    ## What it does

    Checks the note types that were kept at an import. Templates can have elements that structure text, with classes,
    simple styles and links; style sheets are limited like those of
    [note types](../note-types.md#style).

    ## Why is this bad?

    A script, picture or embedded page could load something from the network, and so tell others when a card is
    learned, or change other cards. A field within an attribute can end that attribute.

    ## Example

    ```yaml
    # deck.yaml
    # source/anki/basic.yaml
    kind: basic
    id: 1342697561419
    name: Basic
    fields: [{name: Front, holds: question}, {name: Back, holds: answer}]
    templates:
      - {name: Card 1, front: "{{Front}}<script>count()</script>", back: "{{Back}}"}
    ```

    ## Use instead

    ```yaml
    # deck.yaml
    # source/anki/basic.yaml
    kind: basic
    id: 1342697561419
    name: Basic
    fields: [{name: Front, holds: question}, {name: Back, holds: answer}]
    templates:
      - {name: Card 1, front: "{{Front}}", back: "{{Back}}"}
    ```
    """
    for adopted in settings.adopted.values():
        for template in adopted.templates:
            for side in (template.front, template.back):
                for start, end, what in template_faults(side.text):
                    yield Finding("NTY011", side.span(start, end), f"The template contains {what}.", "Remove it.")
        if adopted.style is not None:
            for start, end, reason in style_faults(adopted.style.text):
                yield Finding("NTY011", adopted.style.span(start, end), reason, "Remove it.")


@card_rule("NTY012", "part-without-field", severity=Severity.WARNING, since="0.3")
def part_without_field(card: Card, context: Context) -> Iterator[Finding]:
    """A card has a part for which its adopted note type has no field.

    ## What it does

    Compares the parts of cards with what the fields of their note type in `source/anki/` hold. Details, figures,
    references and related cards can stand below the text of a field that no front shows, and each back does.

    ## Why is this bad?

    Learners in Anki do not see that part, since the fields of their note type cannot change.

    ## Example

    A `reversed` card with `details`, whose note type has only the fields *Front* and *Back*, each of which is asked.

    ## Use instead

    Write it into the answer, or remove it.
    """
    settings = context.settings
    if not settings.adopted:
        return
    guid = note_guid(settings.uid.text, card.id.text, card.guid.text if card.guid is not None else "")
    adopted = adopted_type(settings, card.kind_name, guid)
    if adopted is None:
        return
    parts = dict(_parts(card, adopted))
    for name in adopted.lacks(parts):
        message = f"The note type “{adopted.name.text}” of learners has no field for “{name}”."
        yield Finding("NTY012", parts[name].span(), message, f"Move it into another part, or see {adopted.path}.")


def _parts(card: Card, adopted: AdoptedType) -> Iterator[tuple[str, SourceText]]:
    """Yield the filled parts of a card that learners must see."""
    if card.note_type is None:
        found = {"question": card.question, "answer": card.answer, "details": card.details}
    else:
        found = {value.field.key.text: value.text for value in card.values}
    left_out = {key.text for key in adopted.left_out}
    yield from ((name, text) for name, text in found.items() if text is not None and name not in left_out)
    texts = [text.text for _, text in card.texts()] + [part.text for value in card.values for part in value.parts]
    if any(not any(f"figure:{figure.id.text}" in text for text in texts) for figure in card.figures):
        yield "figures", card.id
    if card.references:
        yield "references", card.references[0].text
    if card.related:
        yield "related", card.related[0]


RULES = (unsafe_template, part_without_field)
