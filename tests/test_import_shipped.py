"""A package of cardpipe, imported, is the deck that it was made of, and its export has the same notes."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from hypothesis import Phase, given, settings

from cardpipe.build.pipeline import prepare
from cardpipe.cache.store import Cache
from cardpipe.cli.main import cli
from cardpipe.fix.formatting import formatted
from cardpipe.lint.project import lint_project
from cardpipe.model.diagnostics import Severity
from cardpipe.model.trust import NOBODY
from cardpipe.source.load import load_settings
from cardpipe.text.positions import SourceFile
from cardpipe.writers.anki.origin import deck_facts, declaration
from cardpipe.writers.anki.package import package_bytes
from shipped_sample import cards, cloze, line, text, write_deck

if TYPE_CHECKING:
    from collections.abc import Iterator


def errors(folder: Path) -> list[str]:
    found = lint_project(folder, Cache.in_memory()).diagnostics
    return [
        f"{one.span.path}:{one.span.line}: {one.code} {one.message}" for one in found if one.severity is Severity.ERROR
    ]


def package_of(folder: Path) -> bytes:
    prepared = prepare(folder, "anki", lambda _step, _done, _all: None, trust=NOBODY)
    assert prepared.rendered is not None, errors(folder)
    return package_bytes(prepared.rendered, lambda _done, _all: None)


def imported(path: Path, into: Path, *options: str) -> Path:
    result = CliRunner().invoke(cli, ["import", str(path), "--into", str(into), *options], standalone_mode=False)
    assert result.exit_code == 0, result.exception
    assert errors(into) == []
    return into


def content(package: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The notes by GUID, with their note types, tags, fields and cards; and the note types."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(package) as archive:
        collection = sqlite3.connect(archive.extract("collection.anki2", folder))
        [models] = collection.execute("SELECT models FROM col").fetchone()
        ords: dict[int, list[int]] = {}
        for note, number in collection.execute("SELECT nid, ord FROM cards ORDER BY ord"):
            ords.setdefault(note, []).append(number)
        notes = {
            row[1]: (*row[2:], ords.get(row[0]))
            for row in collection.execute("SELECT id, guid, mid, tags, flds FROM notes")
        }
        collection.close()
    kept = ("name", "flds", "tmpls", "css", "type")
    return notes, {key: {name: model[name] for name in kept} for key, model in json.loads(models).items()}


def sources(folder: Path) -> dict[str, str]:
    """The cards of a project by ID as `cardpipe fmt` writes them."""
    found = {}
    for path in sorted((folder / "source" / "cards").rglob("*.yaml")):
        written = path.read_text(encoding="utf-8")
        made = formatted(SourceFile("source/cards/x.yaml", written))
        assert made is not None, written
        found[path.stem] = "\n".join(one for one in made.split("\n") if not one.startswith("# yaml-language-server"))
    return found


def deck_of(folder: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The settings of a deck, its note types with their style sheets, and its subdecks."""
    settings = load_settings(folder).settings
    assert settings is not None
    written = "".join(sources(folder).values())
    types = {
        key: json.dumps([declaration(one, ""), settings.style_of(one)]).replace(r"\n\"", '"')
        for key, one in settings.note_types.items()
        # A note type without notes is not in a package.
        if f"\ntype: {key}\n" in written
    }
    facts = deck_facts(settings) | {"description": settings.description.text.strip()}
    return facts, types, {one.prefix.text: one.name.text for one in settings.subdecks}


def trip(made: dict[str, Any], folder: Path, **options: str) -> Iterator[Path]:
    """Yield a project, and the one that an import of its package makes; both packages are beside them."""
    before, after = folder / "before", folder / "after"
    write_deck(before, made, **options)
    (folder / "before.apkg").write_bytes(package_of(before))
    yield before
    imported(folder / "before.apkg", after)
    (folder / "after.apkg").write_bytes(package_of(after))
    yield after


@settings(max_examples=4, phases=[Phase.generate])
@given(cards(text(), line(links=False), cloze()))
def test_source_comes_back(made: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        before, after = trip(made, Path(name))
        assert sources(after) == sources(before)
        assert deck_of(after) == deck_of(before)
        assert content(Path(name) / "after.apkg") == content(Path(name) / "before.apkg")
