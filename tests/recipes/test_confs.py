from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

import agilml.conf
from tests.recipes.conftest import Compose

CONF = Path(agilml.conf.__file__).parent
PRIMARY = sorted(path.stem for path in CONF.glob("*.yaml") if not path.stem.startswith("_"))
COMMON = {
    "recipe", "seed", "metric", "mode", "sweep", "executor", "sampler", "stopper", "gate", "budget",
    "attempts", "identity",
}  # fmt: skip
IMAGES = ("digits", "cifar10", "cifar100", "folder")
TABLES = ("digits", "iris", "wine", "breast_cancer", "diabetes", "csv")


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def targets(value: Any) -> bool:
    if isinstance(value, dict):
        return "_target_" in value or any(targets(item) for item in value.values())
    return isinstance(value, list) and any(targets(item) for item in value)


def test_the_primary_confs_are_the_packaged_recipes() -> None:
    assert PRIMARY == ["command", "dry", "hydra_app", "mlp", "resnet", "sklearn"]


@pytest.mark.parametrize("conf", PRIMARY)
def test_a_conf_names_its_recipe_and_has_every_common_key(composed: Compose, conf: str) -> None:
    config = composed(conf)
    assert config["recipe"] == conf
    assert config.keys() >= COMMON
    assert (config["metric"], config["mode"]) == ("val_acc", "max")


def test_no_conf_names_code_to_be_called() -> None:
    read = {path: yaml.safe_load(path.read_text()) for path in CONF.rglob("*.yaml")}
    assert not [path for path, value in read.items() if targets(value)]
    assert targets({"a": [{"_target_": "os.system"}]})


@pytest.mark.parametrize(
    ("conf", "model", "data"),
    [
        *(("resnet", m, d) for m, d in product(("resnet8", "resnet14", "resnet20"), IMAGES)),
        *(("mlp", "mlp", d) for d in TABLES),
        *(("sklearn", m, "wine") for m in ("random_forest", "logistic", "svm", "nearest")),
    ],
)
def test_groups_compose_with_each_other(
    composed: Compose, conf: str, model: str, data: str
) -> None:
    config = composed(conf, f"model={model}", f"data={data}")
    assert config["data"]["name"] == data
    assert config["model"]


@pytest.mark.slow
def test_every_option_of_every_group_is_used_by_a_test_or_composes(composed: Compose) -> None:
    for group in ("executor", "sampler", "stopper", "gate", "optim", "data", "model"):
        for option in options(group):
            # Quoted, because Hydra reads the option `nan` as a number otherwise.
            assert composed("resnet", f"{group}='{option}'")[group]


@pytest.mark.slow
def test_the_learning_rate_may_be_spelled_short_or_in_its_group(composed: Compose) -> None:
    assert composed("resnet", "lr=0.25")["optim"]["lr"] == 0.25
    assert composed("resnet", "optim.lr=0.25")["optim"]["lr"] == 0.25
    assert composed("resnet", "optim=adamw")["optim"]["lr"] == 3e-3
    assert composed("resnet", "optim=adamw", "lr=1e-3")["optim"]["lr"] == 1e-3


def test_a_numeric_target_is_judged_by_r2(composed: Compose) -> None:
    assert composed("mlp", "data=diabetes")["metric"] == "val_r2"


def test_digits_are_never_mirrored_by_default(composed: Compose) -> None:
    assert composed("resnet")["data"]["augment"]["flip"] is False
