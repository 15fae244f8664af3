"""Converts a checkout of Ultimate Geography into a deck of ours, and compares the cards that both make.

`python benchmarks/ultimate_geography.py CHECKOUT FOLDER [--language de]` writes the project; with `--compare` it also
exports it, and lets Anki make the cards of the original's templates (requires the extra `verify`). The checkout is one
of github.com/anki-geo/ultimate-geography; its data are not part of this repository.
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
from typing import Final

_DECK: Final = """\
uid: 3c2d1a2e-ultimate-geography-{language}
slug: ultimate-geography
name: Ultimate Geography
language: {language}
authors: [The contributors of Ultimate Geography]
licence: CC-BY-SA-3.0
description: Countries, capitals, flags and maps.
tags: open
subdecks: {{UG: Ultimate Geography}}
note_types:
  place:
    fields:
      country: {{kind: line, required: true}}
      country_info: line
      capital: line
      capital_info: line
      capital_hint: line
      flag: picture
      flag_similarity: line
      map: picture
    faces:
      country-capital:
        label: Country - Capital
        front: "What is the capital of **{{country}}**?{{?country_info}} *{{country_info}}*{{/country_info}}"
        back: |
          **{{capital}}**

          {{capital_info}}
        needs: [country, capital]
      capital-country:
        label: Capital - Country
        front: "**{{capital}}** is the capital of …{{?capital_hint}} *Hint: {{capital_hint}}*{{/capital_hint}}"
        back: |
          **{{country}}**

          {{country_info}}

          {{capital_info}}
        needs: [country, capital]
      flag-country:
        label: Flag - Country
        front: |
          Whose flag is this?

          {{flag}}
        back: |
          **{{country}}**

          {{country_info}}

          {{?flag_similarity}}Flag similar to {{flag_similarity}}.{{/flag_similarity}}
        needs: [flag]
      map-country:
        label: Map - Country
        front: |
          Which place is this?

          {{map}}
        back: |
          **{{country}}**

          {{country_info}}
        needs: [map]
formats: {{anki: , csv: , html: , markdown: , site: , pdf: }}
"""
_TEMPLATES: Final = ("Country - Capital", "Capital - Country", "Flag - Country", "Map - Country")
_PICTURE: Final = re.compile(r'<img src="([^"]+)" ?/?>')
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>$~])")


def records(checkout: Path, language: str) -> list[dict[str, str]]:
    """Return the filled fields of each note by key, with its tags and GUID."""
    data = checkout / "src/data"
    columns: dict[str, dict[str, str]] = {}
    for name in ("guid", "country", "country_info", "capital", "capital_hint", "capital_info", "flag_similarity"):
        with (data / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            wanted = name.replace("_", " ") + ("" if language == "en" else f":{language}")
            columns[name] = {row["country"]: row.get(wanted) or "" for row in csv.DictReader(file)}
    made = []
    with (data / "main.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            texts = {name: column.get(row["country"], "") for name, column in columns.items()}
            texts["country"] = texts["country"] or row["country"]
            pictures = {name: match[1] if (match := _PICTURE.search(row[name])) else "" for name in ("flag", "map")}
            made.append({**texts, **pictures, "tags": row["tags"]})
    return made


def write_deck(checkout: Path, folder: Path, language: str) -> list[dict[str, str]]:
    """Write the project into a folder that does not exist yet; returns its records."""
    source = folder / "source"
    (source / "tables").mkdir(parents=True)
    (source / "media").mkdir()
    (source / "deck.yaml").write_text(_DECK.format(language=language), encoding="utf-8")
    made = records(checkout, language)
    lines = ["type: place", "records:"]
    for number, record in enumerate(made, 1):
        entry: dict[str, object] = {"id": f"UG{number:04d}", "title": record["country"]}
        for name, text in record.items():
            if text and name in {"flag", "map"}:
                entry[name] = text
            elif text and name not in {"guid", "tags"}:
                entry[name] = _SPECIAL.sub(r"\\\1", text)
        entry["tags"] = record["tags"].split(", ")
        lines.append(f"  - {json.dumps(entry, ensure_ascii=False)}")
    (source / "tables/places.yaml").write_text("\n".join([*lines, ""]), encoding="utf-8")
    for name in {record[key] for record in made for key in ("flag", "map")} - {""}:
        (found,) = (checkout / "src/media").rglob(name)
        shutil.copyfile(found, source / "media" / name)
    return made


def cards_of_original(checkout: Path, made: list[dict[str, str]]) -> dict[str, list[int]]:
    """Return the numbers of the cards that Anki makes of each note with the original's templates, by country."""
    from anki.collection import Collection

    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        note_type = collection.models.new("Original")
        names = [name for name in made[0] if name not in {"guid", "tags"}]
        for name in names:
            collection.models.add_field(note_type, collection.models.new_field(_spoken(name)))
        for name in _TEMPLATES:
            path = checkout / f"src/note_models/templates/base/{name} [__LANGUAGE_CODE__].html"
            template = collection.models.new_template(name)
            template["qfmt"], _, template["afmt"] = path.read_text(encoding="utf-8").partition("\n--\n")
            collection.models.add_template(note_type, template)
        collection.models.add(note_type)
        found = {}
        for record in made:
            note = collection.new_note(note_type)
            note.fields = [record[name] for name in names]
            collection.add_note(note, collection.decks.id("Original"))
            found[record["country"]] = sorted(card.ord for card in note.cards())
        collection.close()
    return found


def cards_of_package(package: Path) -> dict[str, list[int]]:
    """Return the numbers of the cards that Anki has of each note after an import, by country."""
    from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        options = ImportAnkiPackageOptions(with_scheduling=False, with_deck_configs=False)
        collection.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options))
        found = {}
        for note_id in collection.find_notes(""):
            note = collection.get_note(note_id)
            found[note["Country"]] = sorted(card.ord for card in note.cards())
        empty = sum(len(note.card_ids) for note in collection.get_empty_cards().notes)
        if empty:
            sys.exit(f"Anki finds {empty} empty cards.")
        collection.close()
    return found


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def main() -> None:
    """Write the deck, and compare on request."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkout", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--compare", action="store_true")
    arguments = parser.parse_args()
    made = write_deck(arguments.checkout, arguments.folder, arguments.language)
    sys.stdout.write(
        f"{len(made)} notes, {sum(bool(record[key]) for record in made for key in ('flag', 'map'))} pictures\n"
    )
    if not arguments.compare:
        return
    from cardpipe.api import Project

    done = Project(arguments.folder).export(formats=["anki"])
    errors = [item for item in done.diagnostics if item.severity.value == "error"]
    if errors:
        sys.exit(
            f"{len(errors)} errors; the first one: {errors[0].span.path}:{errors[0].span.line} {errors[0].message}"
        )
    theirs, ours = cards_of_original(arguments.checkout, made), cards_of_package(done.files[0].path)
    different = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
    sys.stdout.write(
        f"{sum(map(len, theirs.values()))} cards of the original, {sum(map(len, ours.values()))} of ours\n"
    )
    if different:
        sys.exit(f"{len(different)} notes differ, such as {different[0]}.")
    sys.stdout.write("Each note has the same cards.\n")


if __name__ == "__main__":
    main()
