"""AgilML under measurement: its command line, a project to run in, and reads of its ledger."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.case import Case

AGIL = (sys.executable, "-m", "agilml")
ROOT = Path(__file__).resolve().parent.parent
RECIPES = ROOT / "bench" / "recipes"
NAME = "AgilML"


def make_project(folder: Path) -> None:
    """Make ``folder`` a project; what ``agil init`` leaves is more than a bench needs."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("agil.toml").touch()


def add_recipe(folder: Path, name: str, conf: str) -> None:
    """Make ``folder`` a project with the recipe ``bench/recipes/<name>.py`` and a conf of that name."""
    make_project(folder)
    source = RECIPES / f"{name}.py"
    for place, file, text in (
        ("recipes", source.name, source.read_text()),
        ("conf", f"{name}.yaml", f"recipe: {name}\n{conf}"),
    ):
        folder.joinpath(place).mkdir(exist_ok=True)
        folder.joinpath(place, file).write_text(text)


ENVIRONMENT = {"PYTHONPATH": str(ROOT)}
"""Makes ``python -m agilml`` find this checkout from any folder."""


def ledger(folder: Path) -> Path:
    """Return the ledger of the project in ``folder``."""
    return folder / ".agil" / "ledger.db"


def query(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of a read on the ledger; none when there is no ledger."""
    if not ledger(folder).exists():
        return []
    with closing(sqlite3.connect(f"file:{ledger(folder)}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()


def succeeded(folder: Path) -> int:
    """Return how many trials have succeeded and have their result in the ledger."""
    rows = query(
        folder,
        "SELECT count(DISTINCT trial.id) FROM trial JOIN metric ON metric.attempt = trial.attempt"
        " WHERE trial.state = 'succeeded' AND metric.last IS NOT NULL",
    )
    return int(rows[0][0]) if rows else 0


def add_torch_recipe(folder: Path) -> None:
    """Make ``folder`` a project whose ``conf=torch_trial`` imports torch and does what the peers do."""
    add_recipe(folder, "torch_trial", "defaults: [_base, _self_]\nmetric: score\nx: 0\n")


def sweep(sizes: Sequence[int], *, torch: bool) -> Case:
    """Return the case of ``agil sweep`` over trivial trials, two at once."""
    conf = "torch_trial" if torch else "dry"

    def argv(_folder: Path, n: int) -> list[str]:
        return [*AGIL, "sweep", f"conf={conf}", f"x=range({n})", "executor.slots=2"]

    return Case(
        name=NAME,
        package="agilml",
        python=Path(sys.executable),
        argv=argv,
        stored=succeeded,
        prepare=add_torch_recipe if torch else make_project,
        env=ENVIRONMENT,
        sizes=tuple(sizes),
    )
