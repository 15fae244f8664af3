"""Declarations of note types: those of the built-in kinds, as examples, and those of a deck."""

from __future__ import annotations

import functools
import textwrap
from importlib.resources import files
from typing import TYPE_CHECKING

from cardpipe.source.fields import MapOf, Record
from cardpipe.source.load import load_settings
from cardpipe.source.note_type_fields import NOTE_TYPE_FIELDS, note_types_of
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from pathlib import Path

    from cardpipe.model.adopted import AdoptedType
    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.note_types import NoteType


def built_in_text(name: str) -> str:
    """Return the declaration of a built-in kind, in YAML."""
    return (files(__name__) / f"{name}.yaml").read_text(encoding="utf-8").replace("\r\n", "\n")


@functools.cache
def built_in(name: str) -> NoteType:
    """Return a built-in kind as a note type."""
    findings: list[Finding] = []
    node = read_yaml(SourceFile(f"{name}.yaml", built_in_text(name)), findings)
    pairs = MapOf(Record(NOTE_TYPE_FIELDS)).decode(node, name, findings) if node is not None else ()
    if findings or not isinstance(pairs, tuple):
        raise ValueError(f"The declaration of {name} is invalid: {findings}")
    return next(note_types_of(pairs))


def deck_note_types(root: Path) -> tuple[NoteType, ...]:
    """Return the note types of a deck; none if `deck.yaml` cannot be read."""
    settings = load_settings(root).settings
    return tuple(settings.note_types.values()) if settings is not None else ()


def adopted_types(root: Path) -> tuple[AdoptedType, ...]:
    """Return the adopted note types of a deck; none if `deck.yaml` cannot be read."""
    settings = load_settings(root).settings
    return tuple(settings.adopted.values()) if settings is not None else ()


def declaration(note_type: NoteType) -> str:
    """Return the declaration of a deck's note type, as written in `deck.yaml`."""
    key = note_type.key
    root = read_yaml(key.file, [])
    listed = root.get("note_types") if isinstance(root, MapNode) else None
    value = listed.get(key.text) if isinstance(listed, MapNode) else None
    text = key.file.text
    line = text.rfind("\n", 0, key.start) + 1
    end = value.end if value is not None else key.end
    return textwrap.dedent(text[line if not text[line : key.start].strip() else key.start : end]).rstrip()
