"""The Markdown writer: a folder of linked pages for a code host."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cardpipe.writers.api import FIGURES_OPTION, Artefact, Capabilities, FigureForm, MathForm, TextForm
from cardpipe.writers.page.grouping import GROUP_OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import RenderedDeck


class MarkdownWriter:
    """Writes `markdown/README.md`, `cards/ID.md`, `tags/TAG.md` and `assets/NAME`."""

    name = "markdown"
    summary = "a folder of linked pages for a code host, with collapsed answers"
    capabilities = Capabilities(TextForm.MARKDOWN, MathForm.TEX, FigureForm.SVG, faces=True)
    options = (GROUP_OPTION, FIGURES_OPTION)

    def capabilities_with(self, options: Mapping[str, str]) -> Capabilities:
        """Return its capabilities with these settings: figures in the requested format."""
        return replace(self.capabilities, figures=FigureForm(options.get("figures", FIGURES_OPTION.default)))

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the files of the folder, its index first; raises RenderError if a text refers to a missing asset."""
        from cardpipe.writers.markdown.pages import folder

        return folder(deck, options.get("group", GROUP_OPTION.default), progress)


WRITER = MarkdownWriter()
