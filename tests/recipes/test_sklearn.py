from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agilml.errors import ConfigError
from agilml.recipes import sklearn
from agilml.worker.config import Config
from tests.recipes.attempts import execute
from tests.recipes.conftest import Compose


def model(estimator: str, **params: Any) -> Config:
    return Config({"estimator": estimator, "params": params})


@pytest.mark.parametrize(
    "name", ["random_forest", "gradient_boosting", "logistic", "svm", "nearest"]
)
def test_packaged_classifiers_learn_wine(composed: Compose, tmp_path: Path, name: str) -> None:
    attempt = execute(
        sklearn.train, composed("sklearn", f"model={name}", "data=wine"), tmp_path / "a"
    )
    assert attempt.final("test_acc") >= 0.85
    assert attempt.final("val_acc") <= 1
    assert attempt.final("fit_seconds") > 0
    assert not attempt.checkpoints


def test_a_regressor_is_scored_by_r2(composed: Compose, tmp_path: Path) -> None:
    config = composed("sklearn", "model=ridge", "data=diabetes")
    assert 0.2 < execute(sklearn.train, config, tmp_path / "a").final("test_r2") < 1


def test_an_estimator_gets_the_seed_and_the_threads_of_its_trial() -> None:
    forest = sklearn.estimator_for(model("RandomForestClassifier"), seed=7, threads=3)
    assert (forest.random_state, forest.n_jobs) == (7, 3)
    chosen = sklearn.estimator_for(
        model("RandomForestClassifier", random_state=1), seed=7, threads=3
    )
    assert chosen.random_state == 1
    assert sklearn.estimator_for(model("GaussianNB"), seed=7, threads=3)


def test_the_allow_list_holds_estimators_only() -> None:
    names = sklearn.estimators()
    assert {"SVC", "Ridge", "HistGradientBoostingClassifier", "GaussianProcessRegressor"} <= set(
        names
    )
    assert not {"VotingClassifier", "StackingRegressor", "NearestNeighbors"} & set(names)
    assert all(thing.__module__.startswith("sklearn.") for thing in names.values())


@pytest.mark.parametrize(
    ("estimator", "params", "said"),
    [
        ("RandomForestClasifier", {}, "did you mean RandomForestClassifier"),
        ("os.system", {}, "no classifier or regressor named 'os.system'"),
        ("SVC", {"gama": 1}, "did you mean gamma"),
    ],
)
def test_unknown_names_get_the_closest_match(
    estimator: str, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        sklearn.estimator_for(model(estimator, **params), seed=0, threads=1)


def test_an_estimator_that_does_not_fit_the_target_is_refused(
    composed: Compose, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="does not fit a target that is a class"):
        execute(sklearn.train, composed("sklearn", "model=ridge"), tmp_path / "a")


def test_a_parameter_out_of_range_is_a_wrong_conf(composed: Compose, tmp_path: Path) -> None:
    config = composed("sklearn", "model=svm", "model.params.C=-1", "data=iris")
    with pytest.raises(ConfigError, match="SVC"):
        execute(sklearn.train, config, tmp_path / "a")
