"""A recipe that trains nothing, for trying a set-up and for measuring what AgilML itself costs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from agilml.errors import RecipeError

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run


def train(cfg: Config, run: Run) -> None:
    """Log ``loss``, which falls to x squared over the steps, and ``val_acc``, which is highest at x = 0.

    Raises:
        RecipeError: at step ``fail_at``, where one is set.
    """
    state = run.resume()
    done = int(state["done"]) if state is not None else 0
    offset = _torch_step(run.seed) if cfg.torch else 0.0
    for step in run.steps(cfg.steps):
        if cfg.sleep:
            time.sleep(cfg.sleep)
        if step == cfg.fail_at:
            raise RecipeError(
                f"failed at step {step}, as fail_at says", kept="earlier steps", next="fail_at=null"
            )
        done += 1
        loss = cfg.x**2 + (cfg.steps - done) / cfg.steps + offset
        run.log(step=step, loss=loss, val_acc=1 / (1 + cfg.x**2))
        if cfg.checkpoint:
            run.checkpoint(step=step, done=done)


def _torch_step(seed: int) -> float:
    """Return the loss after one step of SGD on a tiny seeded model: equal bits show equal processes."""
    import torch

    torch.manual_seed(seed)
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(8, 4)
    model(x).square().mean().backward()
    optimizer.step()
    return float(model(x).detach().square().mean())
