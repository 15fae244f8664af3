"""The first stage: a project on disk to a deck, with everything that is wrong with its form."""

from __future__ import annotations

import gc
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.diagnostics import Finding
from cardpipe.errors import ProjectError
from cardpipe.fields import decode_into, is_usable
from cardpipe.model import Card, Deck, FigureScript, Media
from cardpipe.nodes import ListNode, MapNode
from cardpipe.positions import SourceText
from cardpipe.source.card_fields import CARD_FIELDS, card_of
from cardpipe.source.deck_fields import DECK_FIELDS, deck_of
from cardpipe.source.release_lock import read_lock
from cardpipe.source.text_files import LARGEST_TEXT, text_file
from cardpipe.source.tree import FoundFile, found_files, read_file, read_media
from cardpipe.source.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cardpipe.nodes import Node
    from cardpipe.positions import SourceFile, Span

DECK_PATH: Final = "source/deck.yaml"
CARDS_FOLDER: Final = "source/cards"
MEDIA_FOLDER: Final = "source/media"
FIGURES_FOLDER: Final = "source/figures"
_SUFFIXES: Final = (".yaml", ".yml")
_ID_LINE: Final = re.compile(r"(?m)^(?:- +)?id:[ \t]+['\"]?([A-Z]{2,8}[0-9]{4})\b")


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What was read: the deck with all well-formed cards, None only where `deck.yaml` itself is unusable."""

    deck: Deck | None
    findings: tuple[Finding, ...]
    files: tuple[SourceFile, ...]


@dataclass(slots=True)
class _Cards:
    cards: list[Card] = field(default_factory=list)
    faulty_ids: set[str] = field(default_factory=set)
    faulty_texts: list[SourceText] = field(default_factory=list)


def load(root: Path, *, contents: Mapping[str, bytes] | None = None) -> LoadResult:
    """Read the project in a folder.

    `contents` stands in for files on disk, by path in the project, so that an editor can have unsaved text checked.
    Raises ProjectError where there is no `source/deck.yaml`, or where the system does not let us read a file.
    """
    with _without_cyclic_collection():
        return _load(root, dict(contents or {}))


@contextmanager
def _without_cyclic_collection() -> Iterator[None]:
    """Keep Python from looking for garbage cycles while a deck grows: there are none, and looking took a third more."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load(root: Path, unsaved: Mapping[str, bytes]) -> LoadResult:
    findings: list[Finding] = []
    files: list[SourceFile] = []
    deck_file = _deck_file(root, unsaved)
    values, deck_source = _read_deck(deck_file, unsaved, files, findings)
    found = _Cards()
    for file in _card_files(root, unsaved, findings):
        _read_cards(file, unsaved, files, found, findings)
    media = _media(root, findings)
    scripts = _scripts(root, findings)
    lock = read_lock(root, unsaved, files, findings)
    deck = None
    if values is not None and deck_source is not None:
        deck = deck_of(
            values,
            deck_source,
            cards=tuple(found.cards),
            media=media,
            scripts=scripts,
            faulty_ids=frozenset(found.faulty_ids),
            faulty_texts=tuple(found.faulty_texts),
            lock=lock,
        )
    return LoadResult(deck, tuple(findings), tuple(files))


def _deck_file(root: Path, unsaved: Mapping[str, bytes]) -> FoundFile:
    if DECK_PATH not in unsaved and not os.path.lexists(root / DECK_PATH):
        raise ProjectError(
            f"{root} is not a deck project: it has no {DECK_PATH}.",
            hint="`cardpipe init DIR` starts a new deck.",
        )
    return FoundFile(DECK_PATH, root)


def _read_root(
    file: FoundFile, unsaved: Mapping[str, bytes], files: list[SourceFile], findings: list[Finding]
) -> tuple[SourceFile | None, Node | None]:
    """A YAML file's text and its document; findings are added to the list."""
    data = unsaved[file.path] if file.path in unsaved else read_file(file, LARGEST_TEXT, findings)
    source = text_file(file.path, data, findings) if data is not None else None
    if source is None:
        return None, None
    files.append(source)
    return source, read_yaml(source, findings)


def _read_deck(
    file: FoundFile, unsaved: Mapping[str, bytes], files: list[SourceFile], findings: list[Finding]
) -> tuple[dict[str, object] | None, SourceFile | None]:
    before = len(findings)
    source, node = _read_root(file, unsaved, files, findings)
    if source is None:
        return None, None
    if not isinstance(node, MapNode):
        if len(findings) == before:
            advice = f"Its keys are: {', '.join(field.name for field in DECK_FIELDS)}."
            findings.append(Finding("SCH003", _first_line(source), "The deck must be a mapping.", help=advice))
        return None, source
    values = decode_into(node, DECK_FIELDS, findings)
    required = all(field.name in values for field in DECK_FIELDS if field.required)
    return (values if required else None), source


def _card_files(root: Path, unsaved: Mapping[str, bytes], findings: list[Finding]) -> list[FoundFile]:
    found = {file.path: file for file in found_files(root, CARDS_FOLDER, findings) if file.path.endswith(_SUFFIXES)}
    for path in unsaved:
        if path.startswith(f"{CARDS_FOLDER}/") and path.endswith(_SUFFIXES):
            found.setdefault(path, FoundFile(path, root))
    return [found[path] for path in sorted(found)]


def _read_cards(
    file: FoundFile,
    unsaved: Mapping[str, bytes],
    files: list[SourceFile],
    found: _Cards,
    findings: list[Finding],
) -> None:
    # Suggestions are rationed by the findings of one file, so that a bad file does not spoil the others.
    own: list[Finding] = []
    source, node = _read_root(file, unsaved, files, own)
    if source is None or (node is None and own):
        # What else the file holds is unknown, but a link to its card should not be called a link to nothing.
        found.faulty_ids.add(PurePosixPath(file.path).stem)
        if source is not None:
            found.faulty_ids.update(_ID_LINE.findall(source.text))
    elif node is None:
        own.append(_no_card(source))
    else:
        for item in node.items if isinstance(node, ListNode) else (node,):
            _read_card(item, found, own)
        if isinstance(node, ListNode) and not node.items:
            own.append(_no_card(source))
    findings.extend(own)


def _read_card(node: Node, found: _Cards, findings: list[Finding]) -> None:
    if not isinstance(node, MapNode):
        what = "a list" if isinstance(node, ListNode) else "text"
        advice = "A card begins with `id: …`; each key is followed by a colon and a space."
        findings.append(Finding("SCH003", node.span(), f"A card must be a mapping, not {what}.", help=advice))
        return
    before = len(findings)
    values = decode_into(node, CARD_FIELDS, findings)
    if len(findings) == before or is_usable(values, CARD_FIELDS, findings[before:]):
        found.cards.append(card_of(values, node))
        return
    if isinstance(values.get("id"), SourceText):
        found.faulty_ids.add(values["id"].text)
    found.faulty_texts.extend(values[name] for name in ("question", "answer", "details") if name in values)


def _first_line(source: SourceFile) -> Span:
    return source.span(0, len(source.line(1)))


def _no_card(source: SourceFile) -> Finding:
    return Finding(
        "SCH003", _first_line(source), "The file has no card.", help="Begin with `id: …`, or delete the file."
    )


def _media(root: Path, findings: list[Finding]) -> tuple[Media, ...]:
    files = found_files(root, MEDIA_FOLDER, findings)
    read = ((file.path.removeprefix(f"{MEDIA_FOLDER}/"), read_media(file, findings)) for file in files)
    return tuple(Media(name, data) for name, data in read if data is not None)


def _scripts(root: Path, findings: list[Finding]) -> tuple[FigureScript, ...]:
    files = [file for file in found_files(root, FIGURES_FOLDER, findings) if file.path.endswith(".py")]
    read = ((file.path.removeprefix(f"{FIGURES_FOLDER}/"), read_media(file, findings)) for file in files)
    return tuple(FigureScript(name, data) for name, data in read if data is not None)
