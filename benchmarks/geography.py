"""Converts Ultimate Geography to a deck with a note type: `python benchmarks/geography.py CHECKOUT OUTPUT`.

CHECKOUT is a checkout of https://github.com/anki-geo/ultimate-geography, whose data do not belong to this repository.
OUTPUT becomes a project with one table of all records. With `--check`, the deck is exported and imported into the real
Anki beside notes of the original's own templates; it ends with 1 if a note makes other cards than the original.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from cardpipe.text.escaping import markdown_text

_FIELDS: Final = {
    "country": "Country",
    "country_info": "Country info",
    "capital": "Capital",
    "capital_info": "Capital info",
    "capital_hint": "Capital hint",
    "flag": "Flag",
    "flag_similarity": "Flag similarity",
    "map": "Map",
}
"""The keys of fields, and their names in the original."""
_PICTURES: Final = frozenset({"flag", "map"})
_FACES: Final = ("Country - Capital", "Capital - Country", "Flag - Country", "Map - Country")
_SOURCE: Final = re.compile(r'src="([^"]+)"')
_DECK: Final = """\
uid: ultimate-geography-sample
slug: geography
name: Geography
language: en
authors: [The authors of Ultimate Geography]
description: Countries, capitals, flags and maps.
tags: open
subdecks: {UG: Countries}
note_types:
  country:
    fields:
      country: {kind: line, required: true}
      country_info: text
      capital: line
      capital_info: text
      capital_hint: line
      flag: picture
      flag_similarity: line
      map: picture
    faces:
      country-capital:
        label: Country - Capital
        front: |
          **{country}**

          {country_info}

          What is its capital?
        back: |
          **{capital}**

          {capital_info}
        needs: [capital]
      capital-country:
        label: Capital - Country
        front: |
          Which country has this capital?

          **{capital}**{?capital_hint} (Hint: {capital_hint}){/capital_hint}
        back: |
          **{country}**

          {country_info}

          {capital_info}
        needs: [capital]
      flag-country:
        label: Flag - Country
        front: |
          Which country has this flag?

          {flag}
        back: |
          **{country}**{?flag_similarity} (similar: {flag_similarity}){/flag_similarity}

          {country_info}
        needs: [flag]
      map-country:
        label: Map - Country
        front: |
          Which country is this?

          {map}
        back: |
          **{country}**

          {country_info}
        needs: [map]
formats: {anki: {}, csv: {}}
"""


def records(checkout: Path) -> list[dict[str, str]]:
    """Return the records in English: the original's fields by name, and `tags`."""
    tables = {}
    for name in ("country_info", "capital", "capital_info", "capital_hint", "flag_similarity"):
        with (checkout / f"src/data/{name}.csv").open(encoding="utf-8", newline="") as file:
            tables[name] = {row["country"]: row[name.replace("_", " ")] for row in csv.DictReader(file)}
    found = []
    with (checkout / "src/data/main.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values = {"Country": row["country"], "Flag": row["flag"], "Map": row["map"], "tags": row["tags"]}
            values.update({_FIELDS[name]: table.get(row["country"], "") for name, table in tables.items()})
            found.append(values)
    return found


def convert(checkout: Path, output: Path) -> int:
    """Write the project; returns the number of records."""
    lines = ["type: country", "records:"]
    found = records(checkout)
    for number, record in enumerate(found, 1):
        entries = [f"id: UG{number:04}"]
        for key, name in _FIELDS.items():
            value = record[name].strip()
            if not value:
                continue
            pictures = _SOURCE.findall(value) if key in _PICTURES else []
            written = (pictures if len(pictures) > 1 else pictures[0]) if pictures else markdown_text(value)
            entries.append(f"{key}: {json.dumps(written, ensure_ascii=False)}")
        tags = [tag.strip() for tag in record["tags"].split(",") if tag.strip()]
        entries.append(f"tags: [{', '.join(tags)}]")
        lines.append(f"  - {{{', '.join(entries)}}}")
    (output / "source/tables").mkdir(parents=True, exist_ok=True)
    (output / "source/media").mkdir(exist_ok=True)
    (output / "source/deck.yaml").write_text(_DECK, encoding="utf-8")
    (output / "source/tables/countries.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    used = {match for record in found for name in ("Flag", "Map") for match in _SOURCE.findall(record[name])}
    for path in (checkout / "src/media").rglob("*"):
        if path.name in used:
            shutil.copyfile(path, output / "source/media" / path.name)
    return len(found)


def different(checkout: Path, package: Path) -> list[str]:
    """Return the notes that make other cards than with the original's templates, by the real Anki."""
    from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        try:
            request = ImportAnkiPackageRequest(package_path=str(package), options=ImportAnkiPackageOptions())
            collection.import_anki_package(request)
            ours = {}
            for note_id in collection.find_notes("ID:UG*"):
                note = collection.get_note(note_id)
                ours[note["Country"]] = [card.template()["name"] for card in note.cards()]
            theirs = _originals(collection, checkout)
            empty = [str(note.note_id) for note in collection.get_empty_cards().notes]
        finally:
            collection.close()
    found = [
        f"{name}: {ours.get(name)} instead of {cards}" for name, cards in theirs.items() if ours.get(name) != cards
    ]
    return [*found, *(f"note {note} has empty cards" for note in empty)]


def _originals(collection: Any, checkout: Path) -> dict[str, list[str]]:
    """Return the cards that the original's templates make, by country as our deck writes it."""
    models = collection.models
    model = models.new("Original")
    for name in _FIELDS.values():
        models.add_field(model, models.new_field(name))
    for name in _FACES:
        path = checkout / "src/note_models/templates/base" / f"{name} [__LANGUAGE_CODE__].html"
        template = models.new_template(name)
        template["qfmt"], _, template["afmt"] = path.read_text(encoding="utf-8").partition("\n--\n")
        models.add_template(model, template)
    models.add(model)
    made = {}
    for record in records(checkout):
        note = collection.new_note(models.by_name("Original"))
        for name in _FIELDS.values():
            note[name] = record[name]
        collection.add_note(note, 1)
        made[record["Country"]] = [card.template()["name"] for card in note.cards()]
    return made


def main() -> int:
    """Convert, and compare on request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--check", action="store_true", help="export, and compare the cards in the real Anki")
    arguments = parser.parse_args()
    count = convert(arguments.checkout, arguments.output)
    sys.stdout.write(f"{count} records in {arguments.output}\n")
    if not arguments.check:
        return 0
    from cardpipe.build.pipeline import export
    from cardpipe.model.selection import Request

    made = export(arguments.output, arguments.output / "output", Request(formats=("anki",)))
    errors = [str(found) for found in made.checked.diagnostics if found.severity.value == "error"]
    sys.stdout.writelines(f"{line}\n" for line in errors[:20] or ["no errors"])
    if errors:
        return 1
    found = different(arguments.checkout, arguments.output / "output/geography.apkg")
    sys.stdout.writelines(
        f"{line}\n" for line in found or ["each note makes the same cards as the original's templates"]
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
