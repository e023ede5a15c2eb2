from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import attempt_id, short
from agilml.sweep.liveness import ControllerLock
from agilml.testing.ledgers import CONFIG, ORIGIN, SampleSweep, plan_sample, start_sample
from tests.cli.conftest import Agil
from tests.golden.files import same_as_file


def test_a_run_shows_what_the_list_shows_and_more(agil: Agil, sample: SampleSweep) -> None:
    run = agil("show", sample.trials[1], "--json").json
    listed = next(one for one in agil("runs", "--json").json if one["run"] == run["run"])
    assert {name: run[name] for name in listed} == listed
    assert run["config"]["optim"] == {"name": "sgd", "lr": 0.05}
    assert run["config_unresolved"]["optim"]["lr"] == 0.1
    assert run["provenance"]["git"]["branch"] == "main"
    assert run["checkpoints"][0]["sha256"] == "ab" * 32
    assert [item["cause"] for item in run["attempts_list"]] == ["controller", None]
    assert run["best"]["value"] == max(run["best"]["value"], run["metrics"]["val_acc"])
    assert run["artifacts"] == []


def test_secrets_stay_interpolations(
    agil: Agil, sample: SampleSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_ROOT", "/secret/place")
    said = agil("show", "baseline", "--json")
    assert said.json["config"]["data"]["root"] == "${oc.env:DATA_ROOT,data}"
    assert "/secret/place" not in said.out


def test_files_of_a_run_are_listed(agil: Agil, sample: SampleSweep, project: Path) -> None:
    folder = project / ".agil" / "runs" / attempt_id(sample.trials[0], 1, ORIGIN)
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "plot.txt").write_text("12345")
    (folder / "checkpoints" / "big").write_text("x")
    artifacts = agil("show", "baseline", "--json").json["artifacts"]
    assert artifacts == [{"path": f"runs/{folder.name}/plot.txt", "size": 5}]


def test_a_sweep_shows_its_state_counts_controller_budget_and_best(
    agil: Agil, sample: SampleSweep
) -> None:
    sweep = agil("show", "latest", "--json").json
    assert sweep["sweep"] == sample.id
    assert sweep["state"] == "done"
    assert sweep["counts"]["succeeded"] == 11
    assert sweep["counts"]["failed"] == 1
    assert sweep["controller"] == {"host": "sample-host", "pid": 4120, "alive": False}
    assert sweep["budget"] == {
        "trials": None,
        "hours": None,
        "used": {
            "trials": 0,
            "hours": sweep["budget"]["used"]["hours"],
            "slot_hours": sweep["budget"]["used"]["slot_hours"],
            "usd": 0.0,
            "target": None,
        },
        "notices": [],
    }
    assert 0 < sweep["budget"]["used"]["hours"] <= sweep["budget"]["used"]["slot_hours"]
    assert sweep["search"]["objectives"] == {"val_acc": "max"}
    assert sweep["search"]["space"] is None
    assert sweep["pareto"] == []
    assert sweep["best"]["metric"] == "val_acc"
    assert sweep["varying"] == ["optim.lr", "model.depth", "seed"]


def test_open_work_without_a_controller_is_interrupted(agil: Agil, project: Path) -> None:
    (project / ".agil").mkdir()
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        made = plan_sample(ledger, [{"x": 1}])
        with Control.take(ledger, made.id, os.uname().nodename, os.getpid()).turn() as turn:
            start_sample(turn, made.trials[0])
    assert agil("show", made.id, "--json").json["state"] == "interrupted"
    assert f"next: agil resume {short(made.id)}" in agil("show", made.id).err
    lock = ControllerLock(project / ".agil" / "sweeps" / made.id)
    assert lock.take()
    shown = agil("show", made.id, "--json").json
    lock.close()
    assert shown["state"] == "running"
    assert shown["controller"]["alive"]
    run = agil("show", made.trials[0], "--json").json
    assert run["state"] == "running"
    assert run["seconds"] >= 0


def test_run_and_sweep_look_as_agreed(agil: Agil, sample: SampleSweep) -> None:
    same_as_file("show-run.txt", agil("show", sample.trials[1]).out)
    same_as_file("show-sweep.txt", agil("show", sample.id).out)


def test_a_failed_run_shows_its_last_lines(agil: Agil, sample: SampleSweep, project: Path) -> None:
    folder = project / ".agil" / "runs" / attempt_id(sample.trials[3], 1, ORIGIN)
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("".join(f"line {i}\n" for i in range(50)) + "\x1b[2Jboom\n")
    said = agil("show", sample.trials[3])
    assert "line 49" in said.out
    assert "line 30" not in said.out
    assert "\\x1b[2Jboom" in said.out
    assert f"next: agil logs {short(sample.trials[3])}" in said.err


@pytest.mark.slow
def test_a_conf_is_shown_as_it_composes(agil: Agil, project: Path) -> None:
    (project / "conf" / "toy.yaml").write_text("recipe: toy\nlr: 0.1\nboth: ${lr}\n")
    said = agil("show", "conf=toy", "lr=0.5")
    assert (said.code, said.out) == (0, "# conf=toy\nrecipe: toy\nlr: 0.5\nboth: ${lr}\n")
    shown = agil("show", "conf=toy", "lr=0.5", "--json").json
    assert shown["config"] == {"recipe": "toy", "lr": 0.5, "both": 0.5}


def test_an_unknown_key_of_a_conf_is_refused(agil: Agil, project: Path) -> None:
    (project / "conf" / "toy.yaml").write_text("recipe: toy\nlr: 0.1\n")
    said = agil("show", "conf=toy", "lrr=1")
    assert said.code == 2
    assert "`lr`" in said.err


def test_strict_json_whatever_the_values_are(agil: Agil, project: Path) -> None:
    (project / ".agil").mkdir()
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        made = plan_sample(ledger, [{"x": 1}], config={**CONFIG, "names": ["\ud800", "a\x00b"]})
    run = agil("show", made.trials[0], "--json").json
    assert run["config"]["names"] == ["\ud800", "a\x00b"]
    assert json.dumps(run["metrics"]) == "{}"
    assert agil("show", made.trials[0]).code == 0
