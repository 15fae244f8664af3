"""The contract of a figure kind."""

from __future__ import annotations

import json
import math
from functools import partial
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cardpipe.errors import RenderError
from cardpipe.figures.api import Drawing, ExemplaryKind, Field, Figure, FigureForm, FigureKind, Finding, FittingKind
from cardpipe.testing.deck import card_file, loaded
from cardpipe.testing.declared import check_attributes, check_name, expect
from cardpipe.testing.processes import check_elsewhere, check_light, digest_of
from cardpipe.text.escaping import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OWN_KEYS: Final = frozenset({"id", "kind", "alt", "caption", "width"})
_BEGINNINGS: Final = {"image/svg+xml": b"<", "image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}
_TYPES: Final = {FigureForm.SVG: "image/svg+xml", FigureForm.PNG: "image/png"}
_LARGEST: Final = 1600.0
"""The maximum side of a figure, in CSS pixels."""
_WIDTHS: Final = (480.0, 300.0, 160.0)
"""Widths that a panel can give a figure, in CSS pixels."""
_ODD_VALUES: Final = (
    '""',
    "0",
    "-1",
    "1e300",
    ".nan",
    "true",
    '"\\u202e\\u0000"',
    f'"{"long " * 60}"',
    "'$\\foo$'",
    '"\\u4e2d\\u6587 \\U0001f600"',
    "[]",
    "[[]]",
    "[0, -1, 1e300]",
    "{}",
    "{a: 1}",
)
"""YAML values that an author could write by mistake in any field."""
_MOST_DRAWN: Final = 6
"""The maximum number of odd values without findings that are drawn; each takes a fifth of a second."""


class _Read(NamedTuple):
    """A parsed figure and its faults."""

    figure: Figure
    values: Mapping[str, Any]
    findings: list[Finding]


def check_figure_kind(kind: FigureKind) -> None:
    """Check that a figure kind fulfils its contract; raises AssertionError otherwise.

    The example of an `ExemplaryKind` is drawn; for other kinds, only declaration and checks are tested.
    """
    called = check_name(kind, "figure kind")
    check_attributes(kind, "figure kind", "fields", "check", "inputs", "draw")
    _check_fields(called, kind)
    check_light(called, kind)
    example = kind.example if isinstance(kind, ExemplaryKind) else ""
    read = _read(called, kind, example) if example else None
    if read is not None:
        messages = "; ".join(finding.message for finding in read.findings)
        expect(not read.findings, f"{called} finds faults in its own example: {messages}")
        _check_drawing(called, kind, read)
    _check_odd_values(called, kind, example)


def drawn(kind: FigureKind, example: str) -> bytes:
    """Return a digest of the pictures of an example in all formats."""
    read = _read(f"The figure kind “{kind.name}”", kind, example)
    return (
        digest_of(kind.draw(read.values, loaded().settings, form).data for form in FigureForm)
        if read is not None
        else b""
    )


def _check_fields(called: str, kind: FigureKind) -> None:
    fields: object = kind.fields
    expect(isinstance(fields, (tuple, list)), f"{called} needs a tuple of fields, not {type(fields).__name__}.")
    seen = set(_OWN_KEYS)
    for field in kind.fields:
        expect(isinstance(field, Field), f"{called} has a field that is not a Field: {field!r}.")
        expect(
            field.name not in seen, f"{called}: the key “{field.name}” is reserved for all figures, or declared twice."
        )
        seen.add(field.name)
        expect(field.doc.strip(), f"{called}: the field “{field.name}” has no description.")
        expect(isinstance(field.type.schema(), dict), f"{called}: the field “{field.name}” has no JSON Schema.")
    expect(
        isinstance(kind, ExemplaryKind) or any(field.example is not None for field in kind.fields) or not kind.fields,
        f"{called} has no example: declare one, or examples of its fields.",
    )


def _read(called: str, kind: FigureKind, fields: str) -> _Read | None:
    """Parse a figure with these fields in YAML; None if that is not a figure."""
    from cardpipe.source.fields import decode

    text = (
        f"id: EX0009\ntitle: A\nquestion: B\nanswer: C\nfigures:\n  - id: sample\n    kind: {kind.name}\n    alt: A.\n"
    )
    found = card_file(text + indent(fields, "    "))
    figures = [figure for card in found.cards for figure in card.figures]
    if not figures:
        return None
    values, findings = decode(figures[0].parameters, kind.fields)
    if not findings:
        findings = list(_checked(called, lambda: kind.check(figures[0], values, loaded().settings), fields))
    return _Read(figures[0], values, findings)


def _checked(called: str, check: Callable[[], object], fields: str) -> list[Finding]:
    try:
        found: object = check()
        findings = list(found) if isinstance(found, (tuple, list)) else None
    except Exception as error:
        raise AssertionError(
            f"{called} raises {type(error).__name__} in its check of “{_shortened(fields)}”: {error}. Invalid "
            "input must be a finding, not an exception."
        ) from error
    if findings is None:
        raise AssertionError(f"{called} returns {type(found).__name__} from its check, not a list of findings.")
    for finding in findings:
        fine = isinstance(finding, Finding) and finding.message.strip() and "\n" not in finding.message
        expect(fine, f"{called} returns {finding!r} from its check, which is not a Finding with a one-line message.")
    return findings


def _shortened(text: str) -> str:
    return shortened(text.strip().replace("\n", " / "), 160)


def _check_drawing(called: str, kind: FigureKind, read: _Read) -> None:
    settings = loaded().settings
    inputs: object = kind.inputs(read.values, settings)
    fine = isinstance(inputs, (tuple, list)) and all(isinstance(part, bytes) for part in inputs)
    expect(fine, f"{called} needs a list of bytes as inputs, not {inputs!r}.")
    for form in FigureForm:
        drawing = _drawing(called, partial(kind.draw, read.values, settings, form))
        expect(
            not drawing.drawn or drawing.media_type == _TYPES[form],
            f"{called} draws {drawing.media_type} instead of {_TYPES[form]}.",
        )
        again = kind.draw(read.values, settings, form)
        expect(drawing.data == again.data, f"{called} draws different bytes the second time, as {form.value}.")
    example = kind.example if isinstance(kind, ExemplaryKind) else ""
    check_elsewhere(called, kind, drawn, example)
    if isinstance(kind, ExemplaryKind):
        _drawing(called, lambda: kind.draw_alone(read.values, FigureForm.SVG))
    if isinstance(kind, FittingKind):
        _check_widths(called, kind, read)


def _check_widths(called: str, kind: FittingKind, read: _Read) -> None:
    """Check that a kind respects each width of a panel, or reports that there is no room."""
    for width in _WIDTHS:
        if _checked(called, partial(kind.check_within, read.figure, read.values, width), f"{width:g} px"):
            continue
        across, height = kind.size_within(read.values, width)
        expect(
            0 < across <= width + 1 and height > 0,
            f"{called} takes {across:g} by {height:g} px in a width of {width:g} px: its check must report that "
            "there is no room.",
        )
        _drawing(called, partial(kind.draw_within, read.values, width, FigureForm.SVG))


def _drawing(called: str, draw: Callable[[], object]) -> Drawing:
    try:
        made = draw()
    except RenderError:
        raise
    except Exception as error:
        raise AssertionError(f"{called} raises {type(error).__name__} while drawing: {error}") from error
    drawing = made if isinstance(made, Drawing) else None
    if drawing is None:
        raise AssertionError(f"{called} draws {type(made).__name__}, not a Drawing.")
    beginning = _BEGINNINGS.get(drawing.media_type, b"")
    expect(drawing.data.startswith(beginning) and drawing.data, f"{called} draws invalid {drawing.media_type}.")
    for side in (drawing.width, drawing.height):
        expect(math.isfinite(side) and 0 < side <= _LARGEST, f"{called} draws a side of {side:g} px.")
    return drawing


def _check_odd_values(called: str, kind: FigureKind, example: str) -> None:
    """Check that invalid values are reported, or can be drawn."""
    left = _MOST_DRAWN if example else 0
    for fields in _odd(kind, example):
        read = _read(called, kind, fields)
        if read is None or read.findings or not left:
            continue
        left -= 1
        _drawing(
            f"{called}, for “{_shortened(fields)}”,", partial(kind.draw, read.values, loaded().settings, FigureForm.SVG)
        )


def _odd(kind: FigureKind, example: str) -> Iterator[str]:
    """Yield variants of the example, each with one odd field."""
    from cardpipe.source.yaml_reader import read_yaml
    from cardpipe.text.nodes import MapNode
    from cardpipe.text.positions import SourceFile

    node = read_yaml(SourceFile("example.yaml", example), []) if example else None
    usual = {}
    if isinstance(node, MapNode):
        for key, value in node.entries:
            usual[key.text] = json.dumps(_plain(value), ensure_ascii=False)
    yield ""
    for field in kind.fields:
        for odd in _ODD_VALUES:
            yield "".join(f"{name}: {value}\n" for name, value in {**usual, field.name: odd}.items())


def _plain(node: Any) -> Any:
    """Convert a YAML tree to JSON values; plain scalars keep their types."""
    import yaml

    from cardpipe.text.nodes import ListNode, MapNode

    if isinstance(node, MapNode):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    return yaml.safe_load(node.text) if not node.style and node.text else node.text
