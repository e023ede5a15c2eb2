"""Softmax regression on handwritten digits, in numpy: a first recipe to change.

agil sweep conf=example lr=0.05,0.5 momentum=0,0.9
"""

import numpy as np

from agilml.recipes.data import load


def train(cfg, run):
    """Train for ``cfg.epochs`` epochs; a killed run goes on behind its last checkpoint."""
    data = load({"name": "digits"})
    x, y = flat(data.train)
    weights = np.zeros((x.shape[1], 10))
    velocity = np.zeros_like(weights)

    state = run.resume()
    if state:
        weights, velocity = state["weights"], state["velocity"]

    for epoch in run.steps(cfg.epochs):
        order = np.random.default_rng((run.seed, epoch)).permutation(len(x))
        for rows in np.array_split(order, max(1, len(x) // cfg.batch)):
            gradient = x[rows].T @ (softmax(x[rows] @ weights) - np.eye(10)[y[rows]]) / len(rows)
            velocity = cfg.momentum * velocity - cfg.lr * (gradient + cfg.weight_decay * weights)
            weights = weights + velocity
        run.log(
            step=epoch, val_acc=accuracy(weights, data.val), train_acc=accuracy(weights, data.train)
        )
        run.checkpoint(step=epoch, weights=weights, velocity=velocity)
    run.log(test_acc=accuracy(weights, data.test))


def flat(part):
    """Return a split as a matrix of features with a constant column, and its labels."""
    x = np.asarray(part.x).reshape(len(part.x), -1)
    return np.hstack([x, np.ones((len(x), 1))]), np.asarray(part.y)


def softmax(scores):
    """Return probabilities, row by row."""
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def accuracy(weights, part):
    """Return the share of items whose largest score is at their label."""
    x, y = flat(part)
    return float(((x @ weights).argmax(axis=1) == y).mean())
