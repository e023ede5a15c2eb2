from __future__ import annotations

from pathlib import Path

import pytest

from agilml.errors import RecipeError
from agilml.recipes import dry
from tests.recipes.attempts import execute
from tests.recipes.conftest import Compose


def test_the_loss_falls_to_x_squared(composed: Compose, tmp_path: Path) -> None:
    attempt = execute(dry.train, composed("dry", "x=3", "steps=4"), tmp_path / "a")
    assert attempt.series("loss") == [9.75, 9.5, 9.25, 9]
    assert attempt.final("val_acc") == 0.1


def test_it_fails_where_it_is_told_to(composed: Compose, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="failed at step 2"):
        execute(dry.train, composed("dry", "steps=4", "fail_at=2"), tmp_path / "a")


def test_it_goes_on_behind_its_checkpoint(composed: Compose, tmp_path: Path) -> None:
    short = composed("dry", "steps=2", "checkpoint=true")
    first = execute(dry.train, short, tmp_path / "a")
    long = composed("dry", "steps=3", "checkpoint=true")
    second = execute(dry.train, long, tmp_path / "b", checkpoints=first.checkpoints)
    assert second.steps("loss") == [2]
    assert second.series("loss") == [0]


@pytest.mark.slow
def test_its_torch_step_depends_on_the_seed_alone(composed: Compose, tmp_path: Path) -> None:
    config = composed("dry", "torch=true")
    one, two, other = (
        execute(dry.train, config, tmp_path / str(n), seed=seed).final("loss")
        for n, seed in enumerate((0, 0, 1))
    )
    assert one == two != other
