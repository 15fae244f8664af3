"""The project of imported decks, written into a folder that is complete or absent: `deck.yaml`, cards, media."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.cache.store import Cache
from cardpipe.errors import ProjectError
from cardpipe.importing.api import UsageError
from cardpipe.importing.card_text import mapping, one_line
from cardpipe.importing.cards import CardMaker
from cardpipe.importing.media_store import MediaStore
from cardpipe.importing.names import tag_names
from cardpipe.importing.survey import NUMBERS, full_deck, survey
from cardpipe.model.deck import Media
from cardpipe.source.load import load_settings
from cardpipe.source.slugs import slug_of
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cardpipe.importing.api import ImportedDeck, ImportedNote
    from cardpipe.importing.cards import ConvertedCard
    from cardpipe.importing.survey import Survey

    Progress = Callable[[str, int, int], None]

REPORT: Final = "import-report.md"
_OURS: Final = ("source", REPORT)
_LONGEST_DESCRIPTION: Final = 2_000
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the user has chosen for the new deck."""

    name: str = ""
    language: str = ""
    schemas: Mapping[str, str] = field(default_factory=dict)
    """The JSON Schemas for editors, by the names of their files."""


@contextlib.contextmanager
def staged(target: Path, *, keeps: bool = True) -> Iterator[Path]:
    """A folder beside the target, which becomes the target if the block ends without an error.

    Without `keeps`, it is elsewhere and removed afterwards.

    Raises ProjectError if the target has a deck already, or cannot be written.
    """
    refuse_taken(target)
    if not keeps:
        with tempfile.TemporaryDirectory(prefix="cardpipe-import-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    parent = target.parent
    try:
        created = _make_parents(parent)
        with tempfile.TemporaryDirectory(prefix=".cardpipe-import-", dir=parent, ignore_cleanup_errors=True) as name:
            try:
                folder = Path(name) / "deck"
                folder.mkdir()
                yield folder
                _place(folder, target)
            except BaseException:
                for made in created:
                    with contextlib.suppress(OSError):
                        shutil.rmtree(name, ignore_errors=True)
                        made.rmdir()
                raise
    except OSError as error:
        raise ProjectError(
            f"The project could not be written to {target}: {error.strerror or error}.", hint="Nothing was written."
        ) from error


def refuse_taken(target: Path) -> None:
    """Raise ProjectError if a folder has a deck, or something with a name that an import writes."""
    if os.path.lexists(target) and not target.is_dir():
        raise ProjectError(f"{target} is not a folder.", hint="Choose another one with --into.")
    for name in _OURS:
        if os.path.lexists(target / name):
            what = "a source/ folder" if name == "source" else name
            raise ProjectError(f"{target} already has {what}.", hint="Choose another folder with --into.")


def _make_parents(folder: Path) -> list[Path]:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _place(folder: Path, target: Path) -> None:
    from cardpipe.parallel.interruption import deferred

    with deferred():
        if not target.exists():
            folder.replace(target)
            return
        refuse_taken(target)
        placed: list[Path] = []
        try:
            for name in sorted(path.name for path in folder.iterdir()):
                (folder / name).replace(target / name)
                placed.append(target / name)
        except OSError:
            for path in placed:
                path.replace(folder / path.name)
            raise


def import_decks(decks: Sequence[ImportedDeck], folder: Path, chosen: Settings, report: Progress) -> Outcome:
    """Write the project of decks into an empty folder; raises UsageError if the decks cannot be imported."""
    found = survey(decks, lambda done, total: report("read", done, total))
    found.name = chosen.name or found.name
    language = chosen.language or next((deck.language for deck in decks if deck.language), "und")
    outcome = Outcome(found)
    source = folder / "source"
    (source / "cards").mkdir(parents=True)
    (source / "deck.yaml").write_text(_deck_yaml(found, language, decks), encoding="utf-8", newline="\n")
    for name, text in chosen.schemas.items():
        (source / name).write_text(text, encoding="utf-8", newline="\n")
    loaded = load_settings(folder)
    if loaded.settings is None or loaded.findings:
        message = loaded.findings[0].message if loaded.findings else "unknown"
        raise UsageError(f"The settings of the deck cannot be written: {message}", hint="Set its name with --name.")
    cache = Cache.in_memory()
    (source / "media").mkdir()
    media = MediaStore(source / "media", cache)
    media.take(decks, lambda done, total: report("media", done, total))
    for deck in decks if found.has_pasted else ():
        for note in deck.notes():
            for value in note.fields:
                media.with_pasted(value)
    # Rules on cards look up names of media, and only those.
    stand_ins = tuple(Media(name, b"x") for name in media.new_names)
    maker = CardMaker(replace(loaded.settings, media=stand_ins), cache, media)
    try:
        _write_cards(decks, folder, maker, outcome, report)
    finally:
        maker.close()
    outcome.media = len(list(media.new_names))
    for remark in (*media.remarks, *(remark for deck in decks for remark in deck.remarks)):
        outcome.remarks[remark.place, remark.message] += 1
    if not outcome.media:
        (source / "media").rmdir()
    return outcome


def _write_cards(
    decks: Sequence[ImportedDeck],
    folder: Path,
    maker: CardMaker,
    outcome: Outcome,
    report: Progress,
) -> None:
    found = outcome.survey
    has_folders = len(found.subdecks) > 1
    numbers: Counter[str] = Counter()
    done = 0
    for number, deck in enumerate(decks):
        for note in deck.notes():
            done += 1
            report("convert", done, found.notes)
            plan = found.plans[number, note.note_type]
            name = full_deck(note, deck)
            for index, draft in enumerate(plan.drafts(note)):
                prefix = _free_prefix(found.prefixes[name], numbers)
                card_id = f"{prefix}{numbers[prefix]:04}"
                below = f"{prefix}/" if has_folders else ""
                path = f"source/cards/{below}{card_id}.yaml"
                made = maker.card(
                    card_id,
                    draft,
                    plan.note_type.form,
                    tags=tag_names(note.tags),
                    guid=note.guid if not index else "",
                    path=path,
                    schema="../../card.schema.json" if has_folders else "../card.schema.json",
                )
                if made.refusal:
                    numbers[prefix] -= 1
                    outcome.left_out += 1
                    outcome.remarks[note.place, f"left out: {made.refusal}"] += 1
                    continue
                target = folder / path
                target.parent.mkdir(exist_ok=True)
                target.write_text(made.text, encoding="utf-8", newline="\n")
                _count(outcome, note, made)


def _free_prefix(prefixes: Sequence[str], numbers: Counter[str]) -> str:
    """Return the first prefix with an unused number, which is counted as used."""
    prefix = next((one for one in prefixes if numbers[one] < NUMBERS), prefixes[-1])
    numbers[prefix] += 1
    if numbers[prefix] > NUMBERS:
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


def _deck_yaml(found: Survey, language: str, decks: Sequence[ImportedDeck]) -> str:
    lines = [
        "# yaml-language-server: $schema=deck.schema.json",
        "# Made by `cardpipe import`; import-report.md says what it could not take over.",
        "",
        "# The uid tells Anki which cards belong to this deck. Never change it.",
        f"uid: {found.uid}",
        f"slug: {slug_of(found.name)}",
        f"name: {one_line(found.name)}",
        "# The language of the cards, such as en; rules on wording apply to a known language.",
        f"language: {language}",
        "authors: [Unknown]",
        f"description: {one_line(_description(found, decks))}",
        "tags: open",
        *mapping("subdecks", found.subdecks),
        "formats:",
        *(f"  {name}:" for name in ("anki", "csv", "html", "pdf", "markdown", "site")),
    ]
    return "\n".join(lines) + "\n"


def _words(html: str) -> str:
    """Return the words of HTML as Markdown."""
    from cardpipe.importing.elements import escaped, with_starts_escaped

    plain = re.sub(r"<(script|style)\b.*?(</\1\s*>|\Z)", "", html, flags=re.DOTALL | re.IGNORECASE)
    plain = re.sub(r"</?(?:br|div|p|li|h[1-6]|tr|td)\b[^<>]*>", " ", plain, flags=re.IGNORECASE)
    words = " ".join(unescape(re.sub(r"<[^<>]*>", "", plain)).split())
    return with_starts_escaped(escaped(shortened(words, _LONGEST_DESCRIPTION)))


def _description(found: Survey, decks: Sequence[ImportedDeck]) -> str:
    texts = (_words(deck.description) for deck in decks)
    return next((text for text in texts if text), f"{found.name}, imported.")
