"""Figures for tests: from YAML text to checked values and drawings."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cardpipe import plugins
from cardpipe.model.deck import DeckSettings, Figure, FigureScript, Media
from cardpipe.source.fields import decode
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import MapNode
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.writers.api import FigureForm

if TYPE_CHECKING:
    from cardpipe.figures.api import Drawing, FigureKind
    from cardpipe.model.diagnostics import Finding


@dataclass
class Files:
    """The part of a deck that figure kinds look at."""

    media: tuple[Media, ...] = ()
    scripts: tuple[FigureScript, ...] = ()

    @property
    def deck(self) -> DeckSettings:
        return cast("DeckSettings", self)

    def media_file(self, name: str) -> Media | None:
        return next((media for media in self.media if media.name == name), None)


def kind(name: str) -> FigureKind:
    """A built-in kind, by its entry point."""
    return cast("FigureKind", plugins.load(plugins.FIGURES, name))


def figure(yaml: str) -> Figure:
    """A figure whose own fields are a YAML text."""
    file = SourceFile("source/cards/ML0001.yaml", textwrap.dedent(yaml))
    findings: list[Finding] = []
    node = read_yaml(file, findings)
    assert isinstance(node, MapNode), findings
    assert findings == []
    name = SourceText.inline("sample")
    return Figure(id=name, kind=name, alt=None, caption=None, parameters=node, span=node.span())


def decoded(kind_name: str, yaml: str) -> tuple[Figure, dict[str, Any]]:
    """A figure and its values, which the field table must not object to."""
    sample = figure(yaml)
    values, findings = decode(sample.parameters, kind(kind_name).fields)
    assert findings == []
    return sample, values


def found(kind_name: str, yaml: str, files: Files | None = None) -> list[tuple[int, int, str]]:
    """Line, column and message of each finding of a kind."""
    sample, values = decoded(kind_name, yaml)
    findings = kind(kind_name).check(sample, values, (files or Files()).deck)
    assert {finding.code for finding in findings} <= {"FIG005"}
    return [(finding.span.line, finding.span.column, finding.message) for finding in findings]


def drawn(kind_name: str, yaml: str, form: FigureForm = FigureForm.SVG, files: Files | None = None) -> Drawing:
    """The picture of a figure without findings."""
    sample, values = decoded(kind_name, yaml)
    deck = (files or Files()).deck
    assert list(kind(kind_name).check(sample, values, deck)) == []
    return kind(kind_name).draw(values, deck, form)


SAMPLES = {
    "network": """
        layers:
          - {units: 3, label: Inputs, unit_labels: [$x_1$, $x_2$, $x_3$]}
          - {units: 20, label: Hidden layer with many units}
          - {units: 2, label: Output layer, unit_labels: [cat, a longer word]}
        biases: true
        highlight_units: [{layer: 2, unit: 1}]
        highlight_edges: [{layer: 1, from: 1, to: 1, label: $w_1$}, {layer: 1, from: 0, to: 2}]
        outputs: [$p_1$, $p_2$]
        """,
    "grid": """
        grids:
          - {title: Image, values: [[1, 2], [3, -4]], highlight: [{row: 1, column: 1, rows: 2}]}
          - {title: Zero-padded image, padding: 1, values: [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, -4, 0], [0, 0, 0, 0]]}
          - {title: Kernel of a convolution, values: [[0.125, 1], [1, 1000000]]}
          - {values: [[10, 9], [9, 8]]}
        operators: [→, "*", "="]
        """,
    "function": """
        curves:
          - {expression: sigmoid(3*x), label: sigmoid $\\sigma$}
          - {expression: "1/(x - 1)", label: a pole}
          - "where(x < 0, -1, 1)"
        x: [-4, 4]
        x_label: weighted sum $z$
        y_label: activation
        points: [{x: 0, y: 0.5, label: half way}, {x: -4, y: 0, label: at the edge}]
        asymptotes: [{x: 1, label: $x = 1$}, {y: 1, label: one}]
        """,
    "bars": """
        categories: [cat, a longer name, third, d]
        series:
          - {label: before, values: [3, 0.25, 2, 0]}
          - {label: after $t$, values: [1, 5, 1, 0.001]}
        arrangement: stacked
        horizontal: true
        show_values: true
        value_label: how many
        category_label: animals
        """,
    "histogram": """
        values: [-1, 0, 0.1, 0.2, 0.5, 3]
        bins: 4
        x_label: weight $w$
        y_label: count
        guides: [{x: 0.5, label: mean}, {y: 1}]
        """,
    "lines": """
        x: [1, 10, 20]
        series:
          - {label: training, values: [1, 0.1, 0.01], low: [0.9, 0.05, 0.005], high: [2, 0.2, 0.02]}
          - {label: validation, values: [1, 0.3, 0.2]}
        markers: false
        scale: log
        y: [0.001, 10]
        x_label: epoch
        y_label: loss
        guides: [{x: 10, label: stop}, {y: 0.05, label: goal}]
        """,
    "scatter": """
        classes:
          - {label: cats, points: [[0, 0], [1, 1]]}
          - {label: dogs, points: [[2, 2], [3, 1]]}
        boundaries:
          - {label: curved, expression: 2 - x/3 + 1/(x - 7)}
          - {points: [[0, 2], [1, 1.5], [4, 1.4]]}
        marks: [{x: 1, y: 1, label: a support vector}]
        x: [0, 4]
        y: [0, 3]
        x_label: $x_1$
        y_label: $x_2$
        """,
    "heatmap": """
        values: [[0, 0, 0, 0], [0, 1.5, -2, 0], [0, 3, 0.001, 0], [0, 0, 0, 0]]
        rows: [the, cat, sat on a mat, .]
        columns: [the, cat, incomprehensibilities, .]
        x_label: key $k$
        y_label: query $q$
        title: Attention of a head whose name is long
        scale: [-3, 3]
        show_values: false
        padding: 1
        highlight: [{row: 1, column: 2, rows: 3, columns: 1}]
        """,
    "confusion-matrix": """
        classes: [sick, healthy]
        counts: [[45, 5], [0, 0]]
        shares: rows
        cells: [[true positive, false negative], [false positive, true negative]]
        actual: actual
        predicted: predicted class
        highlight: [{row: 1, column: 1, columns: 2}]
        """,
    "table": """
        header: [optimiser, step $s$, what it needs beside the gradients themselves]
        rows:
          - [SGD, 0.1, a learning rate that falls]
          - [Adam, "-10", two more numbers for each of the weights]
        first_column: true
        align: [left, right, center]
        title: Optimisers
        highlight: [{row: 2, column: 1, columns: 3}]
        """,
    "graph": """
        nodes:
          - sunny
          - {id: rainy, label: rainy day $r$, highlight: true}
          - {id: cloudy}
        edges:
          - {from: sunny, to: sunny, label: 0.8}
          - {from: sunny, to: rainy, label: 0.1, highlight: true}
          - {from: rainy, to: sunny, label: 0.6}
          - {from: rainy, to: cloudy}
        directed: true
        layout: circle
        """,
    "tree": """
        root:
          label: outlook
          highlight: true
          children:
            - {label: humidity, branch: sunny, children: [go, {label: stay, branch: high $h$, highlight: true}]}
            - {label: play in the garden, branch: overcast}
        direction: down
        """,
    "timeline": """
        steps:
          - {label: Perceptron, when: "1958", text: a machine that learns weights from examples and nothing else}
          - {label: Backpropagation, when: in the eighties, highlight: true}
          - {label: $\\to$ LeNet}
        numbered: true
        direction: down
        """,
    "venn": """
        sets: [artificial intelligence, machine learning, statistics $s$]
        regions:
          - {in: [1], label: search}
          - {in: [2, 3], label: fits, highlight: true}
          - {in: [3, 1, 2], label: $x$}
        """,
    "panel": """
        figures:
          - {kind: function, heading: the function $f$ itself, curves: [x**2], x: [-1, 1]}
          - {kind: bars, heading: bars, categories: [a, b], series: [{values: [1, 2]}]}
          - {kind: heatmap, values: [[1, 2], [3, 4]]}
        columns: 2
        """,
}
"""One figure of each declarative kind that uses everything the kind has."""
