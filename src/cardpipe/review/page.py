"""The review as one self-contained HTML page, without scripts and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.errors import RenderError
from cardpipe.release.word_diff import Budget
from cardpipe.report.excerpt import marked_line
from cardpipe.review.cards import changed_cards, listed_cards
from cardpipe.review.risks import risks
from cardpipe.writers.html import data_address
from cardpipe.writers.page.document import stylesheet
from cardpipe.writers.page.math_fonts import is_formula, with_formulas
from cardpipe.writers.page.parts import CardParts
from cardpipe.writers.templating import finished, render

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.report.excerpt import MarkedLine
    from cardpipe.review.state import Review


def page(review: Review) -> bytes:
    """Return the page in UTF-8; the same for the same review."""
    assets = {**review.before.assets, **review.after.assets}
    addresses: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in addresses:
            if name not in assets:
                raise RenderError(f"A text refers to the asset “{name}”, which was not rendered.")
            addresses[name] = name if is_formula(name) else data_address(assets[name])
        return addresses[name]

    def line(found: Diagnostic) -> MarkedLine | None:
        file = review.files.get(found.span.path)
        return marked_line(file, found.span) if file is not None and file.text else None

    math, light, dark = next((one.styles for one in (review.after, review.before) if one.styles[0]), ("", "", ""))
    style = "\n".join(
        [
            stylesheet("common") + stylesheet("screen") + math,
            light,
            f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}",
            stylesheet("review"),
        ]
    )
    # The words around the cards are English, as on the command line; the cards have the deck's language.
    changed = list(changed_cards(review, Budget()))
    added = list(listed_cards(review, review.changes.added))
    made = render(
        "review/page.html",
        "en",
        review=review,
        risks=risks(review),
        changed=changed,
        added=added,
        by_path={card.path: card.id for card in (*changed, *added) if card.path},
        retired=list(listed_cards(review, review.changes.retired)),
        parts=CardParts(address=address, present=(), language=review.language, room=None),
        excerpt=line,
        edges=False,
        style=finished(style),
    )
    return with_formulas([made], assets)
