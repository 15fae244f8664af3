"""The text writer: the deck as text that other programs import."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.writers.api import Artefact, Capabilities, FigureForm, MathForm, SoundForm, TextForm
from cardpipe.writers.text.options import OPTIONS, setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck, WriterOption


class TextWriter:
    """The deck as one text file, with a media folder if the program takes one."""

    name = "text"
    summary = "Text for the import of Quizlet, RemNote, Mochi, Anki, or others by named columns."
    capabilities = Capabilities(TextForm.HTML, MathForm.MATHJAX, FigureForm.SVG, sound=SoundForm.MARK)
    options: Sequence[WriterOption] = OPTIONS

    def capabilities_with(self, options: Mapping[str, str]) -> Capabilities:
        """Return its capabilities with these settings: the form that the shape needs."""
        base = replace(self.capabilities, figures=FigureForm(setting(options, "figures")))
        shape = setting(options, "shape")
        if shape == "mochi":
            return replace(base, text=TextForm.MARKDOWN, math=MathForm.TEX)
        # Learners of Anki keep copies of earlier exports.
        return replace(base, cloze=shape in {"anki", "remnote"}, retired=shape == "anki", faces=shape == "anki")

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the text and, for Anki, the media for its media folder."""
        from cardpipe.writers.csv.anki import anki_table, notes_by_type
        from cardpipe.writers.text.shapes import text_of

        shape = setting(options, "shape")
        progress(0, 1)
        slug = deck.settings.slug.text
        if shape != "anki":
            suffix = "md" if shape == "remnote" else "txt"
            artefacts = [Artefact(f"{slug}.{suffix}", text_of(deck, options).encode("utf-8"))]
        else:
            tables = notes_by_type(deck).items()
            artefacts = [Artefact(f"{slug}{kind}.txt", anki_table(made, "Tab")) for kind, made in tables]
            names = sorted({name for card in deck.cards for name in card.assets})
            artefacts += [Artefact(f"{slug}-media/{name}", deck.assets[name].data) for name in names]
        progress(1, 1)
        return artefacts

    def remarks(self, deck: RenderedDeck, options: Mapping[str, str]) -> Sequence[str]:
        """Return what the text lacks: pictures and sounds, details, line breaks."""
        from cardpipe.writers.text.left_out import remarks

        return remarks(deck, options)


WRITER = TextWriter()
