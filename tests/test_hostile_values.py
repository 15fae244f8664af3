"""Wrong values at every key of every source file: each is accepted, or found at its place; no command fails by itself.

A value is a line below, in YAML; the places are all keys and items of the sample files.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from click.testing import CliRunner

from cardpipe.api import Project
from cardpipe.cli.main import cli
from cardpipe.model.diagnostics import Severity
from cardpipe.source.adopted_types import ADOPTED_FIELDS
from cardpipe.source.deck_fields import DECK_FIELDS, EDITION_FIELDS, LINT_FIELDS
from test_note_types import FLAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VALUES: Final = (
    "[]",
    "{}",
    '""',
    "null",
    "3",
    "-1.5",
    ".nan",
    "1e400",
    "99999999999999999999999999",
    "true",
    "2026-01-01",
    "[[1], [2]]",
    "[{}]",
    "[null]",
    '[""]',
    "[a, a]",
    "{a: []}",
    '{"": ""}',
    "{a: 1, a: 2}",
    "[{a: []}]",
    "{? [a] : b}",
    "!!binary eA==",
    "&a [*a]",
    '"\\0"',
    '"\\ud800"',
    '"\\n"',
    '"  "',
    '"\\u202e"',
    '"::"',
    '"$"',
    '"{"',
    '"{?a}"',
    f'"{"x" * 70_000}"',
)
_NOTE_TYPE: Final = {
    "name": "Country",
    "show": "record",
    "style": "c.css",
    "was": "nation",
    "fields": {
        "country": {"kind": "line", "required": True, "label": "Land", "tts": "en_US", "was": "state"},
        "capital": "line",
        "flag": "picture",
        "facts": "list",
        "people": "number",
        "info": "text",
    },
    "faces": {
        "capital": {
            "label": "Seat",
            "front": "What is the capital of {country}?",
            "back": "{capital}\n\n{info}",
            "needs": ["country", "capital"],
            "type_in": "capital",
            "hint": "people",
            "was": "seat",
        }
    },
}
_DECK: Final = {
    **{field.name: field.example for field in DECK_FIELDS},
    "subdecks": {"ML": "Machine learning"},
    "note_types": {"country": _NOTE_TYPE},
    "lint": {**{field.name: field.example for field in LINT_FIELDS}, "spelling": False},
    "editions": {"short": {field.name: field.example for field in EDITION_FIELDS}},
}
_FIGURE: Final = {
    "id": "bars",
    "kind": "bars",
    "alt": {"question": "Bars.", "answer": "Two bars."},
    "caption": "Bars.",
    "width": "50%",
    "categories": ["a", "b"],
    "series": [{"values": [1, 2], "label": "both"}],
    "horizontal": True,
}
_CARD: Final = {
    "id": "ML0001",
    "title": "Perceptron",
    "kind": "basic",
    "question": "What is a perceptron?",
    "answer": "A unit $x$.",
    "details": "More: ![](figure:bars)",
    "figures": [_FIGURE],
    "tags": ["NN"],
    "related": ["ML0002"],
    "references": ["A book", {"text": "A paper", "url": "https://example.org"}],
    "difficulty": "easy",
    "status": "retired",
    "replaced_by": "ML0002",
    "guid": "abcdefg",
}
_TYPED: Final = {
    "id": "ML0002",
    "type": "country",
    "title": "France",
    "fields": {
        "country": "France",
        "capital": "Paris",
        "flag": ["fr.svg"],
        "facts": ["a", "b"],
        "people": 68,
        "info": "Text",
    },
    "tags": ["NN"],
}
_TABLE: Final = {
    "type": "country",
    "tags": ["NN"],
    "defaults": {"people": 5},
    "records": [{"id": "ML0003", "country": "Spain", "capital": "Madrid", "flag": "fr.svg", "facts": ["c"]}],
}
_ADOPTED: Final = {field.name: field.example for field in ADOPTED_FIELDS if field.name != "left_out"}
FILES: Final[Mapping[str, Mapping[str, Any]]] = {
    "source/deck.yaml": _DECK,
    "source/cards/ML0001.yaml": _CARD,
    "source/cards/ML0002.yaml": _TYPED,
    "source/tables/countries.yaml": _TABLE,
    "source/anki/basic.yaml": _ADOPTED,
}
_SAMPLE: Final = 23
"""The quick tests try each such case only."""

Place = tuple[str | int, ...]


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """The places of all values of a document, by keys and indices."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*at, key))


def written(value: object, at: Place, raw: str, how: str) -> str:
    """A document in YAML with `raw` as the value at a place, as its key, or as the value of a second key like it."""
    if not at:
        return raw if how == "value" else json.dumps(value)
    first, *rest = at
    if isinstance(value, dict):
        entries = {json.dumps(key): json.dumps(inner) for key, inner in value.items()}
        key = json.dumps(first)
        if rest or how == "value":
            entries[key] = written(value[first], tuple(rest), raw, how)
        elif how == "key":
            entries = {raw if name == key else name: inner for name, inner in entries.items()}
        lines = [f"{name}: {inner}" for name, inner in entries.items()]
        if not rest and how == "twice":
            lines.append(f"{key}: {raw}")
        return f"{{{', '.join(lines)}}}"
    assert isinstance(value, list)
    items = [
        written(inner, tuple(rest), raw, how) if index == first else json.dumps(inner)
        for index, inner in enumerate(value)
    ]
    return f"[{', '.join(items)}]"


def cases(path: str) -> Iterator[str]:
    """The texts of a file with one wrong value."""
    for at in places(FILES[path]):
        for raw in VALUES:
            yield written(FILES[path], at, raw, "value")
            if at and isinstance(at[-1], str):
                yield written(FILES[path], at, raw, "key")
                yield written(FILES[path], at, raw, "twice")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the sample files."""
    folder = tmp_path_factory.mktemp("values")
    files = {path: json.dumps(value) for path, value in FILES.items()}
    for path, text in {**files, "source/media/fr.svg": FLAG, "source/styles/c.css": ".front { color: red }"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_the_sample_is_read_without_errors(root: Path) -> None:
    found = Project(root).lint().diagnostics
    # The example of an edition names another card.
    assert {one.code for one in found if one.severity is Severity.ERROR} <= {"EDN001"}


def assert_found_at_places(root: Path, path: str, text: str) -> None:
    """Lint a file with another text: whatever is found has a place in a file."""
    for one in Project(root).lint(contents={path: text.encode()}).diagnostics:
        assert one.span.path.startswith("source/"), text[:300]
        assert one.span.line >= 1, text[:300]
        assert one.span.column >= 1, text[:300]
        assert one.message, text[:300]


@pytest.mark.parametrize("path", FILES)
def test_wrong_values_are_findings(root: Path, path: str) -> None:
    for text in [*cases(path)][:: _SAMPLE * 8]:
        assert_found_at_places(root, path, text)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES)
def test_many_more_wrong_values_are_findings(root: Path, path: str) -> None:
    for text in [*cases(path)][5::_SAMPLE]:
        assert_found_at_places(root, path, text)


COMMANDS: Final = (
    ("list",),
    ("kinds",),
    ("kind", "country"),
    ("editions",),
    ("schema", "card"),
    ("fmt", "--check"),
    ("rename", "ML0001", "ML0009", "--dry-run"),
    ("export", "--format", "csv"),
    ("release", "--dry-run"),
)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_commands_fail_only_in_words(root: Path, command: tuple[str, ...]) -> None:
    for path, value in FILES.items():
        for text in [*cases(path)][7 :: 40 * _SAMPLE]:
            (root / path).write_text(text, encoding="utf-8")
            done = CliRunner().invoke(cli, ["-C", str(root), *command], standalone_mode=False)
            # Failures in words are raised as CardpipeError, which has a message.
            assert done.exception is None or hasattr(done.exception, "message"), (text[:300], done.exception)
        (root / path).write_text(json.dumps(value), encoding="utf-8")
