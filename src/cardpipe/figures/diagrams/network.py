"""The figure kind `network`: layers of units, from one neuron to a deep network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cardpipe.figures.declared import DeclaredKind, Scene, example_of
from cardpipe.figures.diagrams import layered_network
from cardpipe.figures.diagrams.layered_network import MOST_SHOWN, NetworkPlan
from cardpipe.figures.label_lines import approximate_width
from cardpipe.figures.labels import Label, wrong
from cardpipe.source.fields import Boolean, Field, Integer, ListOf, Record
from cardpipe.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cardpipe.model.deck import Figure
    from cardpipe.model.diagnostics import Finding

_MOST_LAYERS: Final = 8
_MOST_UNITS: Final = 1_000_000
_LAYER: Final = Record(
    (
        Field(
            "units",
            Integer(1, _MOST_UNITS),
            f"Number of units; beyond {MOST_SHOWN}, some are replaced by dots.",
            required=True,
            example=3,
        ),
        Field("label", Label(50), "The name of the layer.", example="Hidden layer"),
        Field(
            "unit_labels",
            ListOf(Label(30), max=MOST_SHOWN),
            "Labels of its units; in the first and last layer next to the units if they do not fit.",
            example=["$h_1$", "$h_2$", "$h_3$"],
        ),
    ),
    name="layer",
)
_UNIT: Final = Record(
    (
        Field("layer", Integer(1, _MOST_LAYERS), "The layer, counted from 1.", required=True, example=2),
        Field("unit", Integer(0, _MOST_UNITS), "The unit, counted from 1; 0 is the bias.", required=True, example=1),
    ),
    name="unit",
)
_EDGE: Final = Record(
    (
        Field(
            "layer", Integer(1, _MOST_LAYERS), "The layer where it starts, counted from 1.", required=True, example=1
        ),
        Field("from", Integer(0, _MOST_UNITS), "The unit where it starts; 0 is the bias.", required=True, example=1),
        Field("to", Integer(1, _MOST_UNITS), "The unit of the next layer where it ends.", required=True, example=1),
        Field("label", Label(16), "The label.", example="$w_1$"),
    ),
    name="edge",
)
FIELDS: Final = (
    Field(
        "layers",
        ListOf(_LAYER, min=2, max=_MOST_LAYERS),
        "The layers from left to right, each fully connected to the next.",
        required=True,
        example=[{"units": 2, "label": "Inputs"}, {"units": 3}, {"units": 1, "label": "Output"}],
    ),
    Field("biases", Boolean(), "Whether each layer except the last has a bias unit.", example=True, default=False),
    Field("highlight_units", ListOf(_UNIT, max=32), "Units to highlight.", example=[{"layer": 2, "unit": 1}]),
    Field(
        "highlight_edges",
        ListOf(_EDGE, max=32),
        "Edges to highlight, with optional labels.",
        example=[{"layer": 1, "from": 1, "to": 1, "label": "$w_1$"}],
    ),
    Field("outputs", ListOf(Label(20), max=MOST_SHOWN), "Labels of arrows out of the last layer.", example=["$y$"]),
)


def _findings(figure: Figure, values: Mapping[str, Any], _width: float) -> Iterator[Finding]:
    """References to units that are not there, and labels too many."""
    for find in (_layer_findings, _unit_findings, _edge_findings, _output_findings):
        yield from find(figure, values)


def _scene(values: Mapping[str, Any], width: float) -> Scene:
    plan = NetworkPlan(values, width)
    return Scene(width, plan.height, lambda canvas: layered_network.draw(canvas, plan))


def _layer_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    for place, layer in enumerate(values["layers"]):
        labels = layer.get("unit_labels", ())
        if len(labels) > layer["units"]:
            yield wrong(
                figure,
                ("layers", place, "unit_labels"),
                f"Found {counted(len(labels), 'label')} for {counted(layer['units'], 'unit')}.",
                "Write at most one for each unit.",
            )


def _unit_fault(values: Mapping[str, Any], layer: int, unit: int) -> str | None:
    """Return why a unit is not in the picture."""
    layers = values["layers"]
    if layer > len(layers):
        return f"There are {counted(len(layers), 'layer')}."
    if unit == 0:
        if not values.get("biases"):
            return "There are no biases: write `biases: true`."
        return "The last layer has no bias." if layer == len(layers) else None
    units = layers[layer - 1]["units"]
    if unit > units:
        return f"Layer {layer} has {units} units."
    shown = layered_network.shown_units(units)
    if unit not in shown:
        return f"Unit {unit} of layer {layer} is replaced by dots."
    return None


def _unit_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    for place, unit in enumerate(values.get("highlight_units", ())):
        fault = _unit_fault(values, unit["layer"], unit["unit"])
        if fault is not None:
            yield wrong(figure, ("highlight_units", place), "This unit is not in the picture.", fault)


def _edge_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    for place, edge in enumerate(values.get("highlight_edges", ())):
        fault = _unit_fault(values, edge["layer"], edge["from"])
        if fault is None and edge["layer"] == len(values["layers"]):
            fault = "No edge starts at the last layer."
        fault = fault or _unit_fault(values, edge["layer"] + 1, edge["to"])
        if fault is not None:
            yield wrong(figure, ("highlight_edges", place), "This edge is not in the picture.", fault)


def _output_findings(figure: Figure, values: Mapping[str, Any]) -> Iterator[Finding]:
    outputs = values.get("outputs", ())
    shown = sum(unit > 0 for unit in layered_network.shown_units(values["layers"][-1]["units"]))
    if len(outputs) > shown:
        yield wrong(
            figure,
            ("outputs",),
            f"Found {counted(len(outputs), 'output')}, but the last layer shows {counted(shown, 'unit')}.",
            "Write at most one for each unit.",
        )


def _room_findings(figure: Figure, values: Mapping[str, Any], width: float) -> Iterator[Finding]:
    plan = NetworkPlan(values, width)
    if plan.cramped():
        yield wrong(
            figure,
            ("layers",),
            "There is no room for these layers and their labels.",
            "Use fewer or shorter ones.",
        )
        return
    crowded = plan.crowded()
    if crowded is not None:
        yield wrong(
            figure,
            ("layers", crowded, "label"),
            "A word of this name is wider than the column of its layer.",
            "Shorten it.",
        )
    for place, layer in enumerate(values["layers"]):
        for number, label in enumerate(layer.get("unit_labels", ())):
            if plan.inside(place) and approximate_width(label.text) > 2 * plan.radius - 4:
                yield wrong(
                    figure,
                    ("layers", place, "unit_labels", number),
                    "This label does not fit into its unit.",
                    "Shorten it.",
                )


KIND: Final = DeclaredKind(
    name="network",
    summary="Layers of connected units, with names, biases and highlighted paths.",
    synonyms=("neural-network", "nn", "mlp", "net"),
    fields=FIELDS,
    example=example_of("network"),
    findings=_findings,
    room=_room_findings,
    scene=_scene,
)
