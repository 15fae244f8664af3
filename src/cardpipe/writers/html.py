"""The deck as one self-contained HTML file for screen and print, without scripts and requests."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from cardpipe.errors import RenderError
from cardpipe.writers.api import OPAQUE, Artefact, Capabilities, FigureForm, MathForm, SoundForm, TextForm
from cardpipe.writers.page.document import PageSetting, document, stylesheet
from cardpipe.writers.page.grouping import GROUP_OPTION
from cardpipe.writers.page.id_style import id_style
from cardpipe.writers.page.math_fonts import is_formula, with_formulas
from cardpipe.writers.templating import compiled_in, finished, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.writers.api import Asset, Memory, RenderedDeck

_PRINTED = "@page { margin: 20mm; }\n@media print { body { overflow-wrap: break-word; } }\n"
_UNTOUCHED = " !$()*+,-./:;=?@[]^_`{|}~"
"""Characters that need no escape in a quoted data address; never a quote, `&`, `#` or `%`."""


class HtmlWriter:
    """Writes `SLUG.html`."""

    name = "html"
    summary = "one self-contained page for screen and printer, no script, no requests"
    capabilities = Capabilities(TextForm.HTML, MathForm.FONTS, FigureForm.SVG, sound=SoundForm.ELEMENT, read_aloud=True)
    options = (GROUP_OPTION,)

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """Return the page as one artefact; raises RenderError if a text refers to an asset that the deck lacks."""
        return self.write_incrementally(deck, options, progress, None)

    def write_incrementally(
        self,
        deck: RenderedDeck,
        options: Mapping[str, str],
        progress: Callable[[int, int], None],
        memory: Memory | None,
    ) -> Sequence[Artefact]:
        """Write like `write`; the HTML of cards and the fonts of formulas are cached."""
        progress(0, 1)
        with compiled_in(memory):
            page = _page(deck, options, memory)
        progress(1, 1)
        return (Artefact(f"{deck.settings.slug.text}.html", page),)


def _page(deck: RenderedDeck, options: Mapping[str, str], memory: Memory | None) -> bytes:
    addresses: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in addresses:
            if name not in deck.assets:
                raise RenderError(f"A text refers to the asset “{name}”, which was not rendered.")
            # A formula is part of the text, and has no address.
            addresses[name] = name if is_formula(name) else data_address(deck.assets[name])
        return addresses[name]

    style = (
        stylesheet("common")
        + stylesheet("texts")
        + stylesheet("screen")
        + _PRINTED
        + stylesheet("print")
        + id_style(deck)
    )
    setting = PageSetting(
        group=options.get("group", GROUP_OPTION.default),
        address=address,
        style=style,
        head=finished(render("page/head.html", deck.settings.language.text, deck=deck, about=deck.settings)),
        interactive=True,
        memory=memory,
    )
    return with_formulas(document(deck, setting), deck.assets, memory)


def data_address(asset: Asset) -> str:
    """Return the asset as a data address: percent-encoded if that is shorter (most SVG), otherwise Base64."""
    encoded = base64.b64encode(asset.data).decode()
    if asset.media_type == "image/svg+xml":
        plain = quote(asset.data, safe=_UNTOUCHED)
        if len(plain) < len(encoded) + len(";base64"):
            return f"data:{asset.media_type},{plain}"
    return f"data:{asset.media_type};base64,{encoded}{OPAQUE if asset.opaque else ''}"


WRITER = HtmlWriter()
