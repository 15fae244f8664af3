"""The project of imported decks: `deck.yaml`, cards, media."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.cache.store import Cache
from cardpipe.importing.adoption import write_adopted
from cardpipe.importing.api import UsageError
from cardpipe.importing.cards import CardMaker
from cardpipe.importing.deck_file import deck_yaml
from cardpipe.importing.history import Continuity, FormerNote, KeptType, write_lock
from cardpipe.importing.media_store import MediaStore
from cardpipe.importing.names import tag_names
from cardpipe.importing.own_types import FieldKinds, add_faces, fields_of
from cardpipe.importing.records import RecordMaker, Tables
from cardpipe.importing.shipped.lock import released_types, shipped_name
from cardpipe.importing.shipped.notes import draft_of, note_id, parts_of, tags_of
from cardpipe.importing.shipped.types import text_of
from cardpipe.importing.survey import NUMBERS, full_deck, survey
from cardpipe.model.anki_identity import GUID_FORM, LONGEST_GUID
from cardpipe.model.card_ids import id_prefix
from cardpipe.model.deck import Media
from cardpipe.source.load import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cardpipe.importing.api import ImportedDeck, ImportedNote
    from cardpipe.importing.card_text import FieldText
    from cardpipe.importing.cards import ConvertedCard
    from cardpipe.importing.plan import TypeKey
    from cardpipe.importing.shipped.notes import CardParts
    from cardpipe.importing.shipped.types import ShippedType
    from cardpipe.importing.survey import Survey
    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.note_types import NoteType

    Progress = Callable[[str, int, int], None]

_KEPT_ENTRIES: Final = 2_000
"""The number of fields that the report shows in both forms; all others are counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A field for the report, in both forms."""

    card: str
    field: str
    place: str
    source: str
    written: str
    original: bool


@dataclass(slots=True)
class Outcome:
    """What was imported."""

    survey: Survey
    cards: int = 0
    fields: int = 0
    exact: int = 0
    """Fields whose Markdown shows the same."""
    originals: int = 0
    """Fields that are kept as blocks of original HTML."""
    simplified: int = 0
    media: int = 0
    left_out: int = 0
    """Cards that cannot be written."""
    entries: list[Entry] = field(default_factory=list)
    remarks: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What was left out or dropped, by place and message."""
    former: dict[str, FormerNote] = field(default_factory=dict)
    """The notes of note types that are kept, by the IDs of their cards."""
    with_guid: Counter[TypeKey] = field(default_factory=Counter)
    """Notes whose GUIDs are kept, by note type."""
    continuity: Continuity | None = None
    """How these go on; None if no note type is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user has chosen for the new deck."""

    name: str = ""
    language: str = ""
    adopts: bool = True
    """Whether note types that learners have are kept."""
    schemas: Callable[[Mapping[str, NoteType], bool], Mapping[str, str]] = lambda _note_types, _adopts: {}
    """Return the JSON Schemas for editors by the names of their files.

    It is given the note types of the deck, and whether any note type is kept.
    """


def import_decks(decks: Sequence[ImportedDeck], folder: Path, chosen: Settings, report: Progress) -> Outcome:
    """Write the project of decks into an empty folder; raises UsageError if the decks cannot be imported."""
    found = survey(decks, lambda done, total: report("read", done, total), adopts=chosen.adopts)
    found.name = chosen.name or found.name
    outcome = Outcome(found)
    source = folder / "source"
    (source / "cards").mkdir(parents=True)
    settings = _with_settings(folder, found, chosen.language, decks)
    cache = Cache.in_memory()
    (source / "media").mkdir()
    media = MediaStore(source / "media", cache, takes_latex=found.names_latex)
    media.take(decks, lambda done, total: report("media", done, total))
    for deck in decks if found.has_pasted else ():
        for note in deck.notes():
            for value in note.fields:
                media.with_pasted(value)
    # Rules on cards look up names of media, and only those; of pictures in figures also the size.
    stand_ins = tuple(
        Media(name, media.head(name) if found.deck.may_have_figure(name) else b"x") for name in media.new_names
    )
    maker = CardMaker(replace(settings, media=stand_ins), cache, media)
    try:
        if found.own:
            _declare(decks, source, maker, media, found, lambda done, total: report("read", done, total))
            settings = _with_settings(folder, found, chosen.language, decks)
            maker.use(replace(settings, media=stand_ins))
        for name, text in chosen.schemas(settings.note_types, bool(found.adopted)).items():
            (source / name).write_text(text, encoding="utf-8", newline="\n")
        with Tables(source / "tables", "../table.schema.json") as tables:
            _write_cards(decks, folder, maker, RecordMaker(maker, media), tables, outcome, report)
    finally:
        maker.close()
    write_adopted(source / "anki", list(found.adopted.values()))
    outcome.media = len(list(media.new_names))
    for remark in (*media.remarks, *(remark for deck in decks for remark in deck.remarks)):
        outcome.remarks[remark.place, remark.message] += 1
    if not outcome.media:
        (source / "media").rmdir()
    if not any((source / "cards").iterdir()):
        (source / "cards").rmdir()
    if outcome.former:
        outcome.continuity = write_lock(folder, outcome.former, _kept_types(found), report)
    return outcome


def _kept_types(found: Survey) -> dict[TypeKey, KeptType]:
    """Return the note types that learners have and keep: adopted ones, and those of a deck of cardpipe with its uid."""
    kept = {key: KeptType(one.key, one.source.modified or 1) for key, one in found.adopted.items()}
    if found.deck.uid:
        ours = {key: one for key, one in found.shipped.items() if _is_kept(found, key)}
        records = released_types(ours.values())
        for key, one in ours.items():
            name = shipped_name(one)
            kept[key] = KeptType(name, one.note_type.modified or 1, records.get(name))
    return kept


def _is_kept(found: Survey, key: TypeKey) -> bool:
    shipped = found.shipped.get(key)
    is_ours = found.deck.uid and shipped is not None and (shipped.kind is not None or found.own[key].is_declared)
    return bool(is_ours) or key in found.adopted


def _with_settings(folder: Path, found: Survey, language: str, decks: Sequence[ImportedDeck]) -> DeckSettings:
    """Write `deck.yaml`, and read it."""
    shown = language or text_of(found.deck.facts, "language", 35)
    shown = shown or next((deck.language for deck in decks if deck.language), "und")
    text = deck_yaml(found, shown, decks)
    (folder / "source" / "deck.yaml").write_text(text, encoding="utf-8", newline="\n")
    loaded = load_settings(folder)
    if loaded.findings and len(found.deck.facts) > 1:
        # What a package says of its deck is not always what this version allows.
        found.deck.facts = {"uid": found.deck.uid}
        return _with_settings(folder, found, language, decks)
    if loaded.settings is None or loaded.findings:
        message = loaded.findings[0].message if loaded.findings else "unknown"
        raise UsageError(f"The settings of the deck cannot be written: {message}", hint="Set its name with --name.")
    return loaded.settings


def _declare(
    decks: Sequence[ImportedDeck],
    source: Path,
    maker: CardMaker,
    media: MediaStore,
    found: Survey,
    report: Callable[[int, int], None],
) -> None:
    """Find the kinds of fields of note types of the deck, and write their faces and style sheets."""
    for key, own in list(found.own.items()):
        sides = (side for face in own.faces for side in (face.text.front, face.text.back))
        if own.is_declared and any(map(maker.refuses, sides)):
            # A declaration that lint refuses; the note type is taken over like that of any other program.
            found.own[key] = replace(own, fields=fields_of(own.source), faces=[], places=None, style="")
            del found.shipped[key]
    kinds = {key: FieldKinds(own, maker.converter, media.name_of) for key, own in found.own.items()}
    done = 0
    for number, deck in enumerate(decks):
        for note in deck.notes():
            done += 1
            report(done, found.notes)
            if (number, note.note_type) in kinds:
                kinds[number, note.note_type].add(note.fields)
    for key, own in found.own.items():
        kinds[key].finish()
        if not own.is_declared:
            add_faces(own, found.patterns[key], maker.converter, maker.refuses)
        if own.style:
            (source / "styles").mkdir(exist_ok=True)
            (source / "styles" / f"{own.key}.css").write_text(own.style, encoding="utf-8", newline="\n")


def _write_cards(
    decks: Sequence[ImportedDeck],
    folder: Path,
    maker: CardMaker,
    records: RecordMaker,
    tables: Tables,
    outcome: Outcome,
    report: Progress,
) -> None:
    found = outcome.survey
    places = _Places(found)
    guids: set[str] = set()
    done = 0
    for number, deck in enumerate(decks):
        for note in deck.notes():
            done += 1
            report("convert", done, found.notes)
            key = (number, note.note_type)
            plan = found.plans[key]
            own = found.own.get(key)
            shipped = found.shipped.get(key)
            values = own.values(note.fields) if own is not None else {}
            is_own = own is not None and any(values.keys() >= set(face.needs) for face in own.faces)
            parts = _parts(shipped, note, maker, records.media) if shipped is not None else None
            drafts = (
                (None,)
                if is_own
                else plan.drafts(note)
                if shipped is None
                else (draft_of(shipped, note.fields, parts),)
            )
            for index, draft in enumerate(drafts):
                card_id = places.id_of(note, full_deck(note, deck), shipped)
                path, schema = places.path(card_id)
                tags = tag_names(note.tags if shipped is None else tags_of(note.tags))
                guid = _guid(note, guids, outcome) if not index else ""
                guid = guid if shipped is None or found.deck.needs_guid(card_id, guid) else ""
                texts: dict[str, FieldText] = {}
                if draft is not None:
                    form = plan.note_type.form if shipped is None else shipped.note_type.form
                    made = maker.card(card_id, draft, form, tags=tags, guid=guid, path=path, schema=schema)
                elif own is not None:
                    made, texts = records.card(
                        card_id, values, own, tags=tags, guid=guid, path=path, schema=schema, parts=parts
                    )
                if made.refusal:
                    places.give_back(card_id)
                    outcome.left_out += 1
                    outcome.remarks[note.place, f"left out: {made.refusal}"] += 1
                    continue
                has_lists = parts is not None and bool(parts.figures or parts.references)
                if draft is None and own is not None and own.is_table and not has_lists:
                    tables.add(own, card_id, guid, texts, tags, parts)
                else:
                    target = folder / path
                    target.parent.mkdir(exist_ok=True, parents=True)
                    target.write_text(made.text, encoding="utf-8", newline="\n")
                _count(outcome, note, made)
                outcome.with_guid[number, note.note_type] += bool(guid)
                if not index and note.guid in guids and _is_kept(found, key):
                    outcome.former[card_id] = FormerNote(
                        key,
                        note.guid,
                        note.modified or 0,
                        tuple(card.index for card in note.cards),
                        note.deck,
                    )


def _parts(shipped: ShippedType, note: ImportedNote, maker: CardMaker, media: MediaStore) -> CardParts:
    return parts_of(shipped, note.fields, note.tags, maker.texts, media.name_of, maker.words)


class _Places:
    """The IDs of cards, and where their files are."""

    def __init__(self, found: Survey) -> None:
        self._found = found
        self._has_folders = len(found.subdecks) > 1 and not found.deck.form.named
        self._taken = set(found.deck.decks)
        """The IDs that notes have."""
        self._given: set[str] = set()
        self._numbers: Counter[str] = Counter()

    def id_of(self, note: ImportedNote, deck: str, shipped: ShippedType | None) -> str:
        """Return the ID of a note's card: its own, or a new one with a prefix of its deck."""
        own = note_id(shipped, note.fields) if shipped is not None else ""
        if own in self._taken and own not in self._given:
            self._given.add(own)
            return own
        form = self._found.deck.form
        while True:
            prefix = _free_prefix(self._found.prefixes[deck], self._numbers, min(NUMBERS, form.largest))
            number = self._numbers[prefix]
            card_id = f"{prefix}/card-{number}" if form.named else form.numbered(prefix, number)
            if card_id not in self._taken:
                return card_id

    def give_back(self, card_id: str) -> None:
        """Let the next card have an ID that a card does not need after all."""
        if card_id not in self._given:
            self._numbers[id_prefix(card_id)] -= 1

    def path(self, card_id: str) -> tuple[str, str]:
        """Return the path of a card's file, and that of the schema from there."""
        below = f"{id_prefix(card_id)}/" if self._has_folders and "/" not in card_id else ""
        path = f"source/cards/{below}{card_id}.yaml"
        return path, f"{'../' * (path.count('/') - 1)}card.schema.json"


def _guid(note: ImportedNote, known: set[str], outcome: Outcome) -> str:
    """Return the GUID of a note for its card; empty if it is not one, or if another note has it."""
    guid = note.guid
    if not guid:
        return ""
    if guid in known or len(guid) > LONGEST_GUID or re.fullmatch(GUID_FORM, guid) is None:
        what = "another note has this GUID" if guid in known else "cardpipe does not allow this GUID"
        outcome.remarks[note.place, f"{what}, so that the note gets a new one"] += 1
        return ""
    known.add(guid)
    return guid


def _free_prefix(prefixes: Sequence[str], numbers: Counter[str], most: int) -> str:
    """Return the first prefix with an unused number, which is counted as used."""
    prefix = next((one for one in prefixes if numbers[one] < most), prefixes[-1])
    numbers[prefix] += 1
    if numbers[prefix] > most:
        raise UsageError("There are more cards than IDs.", hint="Import a part of the notes.")
    return prefix


def _count(outcome: Outcome, note: ImportedNote, made: ConvertedCard) -> None:
    outcome.cards += 1
    for name, one in made.fields.items():
        outcome.fields += 1
        converted = one.converted
        for remark in dict.fromkeys(converted.remarks):
            outcome.remarks[made.id, remark] += 1
        if converted.exact:
            outcome.exact += 1
            continue
        outcome.originals += converted.original
        outcome.simplified += not converted.original
        if len(outcome.entries) < _KEPT_ENTRIES:
            outcome.entries.append(
                Entry(made.id, name, note.place, one.source, converted.text, original=converted.original)
            )
