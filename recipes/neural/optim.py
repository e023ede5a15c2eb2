"""Optimizers by the config group ``optim``, and the learning rate of every step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from agilml.errors import ConfigError


def optimizer_for(model: nn.Module, optim: Mapping[str, Any]) -> torch.optim.Optimizer:
    """Return the optimizer that ``optim.name`` names, over all parameters of ``model``.

    Weight decay acts on matrices and kernels only: on batch norm and biases it changes the effective
    learning rate and regularises nothing (Goyal et al. 2017, section 5.1).

    Raises:
        ConfigError: there is no such optimizer.
    """
    parameters = list(model.parameters())
    groups = [
        {
            "params": [p for p in parameters if p.ndim > 1],
            "weight_decay": float(optim["weight_decay"]),
        },
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    rate = float(optim["lr"])
    match optim["name"]:
        case "sgd":
            return torch.optim.SGD(
                groups, lr=rate, momentum=float(optim["momentum"]), nesterov=bool(optim["nesterov"])
            )
        case "adamw":
            return torch.optim.AdamW(
                groups, lr=rate, betas=tuple(optim["betas"]), eps=float(optim["eps"])
            )
        case name:
            raise ConfigError(
                f"there is no optimizer named {name!r}", next="optim=sgd or optim=adamw"
            )


def learning_rate(peak: float, progress: float, warmup: float) -> float:
    """Return the rate at ``progress`` (0 to 1 of all steps): a linear warm-up, then half a cosine to 0.

    ``warmup`` is the share of all steps that the warm-up takes. Sources: Goyal et al. 2017 (warm-up),
    Loshchilov and Hutter 2017 (cosine). It is a function of progress alone, so a resumed run needs no
    state of a scheduler.
    """
    if progress < warmup:
        return peak * progress / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Make ``rate`` the rate of the next step."""
    for group in optimizer.param_groups:
        group["lr"] = rate
