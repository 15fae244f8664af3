"""Figures near the limits of their kinds: many parts, long words, tall formulas, extreme numbers."""

from __future__ import annotations

HARD = {
    "bars/big": r"""
        categories: [BERT, GPT-2, GPT-3]
        series: [{label: parameters, values: [110000000, 1500000, 999999999]}]
        show_values: true
        """,
    "bars/high-formulas": r"""
        categories: ['$\frac12$', '$\frac{\partial L}{\partial w}$', c]
        series: [{values: [1,2,3]}]
        """,
    "bars/long": r"""
        categories: [Convolutional network, Recurrent network, Transformer,
          Gradient boosting, k nearest neighbours, Logistic regression, Naive Bayes, Random forest]
        series: [{values: [0.912, 0.87, 0.951, 0.9, 0.71, 0.66, 0.61, 0.88]}]
        horizontal: true
        show_values: true
        value_label: accuracy on the held-out test set
        """,
    "bars/neg": r"""
        categories: [Jan, Feb, Mar, Apr, May, Jun, Jul, Aug, Sep, Oct, Nov, Dec]
        series:
          - {label: cold, values: [-12, -9, -3, 2, 7, 12, 15, 14, 9, 3, -4, -10]}
          - {label: warm, values: [-2, 1, 6, 12, 18, 24, 27, 26, 21, 13, 5, -1]}
        value_label: temperature in °C
        """,
    "bars/stack6": r"""
        categories: [a, b, c]
        series:
          - {label: one, values: [1, 2, 3]}
          - {label: two, values: [1, 2, 3]}
          - {label: three, values: [4, 2, 3]}
          - {label: four, values: [1, 2, 3]}
          - {label: five, values: [1, 6, 3]}
          - {label: six, values: [1, 2, 3]}
        arrangement: stacked
        show_values: true
        """,
    "confusion-matrix/long": r"""
        classes: [benign tumour, malignant tumour, healthy tissue]
        counts: [[4500, 50, 3],[30, 920, 12],[7, 8, 12345]]
        shares: columns
        actual: actual
        predicted: predicted
        """,
    "confusion-matrix/ten": r"""
        classes: ["0","1","2","3","4","5","6","7","8","9"]
        counts: [[980,0,1,0,0,2,3,1,2,1],[0,1120,3,2,0,1,3,1,5,0],[5,1,990,8,3,0,4,9,11,1],
          [0,0,7,975,0,12,0,8,6,2],[1,0,4,0,955,0,5,1,2,14],[4,1,0,14,2,850,9,1,8,3],[6,3,1,0,4,7,935,0,2,0],
          [1,5,12,4,2,0,0,990,2,12],[4,1,5,10,5,8,6,4,925,6],[4,6,1,7,13,4,0,8,5,961]]
        actual: true digit
        predicted: predicted digit
        """,
    "function/big": r"""
        curves: [{expression: 1000000*x**2, label: cost in euros of a run}]
        x: [0, 1000]
        x_label: number of graphics processors
        y_label: cost
        """,
    "function/high-formulas": r"""
        curves: [{expression: 1/(1+exp(-x)), label: '$\frac{1}{1+e^{-x}}$'},
          {expression: tanh(x), label: '$\frac{e^x-e^{-x}}{e^x+e^{-x}}$'}]
        x: [-4,4]
        y_label: '$\frac{\partial L}{\partial w}$'
        x_label: '$\frac{z}{2}$'
        points: [{x: 0, y: 0.5, label: '$\left(0,\frac12\right)$'}]
        """,
    "function/poles": r"""
        curves:
          - {expression: tan(x), label: $\tan x$}
          - {expression: 1/x, label: '$\frac{1}{x}$'}
        x: [-5, 5]
        y: [-6, 6]
        x_label: $x$
        y_label: $y$
        asymptotes: [{x: 1.5708, label: $x = \pi/2$}, {x: -1.5708}, {y: 0}]
        points: [{x: 3.1416, y: 0, label: a root at $\pi$}, {x: 1, y: 1, label: "(1, 1)"}]
        """,
    "function/six": r"""
        curves: [x, x**2/10, sin(x), exp(x)/50, "log(x+6)", "where(x<0,-1,1)*3"]
        x: [-5, 5]
        """,
    "graph/high-formulas": r"""
        nodes: [{id: a, label: '$\frac{\partial L}{\partial w}$'},
          {id: b, label: '$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$'}]
        edges: [{from: a, to: b, label: '$\sum_{i=1}^n x_i$'}]
        directed: true
        layout: right
        """,
    "graph/k8": r"""
        nodes: [a, b, c, d, e, f, g, h]
        edges: [{from: a, to: b, label: 4},{from: a, to: c, label: 8},{from: a, to: d, label: 12},
          {from: b, to: e, label: 7, highlight: true},{from: c, to: g, label: 9},{from: e, to: h, label: 10},
          {from: f, to: a, label: 3},{from: g, to: d},{from: b, to: h},{from: c, to: f}]
        """,
    "grid/high-formulas": r"""
        grids: [{values: [[1,2],[3,4]], title: '$\frac{\partial L}{\partial w}$'},{values: [[1,2],
          [3,4]], title: '$K$'}]
        """,
    "heatmap/corr": r"""
        values: [[1, -0.82, 0.34, 0.05], [-0.82, 1, -0.12, -0.4], [0.34, -0.12, 1, 0.9], [0.05, -0.4, 0.9, 1]]
        rows: [house price, distance to centre, living area, number of rooms]
        columns: [price, distance, area, rooms]
        scale: [-1, 1]
        """,
    "heatmap/high-formulas": r"""
        values: [[1,2],[3,4]]
        rows: ['$\frac12$', '$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$']
        columns: ['$\frac12$', '$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$']
        title: 'A title $\frac{\partial L}{\partial w}$'
        """,
    "heatmap/neg": r"""
        values: [[-1, -0.5, 0, 0.5, 1],[1, 0.5, 0, -0.5, -1]]
        show_values: false
        """,
    "lines/log": r"""
        series: [{values: [1, 0.1, 0.003, 0.00001], label: error},{values: [1, 0.5, 0.25, 0.125], label: bound}]
        scale: log
        x_label: iteration
        y_label: $\|x - x^*\|$
        """,
    "lines/neg": r"""
        series: [{values: [-1000000, -500, 0, 400, 1000000], label: "balance"}]
        guides: [{y: 0, label: break even}, {x: 3, label: the third month}]
        x_label: month
        """,
    "lines/six": r"""
        x: [1, 10, 100, 1000, 10000]
        series:
          - {label: SGD, values: [2.3, 1.9, 1.4, 0.9, 0.5]}
          - {label: momentum, values: [2.3, 1.8, 1.2, 0.7, 0.4]}
          - {label: RMSProp, values: [2.3, 1.6, 1.0, 0.6, 0.35]}
          - {label: Adam, values: [2.3, 1.5, 0.9, 0.5, 0.3]}
          - {label: AdamW, values: [2.3, 1.45, 0.85, 0.45, 0.28]}
          - {label: LAMB with warm-up, values: [2.3, 2.1, 1.1, 0.55, 0.27]}
        x_label: number of training steps taken
        y_label: cross-entropy on validation data
        """,
    "network/eight": r"""
        layers: [{units: 4},{units: 6},{units: 6},{units: 6},{units: 6},{units: 6},{units: 4},
          {units: 2, unit_labels: [cat, dog]}]
        highlight_edges: [{layer: 1, from: 1, to: 2},{layer: 2, from: 2, to: 3},{layer: 3, from: 3, to: 3},
          {layer: 4, from: 3, to: 1}]
        """,
    "network/high-formulas": r"""
        layers:
          - {units: 2, label: '$x\in\mathbb{R}^2$', unit_labels: ['$\frac{1}{2}$', '$x_2$']}
          - {units: 3, label: '$\sum_i w_i$'}
          - {units: 1, label: out, unit_labels: ['$\frac{1}{1+e^{-z}}$']}
        highlight_edges: [{layer: 1, from: 1, to: 1, label: '$\frac{\partial L}{\partial w}$'}]
        outputs: ['$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$']
        """,
    "network/wide": r"""
        layers:
          - {units: 784, label: Pixels}
          - {units: 300, label: Hidden 1}
          - {units: 100, label: Hidden 2}
          - {units: 30, label: Hidden 3}
          - {units: 10, label: Digits}
        biases: true
        """,
    "network/xor": r"""
        layers:
          - {units: 2, label: Input, unit_labels: [$x_1$, $x_2$]}
          - {units: 2, label: Hidden, unit_labels: [OR, AND]}
          - {units: 1, label: XOR, unit_labels: [$\hat y$]}
        biases: true
        highlight_edges: [{layer: 1, from: 1, to: 1, label: $1$},{layer: 1, from: 2, to: 1, label: $1$},
          {layer: 1, from: 0, to: 1, label: $-0.5$},{layer: 2, from: 1, to: 1, label: $1$},
          {layer: 2, from: 2, to: 1, label: $-2$}]
        """,
    "panel/high-formulas": r"""
        figures:
         - {kind: grid, heading: '$\frac{\partial L}{\partial w}$', values: [[1,2],[3,4]]}
         - {kind: grid, heading: plain, values: [[1,2],[3,4]]}
        """,
    "panel/n1": r"""
        figures:
          - {kind: function, heading: sigmoid, curves: [1/(1+exp(-x))], x: [-6, 6], x_label: $z$, y_label: $a$}
          - {kind: function, heading: tanh, curves: [{expression: tanh(x), label: tanh}], x: [-6, 6], x_label: $z$}
          - {kind: function, heading: cost, curves: [100000*x**2], x: [0, 1000], x_label: $z$}
        columns: 3
        """,
    "panel/n2": r"""
        figures:
          - {kind: bars, heading: few, categories: [a, b], series: [{values: [1, 2], label: one},
              {values: [1, 2], label: two}], show_values: true}
          - {kind: bars, heading: lying, categories: [alpha, beta, gamma], horizontal: true,
              series: [{values: [0.123, 2, 3]}], show_values: true}
          - {kind: histogram, heading: weights, values: [1, 2, 2.5, 3, 4, 5], bins: 5, x_label: weight, y_label: count}
          - {kind: lines, heading: loss, series: [{values: [1, 0.5, 0.25]}], x_label: epoch, y_label: loss,
              guides: [{y: 0.3, label: goal}]}
          - {kind: lines, heading: log, series: [{values: [1, 0.1, 0.00001]}], scale: log}
          - {kind: scatter, heading: classes, classes: [{label: cats, points: [[1000, 0.0001],
              [2000, 0.0003]]},{label: dogs, points: [[1500, 0.0001]]}]}
        columns: 3
        """,
    "panel/three": r"""
        figures:
          - {kind: scatter, heading: underfit, classes: [{points: [[1,1],[2,3],
              [3,2]]}], boundaries: [{expression: 2}]}
          - {kind: scatter, heading: good fit, classes: [{points: [[1,1],[2,3],
              [3,2]]}], boundaries: [{expression: 1+x/2}]}
          - {kind: scatter, heading: overfit, classes: [{points: [[1,1],[2,3],
              [3,2]]}], boundaries: [{expression: "3-2*(x-2)**2+(x-2)/2"}]}
        columns: 3
        """,
    "table/high-formulas": r"""
        header: [Function, "$f(x)$", Range]
        rows:
          - [sigmoid, '$\frac{1}{1+e^{-x}}$', "$(0, 1)$"]
          - [tanh, '$\frac{e^x-e^{-x}}{e^x+e^{-x}}$',  "$(-1, 1)$"]
          - [ReLU, '$\begin{cases}0&x<0\\x&x>0\end{cases}$', '$[0,\infty)$']
        first_column: true
        """,
    "table/math": r"""
        header: [Function, "$f(x)$", "$f'(x)$", Range]
        rows:
          - [sigmoid, '$\frac{1}{1+e^{-x}}$', "$f(1-f)$", "$(0, 1)$"]
          - [tanh, '$\frac{e^x-e^{-x}}{e^x+e^{-x}}$', "$1-f^2$", "$(-1, 1)$"]
          - [ReLU, '$\max(0,x)$', '$\begin{cases}0&x<0\\1&x>0\end{cases}$', '$[0,\infty)$']
        first_column: true
        """,
    "timeline/high-formulas": r"""
        steps: [{label: forward, text: '$a=\frac{1}{1+e^{-z}}$'},
          {label: '$\frac{\partial L}{\partial w}$', text: the gradient},
          {label: next, text: '$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$'},{label: end}]
        """,
    "timeline/years": r"""
        steps:
          - {label: McCulloch and Pitts, when: "1943", text: a neuron as logic}
          - {label: Perceptron, when: "1958", text: learns weights}
          - {label: Perceptrons the book, when: "1969", text: what one layer cannot do}
          - {label: Backpropagation, when: "1986", highlight: true}
          - {label: LeNet, when: "1998"}
          - {label: AlexNet, when: "2012", text: "ImageNet with two graphics cards,
              and a margin that surprised everybody in the field"}
          - {label: Transformer, when: "2017"}
        """,
    "tree/deep": r"""
        root:
          label: petal length < 2.45
          children:
            - {label: setosa, branch: "yes"}
            - label: petal width < 1.75
              branch: "no"
              children:
                - label: petal length < 4.95
                  branch: "yes"
                  children:
                    - {label: versicolor, branch: "yes", highlight: true}
                    - {label: virginica, branch: "no"}
                - label: length < 4.85
                  branch: "no"
                  children:
                    - {label: virginica, branch: "yes"}
                    - {label: virginica, branch: "no"}
        direction: right
        """,
    "tree/deepdown": r"""
        root:
          label: $S$
          children:
            - {label: NP, children: [{label: Det, children: [the]}, {label: N, children: [cat]}]}
            - {label: VP, children: [{label: V, children: [sat]},
                {label: PP, children: [{label: P, children: [on]},
                {label: NP, children: [{label: Det, children: [the]}, {label: N, children: [mat]}]}]}]}
        """,
    "tree/high-formulas": r"""
        root:
          label: '$L=\sum_i (y_i-\hat y_i)^2$'
          children: [{label: '$\frac{\partial L}{\partial w}$', branch: '$\frac12$',
              children: ['$\begin{pmatrix}1\\2\end{pmatrix}$', a]}, b]
        """,
    "venn/high-formulas": r"""
        sets: ['$\bigcup_i A_i$', '$\frac{A}{B}$']
        regions: [{in: [1], label: '$\frac{\partial L}{\partial w}$'},
          {in: [1,2], label: '$\begin{pmatrix} 1 \\ 2 \\ 3 \end{pmatrix}$'}]
        """,
    "venn/three": r"""
        sets: [artificial intelligence, machine learning, deep learning]
        regions:
          - {in: [1], label: rules}
          - {in: [2], label: trees}
          - {in: [3], label: nets}
          - {in: [1, 2], label: search}
          - {in: [1, 3], label: planning}
          - {in: [2, 3], label: $\nabla L$}
          - {in: [1, 2, 3], label: all, highlight: true}
        """,
}
"""By kind and what is hard about it."""
