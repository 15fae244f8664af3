"""The Anki package writer: one note per card, with stable identifiers for updates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.writers.api import FIGURES_OPTION, Artefact, Capabilities, FigureForm, MathForm, SoundForm, TextForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck, WriterOption


class AnkiWriter:
    """The deck as one `.apkg` file."""

    name = "anki"
    summary = "An Anki package with subdecks, tags, figures and MathJax equations."
    capabilities = Capabilities(
        TextForm.HTML, MathForm.MATHJAX, FigureForm.SVG, sound=SoundForm.MARK, cloze=True, retired=True, faces=True
    )
    options: Sequence[WriterOption] = (FIGURES_OPTION,)

    def capabilities_with(self, options: Mapping[str, str]) -> Capabilities:
        """Return its capabilities with these settings: figures in the requested format."""
        return replace(self.capabilities, figures=FigureForm(options.get("figures", FIGURES_OPTION.default)))

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Build the package; the same deck gives the same bytes."""
        del options
        from cardpipe.writers.anki.package import package_bytes

        data = package_bytes(deck, progress)
        return (Artefact(f"{deck.settings.slug.text}.apkg", data),)


WRITER = AnkiWriter()
