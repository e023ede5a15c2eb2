"""A multilayer perceptron on a table: ``agil sweep conf=mlp data=wine model.hidden=[32],[64,64]``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agilml.recipes import data
from agilml.recipes.data.dataset import Dataset, standardised
from agilml.recipes.neural.fit import Fit, prepare
from agilml.recipes.neural.networks import MLP
from agilml.recipes.neural.objective import Classification, Regression

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Train a perceptron on standardised features, with a checkpoint after every epoch.

    Logs what ``resnet`` logs; where the target is a number, ``train_r2``, ``val_r2`` and ``test_r2``
    stand in place of accuracies, and losses are of the standardised target.

    Raises:
        ConfigError: the model, the optimizer or the data cannot be had as configured.
    """
    dataset = standardised(data.table(cfg.data, run))
    objective: Classification | Regression = Classification(float(cfg.label_smoothing))
    if not dataset.classes:
        dataset, objective = _standardised_target(dataset), Regression()
    device = prepare(run)
    model = MLP(
        features=dataset.train.x.shape[1],
        hidden=[int(size) for size in cfg.model.hidden],
        outputs=len(dataset.classes) or 1,
        dropout=float(cfg.model.dropout),
    )
    Fit(cfg, run, model, dataset, objective, device=device).train_and_test()


def _standardised_target(dataset: Dataset) -> Dataset:
    mean, deviation = dataset.train.y.mean(), dataset.train.y.std() or 1
    parts = {
        name: replace(getattr(dataset, name), y=(getattr(dataset, name).y - mean) / deviation)
        for name in ("train", "val", "test")
    }
    return replace(dataset, **parts)
