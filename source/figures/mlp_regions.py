"""Train a small multi-layer perceptron on two moons by plain gradient descent, and show its decision regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

HIDDEN = 3
RATE = 1.0
STEPS = 1500
SEED = 0


class Network(NamedTuple):
    """Two inputs, one hidden layer of tanh units, one sigmoid output."""

    w1: Array
    b1: Array
    w2: Array
    b2: float

    def hidden(self, x: Array) -> Array:
        """The hidden activations, shape (n, HIDDEN)."""
        return np.tanh(x @ self.w1 + self.b1)

    def probability(self, x: Array) -> Array:
        """The probability of class 1, shape (n,)."""
        return 1 / (1 + np.exp(-(self.hidden(x) @ self.w2 + self.b2)))


class Result(NamedTuple):
    """The trained network, the data, and how many points are right."""

    network: Network
    x: Array
    y: Array
    right: int
    right_linear: int
    """The same for logistic regression, the network without its hidden layer."""


def data() -> tuple[Array, Array]:
    """Two interleaved half circles with noise, 100 points each; shapes (200, 2) and (200,)."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi, 100)
    upper = np.column_stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25])
    angle = rng.uniform(0, np.pi, 100)
    lower = np.column_stack([0.5 - np.cos(angle), 0.25 - np.sin(angle)])
    x = np.vstack([upper, lower]) + 0.1 * rng.standard_normal((200, 2))
    return x, np.repeat([0.0, 1.0], 100)


def _train_network(x: Array, y: Array) -> Network:
    """Gradient descent on the cross-entropy of the full batch, its gradient by backpropagation."""
    rng = np.random.default_rng(SEED)
    net = Network(rng.standard_normal((2, HIDDEN)), np.zeros(HIDDEN), rng.standard_normal(HIDDEN) * 0.5, 0.0)
    for _ in range(STEPS):
        a = net.hidden(x)
        delta = (net.probability(x) - y) / len(y)
        back = np.outer(delta, net.w2) * (1 - a**2)
        net = Network(
            net.w1 - RATE * (x.T @ back),
            net.b1 - RATE * back.sum(axis=0),
            net.w2 - RATE * (a.T @ delta),
            net.b2 - RATE * float(delta.sum()),
        )
    return net


def _train_linear(x: Array, y: Array) -> tuple[Array, float]:
    """Logistic regression by the same gradient descent."""
    w, b = np.zeros(2), 0.0
    for _ in range(STEPS):
        delta = (1 / (1 + np.exp(-(x @ w + b))) - y) / len(y)
        w = w - RATE * (x.T @ delta)
        b -= RATE * float(delta.sum())
    return w, b


def results() -> Result:
    """Train the network, and logistic regression beside it, on the same points."""
    x, y = data()
    network = _train_network(x, y)
    w, b = _train_linear(x, y)
    right = int(np.count_nonzero((network.probability(x) > 0.5) == (y == 1)))
    right_linear = int(np.count_nonzero((x @ w + b > 0) == (y == 1)))
    return Result(network, x, y, right, right_linear)


def draw(figure: Figure) -> None:
    """The regions of both classes, the data, and the line on which each hidden unit changes sign."""
    from matplotlib.colors import to_rgba

    figure.set_size_inches(480 / 72, 352 / 72)
    result = results()
    axes = figure.subplots()
    across, up = np.linspace(-2.1, 2.1, 220), np.linspace(-1.5, 1.5, 160)
    mesh = np.stack(np.meshgrid(across, up), axis=-1)
    probability = result.network.probability(mesh.reshape(-1, 2)).reshape(mesh.shape[:2])
    axes.contourf(across, up, probability, [0, 0.5, 1], colors=[to_rgba("C0", 0.2), to_rgba("C1", 0.2)])
    axes.contour(across, up, probability, [0.5], colors="black", linewidths=2.5)
    x = np.array([-2.1, 2.1])
    for unit in range(HIDDEN):
        first, second = result.network.w1[:, unit]
        axes.plot(
            x, -(first * x + result.network.b1[unit]) / second, color="0.45", linewidth=1.5, linestyle=(0, (4, 3))
        )
    for value, colour, marker in ((0, "C0", "o"), (1, "C1", "s")):
        chosen = result.x[result.y == value]
        axes.plot(*chosen.T, marker, color=colour, markersize=6, markeredgecolor="white", markeredgewidth=0.7)
    axes.set(xlim=(-2.1, 2.1), ylim=(-1.5, 1.5), aspect="equal")
    axes.set_xlabel("input $x_1$")
    axes.set_ylabel("input $x_2$")
