from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from agilml.errors import ConfigError
from agilml.recipes import mlp, resnet
from agilml.worker.config import Config
from agilml.worker.run import Preempted, Run
from tests.recipes.attempts import Attempt, Recipe, execute, handle, read
from tests.recipes.conftest import Compose

TINY = ("epochs=3", "batch_size=128")
RECIPES = [("resnet", resnet.train, "model.width=4"), ("mlp", mlp.train, "model.hidden=[16]")]


@pytest.fixture(params=RECIPES, ids=[name for name, _, _ in RECIPES])
def tiny(request: pytest.FixtureRequest, composed: Compose) -> tuple[Recipe, dict[str, Any]]:
    """Return each torch recipe with a conf that trains in a moment."""
    name, train, size = request.param
    return train, composed(name, *TINY, size)


def weights(attempt: Attempt) -> bytes:
    return Path(attempt.checkpoints[0].folder, "tensors.safetensors").read_bytes()


class OneEpoch(Run):
    """A run that is preempted after its first step, as SIGTERM does it."""

    def steps(self, n: int) -> Iterator[int]:
        for step in super().steps(n):
            yield step
            self.end_at_boundary(Preempted)


def interrupted(train: Recipe, config: dict[str, Any], folder: Path) -> Attempt:
    run = handle(folder)
    run.__class__ = OneEpoch
    with pytest.raises(Preempted):
        train(Config(config), run)
    return read(folder)


def test_every_epoch_is_logged_and_the_test_part_once(
    tiny: tuple[Recipe, dict[str, Any]], tmp_path: Path
) -> None:
    attempt = execute(*tiny, tmp_path / "a")
    for name in ("loss", "train_acc", "val_loss", "val_acc", "lr"):
        assert attempt.steps(name) == [0, 1, 2]
    assert attempt.steps("test_acc") == attempt.steps("test_loss") == [None]
    assert attempt.series("loss")[-1] < attempt.series("loss")[0]


@pytest.mark.slow
def test_a_seed_gives_the_same_bits_and_another_seed_others(
    tiny: tuple[Recipe, dict[str, Any]], tmp_path: Path
) -> None:
    one, two, other = (
        execute(*tiny, tmp_path / str(n), seed=seed) for n, seed in enumerate((0, 0, 1))
    )
    assert weights(one) == weights(two)
    assert one.series("loss") == two.series("loss")
    assert one.series("loss") != other.series("loss")


class Noisy(Run):
    """A run whose logging draws from torch's generator, as a library in between might."""

    def log(self, values: Any = None, **more: Any) -> None:
        torch.rand(1)
        super().log(values, **more)


@pytest.mark.slow
def test_an_epoch_draws_the_same_whatever_was_drawn_before_it(
    tiny: tuple[Recipe, dict[str, Any]], tmp_path: Path
) -> None:
    train, config = tiny
    noisy = handle(tmp_path / "noisy")
    noisy.__class__ = Noisy
    train(Config(config), noisy)
    plain = execute(train, config, tmp_path / "plain")
    assert read(tmp_path / "noisy").series("loss") == plain.series("loss")


@pytest.mark.slow
def test_a_resumed_run_is_bit_equal_to_an_uninterrupted_one(
    tiny: tuple[Recipe, dict[str, Any]], tmp_path: Path
) -> None:
    whole = execute(*tiny, tmp_path / "whole")
    first = interrupted(*tiny, tmp_path / "first")
    second = execute(*tiny, tmp_path / "second", checkpoints=first.checkpoints, attempt="t-1.2")
    assert first.steps("loss") == [0]
    assert second.steps("loss") == [1, 2]
    assert first.series("loss") + second.series("loss") == whole.series("loss")
    assert weights(second) == weights(whole)
    assert second.final("test_loss") == whole.final("test_loss")


@pytest.mark.slow
def test_the_tested_weights_are_those_of_the_best_epoch(
    tiny: tuple[Recipe, dict[str, Any]], tmp_path: Path
) -> None:
    train, config = tiny
    # Without the average, three short epochs are far apart.
    config = {**config, "ema_decay": 0, "batch_size": 32}
    best = execute(train, config, tmp_path / "best")
    worst = execute(train, config, tmp_path / "worst", mode="min")
    assert worst.series("val_loss") == best.series("val_loss")
    assert worst.final("test_loss") == pytest.approx(worst.series("val_loss")[0], rel=0.1)
    assert best.final("test_loss") == pytest.approx(best.series("val_loss")[-1], rel=0.1)
    assert worst.final("test_loss") > 1.05 * best.final("test_loss")


def test_training_that_diverged_ends_early_with_its_last_good_weights(
    composed: Compose, tmp_path: Path
) -> None:
    config = composed("mlp", *TINY, "optim=sgd", "lr=1e30", "epochs=9")
    attempt = execute(mlp.train, config, tmp_path / "a")
    assert str(attempt.series("loss")[-1]) in {"nan", "inf"}
    assert len(attempt.series("loss")) < 9
    assert 0 <= attempt.final("test_acc") <= 1


@pytest.mark.slow
def test_the_learning_rate_rises_and_falls_to_zero(composed: Compose, tmp_path: Path) -> None:
    attempt = execute(mlp.train, composed("mlp", "epochs=10", "lr=0.01"), tmp_path / "a")
    rates = attempt.series("lr")
    assert rates[0] == pytest.approx(0.01)
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("optim", ["sgd", "adamw"])
def test_both_optimizers_train_the_resnet(composed: Compose, tmp_path: Path, optim: str) -> None:
    config = composed("resnet", *TINY, "model.width=4", f"optim={optim}")
    attempt = execute(resnet.train, config, tmp_path / "a")
    assert attempt.series("loss")[-1] < attempt.series("loss")[0]


@pytest.mark.slow
def test_a_numeric_target_is_regressed(composed: Compose, tmp_path: Path) -> None:
    config = composed("mlp", "data=diabetes")
    attempt = execute(mlp.train, config, tmp_path / "a", metric=config["metric"])
    assert 0.2 < attempt.final("test_r2") < 1
    assert attempt.steps("val_r2") == list(range(config["epochs"]))


@pytest.mark.slow
def test_a_csv_of_ones_own_trains(composed: Compose, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "\n".join(f"{n},{-n},{int(n > 50)}" for n in range(100)))
    config = composed("mlp", "data=csv", f"data.path={path}", "data.target=y", "batch_size=16")
    assert execute(mlp.train, config, tmp_path / "a").final("test_acc") >= 0.9


@pytest.mark.parametrize(
    ("conf", "override", "said"),
    [
        ("resnet", "model.depth=9", "6n \\+ 2"),
        ("resnet", "model.width=0", "below 1"),
        ("resnet", "data=wine", "needs images"),
        ("resnet", "optim.name=sgdd", "no optimizer named 'sgdd'"),
        ("mlp", "model.hidden=[0]", "below 1"),
        ("mlp", "model.dropout=1.0", "not in"),
    ],
)
def test_a_conf_that_cannot_be_trained_is_explained(
    composed: Compose, tmp_path: Path, conf: str, override: str, said: str
) -> None:
    train = resnet.train if conf == "resnet" else mlp.train
    with pytest.raises(ConfigError, match=said):
        execute(train, composed(conf, override), tmp_path / "a")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_resnet_reads_98_of_100_digits(
    composed: Compose, tmp_path: Path, seed: int
) -> None:
    attempt = execute(resnet.train, composed("resnet"), tmp_path / "a", seed=seed)
    assert attempt.final("test_acc") >= 0.98


@pytest.mark.slow
def test_the_default_mlp_reads_95_of_100_digits(composed: Compose, tmp_path: Path) -> None:
    attempt = execute(mlp.train, composed("mlp"), tmp_path / "a")
    assert attempt.final("test_acc") >= 0.95
