"""The figure kind `panel`: several figures side by side."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

from cardpipe import plugins
from cardpipe.errors import PluginError
from cardpipe.figures.declared import example_of
from cardpipe.figures.kind import FittingKind
from cardpipe.figures.label_lines import BOLD_SIZE, broken, canvas_axes, lines_height, widest_word, write_lines
from cardpipe.figures.labels import LABEL, field_findings, node_at, words, wrong
from cardpipe.figures.style import WIDTH
from cardpipe.model.diagnostics import Finding
from cardpipe.source.fields import FAULTY, Choice, Faulty, Field, Integer, ListOf, is_usable, json_schema
from cardpipe.source.fields.single_values import named
from cardpipe.source.fields.table import decode_into
from cardpipe.text.nodes import MapNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure as Canvas

    from cardpipe.figures.kind import Drawing
    from cardpipe.model.deck import DeckSettings, Figure
    from cardpipe.text.nodes import Node
    from cardpipe.writers.api import FigureForm

_NAME: Final = "panel"
_MOST: Final = 6
_GAP: Final = 12.0
_HEADING_TOP: Final = 6.0
_TALLEST: Final = 1400.0
_HEADING: Final = Field("heading", LABEL, "The heading; `$…$` is typeset.", example="before")


def _kinds() -> dict[str, FittingKind]:
    """Return the kinds that a panel can contain, by name."""
    kinds: dict[str, FittingKind] = {}
    for name in plugins.names(plugins.FIGURES):
        # Not by loading them: a panel would load itself.
        if name == _NAME:
            continue
        try:
            kind = plugins.load(plugins.FIGURES, name)
        except PluginError:
            continue
        if isinstance(kind, FittingKind):
            kinds[name] = kind
    return kinds


def _part_fields(kind: FittingKind) -> tuple[Field, ...]:
    names = tuple(_kinds())
    return (Field("kind", Choice(names), "The figure kind.", required=True, example="function"), _HEADING, *kind.fields)


class _Part:
    """A figure of any kind that can be drawn in a width, with the keys of that kind."""

    def decode(self, node: Node, subject: str, findings: list[Finding]) -> dict[str, Any] | Faulty:
        """Return the kind's name, the heading if there is one, and the kind's own values."""
        kinds = _kinds()
        kind_field = Field("kind", Choice(tuple(kinds)), "The figure kind: any kind without files.", required=True)
        if not isinstance(node, MapNode):
            findings.append(
                Finding("SCH003", node.span(), f"{named(subject)} must be a mapping.", "Start it with `kind:`.")
            )
            return FAULTY
        before = len(findings)
        given = decode_into(node, (kind_field,), findings, unknown="keep")
        if "kind" not in given or len(findings) > before:
            return FAULTY
        fields = _part_fields(kinds[given["kind"]])
        values = decode_into(node, fields, findings)
        if not is_usable(values, fields, findings[before:]):
            return FAULTY
        part = {"kind": values.pop("kind"), "values": values}
        if "heading" in values:
            part["heading"] = values.pop("heading")
        return part

    def schema(self) -> dict[str, Any]:
        """Return an object schema whose kind determines its other keys."""
        kinds = _kinds()
        return {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": list(kinds)}},
            "required": ["kind"],
            "allOf": [
                {
                    "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                    "then": json_schema(_part_fields(kind)),
                }
                for name, kind in kinds.items()
            ],
        }

    def describe(self) -> str:
        """Describe the type in words."""
        return "figure with the keys `kind`, `heading` and those of its kind"


FIELDS: Final = (
    Field(
        "figures",
        ListOf(_Part(), min=2, max=_MOST),
        "The figures in reading order, of any kinds but `image`, `script` and `panel`.",
        required=True,
    ),
    Field("columns", Integer(1, 3), "The number of columns.", default=2),
)


class PanelKind:
    """The figure kind that arranges figures of other kinds in columns."""

    name = _NAME
    summary = "Several figures side by side."
    synonyms = ("subplots", "side-by-side", "panels", "before-and-after")
    fields = FIELDS
    example = example_of(_NAME)

    def check(self, figure: Figure, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[Finding]:  # noqa: ARG002 - the interface
        """Check each part in its width."""
        if "figures" not in values:
            # The field table has already reported it.
            return ()
        findings: list[Finding] = []
        width = _part_width(values)
        for place, part in enumerate(values["figures"]):
            node = node_at(figure, "figures", place)
            if isinstance(node, MapNode):
                inner = dataclasses.replace(figure, parameters=node, span=node.span())
                findings += _kinds()[part["kind"]].check_within(inner, part["values"], width)
            findings += field_findings(part, 60, "heading")
            if widest_word(words(part, "heading"), BOLD_SIZE) > width:
                message = "A word of this heading is wider than its column."
                findings.append(wrong(figure, ("figures", place, "heading"), message))
        if not findings and _height(values) > _TALLEST:
            message = "The panel is too high for one picture."
            findings.append(wrong(figure, ("figures",), message, "Use more columns, or split it."))
        return findings

    def inputs(self, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[bytes]:  # noqa: ARG002 - the interface
        """Return nothing: the values are the only input."""
        return ()

    def draw(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Draw and arrange the parts; the values have passed `check`."""
        return self.draw_alone(values, form)

    def draw_alone(self, values: Mapping[str, Any], form: FigureForm) -> Drawing:
        """Draw and arrange the parts; the values have passed `check`."""
        from cardpipe.figures.assembly import assembled
        from cardpipe.figures.style import paint

        kinds = _kinds()
        width = _part_width(values)
        drawings = [kinds[part["kind"]].draw_within(part["values"], width, form) for part in values["figures"]]
        placed, size = _arranged(values, [(drawing.width, drawing.height) for drawing in drawings])
        headings = _headings(values)

        def draw_headings(canvas: Canvas) -> None:
            axes = canvas_axes(canvas, *size)
            for (x, y, _), lines in zip(placed, headings, strict=True):
                write_lines(axes, x, y - _HEADING_TOP / 2 - lines_height(lines) / 2, lines, ha="center", weight="bold")

        ground = paint(draw_headings, form, width=size[0], height=size[1])
        corners = [(left, y) for _, y, left in placed]
        return assembled(ground, list(zip(drawings, corners, strict=True)), form)


def _part_width(values: Mapping[str, Any]) -> float:
    columns = min(values["columns"], len(values["figures"]))
    return float((WIDTH - (columns - 1) * _GAP) / columns)


def _headings(values: Mapping[str, Any]) -> list[list[str]]:
    """Return the lines above each part; all parts of a row have as many as the longest."""
    width = _part_width(values)
    return [broken(words(part, "heading"), width, BOLD_SIZE) if "heading" in part else [] for part in values["figures"]]


def _height(values: Mapping[str, Any]) -> float:
    """Return the panel's height in CSS pixels, estimated without drawing."""
    kinds = _kinds()
    width = _part_width(values)
    sizes = [kinds[part["kind"]].size_within(part["values"], width) for part in values["figures"]]
    return _arranged(values, sizes)[1][1]


def _arranged(
    values: Mapping[str, Any], sizes: Sequence[tuple[float, float]]
) -> tuple[list[tuple[float, float, float]], tuple[float, float]]:
    """Return the middle, top and left of each part, and the size of the panel; in CSS pixels."""
    count = min(values["columns"], len(sizes))
    # A part whose text extends over its edge is wider than requested, and so is its column.
    columns = [max(_part_width(values), *(width for width, _ in sizes[column::count])) for column in range(count)]
    headings = _headings(values)
    placed: list[tuple[float, float, float]] = []
    y = 0.0
    for first in range(0, len(sizes), count):
        row = sizes[first : first + count]
        y += max(lines_height(lines) for lines in headings[first : first + count])
        y += _HEADING_TOP if any(headings[first : first + count]) else 0.0
        for column, (width, _) in enumerate(row):
            middle = sum(columns[:column]) + column * _GAP + columns[column] / 2
            placed.append((middle, y, middle - width / 2))
        y += max(height for _, height in row) + _GAP
    return placed, (sum(columns) + (count - 1) * _GAP, y - _GAP)


KIND: Final = PanelKind()
