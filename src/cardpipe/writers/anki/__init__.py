"""Anki packages: one note a card, with everything that an update needs to find a learner's cards again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.rendered import Artefact, Capabilities, FigureForm, MathForm, SoundForm, TextForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.rendered import RenderedDeck, WriterOption


class AnkiWriter:
    """The deck as one `.apkg` file."""

    name = "anki"
    summary = "An Anki package with subdecks, tags, figures and MathJax equations."
    capabilities = Capabilities(
        TextForm.HTML, MathForm.MATHJAX, FigureForm.SVG, sound=SoundForm.MARK, cloze=True, retired=True
    )
    options: Sequence[WriterOption] = ()

    def write(
        self,
        deck: RenderedDeck,
        options: Mapping[str, str],
        progress: Callable[[int, int], None],
    ) -> Sequence[Artefact]:
        """Make the package; the same deck gives the same bytes."""
        del options
        from cardpipe.writers.anki.package import package_bytes

        return (Artefact(f"{deck.deck.slug.text}.apkg", package_bytes(deck, progress)),)


WRITER = AnkiWriter()
