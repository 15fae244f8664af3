"""Anki packages of all three container forms, made by hand, and other sources to import."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PNG = png()
SOUND = b"ID3" + b"\0" * 200
BASIC, REVERSED, CLOZE, TYPED, OPTIONAL, GEO = 1001, 1002, 1003, 1004, 1005, 1006
FRONT_SIDE = "{{FrontSide}}<hr id=answer>"


class Model(NamedTuple):
    """A note type."""

    id: int
    name: str
    fields: tuple[str, ...]
    templates: tuple[tuple[str, str], ...]
    is_cloze: bool = False


MODELS = (
    Model(BASIC, "Basic", ("Front", "Back"), (("{{Front}}", FRONT_SIDE + "{{Back}}"),)),
    Model(
        REVERSED,
        "Basic (and reversed card)",
        ("Front", "Back"),
        (("{{Front}}", FRONT_SIDE + "{{Back}}"), ("{{Back}}", FRONT_SIDE + "{{Front}}")),
    ),
    Model(CLOZE, "Cloze", ("Text", "Back Extra"), (("{{cloze:Text}}", "{{cloze:Text}}<br>{{Back Extra}}"),), True),
    Model(TYPED, "Typed", ("Front", "Back"), (("{{Front}}{{type:Back}}", "{{Front}}<hr id=answer>{{type:Back}}"),)),
    Model(
        OPTIONAL,
        "Optional",
        ("Front", "Back", "Add"),
        (
            ("{{Front}}", FRONT_SIDE + "{{Back}}"),
            ("{{#Add}}{{Back}}{{/Add}}", FRONT_SIDE + "{{Front}}"),
        ),
    ),
    Model(
        GEO,
        "Geo",
        ("Country", "Capital", "Map"),
        (
            ("{{#Capital}}What is the capital of {{Country}}?{{/Capital}}", FRONT_SIDE + "<b>{{Capital}}</b>"),
            ("{{#Map}}Which country? {{Map}}{{/Map}}", FRONT_SIDE + "{{Country}}"),
        ),
    ),
)


class Note(NamedTuple):
    """A note with its cards in one deck."""

    model: int
    fields: tuple[str, ...]
    tags: str = ""
    deck: str = "Deck"
    guid: str = ""


def compressed(data: bytes) -> bytes:
    return bytes(zstd.compress(data))


def decompressed(data: bytes) -> bytes:
    return bytes(zstd.decompress(data))


def package(notes: Sequence[Note], media: Mapping[str, bytes] | None = None, *, form: str = "legacy2") -> bytes:
    """Return a package; the forms are `legacy1`, `legacy2` and `latest`."""
    files = dict(media or {})
    is_new = form == "latest"
    database = collection(notes, is_new=is_new)
    entries: dict[str, bytes] = {}
    if is_new:
        entries["meta"] = b"\x08\x03"
        entries["collection.anki21b"] = compressed(database)
        entries["collection.anki2"] = collection([Note(BASIC, ("Please update to the latest Anki version", ""))])
        listed = b"".join(field(1, field(1, name.encode()) + number(2, len(data))) for name, data in files.items())
        entries["media"] = compressed(listed)
        entries |= {str(index): compressed(data) for index, data in enumerate(files.values())}
        return packed(entries)
    if form == "legacy2":
        entries["meta"] = b"\x08\x02"
        entries["collection.anki2"] = collection([Note(BASIC, ("Please update to the latest Anki version", ""))])
    entries["collection.anki21" if form == "legacy2" else "collection.anki2"] = database
    entries["media"] = json.dumps({str(index): name for index, name in enumerate(files)}).encode()
    entries |= {str(index): data for index, data in enumerate(files.values())}
    return packed(entries)


def packed(entries: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def collection(notes: Sequence[Note], *, is_new: bool = False, also: Sequence[str] = ()) -> bytes:
    """Return a collection in schema 11 or 18; `also` is run at the end."""
    connection = sqlite3.connect(":memory:")
    connection.create_collation("unicase", lambda one, other: (one > other) - (one < other))
    connection.executescript(
        "CREATE TABLE notes (id integer primary key, guid text, mid integer, mod integer, usn integer, tags text, "
        "flds text, sfld text, csum integer, flags integer, data text);"
        "CREATE TABLE cards (id integer primary key, nid integer, did integer, ord integer, mod integer, usn integer, "
        "type integer, queue integer, due integer, ivl integer, factor integer, reps integer, lapses integer, "
        "left integer, odue integer, odid integer, flags integer, data text);"
        "CREATE TABLE col (id integer primary key, models text, decks text);"
        "CREATE INDEX ix_cards_nid ON cards (nid);"
    )
    decks = {name: 100 + index for index, name in enumerate(sorted({note.deck for note in notes} or {"Default"}))}
    if is_new:
        new_tables(connection, decks)
    else:
        models = {str(model.id): old_model(model) for model in MODELS}
        known = {str(key): {"id": key, "name": name, "desc": "About <b>it</b>."} for name, key in decks.items()}
        connection.execute("INSERT INTO col VALUES (1, ?, ?)", (json.dumps(models), json.dumps(known)))
    for index, note in enumerate(notes):
        row = 5000 + index
        guid = note.guid or f"guid{index}"
        values = (row, guid, note.model, 1_700_000_000, f" {note.tags} ", "\x1f".join(note.fields))
        connection.execute("INSERT INTO notes VALUES (?, ?, ?, ?, 0, ?, ?, '', 0, 0, '')", values)
        card = (row, row, decks[note.deck])
        connection.execute("INSERT INTO cards VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '')", card)
    for statement in also:
        connection.execute(statement)
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def old_model(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "name": model.name,
        "type": int(model.is_cloze),
        "css": ".card {}",
        "flds": [{"name": name, "ord": index} for index, name in enumerate(model.fields)],
        "tmpls": [
            {"name": f"Card {index + 1}", "ord": index, "qfmt": front, "afmt": back}
            for index, (front, back) in enumerate(model.templates)
        ],
    }


def new_tables(connection: sqlite3.Connection, decks: Mapping[str, int]) -> None:
    connection.executescript(
        "CREATE TABLE notetypes (id integer primary key, name text collate unicase, mtime_secs integer, usn integer, "
        "config blob);"
        "CREATE TABLE fields (ntid integer, ord integer, name text collate unicase, config blob, "
        "primary key (ntid, ord)) without rowid;"
        "CREATE TABLE templates (ntid integer, ord integer, name text collate unicase, mtime_secs integer, "
        "usn integer, config blob, primary key (ntid, ord)) without rowid;"
        "CREATE TABLE decks (id integer primary key, name text collate unicase, mtime_secs integer, usn integer, "
        "common blob, kind blob);"
    )
    connection.execute("INSERT INTO col VALUES (1, '', '')")
    for model in MODELS:
        config = number(1, int(model.is_cloze)) + field(3, b".card {}")
        connection.execute("INSERT INTO notetypes VALUES (?, ?, 0, 0, ?)", (model.id, model.name, config))
        for index, name in enumerate(model.fields):
            connection.execute("INSERT INTO fields VALUES (?, ?, ?, ?)", (model.id, index, name, field(3, b"Arial")))
        for index, (front, back) in enumerate(model.templates):
            config = field(1, front.encode()) + field(2, back.encode())
            template = (model.id, index, f"Card {index + 1}", config)
            connection.execute("INSERT INTO templates VALUES (?, ?, ?, 0, 0, ?)", template)
    for name, key in decks.items():
        kind = field(1, number(1, 1) + field(4, b"About <b>it</b>."))
        deck = (key, name.replace("::", "\x1f"), kind)
        connection.execute("INSERT INTO decks VALUES (?, ?, 0, 0, x'', ?)", deck)


def field(number_: int, data: bytes) -> bytes:
    """Return a field of a protobuf message with bytes."""
    return varint(number_ << 3 | 2) + varint(len(data)) + data


def number(number_: int, value: int) -> bytes:
    """Return a field of a protobuf message with a number."""
    return varint(number_ << 3) + varint(value)


def varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def sources(folder: Path) -> dict[str, Path]:
    """Write a source of each format with two notes or more; gives their paths by the names of their readers."""
    made = {name: folder / file for name, file in FILES.items()}
    made["anki"].write_bytes(package([Note(BASIC, ("a", "b")), Note(CLOZE, ("{{c1::a}}", ""))], {"a.png": PNG}))
    for name, text in TEXTS.items():
        made[name].parent.mkdir(exist_ok=True)
        made[name].write_text(text, encoding="utf-8")
    crowd = made["crowdanki"]
    (crowd / "media").mkdir(parents=True)
    (crowd / "media" / "a.png").write_bytes(PNG)
    (crowd / "deck.json").write_text(json.dumps(CROWD), encoding="utf-8")
    brew = made["brain-brew"].parent
    (brew / "main.csv").write_text('country,flag,tags\nFrance,"<img src=""a.png"">","eu, west"\nPeru,,am\n', "utf-8")
    (brew / "more.csv").write_text("country,capital,guid\nPeru,Lima,g2\nFrance,Paris,g1\n", "utf-8")
    (brew / "flags").mkdir()
    (brew / "flags" / "a.png").write_bytes(PNG)
    return made


FILES = {
    "anki": "sample.apkg",
    "anki-text": "notes.txt",
    "brain-brew": "brew/recipe.yaml",
    "crowdanki": "crowd",
    "hashcards": "hash.md",
    "markdown": "questions.md",
    "obsidian": "vault.md",
    "quizlet": "terms.txt",
    "table": "table.csv",
}
TEXTS = {
    "anki-text": "#separator:tab\n#html:true\n#guid column:1\n#notetype column:2\n#deck column:3\n#tags column:6\n"
    "g1\tBasic\tA::B\t<b>x</b>\ty\tt1 t2\ng2\tCloze\tA\tx {{c1::y}}\t\t\n",
    "brain-brew": """- build_parts:
  - headers_from_yaml_part:
    - part_id: header
      file: header.yaml
      override: {name: Countries}
  - media_group_from_folder:
    - {part_id: flags, source: flags, recursive: true}
  - notes_from_csvs:
      part_id: english
      note_model_mappings:
      - note_models: [Geo]
        columns_to_fields:
          <<: &shared {flag: Flag, tags: tags}
          country: Country
          capital: Capital
          guid: guid
      file_mappings:
      - file: main.csv
        note_model: Geo
        derivatives:
        - file: more.csv
  - notes_from_csvs: {part_id: german}
""",
    "hashcards": "# Science\n\nQ: What is $x^2$?\nA: A square.\n\nMore.\n\n---\nC: The [sun] is a [star].\n",
    "markdown": "# Questions\n\n## Basics\n\n### 1. What is **X**?\n\nIt is `x < y`.\n\n```js\n# no heading\n```\n\n"
    "### What is <div> for?\n\nA box, see [this](https://example.org) and [that](#top).\n",
    "obsidian": "---\ntags: [x]\n---\n#flashcards/geo #biology\n\nHund::dog\nKatze:::cat\n\nWhat\nis it?\n?\nanswer\n\n"
    "The ==sun== shines. <!--SR:!2020-01-01,3,250-->\n",
    "quizlet": "Hund\tdog\nKatze\tcat\n  or kitten\n",
    "table": 'Front,Back,Tags\nWhat is 2+2?,4,"math, easy"\n"A, quoted",b,x\n',
}
CROWD = {
    "__type__": "Deck",
    "name": "Top",
    "desc": "About <i>this</i>.",
    "note_models": [{**old_model(MODELS[0]), "crowdanki_uuid": "u1"}],
    "media_files": ["a.png", "../evil.png", "missing.png"],
    "notes": [{"guid": "g1", "note_model_uuid": "u1", "fields": ["a <b>c</b>", "b"], "tags": ["t"]}],
    "children": [
        {
            "name": "Top::Sub",
            "notes": [{"guid": "g2", "note_model_uuid": "u1", "fields": ["<img src='a.png'>", "y"], "tags": []}],
            "children": [],
        }
    ],
}
