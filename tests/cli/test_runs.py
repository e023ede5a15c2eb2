from __future__ import annotations

import csv
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import short
from agilml.testing.ledgers import Outcome, SampleSweep, plan_sample, run_sample
from tests.cli.conftest import Agil
from tests.golden.files import same_as_file

FIELDS = [
    "run",
    "sweep",
    "trial",
    "state",
    "params",
    "metrics",
    "attempts",
    "executor",
    "started",
    "ended",
    "seconds",
    "tags",
    "stopped",
    "reason",
    "note",
]


def test_no_ledger_is_no_failure(agil: Agil) -> None:
    said = agil("runs")
    assert (said.code, said.out) == (0, "")
    assert "agil sweep" in said.err
    assert agil("runs", "--json").json == []


def test_every_run_has_exactly_the_promised_fields(agil: Agil, sample: SampleSweep) -> None:
    runs = agil("runs", "--json").json
    assert [list(run) for run in runs] == [FIELDS] * 12
    assert {run["run"] for run in runs} == set(sample.trials)
    assert all(run["trial"] == run["run"] and run["sweep"] == sample.id for run in runs)


def test_a_run_reads_as_it_was_recorded(agil: Agil, sample: SampleSweep) -> None:
    runs = {run["run"]: run for run in agil("runs", sample.id, "--json").json}
    resumed, diverged, failed = (runs[sample.trials[i]] for i in (1, 2, 3))
    assert resumed["attempts"] == 2
    assert resumed["started"] == "2026-05-28T20:26:43.750Z"
    assert resumed["params"] == {"optim.lr": 0.05, "model.depth": 14, "seed": 0}
    assert diverged["metrics"]["loss"] == "nan"
    assert failed["state"] == "failed"
    assert failed["metrics"] == {"loss": 2.3}
    assert runs[sample.trials[0]]["tags"] == ["baseline"]


def test_runs_of_a_sweep_come_best_first(agil: Agil, sample: SampleSweep) -> None:
    values = [run["metrics"].get("val_acc") for run in agil("runs", "latest", "--json").json]
    assert values[-1] is None
    assert values[:-1] == sorted(values[:-1], reverse=True)


@pytest.mark.parametrize("words", [["--limit", "2"], ["--limit=2"], ["-n", "2"]])
def test_a_limit_limits(agil: Agil, sample: SampleSweep, words: list[str]) -> None:
    assert len(agil("runs", "--json", *words).json) == 2


def test_json_is_complete_where_a_table_is_cut(agil: Agil, project: Path) -> None:
    with Ledger.open(_ledger(project)) as ledger:
        plan_sample(ledger, [{"x": i} for i in range(40)])
    said = agil("runs")
    assert len(said.out.splitlines()) == 1 + 30
    assert "10 more" in said.err
    assert len(agil("runs", "--all").out.splitlines()) == 1 + 40
    assert len(agil("runs", "--json").json) == 40
    assert agil("runs", "--quiet").err == ""


@pytest.mark.parametrize("sort", ["val_acc", "seconds", "started"])
def test_runs_are_sorted_by_what_is_asked_for(agil: Agil, sample: SampleSweep, sort: str) -> None:
    def values(word: str) -> list[object]:
        runs = agil("runs", "--json", "--sort", word).json
        found = [run.get(sort, run["metrics"].get(sort)) for run in runs]
        return [value for value in found if value is not None]

    assert values(sort) == sorted(values(sort), key=lambda value: (str(type(value)), value))
    assert values(f"-{sort}") == values(sort)[::-1]


def test_an_unknown_sort_says_what_there_is(agil: Agil, sample: SampleSweep) -> None:
    said = agil("runs", "--sort", "val_ac")
    assert said.code == 2
    assert "did you mean `val_acc`?" in said.err


def test_runs_are_chosen_by_state_and_tag(agil: Agil, sample: SampleSweep) -> None:
    assert [run["run"] for run in agil("runs", "--state", "failed", "--json").json] == [
        sample.trials[3]
    ]
    assert [run["run"] for run in agil("runs", "--tag", "baseline", "--json").json] == [
        sample.trials[0]
    ]
    assert len(agil("runs", "--state", "failed,succeeded", "--json").json) == 12
    assert agil("runs", "--tag", "nothing", "--json").json == []
    assert agil("runs", "--state", "fialed").code == 2


def test_a_tag_that_no_run_carries_is_named(agil: Agil, sample: SampleSweep) -> None:
    for words in (("--tag", "nope"), ("latest", "--tag", "nope")):
        said = agil("runs", *words)
        assert (said.code, said.out) == (0, "")
        assert said.err == "no runs carry the tag `nope` · agil tag --list\n"


def test_a_tag_on_a_sweep_is_on_its_runs(agil: Agil, sample: SampleSweep) -> None:
    agil("tag", sample.id, "paper")
    assert len(agil("runs", "--tag", "paper", "--json").json) == 12
    assert len(agil("runs", "paper", "--json").json) == 12


def test_a_run_is_no_list_of_runs(agil: Agil, sample: SampleSweep) -> None:
    said = agil("runs", "baseline")
    assert said.code == 2
    assert f"next: agil show {short(sample.trials[0])}" in said.err


def test_the_tables_look_as_agreed(agil: Agil, sample: SampleSweep) -> None:
    same_as_file("runs-all.txt", agil("runs").out)
    same_as_file("runs-sweep.txt", agil("runs", "latest").out)


def test_csv_has_a_column_per_parameter_and_metric(agil: Agil, sample: SampleSweep) -> None:
    rows = list(csv.DictReader(io.StringIO(agil("runs", "latest", "--csv").out)))
    assert len(rows) == 12
    assert rows[0]["param.optim.lr"] == "0.05"
    assert float(rows[0]["metric.val_acc"]) == pytest.approx(0.9339)


def test_text_from_outside_does_nothing_to_a_screen(agil: Agil, project: Path) -> None:
    evil = "\x1b[2J\x1b]0;title\x07\u202egnp"
    with Ledger.open(_ledger(project)) as ledger:
        made = plan_sample(ledger, [{"=cmd|'/c calc'!A1": evil, "x": i} for i in (1, 2)])
        with Control.take(ledger, made.id, "host", 1).turn() as turn:
            run_sample(turn, made.trials[0], Outcome({evil: [1.0], "[bold]x[/]": [2.0]}))
    for words in (["runs"], ["runs", "latest"], ["runs", "--csv"]):
        said = agil(*words)
        assert said.code == 0
        assert said.out.replace("\n", "").isprintable()
    assert "[bold]x[/]" in agil("runs", "latest").out
    cells = [cell for row in csv.reader(io.StringIO(agil("runs", "--csv").out)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert agil("runs", "--json").json[1]["metrics"][evil] == 1.0


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_a_table_fits_the_terminal_and_has_colours(
    sample: SampleSweep, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = _on_terminal("runs", "latest")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen).splitlines()
    assert "\x1b[32m✓" in screen
    assert max(map(len, lines[1:])) <= columns
    assert len(lines) == 2 + 12
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in _on_terminal("runs", "latest")


def _on_terminal(*words: str) -> str:
    """Return what the command writes to a real terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "agilml", *words]
    with subprocess.Popen(command, stdout=theirs, stdin=theirs, stderr=subprocess.DEVNULL):
        os.close(theirs)
        seen = b""
        while True:
            try:
                data = os.read(ours, 1 << 16)
            except OSError:
                break
            if not data:
                break
            seen += data
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def _ledger(project: Path) -> Path:
    folder = project / ".agil"
    folder.mkdir(exist_ok=True)
    return folder / "ledger.db"
