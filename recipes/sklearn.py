"""Any scikit-learn estimator by name: ``agil sweep conf=sklearn model=random_forest,svm,logistic``."""

from __future__ import annotations

import inspect
import time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sklearn import (
    base,
    discriminant_analysis,
    dummy,
    ensemble,
    gaussian_process,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)

from agilml.errors import ConfigError
from agilml.recipes import data
from agilml.recipes.data.dataset import standardised

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run

# A name from a config is only ever looked up here: it can name an estimator, and nothing else.
_MODULES = (
    discriminant_analysis,
    dummy,
    ensemble,
    gaussian_process,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)


def train(cfg: Config, run: Run) -> None:
    """Fit one estimator, and log ``fit_seconds`` and the score on the train, val and test parts.

    Scores are ``train_acc``, ``val_acc`` and ``test_acc``, or ``…_r2`` where the target is a number.
    Nothing is checkpointed: scikit-learn saves estimators as pickles, which AgilML never opens.

    Raises:
        ConfigError: the estimator or a parameter is unknown, or does not fit the data.
    """
    dataset = data.table(cfg.data, run)
    if cfg.model.get("standardise", False):
        dataset = standardised(dataset)
    estimator = estimator_for(cfg.model, seed=run.seed, threads=run.threads)
    if base.is_classifier(estimator) != bool(dataset.classes):
        raise ConfigError(
            f"{cfg.model.estimator} does not fit a target that is a"
            f" {'class' if dataset.classes else 'number'}",
            next="another model.estimator, or another data",
        )
    began = time.perf_counter()
    try:
        estimator.fit(dataset.train.x, dataset.train.y)
    except ValueError as error:
        raise ConfigError(f"{cfg.model.estimator}: {error}", next="change model.params") from error
    run.log(fit_seconds=time.perf_counter() - began)
    score = "acc" if dataset.classes else "r2"
    for name in ("train", "val", "test"):
        part = getattr(dataset, name)
        run.log({f"{name}_{score}": estimator.score(part.x, part.y)})


def estimators() -> dict[str, type[Any]]:
    """Return every classifier and regressor that can be made from its parameters alone, by name."""
    found = {
        name: thing
        for module in _MODULES
        for name, thing in vars(module).items()
        if inspect.isclass(thing)
        and issubclass(thing, (base.ClassifierMixin, base.RegressorMixin))
        and issubclass(thing, base.BaseEstimator)
        and not name.startswith("_")
        and not inspect.isabstract(thing)
    }
    return {name: thing for name, thing in sorted(found.items()) if not _needs_arguments(thing)}


def estimator_for(model: Config, *, seed: int, threads: int) -> Any:
    """Return the estimator that ``model.estimator`` names, with ``model.params``.

    It gets the trial's seed and threads unless the parameters say otherwise.

    Raises:
        ConfigError: there is no such estimator, or it has no such parameter.
    """
    known = estimators()
    name = str(model.estimator)
    if name not in known:
        raise ConfigError(
            f"scikit-learn has no classifier or regressor named {name!r}{_closest(name, known)}",
            next="model.estimator=NAME, as scikit-learn spells it",
        )
    chosen = dict(model.get("params") or {})
    parameters = inspect.signature(known[name]).parameters
    for key in chosen:
        if key not in parameters:
            raise ConfigError(
                f"{name} has no parameter {key!r}{_closest(key, parameters)}",
                next=f"one of {', '.join(parameters)}",
            )
    # One thread is what an estimator takes anyway, and some warn when they are told.
    granted = {"random_state": seed} | ({"n_jobs": threads} if threads > 1 else {})
    return known[name](**{k: v for k, v in granted.items() if k in parameters} | chosen)


def _needs_arguments(thing: type[Any]) -> bool:
    parameters = inspect.signature(thing).parameters.values()
    return any(p.default is p.empty and p.kind is not p.VAR_KEYWORD for p in parameters)


def _closest(word: str, known: Any) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
