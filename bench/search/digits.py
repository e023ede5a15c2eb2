"""A small network on scikit-learn's digits, trained for real, one epoch at a time.

Plain numpy: at this size, four fifths of an epoch in torch are calls, not arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

EPOCHS = 27
BATCH = 100
TRAINED_ON = 1_000

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Config: TypeAlias = Mapping[str, float | int]


@cache
def _digits() -> tuple[Array, Any]:
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    return (found.data[order] / 16).astype(np.float32), found.target[order]


def losses(config: Config) -> Iterator[float]:
    """Yield the validation loss after each epoch; it ends early once the loss is no number.

    Two hidden layers of ``width``; SGD with ``momentum``, weight decay ``wd`` and a cosine from ``lr`` to 0.
    """
    images, labels = _digits()
    rng = np.random.default_rng(int(config["seed"]))
    sizes = (images.shape[1], int(config["width"]), int(config["width"]), 10)
    net = [_layer(rng, fan_in, n) for fan_in, n in pairwise(sizes)]
    weights = [array for layer in net for array in layer]
    speeds = [np.zeros_like(array) for array in weights]
    for epoch in range(EPOCHS):
        rate = float(config["lr"]) * (1 + math.cos(math.pi * epoch / EPOCHS)) / 2
        for batch in rng.permutation(TRAINED_ON).reshape(-1, BATCH):
            with np.errstate(all="ignore"):
                slopes = _gradient(weights, images[batch], labels[batch])
                for i, slope in enumerate(slopes):
                    speeds[i] *= float(config["momentum"])
                    speeds[i] += slope + float(config["wd"]) * weights[i]
                    weights[i] -= rate * speeds[i]
        loss = _loss(weights, images[TRAINED_ON:], labels[TRAINED_ON:])
        yield loss
        if not math.isfinite(loss):
            return


def _layer(rng: np.random.Generator, fan_in: int, n: int) -> tuple[Array, Array]:
    bound = 1 / math.sqrt(fan_in)
    weight, bias = rng.uniform(-bound, bound, (fan_in, n)), rng.uniform(-bound, bound, n)
    return weight.astype(np.float32), bias.astype(np.float32)


def _forward(weights: list[Array], x: Array) -> tuple[list[Array], Array]:
    """Return the activations, inputs first, and the logarithms of the class probabilities."""
    acts = [x]
    for weight, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        acts.append(np.maximum(acts[-1] @ weight + bias, 0))
    logits = acts[-1] @ weights[-2] + weights[-1]
    logits -= logits.max(axis=1, keepdims=True)
    return acts, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _gradient(weights: list[Array], x: Array, y: Any) -> list[Array]:
    acts, logs = _forward(weights, x)
    delta = np.exp(logs)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    slopes: list[Array] = []
    for i in reversed(range(len(acts))):
        slopes[:0] = [acts[i].T @ delta, delta.sum(axis=0)]
        if i:
            delta = (delta @ weights[2 * i].T) * (acts[i] > 0)
    return slopes


def _loss(weights: list[Array], x: Array, y: Any) -> float:
    with np.errstate(all="ignore"):
        _, logs = _forward(weights, x)
        return float(-logs[np.arange(len(y)), y].mean())


class Curves:
    """Validation losses of configurations, trained as far as somebody looked.

    Attributes:
        trained: epochs that were really trained.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[str, float], ...], tuple[list[float], Iterator[float]]] = {}
        self.trained = 0

    def loss(self, config: Config, epoch: int) -> float:
        """Return the loss after ``epoch`` (from 0); NaN behind the end of a curve that diverged."""
        key = tuple(sorted(config.items()))
        seen, more = self._known.setdefault(key, ([], losses(config)))
        while len(seen) <= epoch:
            loss = next(more, math.nan)
            seen.append(loss)
            self.trained += 1
        return seen[epoch]
