"""A format whose options ask for flags that are taken, and that is also offered under a name that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.writers.api import Artefact, Capabilities, MathForm, RenderedDeck, TextForm, WriterOption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class ShoutWriter:
    """Titles, loudly."""

    name = "shout"
    summary = "Every title in capitals."
    capabilities = Capabilities(TextForm.MARKDOWN, MathForm.TEX)
    options = (
        WriterOption(name="mark", choices=("!", "!!!"), default="!", help="What ends a title.", flag="tag"),
        WriterOption(name="wall", choices=("a4", "brick"), default="brick", help="Of what?", flag="paper"),
    )

    def write(
        self, deck: RenderedDeck, options: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Sequence[Artefact]:
        """One line a card."""
        lines = [card.label.characters.upper() + options["mark"] + "\n" for card in deck.cards]
        progress(len(lines), len(lines))
        return [Artefact(f"{deck.settings.slug}.shout.txt", "".join(lines).encode())]


WRITER = ShoutWriter()
