"""Limits of what fields hold: far from what decks need, and such that no file fills a memory or takes hours.

What Markdown texts may hold is limited in `cardpipe.markup.bounds`.
"""

from __future__ import annotations

from typing import Final

from cardpipe.model.edition import LONGEST_TAG

LINE: Final = 500
"""Characters of a title, a name, a licence: a page's heading of five lines. They are repeated in contents and links."""
NAME: Final = 100
"""Characters of an ID, a kind, a rule's code: words that are looked up."""
TAG: Final = LONGEST_TAG
"""Characters of a tag with all its levels; tags of large shared decks have up to some 150."""
LEVELS: Final = 20
"""Levels of the name of a tag or a deck; large shared decks have about ten, and Anki makes a deck of each."""
DESCRIPTION: Final = 2_000
"""Characters of what a tag means: a page."""
ADDRESS: Final = 2_000
"""Characters of an address; browsers and servers promise no more."""
ALTERNATIVE: Final = 5_000
"""Characters of a figure's alternative text: two pages read aloud. They stand wherever the figure does."""
TAGS: Final = 300
"""Tags of one card; large shared decks have up to about a hundred."""
RELATED: Final = 100
"""Related cards of one card: each shows its title."""
REFERENCES: Final = 200
"""References of one card; a review article has about as many."""
FIGURES: Final = 100
"""Figures of one card."""
AUTHORS: Final = 1_000
"""Authors of a deck, all on the title page."""
SUBDECKS: Final = 500
"""Subdecks of a deck, each with its ID prefix."""
EDITIONS: Final = 200
"""Editions of a deck."""
FILE_SIZE: Final = 120_000
"""Pieces of the cards of one file, see `file_size`: 170 long cards full of formulas, or thousands of short ones."""
