"""Packages that imitate cardpipe's, with fields that are costly to read: the import takes seconds."""

from __future__ import annotations

import sqlite3
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from shipped_sample import write_deck
from test_import_shipped import SAMPLE, errors, imported, package_of

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 24_000
"""Characters of a field; one of more is converted like that of any other program, which has its own tests."""
MOST_SECONDS = 15
PIECES = {
    "items without an end": "<li>",
    "figures without an end": '<figure class="figure media"><img src="a"><figcaption>',
    "links to cards": '<em class="card-link">',
    "links in links": '<em class="card-link"><em>',
    "references": '<li><a href="x" rel="noopener noreferrer">x</a> ',
    "original blocks": '<div class="original">',
    "closed original blocks": '<div class="original"></div>',
    "alerts": "<blockquote>\n<p><strong>",
    "formulas": '<span class="math inline">\\(x',
    "equations": '<div class="equation">\\[',
    "whole formulas": '<span class="math inline">\\(x\\)</span>',
    "deletions": "{{c1::",
    "hints": "{{c1::a::",
    "tables": "<table><tr><td>",
    "code": '<div class="highlight"><pre><code>x = 1\n',
    "lists": "<ul><li>",
    "signs": "<p>*_[`$",
    "signs in one paragraph": "*_[`$ ",
    "ruby": "<ruby>漢<rt>かん</rt></ruby>",
    "sounds": '<span class="sound" title="x">[sound:',
    "IDs": '<span class="card-id">',
    "braces": "\\({ { } } ",
    "footnotes": "<sup>1</sup><hr><ol><li>",
    "escapes": "<span>\\</span>",
    "tokens": "\ue0100\ue011",
}


def package_with(package: Path, target: Path, value: str) -> Path:
    """A package whose notes have a value in several fields."""
    with zipfile.ZipFile(package) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    path = target.with_suffix(".anki2")
    path.write_bytes(files["collection.anki2"])
    connection = sqlite3.connect(path)
    for key, fields in connection.execute("SELECT id, flds FROM notes").fetchall():
        values = fields.split("\x1f")
        for place in (2, 4, 6, 7):
            values[place] = value
        connection.execute("UPDATE notes SET flds = ? WHERE id = ?", ("\x1f".join(values), key))
    connection.commit()
    connection.close()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (files | {"collection.anki2": path.read_bytes()}).items():
            archive.writestr(name, data)
    return target


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deck")
    write_deck(folder, {card: SAMPLE[card] for card in ("GE0001", "GE0002", "GE0003")})
    path = folder / "deck.apkg"
    path.write_bytes(package_of(folder))
    return path


@pytest.mark.quick_cases("links to cards", "formulas")
@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_costly_fields_take_seconds(piece: str, package: Path, tmp_path: Path) -> None:
    value = piece * (SIZE // len(piece))
    started = time.process_time()
    folder = imported(package_with(package, tmp_path / "x.apkg", value), tmp_path / "made")
    assert time.process_time() - started < MOST_SECONDS
    assert errors(folder) == []
