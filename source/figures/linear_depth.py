"""Fit a curve with 2 and with 20 layers of weights, each without activation functions and with ReLU."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

WIDTH = 16
DEPTHS = (2, 20)
RELU = (False, True)
STEPS = 500
RATE = 0.01


class Fit(NamedTuple):
    """One network after training."""

    parameters: int
    loss: float
    curve: Array
    """What it gives on the inputs of the data."""


class _Networks:
    """Two dense networks of one depth, from one number to one number: without activation functions, and with ReLU.

    Both are trained at the same time, each array has them stacked. All weights are in one vector, so that Adam is one
    step.
    """

    def __init__(self, depth: int) -> None:
        widths = [1, *[WIDTH] * (depth - 1), 1]
        self.shapes = list(pairwise(widths))
        self.parameters = sum(a * b + b for a, b in self.shapes)
        self.theta = np.zeros(len(RELU) * self.parameters)
        self.layers = self._views(self.theta)
        # Nothing is below minus infinity.
        self.floor = np.where(RELU, 0.0, -np.inf)[:, None, None]
        rng = np.random.default_rng(0)
        for index, (weight, bias) in enumerate(self.layers):
            # A gain of 2 makes up for the half that ReLU takes away (He and others, 2015).
            gain = np.where(RELU, 2.0, 1.0)[:, None, None] if index < depth - 1 else 1.0
            weight[:] = rng.standard_normal(weight.shape[1:]) * np.sqrt(gain / weight.shape[1])
            if index == 0:
                bias[:] = rng.uniform(-1, 1, bias.shape[2]) * np.abs(weight)

    def _views(self, vector: Array) -> list[tuple[Array, Array]]:
        """Weights and biases of all layers as windows on one vector; shapes (2, a, b) and (2, 1, b)."""
        views, at = [], 0
        for a, b in self.shapes:
            middle, end = at + len(RELU) * a * b, at + len(RELU) * (a + 1) * b
            views.append((vector[at:middle].reshape(-1, a, b), vector[middle:end].reshape(-1, 1, b)))
            at = end
        return views

    def forward(self, x: Array) -> list[Array]:
        """The activations of all layers, the input's first; each of shape (2, n, width)."""
        activations = [np.broadcast_to(x, (len(RELU), *x.shape))]
        for weight, bias in self.layers[:-1]:
            z = activations[-1] @ weight + bias
            activations.append(np.maximum(z, self.floor, out=z))
        weight, bias = self.layers[-1]
        return [*activations, activations[-1] @ weight + bias]

    def gradient(self, x: Array, y: Array) -> Array:
        """Backpropagation of the mean squared error."""
        activations = self.forward(x)
        gradient = np.empty_like(self.theta)
        delta = 2 * (activations[-1] - y) / len(x)
        for index, (weight, bias) in reversed(list(enumerate(self._views(gradient)))):
            np.matmul(activations[index].transpose(0, 2, 1), delta, out=weight)
            np.sum(delta, axis=1, keepdims=True, out=bias)
            if index:
                delta = delta @ self.layers[index][0].transpose(0, 2, 1)
                delta *= activations[index] > self.floor
        return gradient

    def train(self, x: Array, y: Array) -> None:
        """Adam on the full batch; its step falls to zero along a half cosine."""
        first, second = np.zeros_like(self.theta), np.zeros_like(self.theta)
        for step in range(1, STEPS + 1):
            g = self.gradient(x, y)
            first += 0.1 * (g - first)
            second += 0.001 * (g * g - second)
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
            self.theta -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)


def data() -> tuple[Array, Array]:
    """Sixty noisy points on one and a half waves; both of shape (60, 1)."""
    x = np.linspace(-1, 1, 60)[:, None]
    return x, np.sin(1.5 * np.pi * x) + 0.1 * np.random.default_rng(3).standard_normal(x.shape)


def best_line_loss() -> float:
    """The mean squared error of the least-squares line: no affine map can do better."""
    x, y = data()
    design = np.hstack([x, np.ones_like(x)])
    coefficients = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(np.mean((design @ coefficients - y) ** 2))


def results() -> dict[tuple[int, bool], Fit]:
    """Train all four networks; by number of layers and whether ReLU is between them."""
    x, y = data()
    fits = {}
    for depth in DEPTHS:
        networks = _Networks(depth)
        networks.train(x, y)
        for relu, curve in zip(RELU, networks.forward(x)[-1], strict=True):
            fits[depth, relu] = Fit(networks.parameters, float(np.mean((curve - y) ** 2)), curve)
    return fits


def draw(figure: Figure) -> None:
    """Two panels with the same data: without activation functions, and with ReLU."""
    figure.set_size_inches(480 / 72, 320 / 72)
    fits = results()
    x, y = data()
    axes = figure.subplots(1, 2, sharey=True)
    for axis, relu, title in zip(axes, RELU, ("No activation", "ReLU"), strict=True):
        axis.plot(x, y, "o", color="0.6", markersize=5, label="data")
        axis.plot(x, fits[2, relu].curve, color="C0", linewidth=6, alpha=0.45, label="2 layers")
        axis.plot(x, fits[20, relu].curve, color="C1", linewidth=2, label="20 layers")
        axis.set_title(title)
        axis.set_xlabel("input $x$")
    axes[0].set_ylabel("output $y$")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
