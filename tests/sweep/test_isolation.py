"""A forked attempt and a fresh process give the same bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sweep.toy import Toy

TRAIN = """
import hashlib

import torch


def train(cfg, run):
    model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    x, y = torch.randn(256, 16), torch.randint(0, 4, (256,))
    for step in run.steps(5):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        run.log(step=step, val_acc=-loss.item())
    bits = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    run.log(bits=int(hashlib.sha256(bits).hexdigest()[:12], 16))
"""


@pytest.mark.slow
def test_forked_and_fresh_attempts_give_the_same_bits(project: Path) -> None:
    toy = Toy(project, recipe=TRAIN)
    toy.plan([1, 2], config={"seed": 3})
    toy.run()
    toy.plan([3], sweep="s-fresh", isolation="spawn", config={"seed": 3})
    toy.run("s-fresh")

    assert {"fork"} == {attempt.isolation for x in (1, 2) for attempt in toy.attempts(f"t-{x}")}
    assert ["spawn"] == [attempt.isolation for attempt in toy.attempts("t-3")]
    metrics = [dict(run.metrics) for sweep in ("s-toy", "s-fresh") for run in toy.runs(sweep)]
    assert metrics[0] == metrics[1] == metrics[2]


LAZY = """
def train(cfg, run):
    import sys
    run.log(already="torch" in sys.modules, val_acc=1.0)
    import torch
"""


@pytest.mark.slow
def test_what_a_recipe_imports_as_it_runs_is_imported_ahead_for_later_trials(project: Path) -> None:
    toy = Toy(project, recipe=LAZY)
    toy.plan(range(12), slots=1)
    toy.run()

    already = [run.metrics["already"] for run in toy.runs()]
    assert (0, 1) == (already[0], already[-1])
    assert {"fork"} == {toy.attempts(f"t-{x}")[0].isolation for x in range(12)}
