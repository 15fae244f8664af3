"""The deck as a study sheet on A4 or Letter paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.rendered import Artefact, Capabilities, FigureForm, MathForm, TextForm, WriterOption
from cardpipe.writers.page.grouping import GROUP_OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.rendered import RenderedDeck

_PAPER_OPTION = WriterOption(name="paper", choices=("a4", "letter"), default="a4", help="The paper's size.")


class PdfWriter:
    """Writes `SLUG.pdf`."""

    name = "pdf"
    summary = "a printable study sheet with contents, page numbers and outline"
    capabilities = Capabilities(TextForm.HTML, MathForm.SVG, FigureForm.SVG)
    options = (_PAPER_OPTION, GROUP_OPTION)

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """The sheet as one artefact; raises RenderError where the typesetting engine or an asset fails."""
        from cardpipe.writers.pdf.sheet import study_sheet

        paper = options.get("paper", _PAPER_OPTION.default)
        group = options.get("group", GROUP_OPTION.default)
        data = study_sheet(deck, paper=paper, group=group, progress=progress)
        return (Artefact(f"{deck.deck.slug.text}.pdf", data),)


WRITER = PdfWriter()
