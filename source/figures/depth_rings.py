"""Fit one function with a shallow and a deep ReLU network of the same number of parameters.

The target is rings, a function of the radius, which is itself a function of the two inputs: a composition. Each network
is trained by Adam on the full batch with a step size that falls to zero along a half cosine. Its first step size is the
one of 0.005, 0.01, 0.02, 0.03 and 0.04 that served that network best, so that neither is held back by a poor choice.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SHALLOW = (2, 152, 1)
DEEP = (2, 16, 16, 16, 1)
RATES = {SHALLOW: 0.02, DEEP: 0.03}
SEEDS = 5
STEPS = 500


class Fit(NamedTuple):
    """One network architecture after training from several seeds."""

    parameters: int
    losses: Array
    """Mean squared error on the fine grid, one for each seed."""
    surface: Array
    """What the run with the median loss gives on the fine grid."""

    @property
    def median(self) -> float:
        """The median of the losses."""
        return float(np.median(self.losses))


def target(points: Array) -> Array:
    """Rings: a cosine of the distance from the centre; shape (n, 2) to (n, 1)."""
    radius = np.sqrt(np.sum(points**2, axis=1, keepdims=True))
    return np.asarray(np.cos(3 * np.pi * radius))


def grid(side: int) -> Array:
    """The centres of side times side cells on the square from -1 to 1; shape (side * side, 2)."""
    centres = (np.arange(side) + 0.5) / side * 2 - 1
    return np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)


def _start(widths: tuple[int, ...]) -> list[Array]:
    """He's initialisation, all seeds stacked; the kinks of the first layer are spread over the square."""
    weights, biases = [], []
    for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
        gain = 1.0 if layer == len(widths) - 2 else 2.0
        drawn = [np.random.default_rng([seed, layer]) for seed in range(SEEDS)]
        weight = np.stack([rng.standard_normal((fan_in, fan_out)) for rng in drawn]) * np.sqrt(gain / fan_in)
        bias = np.zeros((SEEDS, 1, fan_out))
        if layer == 0:
            where = np.stack([rng.uniform(-1, 1, (1, fan_out)) for rng in drawn])
            bias = where * np.linalg.norm(weight, axis=1, keepdims=True)
        weights.append(weight)
        biases.append(bias)
    return weights + biases


def _forward(parameters: list[Array], x: Array) -> list[Array]:
    """The activations of all layers, the input's first; each of shape (seeds, n, width)."""
    layers = len(parameters) // 2
    activations = [np.broadcast_to(x, (SEEDS, *x.shape))]
    for layer in range(layers):
        z = activations[-1] @ parameters[layer]
        z += parameters[layers + layer]
        activations.append(np.maximum(z, 0.0, out=z) if layer < layers - 1 else z)
    return activations


def _gradients(parameters: list[Array], x: Array, y: Array) -> list[Array]:
    """Backpropagation of the mean squared error."""
    layers = len(parameters) // 2
    activations = _forward(parameters, x)
    gradients = [np.empty(0)] * (2 * layers)
    delta = 2 * (activations[-1] - y) / len(x)
    for layer in reversed(range(layers)):
        gradients[layer] = activations[layer].transpose(0, 2, 1) @ delta
        gradients[layers + layer] = delta.sum(axis=1, keepdims=True)
        if layer:
            weight = parameters[layer].transpose(0, 2, 1)
            # With one output, this is the same product and takes half the time.
            delta = delta * weight if len(weight[0]) == 1 else delta @ weight
            delta *= activations[layer] > 0
    return gradients


def _train(widths: tuple[int, ...], x: Array, y: Array) -> list[Array]:
    """Adam with its usual decay rates, 0.9 and 0.999."""
    parameters = _start(widths)
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    for step in range(1, STEPS + 1):
        rate = RATES[widths] * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        for index, gradient in enumerate(_gradients(parameters, x, y)):
            first[index] += 0.1 * (gradient - first[index])
            second[index] += 0.001 * (gradient**2 - second[index])
            mean, square = first[index] / (1 - 0.9**step), second[index] / (1 - 0.999**step)
            parameters[index] -= rate * mean / (np.sqrt(square) + 1e-8)
    return parameters


def results() -> dict[str, Fit]:
    """Train both networks from all seeds on a grid of 16 by 16 points, and measure them on one of 50 by 50."""
    x, fine = grid(16), grid(50)
    fits = {}
    for name, widths in (("shallow", SHALLOW), ("deep", DEEP)):
        parameters = _train(widths, x, target(x))
        output = _forward(parameters, fine)[-1]
        losses = np.mean((output - target(fine)) ** 2, axis=(1, 2))
        median = int(np.argsort(losses)[SEEDS // 2])
        count = sum(p[0].size for p in parameters)
        fits[name] = Fit(count, losses, output[median].reshape(50, 50))
    return fits


def draw(figure: Figure) -> None:
    """The target and what both networks made of it, above the losses of all runs."""
    figure.set_size_inches(480 / 72, 330 / 72)
    fits = results()
    above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[2.1, 1.2]).ravel()
    pictures = above.subplots(1, 3)
    shown = {
        "Target": target(grid(50)).reshape(50, 50),
        "Shallow": fits["shallow"].surface,
        "Deep": fits["deep"].surface,
    }
    for axis, (title, surface) in zip(pictures, shown.items(), strict=True):
        axis.imshow(surface, vmin=-1.2, vmax=1.2, origin="lower")
        axis.set_title(title)
        axis.set_axis_off()
    axis = below.subplots()
    for height, (name, colour, marker) in enumerate((("deep", "C1", "s"), ("shallow", "C0", "o"))):
        axis.plot(fits[name].losses, [height] * SEEDS, marker, color=colour, fillstyle="none", markeredgewidth=2)
        axis.plot(fits[name].median, height, "|", color=colour, markersize=24, markeredgewidth=2.5)
    axis.set_yticks([0, 1], ["Deep", "Shallow"])
    axis.set_ylim(-0.6, 1.6)
    axis.set_xlim(left=0)
    axis.locator_params(axis="x", nbins=5)
    axis.set_xlabel("mean squared error of each run")
