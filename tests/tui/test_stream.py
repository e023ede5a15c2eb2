from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from typing import Any

from agilml.ledger.control import Turn
from agilml.model import AttemptState
from agilml.project import Project
from agilml.testing.ledgers import Outcome, SampleSweep, run_sample, start_sample
from agilml.tui.stream import JsonReporter
from tests.tui.sweeps import NOW, add, busy, learn, points, reading, write_sweep


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def parsed(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line, parse_constant=refuse) for line in out.getvalue().splitlines()]


def told(project: Project, made: SampleSweep, *ends: Outcome) -> list[dict[str, Any]]:
    """Return the lines of a sweep of which the first runs end one after the other."""
    out = io.StringIO()
    reporter = JsonReporter(out)
    with reading(project, made.id) as reader:
        reporter.update(reader.read(reporter.rows, news=reporter.news))
        for i, outcome in enumerate(ends):
            add(project, made, i, outcome, at=NOW + i)
            reporter.update(reader.read(0, news=True))
        reporter.close(replace(reader.read(0, news=True), news=()))
    return parsed(out)


def test_plan_comes_first_and_the_sweep_last(here: Project) -> None:
    made = write_sweep(here, points(3), lambda turn, made: None)
    lines = told(here, made, Outcome(learn(0.9)))
    assert [line["event"] for line in lines] == ["plan", "started", "ended", "sweep"]
    assert all({"event", "time", "run", "sweep"} <= set(line) for line in lines)
    assert {line["sweep"] for line in lines} == {made.id}
    assert [line["run"] for line in lines] == [None, made.trials[0], made.trials[0], None]


def test_ends_have_the_fields_of_runs(here: Project) -> None:
    made = write_sweep(here, points(2), lambda turn, made: None)
    line = told(here, made, Outcome(learn(0.9)))[2]
    assert line["state"] == "succeeded"
    assert line["params"]["optim.lr"] == 0.1
    assert line["metrics"]["test_acc"] == 0.89
    assert line["best"]["name"] == "val_acc"
    assert line["seconds"] == 1.5


def test_numbers_that_json_lacks_are_strings(here: Project) -> None:
    made = write_sweep(here, points(1), lambda turn, made: None)
    line = told(here, made, Outcome({"val_acc": ["nan"], "loss": ["inf"]}))[2]
    assert line["metrics"] == {"val_acc": "nan", "loss": "inf"}


def test_a_failure_says_why(here: Project) -> None:
    made = write_sweep(here, points(1), lambda turn, made: None)
    line = told(here, made, Outcome({}, AttemptState.FAILED, "ValueError: \x1b[2J"))[2]
    assert (line["state"], line["cause"], line["error"]) == (
        "failed",
        "user",
        "ValueError: \x1b[2J",
    )


def test_a_start_is_told_once_and_looks_like_a_start(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    out = io.StringIO()
    reporter = JsonReporter(out)
    with reading(here, made.id) as reader:
        for _ in range(3):
            reporter.update(reader.read(0, news=True))
    lines = parsed(out)
    assert Counter(line["event"] for line in lines) == {"plan": 1, "started": 9, "ended": 6}
    assert {line["state"] for line in lines if line["event"] == "started"} == {"running"}
    slots = [line["slot"] for line in lines if line["event"] == "started"]
    assert slots[-3:] == ["local:1", "local:0", "local:2"]


def test_another_attempt_is_another_start(here: Project) -> None:
    def write(turn: Turn, made: SampleSweep) -> None:
        run_sample(turn, made.trials[0], Outcome({}, AttemptState.LOST))
        start_sample(turn, made.trials[0])

    made = write_sweep(here, points(1), write)
    lines = told(here, made)
    attempts = [str(line.get("attempt")).rpartition("-")[0] for line in lines]
    assert attempts == ["", f"{made.trials[0]}.2", ""]


def test_silence_is_broken_every_thirty_seconds(here: Project) -> None:
    made = write_sweep(here, points(2), lambda turn, made: None)
    out = io.StringIO()
    reporter = JsonReporter(out)
    with reading(here, made.id) as reader:
        view = reader.read(0, news=True)
    for second in range(0, 70, 5):
        reporter.update(replace(view, now=NOW + second))
    assert [line["event"] for line in parsed(out)] == ["plan", "beat", "beat"]
