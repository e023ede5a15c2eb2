"""Optuna with SQLite, one trial after the other: ``optuna_grid.py N``; a second start goes on."""

from __future__ import annotations

import sys

import optuna
from trial import score


def main(n: int) -> None:
    """Run a grid of ``n`` values."""
    study = optuna.create_study(
        storage="sqlite:///optuna.db",
        study_name="grid",
        load_if_exists=True,
        sampler=optuna.samplers.GridSampler({"x": list(range(n))}, seed=0),
    )
    study.optimize(lambda trial: score(trial.suggest_float("x", 0, n)), n_trials=n)


if __name__ == "__main__":
    main(int(sys.argv[1]))
