"""The least that makes a package: notes from JSON as they are, through genanki; run where only genanki is installed."""

import json
import sys
from pathlib import Path

import genanki

model = genanki.Model(
    1_607_392_319,
    "Basic",
    fields=[{"name": "Front"}, {"name": "Back"}],
    templates=[{"name": "Card 1", "qfmt": "{{Front}}", "afmt": "{{FrontSide}}<hr id=answer>{{Back}}"}],
)
deck = genanki.Deck(2_059_400_110, "Bench")
for _, front, back, tags, _ in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
    deck.add_note(genanki.Note(model, [front, back], tags=tags))
genanki.Package(deck).write_to_file(sys.argv[2])
