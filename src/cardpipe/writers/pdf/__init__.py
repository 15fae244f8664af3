"""The deck on paper, in one of several layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.rendered import Artefact, Capabilities, FigureForm, MathForm, TextForm, WriterOption
from cardpipe.writers.page.grouping import GROUP_OPTION
from cardpipe.writers.pdf.paper import MARGIN_OPTION, PAPER_OPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence, Set

    from cardpipe.rendered import RenderedDeck
    from cardpipe.writers.pdf.engine import Engine
    from cardpipe.writers.pdf.layout import Layout

_LAYOUT: Final = "sheet"
_ENGINE: Final = "plutoprint"
_TEXT_OPTION: Final = WriterOption(
    name="text",
    choices=("normal", "large"),
    default="normal",
    help="How large the text is; large: 16 points and more, for those who see less well.",
)
_ENLARGED: Final = 1.6


class PdfWriter:
    """Writes `SLUG.pdf`."""

    name = "pdf"
    summary = "for the printer: a study sheet with contents and page numbers, or cards to cut out"
    capabilities = Capabilities(TextForm.HTML, MathForm.SVG, FigureForm.SVG)

    @property
    def options(self) -> Sequence[WriterOption]:
        """The writer's own settings, then those of the layouts that are installed."""
        layouts = [cast("Layout", layout) for _, layout in plugins.load_all(plugins.PDF_LAYOUTS)]
        layout_option = WriterOption(
            name="layout",
            choices=plugins.names(plugins.PDF_LAYOUTS),
            default=_LAYOUT,
            help=f"{'; '.join(f'{layout.name}: {layout.summary}' for layout in layouts)}.",
        )
        engines = [cast("Engine", engine) for _, engine in plugins.load_all(plugins.PDF_ENGINES)]
        engine_option = WriterOption(
            name="engine",
            choices=plugins.names(plugins.PDF_ENGINES),
            default=_ENGINE,
            help=f"What makes the pages; {'; '.join(f'{engine.name}: {engine.summary}' for engine in engines)}.",
        )
        own = (layout_option, PAPER_OPTION, MARGIN_OPTION, _TEXT_OPTION, GROUP_OPTION, engine_option)
        found = {option.name: option for option in own}
        for layout in layouts:
            for option in layout.options:
                # A layout cannot change what an option of the writer means by taking its name.
                found.setdefault(option.name, option)
        return tuple(found.values())

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """The PDF as one artefact.

        Raises RenderError where the engine fails, UsageError for options out of reach.
        """
        from cardpipe.writers.pdf.layout import PrintJob

        settings = {option.name: option.default for option in self.options} | dict(options)
        layout = cast("Layout", plugins.load(plugins.PDF_LAYOUTS, settings["layout"]))
        engine = _engine(settings)
        job = PrintJob(
            deck=deck,
            engine=engine,
            paper=settings["paper"],
            margin=settings["margin"],
            scale=_ENLARGED if settings["text"] == "large" else 1.0,
            group=settings["group"],
            options=settings,
            progress=progress,
        )
        return (Artefact(f"{deck.deck.slug.text}.pdf", layout.make(job)),)

    def tools(self, options: Mapping[str, str]) -> Sequence[str]:
        """The engine; raises UsageError where it is missing."""
        engine = _engine(options)
        return (f"{engine.name} {engine.version()}",)

    def remarks(self, deck: RenderedDeck) -> Sequence[str]:
        """Which characters the PDF's own fonts do not have, so that it depends on the machine's."""
        from cardpipe.writers.pdf.fonts import covered
        from cardpipe.writers.pdf.han_fonts import han_characters, han_rules
        from cardpipe.writers.pdf.style import characters_of

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


def _engine(options: Mapping[str, str]) -> Engine:
    return cast("Engine", plugins.load(plugins.PDF_ENGINES, options.get("engine", _ENGINE)))


def _some(characters: Set[str]) -> str:
    return "".join(sorted(characters)[:8]) + ("…" if len(characters) > 8 else "")


WRITER = PdfWriter()
