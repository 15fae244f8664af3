"""The plug-in API for figure kinds (entry point group `cardpipe.figures`).

`DeclaredKind` defines a kind by a field table, a function for findings and one that draws. Labels are fields
of the type `Label`, with a length, or `LABEL`. A `DeclaredKind` checks them itself; other kinds do so by
`field_findings`. `words` returns their text, and `wrong` creates a finding at a field.
"""

from __future__ import annotations

from cardpipe.errors import RenderError
from cardpipe.figures.declared import DeclaredKind, Scene
from cardpipe.figures.kind import (
    Drawing,
    ExemplaryKind,
    FigureKind,
    FittingKind,
    HasPreparation,
    HasSynonyms,
    ScriptedKind,
    kind_called,
)
from cardpipe.figures.labels import LABEL, Label, field_findings, label_findings, words, wrong
from cardpipe.figures.style import BACKGROUND, DASHES, FAINT, HEIGHT, INK, LINE, MUTED, PALETTE, TINTS, WIDTH, paint
from cardpipe.model.deck import DeckSettings, Figure, FigureScript
from cardpipe.model.diagnostics import Finding
from cardpipe.source.fields import (
    Boolean,
    Choice,
    Field,
    FieldType,
    Integer,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Record,
    Text,
)
from cardpipe.writers.api import FigureForm

__all__ = [
    "BACKGROUND",
    "DASHES",
    "FAINT",
    "HEIGHT",
    "INK",
    "LABEL",
    "LINE",
    "MUTED",
    "PALETTE",
    "TINTS",
    "WIDTH",
    "Boolean",
    "Choice",
    "DeckSettings",
    "DeclaredKind",
    "Drawing",
    "ExemplaryKind",
    "Field",
    "FieldType",
    "Figure",
    "FigureForm",
    "FigureKind",
    "FigureScript",
    "Finding",
    "FittingKind",
    "HasPreparation",
    "HasSynonyms",
    "Integer",
    "Label",
    "ListOf",
    "MapOf",
    "Number",
    "OneOf",
    "Record",
    "RenderError",
    "Scene",
    "ScriptedKind",
    "Text",
    "field_findings",
    "kind_called",
    "label_findings",
    "paint",
    "words",
    "wrong",
]
