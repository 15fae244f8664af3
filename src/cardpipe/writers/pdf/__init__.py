"""The deck as a study sheet on A4 or Letter paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.rendered import Artefact, Capabilities, FigureForm, MathForm, TextForm, WriterOption
from cardpipe.writers.page.grouping import GROUP_OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set

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

    def remarks(self, deck: RenderedDeck) -> Sequence[str]:
        """Which characters the sheet's own fonts do not have, so that it depends on the machine's."""
        from cardpipe.writers.pdf.fonts import covered
        from cardpipe.writers.pdf.han_fonts import han_characters, han_rules
        from cardpipe.writers.pdf.sheet import characters_of

        shown = characters_of(deck)
        strange = {character for character in shown if character > "\u2fff" or "\u0530" <= character < "\u1e00"}
        strange = {character for character in strange if ord(character) not in covered() and character.isprintable()}
        han = han_characters(shown) & strange
        _, left = han_rules(han, deck.deck.language.text)
        remarks = []
        if left:
            remarks.append(
                f"pdf: fonts for Chinese, Japanese and Korean come with `pip install 'cardpipe[cjk]'`; without them "
                f"{len(left)} characters ({_some(left)}) look different from machine to machine, or are missing."
            )
        if others := strange - han:
            remarks.append(f"pdf: its fonts lack {len(others)} characters ({_some(others)}); they may be missing.")
        return remarks


def _some(characters: Set[str]) -> str:
    return "".join(sorted(characters)[:8]) + ("…" if len(characters) > 8 else "")


WRITER = PdfWriter()
