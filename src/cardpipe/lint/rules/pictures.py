"""Rules on the content of picture files in `source/media/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.assets.inspection import DAMAGED, TOO_COMPLEX, TOO_LARGE, UNSAFE
from cardpipe.lint.declaration import settings_rule
from cardpipe.model.diagnostics import Finding
from cardpipe.text.positions import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.model.deck import DeckSettings

_FOLDER: Final = "source/media"


@settings_rule(UNSAFE, "unsafe-svg", safety=True)
def unsafe_svg(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    """An SVG file can run code or load external resources.

    ## What it does

    Checks each SVG of `source/media/` against an allow-list of elements, attributes and CSS functions.
    Everything else is reported: scripts, event handlers, embedded HTML, links and addresses that lead out of the
    file, style sheets with imports, animations that change an address, entities, and XML that is not well-formed. The
    metadata of drawing programs such as Inkscape and SVG's document type declaration are allowed.

    Figures that scripts return are checked against the same list.

    ## Why is this bad?

    An SVG is more than a picture: opened by itself it can run code and contact a server.

    ## Example

    A file `source/media/neuron.svg` with `<script>…</script>` in it.

    ## Use instead

    Save it as “plain SVG” from your drawing program, with pictures embedded and text as paths.
    """
    yield from _findings(UNSAFE, settings, context)


@settings_rule(DAMAGED, "damaged-picture", since="0.2")
def damaged_picture(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    """A picture is damaged, or programs show it differently.

    ## What it does

    Decodes each picture of `source/media/` completely, and those that an SVG embeds. A PNG or WebP that is
    rotated by Exif data is reported too; for JPEG, all formats apply it.

    ## Why is this bad?

    Some programs show part of a damaged picture, others nothing, and it would be missing
    in the PDF.

    ## Example

    A file `source/media/neuron.png` whose download was interrupted.

    ## Use instead

    Save it again from its source.
    """
    yield from _findings(DAMAGED, settings, context)


@settings_rule(TOO_LARGE, "picture-too-large", since="0.2")
def picture_too_large(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    """A picture has too many pixels.

    ## What it does

    Reads the size of each picture of `source/media/` before it is decoded, and of those that an SVG embeds. A picture
    may have 40 million pixels (25 million as WebP, whose decoder needs more memory) and 30,000 on a side; all frames of
    a moving picture together 200 million; a JPEG 100 scans.

    ## Why is this bad?

    A file of a few bytes can hold a picture of a thousand million pixels, which takes all memory when it is opened.

    ## Example

    A file `source/media/poster.png` of 20,000 by 20,000 pixels.

    ## Use instead

    Scale it down: on paper a card shows no more than about 2,000 by 2,000 pixels.
    """
    yield from _findings(TOO_LARGE, settings, context)


@settings_rule(TOO_COMPLEX, "svg-too-complex", since="0.2")
def svg_too_complex(settings: DeckSettings, context: Context) -> Iterator[Finding]:
    """An SVG file takes too much work to draw.

    ## What it does

    Counts the elements of each SVG of `source/media/`, as often as `use`, patterns, masks, markers and
    clip paths repeat them: at most 200,000 parts, 250 levels, 100,000 letters and 16 million embedded pixels. Circular
    references are reported, as are style sheets with very many selectors. Figures that scripts return
    have the same limits.

    ## Why is this bad?

    A drawing of one kilobyte can repeat itself a million times. The PDF would take minutes and all memory,
    and browsers that show the card would slow down.

    ## Example

    A scatter plot of a million points as `source/media/points.svg`.

    ## Use instead

    Save it as PNG, or draw fewer points.
    """
    yield from _findings(TOO_COMPLEX, settings, context)


def _findings(code: str, settings: DeckSettings, context: Context) -> Iterator[Finding]:
    for media in settings.media:
        for found in context.inspected(media).findings:
            if found.code == code:
                span = Span(f"{_FOLDER}/{media.name}", found.line, found.column, found.line, found.column)
                yield Finding(code, span, found.message, found.help)


RULES: Final = (unsafe_svg, damaged_picture, picture_too_large, svg_too_complex)
