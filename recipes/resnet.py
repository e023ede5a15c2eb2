"""A small ResNet on images: ``agil sweep conf=resnet model=resnet8,resnet14 optim.lr=0.05,0.2``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from agilml.recipes import data
from agilml.recipes.neural.augment import Augmentation
from agilml.recipes.neural.fit import Fit, prepare
from agilml.recipes.neural.networks import ResNet
from agilml.recipes.neural.objective import Classification

if TYPE_CHECKING:
    from agilml.recipes.data.dataset import Dataset
    from agilml.recipes.neural.fit import Change
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Train a ResNet, with a checkpoint after every epoch.

    Logs ``loss``, ``train_acc``, ``val_loss``, ``val_acc`` and ``lr`` per epoch, and ``test_loss`` and
    ``test_acc`` of the best epoch's weights at the end.

    Raises:
        ConfigError: the model, the optimizer or the data cannot be had as configured.
    """
    dataset = data.images(cfg.data, run)
    device = prepare(run)
    model = ResNet(
        depth=int(cfg.model.depth),
        width=int(cfg.model.width),
        channels=dataset.train.x.shape[1],
        classes=len(dataset.classes),
    )
    if device.type == "cuda":
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    Fit(
        cfg,
        run,
        model,
        dataset,
        Classification(label_smoothing=float(cfg.label_smoothing)),
        device=device,
        augment=Augmentation.of(cfg.data.augment),
        normalise=_normalise(dataset, device),
    ).train_and_test()


def _normalise(dataset: Dataset, device: torch.device) -> Change:
    # Statistics of the training part only: the other parts must not leak into training.
    pixels = dataset.train.x
    mean = torch.tensor(pixels.mean(axis=(0, 2, 3)), dtype=torch.float32, device=device).view(
        1, -1, 1, 1
    )
    deviation = torch.tensor(pixels.std(axis=(0, 2, 3)), dtype=torch.float32, device=device).view(
        1, -1, 1, 1
    )
    return lambda x: (x - mean) / (deviation + 1e-6)
