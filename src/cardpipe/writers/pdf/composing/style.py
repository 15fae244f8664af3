"""The style that all layouts share: fonts and style sheets as CSS, with fonts for each character of the deck."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

from cardpipe.model.languages import direction
from cardpipe.writers.page.document import stylesheet
from cardpipe.writers.page.formulas import family_rules
from cardpipe.writers.page.id_style import id_style
from cardpipe.writers.pdf.composing.fonts import MONO, SANS, SERIF, UNKNOWN_FONTS, font_rules
from cardpipe.writers.pdf.composing.han_fonts import families, han_characters, han_rules
from cardpipe.writers.pdf.composing.indic_fonts import INDIC_FAMILIES, indic_characters, indic_rules
from cardpipe.writers.templating import finished, render

if TYPE_CHECKING:
    from cardpipe.writers.api import RenderedDeck


_DOTTED: Final = frozenset({"az", "crh", "kk", "tr", "tt"})
"""Languages for which fonts have an i of its own, which looks the same but could neither be searched for nor copied."""
_HAN_LANGUAGES: Final = frozenset({"ja", "ko", "yue", "zh"})


def fonts(deck: RenderedDeck) -> str:
    """Return the fonts of the deck as CSS; raises RenderError if a package is missing."""
    shown = _shown(deck)
    han, _ = han_rules(han_characters(shown), deck.settings.language.text)
    indic, _ = indic_rules(indic_characters(shown))
    return f"{han}{indic}{font_rules()}"


def style(deck: RenderedDeck, *names: str) -> str:
    """Return the styles shared by screen and print, and style sheets of this package by name; without fonts."""
    language = deck.settings.language.text
    shown = _shown(deck)
    own = "".join(resources.files(__package__).joinpath(f"{name}.css").read_text(encoding="utf-8") for name in names)
    for name, value in {"var(--serif)": SERIF, "var(--sans)": SANS, "var(--mono)": MONO}.items():
        own = own.replace(name, _families(value, language, shown))
    unknown = {letter: _families(found, language, shown) for letter, found in UNKNOWN_FONTS.items()}
    if language.lower().split("-")[0] in _DOTTED:
        own += '* { font-feature-settings: "locl" 0; }\n'
    return (
        f"{stylesheet('common')}{stylesheet('print')}{family_rules(unknown=unknown)}\n{own}{id_style(deck, paper=True)}"
    )


def _shown(deck: RenderedDeck) -> str:
    """Return each character beyond ASCII that the pages show, once."""
    return characters_of(deck) + "".join(sorted(deck.settings.catalogue.characters))


def _families(own: str, language: str, shown: str) -> str:
    """Return families and those for the other scripts of the characters, as CSS.

    An engine would search all fonts of the system for each family without a font.
    """
    han = [families(language)] if han_characters(shown) else []
    indic = [INDIC_FAMILIES] if indic_characters(shown) else []
    first, *others = own.split(", ")
    if language.lower().split("-")[0] in _HAN_LANGUAGES:
        # The fonts of symbols have a few of their characters.
        return ", ".join([first, *han, *others, *indic])
    return ", ".join([own, *han, *indic])


def layout_document(template: str, deck: RenderedDeck, style: str, **values: object) -> str:
    """Return a document of a layout: a template that extends `templates/pdf/document.html`, in the deck's language."""
    language = deck.settings.language.text
    return render(template, language, direction=direction(language), style=finished(style), **values)


def page_rule(margins: str) -> str:
    """Return the rule for pages with margins, given as CSS."""
    return f"@page {{ margin: {margins}; }}\n"


def characters_of(deck: RenderedDeck) -> str:
    """Return each character beyond ASCII that the deck shows, once."""
    settings = deck.settings
    texts = [settings.name.text, deck.description, *(author.text for author in settings.authors)]
    texts += [tag.description.text for tag in settings.tags]
    texts += [subdeck.name.text for subdeck in settings.subdecks]
    for card in deck.cards:
        texts += (card.label.characters, card.question, card.answer, card.details, *card.references, *card.tags)
        texts += (other.title.characters for other in card.related)
        texts += (figure.caption for figure in card.figures)
    found = {character for text in texts if not text.isascii() for character in set(text)}
    return "".join(sorted(character for character in found if not character.isascii()))
