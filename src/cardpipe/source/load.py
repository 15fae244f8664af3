"""The first stage: load a project from disk, with all structural findings."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cardpipe.errors import ProjectError
from cardpipe.model.card_ids import ANY_ID
from cardpipe.model.deck import Card, Deck, DeckSettings, FigureScript, Media, StyleSheet
from cardpipe.model.diagnostics import MOST_COLLECTED, Finding
from cardpipe.source.adopted_types import read_adopted
from cardpipe.source.card_fields import CARD_FIELDS, card_of
from cardpipe.source.card_paths import CARDS_FOLDER, is_card_path, unread_files
from cardpipe.source.deck_fields import DECK_FIELDS, checked_prefixes, deck_of
from cardpipe.source.fields import FAULTY, Findings, TooMany, decode_into, is_usable
from cardpipe.source.file_size import oversized
from cardpipe.source.partial_cards import lacks_figures, partial_card
from cardpipe.source.partial_settings import incomplete_keys, with_placeholders
from cardpipe.source.release_lock import read_lock
from cardpipe.source.splicing import suggestion
from cardpipe.source.tables import TABLES_FOLDER, is_table_path, records_of, table_fields
from cardpipe.source.text_files import LARGEST_TEXT, text_file
from cardpipe.source.tree import FoundFile, found_files, read_file, read_media
from cardpipe.source.typed_cards import TYPE_FIELD, tables_of, typed_card
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.escaping import shortened
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceText
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cardpipe.model.note_types import NoteType
    from cardpipe.text.nodes import Node
    from cardpipe.text.positions import SourceFile, Span

DECK_PATH: Final = "source/deck.yaml"
MEDIA_FOLDER: Final = "source/media"
FIGURES_FOLDER: Final = "source/figures"
STYLES_FOLDER: Final = "source/styles"
_ID_LINE: Final = re.compile(rf"(?m)^(?:[ \t]*- +)?\{{?[ \t]*id:[ \t]+['\"]?({ANY_ID})\b")


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The result of loading: the deck with all valid cards; None only if `deck.yaml` is unusable."""

    deck: Deck | None
    findings: tuple[Finding, ...]
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """A project without its cards; the settings are None only if `deck.yaml` is no readable mapping."""

    settings: DeckSettings | None
    is_complete: bool
    """False if the settings have placeholders for required values, so that they can only be linted."""
    findings: tuple[Finding, ...]
    files: tuple[SourceFile, ...]
    card_files: tuple[FoundFile, ...]
    lock: bytes | None
    """The text of the release lock."""


@dataclass(slots=True)
class CardFile:
    """The content of a file under `source/cards/` or `source/tables/`."""

    path: str
    source: SourceFile | None = None
    """None if the file cannot be read as text."""
    cards: list[Card] = field(default_factory=list)
    faulty_ids: set[str] = field(default_factory=set)
    """IDs of cards that are too faulty to be built."""
    faulty_cards: list[Card] = field(default_factory=list)
    """These cards, with placeholders for missing parts."""
    findings: list[Finding] = field(default_factory=list)


def load(root: Path, *, contents: Mapping[str, bytes] | None = None, incomplete: bool = False) -> LoadResult:
    """Read the project in a folder.

    `contents` replaces files on disk, by path in the project, so that an editor can check unsaved text. With
    `incomplete`, the deck may have placeholders for required settings.

    Raises ProjectError if there is no `source/deck.yaml`, or if a file cannot be read.
    """
    unsaved = dict(contents or {})
    loaded = load_settings(root, contents=unsaved)
    findings, files = list(loaded.findings), list(loaded.files)
    cards: list[Card] = []
    faulty_ids: set[str] = set()
    faulty_cards: list[Card] = []
    for file in loaded.card_files:
        found = read_cards(file.path, read_data(file, unsaved, findings), loaded.settings)
        findings += found.findings
        files += [found.source] if found.source is not None else []
        cards += found.cards
        faulty_ids |= found.faulty_ids
        faulty_cards += found.faulty_cards
    deck = None
    if loaded.settings is not None and (loaded.is_complete or incomplete):
        deck = Deck(
            settings=loaded.settings,
            cards=tuple(cards),
            faulty_ids=frozenset(faulty_ids),
            faulty_cards=tuple(faulty_cards),
        )
    return LoadResult(deck, tuple(findings), tuple(files))


def load_settings(root: Path, *, contents: Mapping[str, bytes] | None = None) -> LoadedSettings:
    """Read everything except the cards, and find the card files; raises ProjectError like `load`."""
    unsaved = dict(contents or {})
    findings: list[Finding] = []
    files: list[SourceFile] = []
    values, node, deck_source = _read_deck(_deck_file(root, unsaved), unsaved, files, findings)
    card_files = _card_files(root, unsaved, findings)
    media = _media(root, findings)
    scripts = _scripts(root, findings)
    styles = _styles(root, unsaved, files, findings)
    data, lock = read_lock(root, unsaved, files, findings)
    settings, is_complete = None, False
    if node is not None and deck_source is not None:
        faulty = incomplete_keys(values, node)
        # The value of a misspelt key is only a guess.
        required = [field.name for field in DECK_FIELDS if field.required]
        is_complete = all(name in values and node.get(name) is not None for name in required)
        values = with_placeholders(values)
        settings = deck_of(values, deck_source, media=media, scripts=scripts, styles=styles, lock=lock, faulty=faulty)
        adopted = read_adopted(root, settings.uid.text, settings.note_types, unsaved, files, findings)
        settings = replace(settings, adopted=adopted) if adopted else settings
    return LoadedSettings(
        settings=settings,
        is_complete=is_complete,
        findings=tuple(findings),
        files=tuple(files),
        card_files=tuple(card_files),
        lock=data,
    )


def read_data(file: FoundFile, unsaved: Mapping[str, bytes], findings: list[Finding]) -> bytes | None:
    """Return the bytes of a source file; None, with a finding, if it is not a regular file."""
    return unsaved[file.path] if file.path in unsaved else read_file(file, LARGEST_TEXT, findings)


def _deck_file(root: Path, unsaved: Mapping[str, bytes]) -> FoundFile:
    if DECK_PATH not in unsaved and not os.path.lexists(root / DECK_PATH):
        raise ProjectError(
            f"{root} is not a deck project: it has no {DECK_PATH}.", hint="`cardpipe init DIR` creates a new deck."
        )
    return FoundFile(DECK_PATH, root)


def _read_root(
    file: FoundFile, unsaved: Mapping[str, bytes], files: list[SourceFile], findings: list[Finding]
) -> tuple[SourceFile | None, Node | None]:
    """Return a YAML file's text and its document; findings are added to the list."""
    data = read_data(file, unsaved, findings)
    source = text_file(file.path, data, findings) if data is not None else None
    if source is None:
        return None, None
    files.append(source)
    return source, read_yaml(source, findings)


def _read_deck(
    file: FoundFile, unsaved: Mapping[str, bytes], files: list[SourceFile], findings: list[Finding]
) -> tuple[dict[str, object], MapNode | None, SourceFile | None]:
    """Return the values of `deck.yaml`, its mapping and its text; no mapping if it is unusable."""
    before = len(findings)
    source, node = _read_root(file, unsaved, files, findings)
    if source is None:
        return {}, None, None
    if not isinstance(node, MapNode):
        if len(findings) == before:
            advice = f"The keys are: {', '.join(field.name for field in DECK_FIELDS)}."
            findings.append(Finding("SCH003", _first_line(source), "The deck must be a mapping.", help=advice))
        return {}, None, source
    own = Findings()
    guesses: dict[str, object] = {}
    try:
        values = decode_into(node, DECK_FIELDS, own, guesses=guesses)
        if "ids" in values or node.get("ids") is None:
            values = checked_prefixes(values, own)
    except TooMany:
        findings += [*own[:MOST_COLLECTED], _too_many(own)]
        return {}, None, source
    findings += own
    return {**guesses, **values}, node, source


def _card_files(root: Path, unsaved: Mapping[str, bytes], findings: list[Finding]) -> list[FoundFile]:
    in_cards = [*found_files(root, CARDS_FOLDER, findings), *found_files(root, TABLES_FOLDER, findings)]
    findings += unread_files(root, in_cards)
    found = {file.path: file for file in in_cards if is_card_path(file.path)}
    for path in unsaved:
        if is_card_path(path):
            found.setdefault(path, FoundFile(path, root))
    return [found[path] for path in sorted(found)]


def read_cards(path: str, data: bytes | None, settings: DeckSettings | None = None) -> CardFile:
    """Return the cards of a file with these bytes; None for a file that could not be read.

    The settings have the note types of the deck; without settings, cards of note types are only known by their IDs.
    """
    # Suggestions are limited per file, so that a bad file does not affect the others.
    found = CardFile(path, findings=Findings())
    source = text_file(path, data, found.findings) if data is not None else None
    node = read_yaml(source, found.findings) if source is not None else None
    found.source = source
    if source is None or (node is None and found.findings):
        # The other content is unknown, but links to its card should not be reported as broken.
        parts = PurePosixPath(path).with_suffix("").parts
        found.faulty_ids.update("/".join(parts[depth:]) for depth in range(2, len(parts)))
        if source is not None:
            found.faulty_ids.update(_ID_LINE.findall(source.text))
    elif node is None:
        found.findings.append(_no_card(source))
    else:
        try:
            if is_table_path(path):
                _read_table(node, found, settings)
            else:
                for item in node.items if isinstance(node, ListNode) else (node,):
                    _read_card(item, found, settings)
        except TooMany:
            found.findings[MOST_COLLECTED:] = [_too_many(found.findings)]
            found.faulty_ids.update(_ID_LINE.findall(source.text))
        if isinstance(node, ListNode) and not node.items:
            found.findings.append(_no_card(source))
    found.findings.extend(oversized(found.cards))
    return found


def _read_card(node: Node, found: CardFile, settings: DeckSettings | None) -> None:
    findings = found.findings
    if not isinstance(node, MapNode):
        what = "a list" if isinstance(node, ListNode) else "text"
        advice = "A card begins with `id: …`; each key must be followed by a colon and a space."
        findings.append(Finding("SCH003", node.span(), f"A card must be a mapping, not {what}.", help=advice))
        return
    if node.get(TYPE_FIELD.name) is not None:
        note_type = _note_type(node, findings, settings)
        if note_type is None:
            _keep_id(node.get("id"), found)
            return
        before = len(findings)
        values = decode_into(node, tables_of(note_type).card, findings)
        _keep_typed(values, node, note_type, found, findings[before:])
        return
    before = len(findings)
    guesses: dict[str, object] = {}
    values = decode_into(node, CARD_FIELDS, findings, guesses=guesses)
    is_whole = is_usable(values, CARD_FIELDS, findings[before:]) and not lacks_figures(values, node)
    if len(findings) == before or is_whole:
        found.cards.append(card_of({**guesses, **values}, node))
        return
    _keep_id(values.get("id"), found)
    found.faulty_cards.append(partial_card({**guesses, **values}, node))


def _note_type(node: MapNode, findings: list[Finding], settings: DeckSettings | None) -> NoteType | None:
    """Return the note type that a card or table names; None with a finding if the deck does not declare it."""
    name = TYPE_FIELD.type.decode(node.get(TYPE_FIELD.name) or node, TYPE_FIELD.name, findings)
    if name is FAULTY or settings is None:
        return None
    note_type = settings.note_types.get(name.text)
    if note_type is None and "note_types" not in settings.faulty:
        near = nearest(name.text, settings.note_types)
        declared = ", ".join(settings.note_types)
        advice = f"Did you mean “{near}”?" if near is not None else f"deck.yaml declares: {declared}."
        if not declared:
            advice = "Declare it in deck.yaml under `note_types`."
        message = f"The deck has no note type “{shortened(name.text)}”."
        findings.append(Finding("SCH004", name.span(), message, help=advice, fix=suggestion(name, near)))
    return note_type


def _read_table(node: Node, found: CardFile, settings: DeckSettings | None) -> None:
    findings = found.findings
    if not isinstance(node, MapNode):
        advice = f"The keys of a table are: {', '.join(field.name for field in table_fields(None))}."
        findings.append(Finding("SCH003", node.span(), "A table must be a mapping.", help=advice))
        return
    written = node.get(TYPE_FIELD.name)
    note_type = _note_type(node, findings, settings) if written is not None else None
    if note_type is None:
        if written is None:
            decode_into(node, table_fields(None), findings)
        records = node.get("records")
        for item in records.items if isinstance(records, ListNode) else ():
            if isinstance(item, MapNode):
                _keep_id(item.get("id"), found)
        return
    before = len(findings)
    for item, values in records_of(node, note_type, findings):
        _keep_typed(values, item, note_type, found, findings[before:])
        before = len(findings)


def _keep_typed(
    values: dict[str, Any], node: MapNode, note_type: NoteType, found: CardFile, findings: Sequence[Finding]
) -> None:
    fields = values.get("fields", values)
    required = (field.name for field in tables_of(note_type).fields if field.required)
    if not findings or (
        "id" in values
        and all(finding.code == "SCH001" for finding in findings)
        and all(name in fields for name in required)
    ):
        found.cards.append(typed_card(values, node, note_type))
    elif "id" in values:
        _keep_id(values["id"], found)
        found.faulty_cards.append(typed_card(values, node, note_type))


def _keep_id(name: object, found: CardFile) -> None:
    if isinstance(name, SourceText):
        found.faulty_ids.add(name.text)


def _too_many(findings: Sequence[Finding]) -> Finding:
    message = f"This file has more than {MOST_COLLECTED:,} faults; the rest was not read."
    return Finding("SCH007", findings[-1].span, message, help="Fix those above first.")


def _first_line(source: SourceFile) -> Span:
    return source.span(0, len(source.line(1)))


def _no_card(source: SourceFile) -> Finding:
    return Finding(
        "SCH003", _first_line(source), "The file contains no card.", help="Begin with `id: …`, or delete the file."
    )


def _media(root: Path, findings: list[Finding]) -> tuple[Media, ...]:
    files = found_files(root, MEDIA_FOLDER, findings)
    read = ((file.path.removeprefix(f"{MEDIA_FOLDER}/"), read_media(file, findings)) for file in files)
    return tuple(Media(name, data) for name, data in read if data is not None)


def _styles(
    root: Path, unsaved: Mapping[str, bytes], files: list[SourceFile], findings: list[Finding]
) -> tuple[StyleSheet, ...]:
    found = []
    for file in found_files(root, STYLES_FOLDER, findings):
        data = read_data(file, unsaved, findings) if file.path.endswith(".css") else None
        source = text_file(file.path, data, findings) if data is not None else None
        if source is not None:
            files.append(source)
            found.append(StyleSheet(file.path.removeprefix(f"{STYLES_FOLDER}/"), source))
    return tuple(found)


def _scripts(root: Path, findings: list[Finding]) -> tuple[FigureScript, ...]:
    files = [file for file in found_files(root, FIGURES_FOLDER, findings) if file.path.endswith(".py")]
    read = ((file.path.removeprefix(f"{FIGURES_FOLDER}/"), read_media(file, findings)) for file in files)
    return tuple(FigureScript(name, data) for name, data in read if data is not None)
