"""Limits for field values: far above what decks need, but low enough to bound memory and time.

The limits for Markdown texts are in `cardpipe.markup.bounds`.
"""

from __future__ import annotations

from typing import Final

from cardpipe.model.edition import LONGEST_TAG

LINE: Final = 500
"""Maximum characters of a title, a name, a licence: five lines in a heading. Contents and links repeat them."""
NAME: Final = 100
"""Maximum characters of an ID, a kind or a rule code."""
TAG: Final = LONGEST_TAG
"""Maximum characters of a tag with all its levels; tags of large shared decks have up to about 150."""
LEVELS: Final = 20
"""Maximum levels of a tag or deck name; large shared decks have about ten, and Anki creates a deck for each."""
DESCRIPTION: Final = 2_000
"""Maximum characters of a tag's description: a page."""
ADDRESS: Final = 2_000
"""Maximum characters of an address; browsers and servers support no more."""
ALTERNATIVE: Final = 5_000
"""Maximum characters of a figure's alternative text: two pages, repeated wherever the figure is."""
TAGS: Final = 300
"""Maximum tags of a card; large shared decks have up to about a hundred."""
RELATED: Final = 100
"""Maximum related cards of a card: the title of each is shown."""
REFERENCES: Final = 200
"""Maximum references of a card; a review article has about as many."""
FIGURES: Final = 100
"""Maximum figures of a card."""
AUTHORS: Final = 1_000
"""Maximum authors of a deck, all on the title page."""
SUBDECKS: Final = 500
"""Maximum subdecks of a deck, each with its ID prefix."""
MACROS: Final = 200
"""Maximum TeX macros of a deck."""
MACRO: Final = 500
"""Maximum characters of what a TeX macro stands for."""
EDITIONS: Final = 200
"""Maximum editions of a deck."""
FILE_SIZE: Final = 120_000
"""Maximum size of a file's cards, see `file_size`: 170 long cards full of formulas, or thousands of short ones."""
TABLE_SIZE: Final = 600_000
"""The same for a table, whose records are short: some ten thousand."""
KEY: Final = 40
"""Maximum characters of the name of a note type, of a field or of a face."""
NOTE_TYPES: Final = 100
"""Maximum note types of a deck: learners choose among them in Anki."""
NOTE_FIELDS: Final = 100
"""Maximum fields of a note type; large shared decks have about forty."""
FACES: Final = 40
"""Maximum faces of a note type: each is a card to learn."""
ITEMS: Final = 300
"""Maximum items of a list in a field."""
RECORDS: Final = 20_000
"""Maximum records of a table."""
ADOPTED_NAME: Final = 200
"""Maximum characters of a name in an adopted note type; Anki has no limit."""
ADOPTED_FIELDS: Final = 200
"""Maximum fields of an adopted note type; large shared decks have about forty."""
ADOPTED_TEMPLATE: Final = 60_000
"""Maximum characters of a side or a style sheet of an adopted note type; the longest found had half of them."""
