"""The CSV writer: tables for Anki's text import, other programs and spreadsheets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.writers.api import (
    FIGURES_OPTION,
    Artefact,
    Capabilities,
    FigureForm,
    MathForm,
    SoundForm,
    TextForm,
    WriterOption,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck

_DIALECT = WriterOption(
    name="dialect",
    flag="dialect",
    choices=("anki", "plain", "spreadsheet"),
    default="anki",
    help="anki: for Anki's text import; plain: for other programs; spreadsheet: safe to open in a spreadsheet.",
    named=True,
)


class CsvWriter:
    """The deck as one `.csv` file, and one for each note type of the deck, whose columns are its fields.

    A media folder is added if the dialect refers to media.
    """

    name = "csv"
    summary = "A table for Anki's text import, for other programs or for spreadsheets."
    capabilities = Capabilities(
        TextForm.HTML, MathForm.MATHJAX, FigureForm.SVG, sound=SoundForm.MARK, cloze=True, retired=True, faces=True
    )
    options: Sequence[WriterOption] = (_DIALECT, FIGURES_OPTION)

    def capabilities_with(self, options: Mapping[str, str]) -> Capabilities:
        """Return its capabilities with these settings: figures in the requested format."""
        return replace(self.capabilities, figures=FigureForm(options.get("figures", FIGURES_OPTION.default)))

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the table and, for Anki, the media for its media folder."""
        from cardpipe.writers.csv.anki import anki_table, notes_by_type
        from cardpipe.writers.csv.plain import plain_table, readable, spreadsheet_table

        dialect = options.get(_DIALECT.name, _DIALECT.default)
        table = {"anki": anki_table, "plain": plain_table, "spreadsheet": spreadsheet_table}[dialect]
        progress(0, 1)
        slug = deck.settings.slug.text
        by_type = notes_by_type(deck if dialect == "anki" else readable(deck))
        artefacts = [Artefact(f"{slug}{kind}.csv", table(made)) for kind, made in by_type.items()]
        if dialect == "anki":
            names = sorted({name for card in deck.cards for name in card.assets})
            artefacts += [Artefact(f"{slug}-media/{name}", deck.assets[name].data) for name in names]
        progress(1, 1)
        return artefacts


WRITER = CsvWriter()
