from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agilml.recipes.neural.augment import Augmentation
from agilml.recipes.neural.fit import epoch_seed
from agilml.recipes.neural.networks import MLP, ResNet
from agilml.recipes.neural.objective import Classification, Regression
from agilml.recipes.neural.optim import learning_rate, optimizer_for

SGD = {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.5}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet", "mlp", "sklearn", "command", "dry"])
def test_importing_a_recipe_leaves_one_thread_so_that_it_may_be_forked(name: str) -> None:
    code = (
        f"import os, importlib; importlib.import_module('agilml.recipes.{name}');"
        "threads = os.listdir('/proc/self/task'); assert len(threads) == 1, threads"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("depth", "convolutions"), [(8, 7), (14, 13), (20, 19)])
def test_a_resnet_has_the_depth_it_is_named_for(depth: int, convolutions: int) -> None:
    model = ResNet(depth, 4, 3, 10)
    found = [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Conv2d) and "shortcut" not in name
    ]
    assert len(found) == convolutions
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert model(torch.zeros(2, 3, 8, 8)).shape == (2, 10)


def test_a_perceptron_without_hidden_layers_is_linear() -> None:
    model = MLP(4, [], 3, 0.0)
    assert [type(layer) for layer in model] == [torch.nn.Linear]


@pytest.mark.slow
def test_weight_decay_spares_batch_norm_and_biases() -> None:
    model = ResNet(8, 4, 1, 10)
    decayed, spared = optimizer_for(model, SGD).param_groups
    assert decayed["weight_decay"] == 0.5
    assert spared["weight_decay"] == 0
    assert all(p.ndim == 1 for p in spared["params"])
    assert len(decayed["params"]) + len(spared["params"]) == len(list(model.parameters()))


@given(st.floats(0, 1), st.floats(0, 0.9), st.floats(1e-6, 10))
def test_the_learning_rate_stays_between_zero_and_its_peak(
    progress: float, warmup: float, peak: float
) -> None:
    assert 0 <= learning_rate(peak, progress, warmup) <= peak * (1 + 1e-12)


def test_the_learning_rate_peaks_at_the_end_of_the_warm_up() -> None:
    assert learning_rate(2.0, 0.05, 0.1) == pytest.approx(1.0)
    assert learning_rate(2.0, 0.1, 0.1) == pytest.approx(2.0)
    assert learning_rate(2.0, 0.55, 0.1) == pytest.approx(1.0)
    assert learning_rate(2.0, 1.0, 0.1) == pytest.approx(0.0, abs=1e-12)


def test_epochs_have_seeds_of_their_own() -> None:
    seeds = {epoch_seed(seed, epoch) for seed in range(20) for epoch in range(50)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**63 for seed in seeds)


def spot(size: int = 9) -> torch.Tensor:
    images = torch.zeros(64, 1, size, size)
    images[:, :, size // 2, size // 2 + 1] = 1
    return images


def test_no_augmentation_changes_nothing() -> None:
    assert torch.equal(Augmentation()(spot()), spot())


def test_a_shift_moves_by_whole_pixels_both_ways() -> None:
    torch.manual_seed(0)
    moved = Augmentation(shift=1)(spot())
    at = (moved > 0.99).nonzero()[:, 2:]
    assert len(at) == 64
    assert {tuple(place) for place in at.tolist()} == {(r, c) for r in (3, 4, 5) for c in (4, 5, 6)}


def test_a_flip_mirrors_about_half_of_the_images() -> None:
    torch.manual_seed(0)
    at = (Augmentation(flip=True)(spot()) > 0.99).nonzero()[:, 3].tolist()
    assert set(at) == {3, 5}
    assert 16 < at.count(3) < 48


def test_a_rotation_keeps_the_distance_from_the_centre() -> None:
    torch.manual_seed(0)
    turned = Augmentation(rotate=90)(spot())
    weight = turned.sum(dim=(1, 2, 3))
    columns = (turned.sum(dim=(1, 2)) * torch.arange(9)).sum(dim=1) / weight - 4
    rows = (turned.sum(dim=(1, 3)) * torch.arange(9)).sum(dim=1) / weight - 4
    assert (columns.square() + rows.square()).sqrt().mean() == pytest.approx(1, abs=0.15)
    assert rows.abs().max() > 0.7


def test_cutout_blanks_one_square_at_most() -> None:
    torch.manual_seed(0)
    cut = Augmentation(cutout=3)(torch.ones(64, 2, 9, 9))
    blank = (cut[:, 0] == 0).sum(dim=(1, 2))
    assert blank.max() == 9
    assert blank.min() >= 4
    assert torch.equal(cut[:, 0], cut[:, 1])


def test_scores_are_what_their_names_say() -> None:
    outputs = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
    assert Classification().score(outputs, torch.tensor([0, 1, 1])) == pytest.approx(2 / 3)
    targets = torch.tensor([1.0, 2.0, 3.0])
    assert Regression().score(targets[:, None], targets) == 1
    assert Regression().score(torch.full((3, 1), 2.0), targets) == 0


def test_label_smoothing_acts_on_training_only() -> None:
    outputs, targets = torch.tensor([[9.0, 0.0]]), torch.tensor([0])
    smoothed = Classification(label_smoothing=0.1)
    assert smoothed.training_loss(outputs, targets) > 0.3
    assert smoothed.loss(outputs, targets) < 0.01
