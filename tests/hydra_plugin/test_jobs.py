"""What Hydra gets back, job by job, when the app's function lives in this process."""

from __future__ import annotations

import math
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

import agilml
from agilml.errors import ConfigError
from agilml.ledger import queries
from agilml.model import TrialState
from tests.hydra_plugin.conftest import Launch


def values(returns: list[JobReturn]) -> list[Any]:
    return [returned.return_value for returned in returns]


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    return tmp_path / "starts.txt"


def counted(path: Path) -> int:
    return len(path.read_text().split()) if path.exists() else 0


@pytest.mark.slow
def test_values_come_back_in_order_and_as_they_were(launch: Launch) -> None:
    made = [
        1.5,
        math.inf,
        (1, "a"),
        {"a": [None, True]},
        np.float32(0.5),
        OmegaConf.create({"b": 2}),
    ]

    found = values(launch(lambda cfg: made[cfg.bar], "bar=0,1,2,3,4,5"))

    assert found == [1.5, math.inf, (1, "a"), {"a": [None, True]}, 0.5, {"b": 2}]
    assert [type(value) for value in found] == [float, float, tuple, dict, float, dict]


@pytest.mark.slow
def test_what_json_cannot_hold_comes_back_as_its_repr_and_with_a_warning(
    launch: Launch, tmp_path: Path
) -> None:
    assert values(launch(lambda cfg: Path("/a"), "bar=1")) == ["PosixPath('/a')"]

    with queries.reader(tmp_path / "state" / "ledger.db") as db:
        (row,) = queries.newest_runs(db, limit=10)
        (warning,) = queries.warnings(db, row.run)
    assert "PosixPath" in warning


@pytest.mark.slow
def test_numbers_that_are_returned_become_metrics(launch: Launch, tmp_path: Path) -> None:
    made = [2, {"loss": 0.5, "deep": {"acc": 1.0}, "name": "no"}, [3.0, 4.0]]

    launch(lambda cfg: made[cfg.bar], "bar=0,1,2", "hydra.launcher.metric=score")

    with queries.reader(tmp_path / "state" / "ledger.db") as db:
        found = {row.params["bar"]: dict(row.metrics) for row in queries.newest_runs(db, limit=10)}
    assert found == {
        0: {"score": 2},
        1: {"loss": 0.5, "deep.acc": 1.0},
        2: {"score.0": 3.0, "score.1": 4.0},
    }


@pytest.mark.slow
def test_a_job_that_is_done_is_not_run_again_and_returns_its_value(
    launch: Launch, starts: Path
) -> None:
    def task(cfg: Any) -> Any:
        with starts.open("a") as out:
            out.write(f"{cfg.bar}\n")
        return {"bar": cfg.bar, "nan": math.nan}

    first = launch(task, "bar=1,2")
    again = launch(task, "bar=2,1,3", "hydra.job.name=other")

    assert counted(starts) == 3
    assert [value["bar"] for value in values(again)] == [2, 1, 3]
    assert math.isnan(again[0].return_value["nan"])
    # Its files are where it ran; its number is the one of this multirun.
    assert again[0].working_dir == first[1].working_dir
    assert again[0].hydra_cfg is not None
    assert again[0].hydra_cfg.hydra.job.num == 0


@pytest.mark.slow
def test_rerun_runs_everything_again(launch: Launch, starts: Path) -> None:
    def task(cfg: Any) -> None:
        with starts.open("a") as out:
            out.write("x\n")

    launch(task, "bar=1,2")
    launch(task, "bar=1,2", "hydra.launcher.rerun=true")

    assert counted(starts) == 4


@pytest.mark.slow
def test_jobs_that_are_alike_are_all_run_and_draw_different_numbers(
    launch: Launch, starts: Path
) -> None:
    def task(cfg: Any) -> float:
        with starts.open("a") as out:
            out.write("x\n")
        return random.random()

    found = values(launch(task, "bar=1,1,1"))

    assert counted(starts) == 3
    assert len(set(found)) == 3
    assert values(launch(task, "bar=1,1,1")) == found
    assert counted(starts) == 3


@pytest.mark.slow
def test_a_failed_job_raises_what_the_app_raised_and_the_others_are_kept(
    launch: Launch, starts: Path
) -> None:
    def task(cfg: Any) -> int:
        with starts.open("a") as out:
            out.write("x\n")
        if cfg.bar == 2:
            raise KeyError("lr")
        return int(cfg.bar)

    with pytest.raises(KeyError, match="lr") as error:
        launch(task, "bar=1,2,3")
    assert counted(starts) == 3
    assert error.traceback[-1].name == "task"

    with pytest.raises(KeyError):
        launch(task, "bar=1,2,3")
    assert counted(starts) == 4


@pytest.mark.slow
def test_a_failed_job_stays_failed_without_retry(launch: Launch, starts: Path) -> None:
    def task(cfg: Any) -> None:
        with starts.open("a") as out:
            out.write("x\n")
        raise RuntimeError("no")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="no"):
            launch(task, "bar=1", "hydra.launcher.retry=false")

    assert counted(starts) == 1


@pytest.mark.slow
def test_attempts_are_made_until_one_succeeds(launch: Launch, starts: Path) -> None:
    def task(cfg: Any) -> int:
        with starts.open("a") as out:
            out.write("x\n")
        if counted(starts) < 3:
            raise RuntimeError("not yet")
        return counted(starts)

    assert values(launch(task, "bar=1", "hydra.launcher.attempts=3")) == [3]


@pytest.mark.slow
def test_a_job_that_dies_without_a_word_is_a_failure_that_says_so(launch: Launch) -> None:
    def task(cfg: Any) -> int:
        if cfg.bar == 1:
            os._exit(7)
        return 5

    with pytest.raises(agilml.errors.AgilError, match=r"job #0 \(bar=1\) failed.*code 7"):
        launch(task, "bar=1,2")


@pytest.mark.slow
def test_a_job_that_exits_ends_alone(launch: Launch) -> None:
    def task(cfg: Any) -> Any:
        if cfg.bar == 1:
            sys.exit()
        return 5

    found = launch(task, "bar=1,2")

    assert [returned.status for returned in found] == [JobStatus.COMPLETED] * 2
    assert found[1].return_value == 5


@pytest.mark.slow
def test_a_job_knows_hydra_its_run_and_its_slot(launch: Launch) -> None:
    def task(cfg: Any) -> list[Any]:
        run = agilml.current_run()
        run.log(step=0, loss=0.25)
        hydra = HydraConfig.get()
        return [hydra.job.num, hydra.job.id, run.threads, os.environ["HUE"]]

    found = values(launch(task, "bar=8,9", "+hydra.job.env_set.HUE=red", "hydra.launcher.slots=1"))

    assert found == [[n, f"a_module_{n}", 1, "red"] for n in (0, 1)]


@pytest.mark.slow
def test_a_job_that_takes_too_long_is_ended(launch: Launch) -> None:
    def task(cfg: Any) -> None:
        while True:
            random.random()

    with pytest.raises(agilml.errors.AgilError, match="timeout_minutes"):
        launch(task, "bar=1", "hydra.launcher.timeout_minutes=0.005")


def test_nothing_starts_when_one_job_cannot_be_composed(
    launch: Launch, starts: Path, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match="nothere"):
        launch(lambda cfg: starts.write_text("x"), "group1=file1,nothere")

    assert not starts.exists()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("hydra.launcher.isolation=thread", "isolation"),
        ("hydra.launcher.mode=up", "mode"),
        ("hydra.launcher.attempts=0", r"attempts\.max"),
        ("hydra.launcher.slots=0", "slots"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(launch: Launch, word: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        launch(lambda cfg: None, "bar=1", word)


@pytest.mark.slow
def test_the_ledger_holds_the_config_as_the_app_sees_it(launch: Launch, tmp_path: Path) -> None:
    launch(lambda cfg: None, "group1=file1,file2", "+a.b=${bar}", "+key={x.y: 1}")

    with queries.reader(tmp_path / "state" / "ledger.db") as db:
        rows = queries.newest_runs(db, limit=10)
        assert {row.state for row in rows} == {TrialState.SUCCEEDED}
        assert sorted(str(row.params["group1"]) for row in rows) == ["file1", "file2"]
        row = next(row for row in rows if row.params["group1"] == "file2")
        unresolved, _, delta = queries.config(db, row.run)
        sweep = queries.sweep(db, row.sweep)
    assert unresolved == {"foo": 20, "bar": 100, "a": {"b": "${bar}"}, "key": {"x.y": 1}}
    assert not delta
    assert sweep is not None
    assert (sweep.conf, sweep.metric, sweep.mode) == ("a_module", "value", "min")
