"""The training loop of the torch recipes: deterministic by seed, and bit-equal after a resume on a CPU."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from agilml.recipes.neural.optim import learning_rate, optimizer_for, set_learning_rate

if TYPE_CHECKING:
    from agilml.recipes.data.dataset import Dataset, Part
    from agilml.recipes.neural.objective import Classification, Regression
    from agilml.worker.config import Config
    from agilml.worker.run import Run

Change = Callable[[Tensor], Tensor]
_EVALUATION_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Tensors:
    """One part of a data set on the device."""

    x: Tensor
    y: Tensor


def prepare(run: Run) -> torch.device:
    """Take the threads and the GPU of the slot, seed torch, and return the device."""
    torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    if not run.gpus:
        return torch.device("cpu")
    # The search for the fastest kernel may pick another one in the next run, with other last bits.
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    return torch.device("cuda")


def epoch_seed(seed: int, epoch: int) -> int:
    """Return a seed for one epoch, so that an epoch is the same whether or not the run was resumed."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{epoch}".encode()).digest()[:8], "big") >> 1


class Fit:
    """A model, its optimizer and its data, trained epoch by epoch.

    Args:
        augment: applied to training batches only.
        normalise: applied to every batch, after ``augment``.
    """

    def __init__(
        self,
        cfg: Config,
        run: Run,
        model: nn.Module,
        data: Dataset,
        objective: Classification | Regression,
        *,
        device: torch.device,
        augment: Change | None = None,
        normalise: Change | None = None,
    ) -> None:
        self.cfg = cfg
        self.run = run
        self.objective = objective
        self.device = device
        self.mixed = device.type == "cuda" and bool(cfg.get("mixed_precision", False))
        self.model = model.to(device)
        self.optimizer = optimizer_for(model, cfg.optim)
        self.averaged = _averaged(self.model, float(cfg.ema_decay))
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.mixed)
        self.augment = augment or _unchanged
        self.normalise = normalise or _unchanged
        self.train, self.val, self.test = (
            self._on_device(p) for p in (data.train, data.val, data.test)
        )

    def train_and_test(self) -> None:
        """Train for ``cfg.epochs``, then log the test figures of the best epoch by the config's metric."""
        state = self.run.resume()
        if state is not None:
            state.load(**self._parts())
        for epoch in self.run.steps(self.cfg.epochs):
            values = self._epoch(epoch) | self._evaluated("val", self.val)
            self.run.log(values, step=epoch)
            # Weights that are no longer numbers never recover: keep the last good checkpoint.
            if not math.isfinite(values["loss"]):
                break
            self.run.checkpoint(step=epoch, **self._parts())
        if self.run.best is not None:
            self.run.best.load(averaged=self.averaged)
        self.run.log(self._evaluated("test", self.test))

    def _parts(self) -> dict[str, object]:
        parts: dict[str, object] = {
            "model": self.model,
            "averaged": self.averaged,
            "optimizer": self.optimizer,
        }
        return parts | ({"scaler": self.scaler} if self.mixed else {})

    def _on_device(self, part: Part) -> Tensors:
        return Tensors(
            torch.from_numpy(part.x).to(self.device), torch.from_numpy(part.y).to(self.device)
        )

    def _epoch(self, epoch: int) -> dict[str, float]:
        # One seed for all that the epoch draws: order, augmentation and dropout.
        torch.manual_seed(epoch_seed(self.run.seed, epoch))
        self.model.train()
        items = len(self.train.y)
        batch = min(int(self.cfg.batch_size), items)
        order = torch.randperm(items).to(self.device)
        # A short last batch is left out: batch norm is unsteady on a handful of items.
        batches = order[: items - items % batch].split(batch)
        results: list[tuple[Tensor, Tensor, Tensor]] = []
        rate = 0.0
        for n, at in enumerate(batches):
            progress = (epoch + (n + 1) / len(batches)) / int(self.cfg.epochs)
            rate = learning_rate(float(self.cfg.optim.lr), progress, float(self.cfg.warmup))
            set_learning_rate(self.optimizer, rate)
            results.append(self._step(at))
        losses, outputs, targets = zip(*results, strict=True)
        score = self.objective.score(torch.cat(outputs), torch.cat(targets))
        loss = float(torch.stack(losses).mean())
        return {"loss": loss, f"train_{self.objective.score_name}": score, "lr": rate}

    def _step(self, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, y = self._input(self.augment(self.train.x[at].float())), self.train.y[at]
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, enabled=self.mixed):
            outputs = self.model(x)
            loss = self.objective.training_loss(outputs, y)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.averaged.update_parameters(self.model)
        return loss.detach(), outputs.detach(), y

    def _input(self, x: Tensor) -> Tensor:
        ready = self.normalise(x)
        if self.device.type == "cuda" and ready.ndim == 4:
            return ready.contiguous(memory_format=torch.channels_last)
        return ready

    @torch.inference_mode()
    def _evaluated(self, name: str, part: Tensors) -> dict[str, float]:
        self.averaged.eval()
        with torch.autocast(self.device.type, enabled=self.mixed):
            outputs = torch.cat(
                [self.averaged(self._input(x.float())) for x in part.x.split(_EVALUATION_BATCH)]
            )
        return {
            f"{name}_loss": self.objective.loss(outputs, part.y),
            f"{name}_{self.objective.score_name}": self.objective.score(outputs, part.y),
        }


def _unchanged(x: Tensor) -> Tensor:
    return x


def _averaged(model: nn.Module, decay: float) -> AveragedModel:
    """Return the exponential moving average of the weights, which is what is evaluated and kept.

    While the learning rate is high the weights of one step are noisy, and the best of many noisy epochs
    on a small validation part is luck; their average is not (Polyak and Juditsky 1992).
    """
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
