"""The deck as a site of static files: pages to read, search and study, without a server's help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.writers.api import Artefact, Capabilities, FigureForm, MathForm, SoundForm, TextForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import Memory, RenderedDeck


class SiteWriter:
    """Writes a folder `site/` for any host of static files."""

    name = "site"
    summary = "a website of static files: a page for each card and tag, search, study, offline"
    capabilities = Capabilities(
        TextForm.HTML,
        MathForm.FONTS,
        FigureForm.SVG,
        sound=SoundForm.ELEMENT,
        read_aloud=True,
        numbered=True,
        retired=True,
        faces=True,
    )
    options = ()

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the files, the start page first; raises RenderError if a text refers to a missing asset."""
        return self.write_incrementally(deck, options, progress, None)

    def write_incrementally(
        self,
        deck: RenderedDeck,
        options: Mapping[str, str],  # noqa: ARG002 - it has none
        progress: Callable[[int, int], None],
        memory: Memory | None,
    ) -> Sequence[Artefact]:
        """Write like `write`; fonts and pictures are cached."""
        from cardpipe.writers.site.folder import site
        from cardpipe.writers.templating import compiled_in

        with compiled_in(memory):
            return site(deck, progress, memory)


WRITER = SiteWriter()
