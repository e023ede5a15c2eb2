from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.testing.ledgers import Outcome, SampleSweep, plan_sample, run_sample
from tests.cli.conftest import Agil
from tests.golden.files import same_as_file


@pytest.fixture
def seeds(project: Path) -> list[SampleSweep]:
    """Return two sweeps over the same eight seeds, the second better by about 0.01."""
    (project / ".agil").mkdir()
    made = []
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        for lr, gain in ((0.1, 0.0), (0.2, 0.01)):
            points = [{"optim.lr": lr, "seed": seed} for seed in range(8)]
            made.append(plan_sample(ledger, points))
            with Control.take(ledger, made[-1].id, "host", 1).turn() as turn:
                for seed, trial in enumerate(made[-1].trials):
                    value = round(0.9 + 0.02 * (seed % 3) + gain * (1 + seed % 5 / 5), 4)
                    run_sample(turn, trial, Outcome({"val_acc": [value], "loss": [1 - value]}))
    return made


def test_two_sweeps_over_the_same_seeds_get_a_verdict(agil: Agil, seeds: list[SampleSweep]) -> None:
    found = agil("compare", seeds[0].id, seeds[1].id, "--json").json
    assert [side["runs"] for side in found["sides"]] == [list(one.trials) for one in seeds]
    assert found["differs"] == [{"kind": "param", "name": "optim.lr", "values": [[0.1], [0.2]]}]
    judged, other = found["metrics"]
    assert judged["name"] == "val_acc"
    assert judged["verdict"] == "better"
    assert judged["low"] <= judged["delta"] <= judged["high"]
    assert judged["delta"] == pytest.approx(judged["values"][1] - judged["values"][0])
    assert (other["name"], other["verdict"]) == ("loss", None)
    assert found["paired_by"] == [["seed"]]
    back = agil("compare", seeds[1].id, seeds[0].id, "--json").json
    assert back["metrics"][0]["verdict"] == "worse"


def test_a_margin_makes_small_differences_equal(agil: Agil, seeds: list[SampleSweep]) -> None:
    words = ["compare", seeds[0].id, seeds[1].id, "--margin", "0.05", "--json"]
    assert agil(*words).json["metrics"][0]["verdict"] == "equal"


def test_another_metric_can_be_judged(agil: Agil, seeds: list[SampleSweep]) -> None:
    words = ["compare", seeds[0].id, seeds[1].id, "--metric", "loss", "--json"]
    found = agil(*words).json
    assert (found["metric"], found["mode"]) == ("loss", "min")
    assert found["metrics"][0]["verdict"] == "better"
    assert agil("compare", seeds[0].id, seeds[1].id, "--metric", "los").code == 2


def test_two_runs_are_shown_with_what_is_missing(agil: Agil, sample: SampleSweep) -> None:
    found = agil("compare", "baseline", "best@latest", "--json").json
    assert found["metrics"][0]["verdict"] == "not enough data"
    assert found["metrics"][0]["needed"] == 5
    assert found["sides"][1]["picked_of"] == 12
    assert {item["name"] for item in found["differs"]} == {"model.depth", "seed"}


def test_one_sweep_can_be_split_by_a_key(agil: Agil, sample: SampleSweep) -> None:
    found = agil("compare", "latest", "--by", "depth", "--json").json
    assert [side["label"] for side in found["sides"]] == ["depth=8", "depth=14"]
    assert [side["total"] for side in found["sides"]] == [6, 6]
    assert agil("compare", "latest").code == 2
    assert agil("compare", "latest", "--by", "dpth").code == 2


def test_a_tag_on_several_runs_is_one_side(agil: Agil, sample: SampleSweep) -> None:
    for trial in sample.trials[4:7]:
        agil("tag", trial, "group")
    found = agil("compare", "baseline", "group", "--json").json
    assert [len(side["runs"]) for side in found["sides"]] == [1, 3]


def test_the_same_ledger_gives_the_same_bytes(agil: Agil, seeds: list[SampleSweep]) -> None:
    for form in ("--md", "--json", "--csv"):
        words = ["compare", seeds[0].id, seeds[1].id, form]
        assert agil(*words).out == agil(*words).out


def test_it_looks_as_agreed(agil: Agil, seeds: list[SampleSweep]) -> None:
    words = ["compare", seeds[0].id, seeds[1].id]
    same_as_file("compare.txt", agil(*words).out)
    same_as_file("compare.md", agil(*words, "--md").out)


def test_csv_holds_metrics_and_differences(agil: Agil, seeds: list[SampleSweep]) -> None:
    out = agil("compare", seeds[0].id, seeds[1].id, "--csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["kind"], row["name"]) for row in rows] == [
        ("metric", "val_acc"),
        ("metric", "loss"),
        ("param", "optim.lr"),
    ]
    assert rows[0]["verdict"] == "better"


def test_what_is_the_same_can_be_left_out(agil: Agil, sample: SampleSweep) -> None:
    full = agil("compare", "latest", "latest", "--json").json
    short = agil("compare", "latest", "latest", "--only-changed", "--json").json
    assert [row["name"] for row in full["metrics"]] == ["val_acc", "loss", "test_acc"]
    assert [row["name"] for row in short["metrics"]] == ["val_acc"]
    assert short["metrics"][0]["verdict"] == "equal"


def test_two_forms_at_once_are_refused(agil: Agil, sample: SampleSweep) -> None:
    assert agil("compare", "baseline", "latest", "--md", "--json").code == 2
