"""The PDF writer, with several layouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.writers.api import Artefact, Capabilities, FigureForm, MathForm, TextForm, WriterOption
from cardpipe.writers.page.grouping import GROUP_OPTION
from cardpipe.writers.pdf.composing.paper import (
    BLEED_OPTION,
    GREY_OPTION,
    INK_OPTION,
    MARGIN_OPTION,
    PAPER_OPTION,
    TEST_PAGE_OPTION,
)
from cardpipe.writers.pdf.engine import installed_engine
from cardpipe.writers.pdf.engine_choice import AUTO, ORDER, usable_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import Memory, RenderedDeck
    from cardpipe.writers.pdf.engine import Engine
    from cardpipe.writers.pdf.layout import Layout

_LAYOUT: Final = "sheet"
_POINTS: Final = r"(?:[6-9]|[12]\d|3[0-6])(?:\.\d)?pt"
_TEXT_OPTION: Final = WriterOption(
    name="text",
    flag="text-size",
    choices=("normal", "large"),
    form=_POINTS,
    form_name="SIZEpt",
    default="normal",
    help="The font size in points (`11pt`); large: 16 points and more, for people with low vision.",
)
_MORE: Final = (BLEED_OPTION, GREY_OPTION, INK_OPTION, TEST_PAGE_OPTION)
_ENLARGED: Final = 1.6


class PdfWriter:
    """Writes `SLUG.pdf`."""

    name = "pdf"
    summary = "for printing: a study sheet with contents and page numbers, or cards to cut out"
    capabilities = Capabilities(TextForm.HTML, MathForm.FONTS, FigureForm.SVG)

    @property
    def options(self) -> Sequence[WriterOption]:
        """The writer's own options, then those of the installed layouts."""
        layouts = [cast("Layout", layout) for _, layout in plugins.load_all(plugins.PDF_LAYOUTS, ours_first=True)]
        layout_option = WriterOption(
            name="layout",
            flag="layout",
            choices=plugins.names(plugins.PDF_LAYOUTS),
            default=_LAYOUT,
            named=True,
            help=f"{'; '.join(f'{layout.name}: {layout.summary}' for layout in layouts)}.",
        )
        engines = [cast("Engine", engine) for _, engine in plugins.load_all(plugins.PDF_ENGINES)]
        engine_option = WriterOption(
            name="engine",
            flag="engine",
            choices=(AUTO, *plugins.names(plugins.PDF_ENGINES)),
            default=AUTO,
            help=f"The PDF engine; {AUTO}: the first available one of {', '.join(ORDER)}; "
            f"{'; '.join(f'{engine.name}: {engine.summary}' for engine in engines)}.",
        )
        own = (layout_option, PAPER_OPTION, MARGIN_OPTION, _TEXT_OPTION, GROUP_OPTION, engine_option, *_MORE)
        found = {option.name: option for option in own}
        for layout in layouts:
            for option in layout.options:
                # A layout cannot redefine an option of the writer or a built-in layout.
                found.setdefault(option.name, option)
        return tuple(found.values())

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the PDF, after its test page if requested.

        Raises RenderError if the engine fails, UsageError for invalid options.
        """
        return self.write_incrementally(deck, options, progress, None)

    def write_incrementally(
        self,
        deck: RenderedDeck,
        options: Mapping[str, str],
        progress: Callable[[int, int], None],
        memory: Memory | None,
    ) -> Sequence[Artefact]:
        """Write like `write`; unchanged cached pages are reused."""
        from cardpipe.writers.pdf.layout import PrintJob
        from cardpipe.writers.pdf.layouts.testpage import test_page
        from cardpipe.writers.pdf.prepress.finishing import printed
        from cardpipe.writers.pdf.prepress.ink import with_less_ink

        settings, _ = self.resolve_options({option.name: option.default for option in self.options} | dict(options))
        layout = cast("Layout", plugins.load(plugins.PDF_LAYOUTS, settings["layout"]))
        engine = installed_engine(settings["engine"])
        job = PrintJob(
            deck=with_less_ink(deck) if settings["ink"] == "saving" else deck,
            engine=engine,
            paper=settings["paper"],
            margin=settings["margin"],
            scale=_ENLARGED if settings["text"] == "large" else 1.0,
            points=float(settings["text"].removesuffix("pt")) if settings["text"].endswith("pt") else 0.0,
            group=settings["group"],
            options=settings,
            progress=progress,
            memory=memory,
        )
        slug = deck.settings.slug.text
        names = ((plugins.PDF_LAYOUTS, settings["layout"]), (plugins.PDF_ENGINES, engine.name))
        with plugins.named_where_they_fail(*names):
            made = [Artefact(f"{slug}-test-page.pdf", test_page(layout, job))] if settings["test-page"] == "yes" else []
            pages = layout.make(job)
            if type(pages) is not bytes:
                raise plugins.refuse(*names[0], f"returned {type(pages).__name__}, not the bytes of a PDF")
            return (*made, Artefact(f"{slug}.pdf", printed(pages, settings)))

    def resolve_options(self, options: Mapping[str, str]) -> tuple[Mapping[str, str], Sequence[str]]:
        """Return the settings with an available engine, and a warning if it is not the default one.

        Raises UsageError if none can be used.
        """
        if options.get("engine", AUTO) != AUTO:
            return options, ()
        engine, told = usable_engine()
        return {**options, "engine": engine.name}, told

    def tools(self, options: Mapping[str, str]) -> Sequence[str]:
        """Return the engine and its version; raises UsageError if it is missing."""
        settings, _ = self.resolve_options(options)
        engine = installed_engine(settings["engine"])
        return (f"{engine.name} {engine.version()}",)

    def warnings(self, deck: RenderedDeck) -> Sequence[str]:
        """Return warnings on characters that the fonts lack, and formulas that are scaled down."""
        from cardpipe.writers.pdf.warnings import warnings_on

        return warnings_on(deck)


WRITER = PdfWriter()
