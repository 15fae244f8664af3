"""Train one small network without an L1 penalty and with it, and compare how its weights are distributed.

The network has 20 inputs, one hidden layer of 32 ReLU units and one output. The penalty is on the 640 weights from the
inputs to the hidden layer; the task loss is half the mean squared error. All runs share data, start and step size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

INPUTS = 20
HIDDEN = 32
LAMBDA = 0.005
RATE = 0.2
STEPS = 1000


class Run(NamedTuple):
    """One way of training: the input weights at the end, and the mean squared error on new data."""

    weights: Array
    test: float

    @property
    def zeros(self) -> int:
        """How many weights are exactly zero."""
        return int(np.count_nonzero(self.weights == 0.0))


def _data(count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Twenty inputs, of which the target uses four, and some noise."""
    x = rng.standard_normal((count, INPUTS))
    y = np.maximum(x[:, 0] + x[:, 1], 0.0) - np.maximum(x[:, 2] - x[:, 3], 0.0)
    return x, y + 0.2 * rng.standard_normal(count)


def _train(x: Array, y: Array, step: str) -> tuple[Array, Array, Array, float]:
    """Full-batch gradient descent from the same start; `step` says how the L1 term on the input weights is handled."""
    rng = np.random.default_rng(1)
    w1 = rng.standard_normal((INPUTS, HIDDEN)) * np.sqrt(2 / INPUTS)
    b1 = np.zeros(HIDDEN)
    w2 = rng.standard_normal(HIDDEN) * np.sqrt(1 / HIDDEN)
    b2 = 0.0
    for _ in range(STEPS):
        a = x @ w1
        a += b1
        np.maximum(a, 0.0, out=a)
        error = (a @ w2 + b2 - y) / len(y)
        back = np.outer(error, w2)
        back *= a > 0
        gradient = x.T @ back
        if step == "subgradient":
            gradient = gradient + LAMBDA * np.sign(w1)
        w1 = w1 - RATE * gradient
        if step == "proximal":
            w1 = np.sign(w1) * np.maximum(np.abs(w1) - RATE * LAMBDA, 0.0)
        b1 = b1 - RATE * back.sum(axis=0)
        w2 = w2 - RATE * (a.T @ error)
        b2 = b2 - RATE * float(error.sum())
    return w1, b1, w2, b2


def results() -> dict[str, Run]:
    """Train three times on the same data from the same start: no penalty, and L1 by two kinds of step."""
    rng = np.random.default_rng(0)
    x, y = _data(300, rng)
    x_test, y_test = _data(2000, rng)
    runs = {}
    for step in ("none", "subgradient", "proximal"):
        w1, b1, w2, b2 = _train(x, y, step)
        error = np.maximum(x_test @ w1 + b1, 0.0) @ w2 + b2 - y_test
        runs[step] = Run(w1.ravel(), float(np.mean(error**2)))
    return runs


def draw(figure: Figure) -> None:
    """Three histograms of the input weights over the same axes; the height is logarithmic, for zero towers over all."""
    figure.set_size_inches(480 / 72, 470 / 72)
    runs = results()
    titles = {
        "none": "Without L1",
        "subgradient": "L1, plain gradient steps",
        "proximal": "L1, proximal steps",
    }
    # An odd number of bins, so that zero lies in the middle of one.
    edges = np.linspace(-1.25, 1.25, 52)
    axes = figure.subplots(3, 1, sharex=True, sharey=True)
    for axis, (name, run), colour in zip(axes, runs.items(), ("C0", "C2", "C1"), strict=True):
        axis.hist(run.weights, bins=edges, color=colour, log=True, histtype="stepfilled")
        axis.set_title(f"{titles[name]}: {run.zeros} of {run.weights.size} are zero", loc="left")
        axis.set_ylim(0.7, 1500)
        axis.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
        axis.minorticks_off()
    axes[1].set_ylabel("number of weights")
    axes[2].set_xlabel("value of the weight")
