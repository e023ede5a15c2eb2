"""What a torch recipe minimises, and the score that people read."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss


@dataclass(frozen=True, slots=True)
class Classification:
    """Cross entropy (in nats), and the share of items whose class is right."""

    label_smoothing: float = 0.0
    score_name: str = "acc"

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross entropy against smoothed labels (Szegedy et al. 2016, section 7)."""
        return cross_entropy(outputs, targets, label_smoothing=self.label_smoothing)

    def loss(self, outputs: Tensor, targets: Tensor) -> float:
        """Return the mean cross entropy against the labels as they are."""
        return float(cross_entropy(outputs.float(), targets))

    def score(self, outputs: Tensor, targets: Tensor) -> float:
        """Return the accuracy, 0 to 1."""
        return float((outputs.argmax(dim=1) == targets).double().mean())


@dataclass(frozen=True, slots=True)
class Regression:
    """Mean squared error of standardised targets, and the coefficient of determination."""

    score_name: str = "r2"

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean squared error."""
        return mse_loss(outputs[:, 0], targets)

    def loss(self, outputs: Tensor, targets: Tensor) -> float:
        """Return the mean squared error."""
        return float(mse_loss(outputs[:, 0], targets))

    def score(self, outputs: Tensor, targets: Tensor) -> float:
        """Return R squared: 1 is perfect, 0 as good as the mean of ``targets``."""
        residual = (outputs[:, 0] - targets).double().square().sum()
        total = (targets - targets.mean()).double().square().sum()
        return float(1 - residual / total)
