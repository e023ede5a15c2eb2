from __future__ import annotations

from dataclasses import replace

from agilml.ledger import queries
from agilml.ledger.control import Turn
from agilml.model import AttemptState, SweepState
from agilml.project import Project
from agilml.report.runs import sweep_table
from agilml.report.unlogged import unlogged_text
from agilml.testing.ledgers import Outcome, SampleSweep, run_sample
from agilml.tui.summary import retry_command, summary_lines
from tests.tui.sweeps import points, text_of, write_sweep

NAN = Outcome({"loss": ["nan"]})


def all_alike(outcome: Outcome, turn: Turn, made: SampleSweep) -> None:
    for trial in made.trials:
        run_sample(turn, trial, outcome)
    turn.finish(SweepState.DONE)


def sweep_of(
    here: Project, outcome: Outcome, metric: str, objectives: dict[str, str] | None = None
) -> tuple[str, str]:
    """Return what is said about the metrics of a sweep of runs like ``outcome``, and its summary."""
    made = write_sweep(here, points(3), lambda turn, m: all_alike(outcome, turn, m), metric=metric)
    with queries.reader(here.ledger) as db:
        row = queries.sweep(db, made.id)
        assert row is not None
        summary = text_of(summary_lines(db, made.id))
        wanted = row if objectives is None else replace(row, spec={"objectives": objectives})
        return unlogged_text(db, wanted), summary


def test_a_metric_that_no_run_has_logged_is_named_with_what_they_log(here: Project) -> None:
    outcome = Outcome({"val_acc": [0.9], "loss": [0.1]})
    text, summary = sweep_of(here, outcome, "val_ac")
    assert text == "no run has logged `val_ac`; logged: loss, val_acc"
    assert text in summary.splitlines()


def test_runs_that_log_nothing_are_told(here: Project) -> None:
    text, _ = sweep_of(here, Outcome({}), "val_acc")
    assert text == "no run has logged `val_acc`; logged: nothing"


def test_a_second_objective_that_is_missing_is_named_alone(here: Project) -> None:
    wanted = {"val_acc": "max", "size_mb": "min"}
    text, _ = sweep_of(here, Outcome({"val_acc": [0.9]}), "val_acc", wanted)
    assert text == "no run has logged `size_mb`; logged: val_acc"


def test_nothing_is_said_where_the_metric_was_logged(here: Project) -> None:
    text, summary = sweep_of(here, Outcome({"val_acc": [0.9]}), "val_acc")
    assert not text
    assert "no run has logged" not in summary


def test_a_value_that_is_no_number_was_logged(here: Project) -> None:
    assert not sweep_of(here, NAN, "loss")[0]


def test_runs_that_failed_before_they_could_log_are_no_evidence(here: Project) -> None:
    failed = Outcome({}, AttemptState.FAILED, "RuntimeError: broken")
    assert not sweep_of(here, failed, "val_acc")[0]


def test_a_metric_with_the_name_of_a_parameter_has_no_second_column(here: Project) -> None:
    outcome = Outcome({"val_acc": [0.9], "lr": [0.1, 0.0], "loss": [0.1]})
    made = write_sweep(here, points(3), lambda turn, m: all_alike(outcome, turn, m))
    with queries.reader(here.ledger) as db:
        rows = queries.runs_of_sweep(db, made.id)
        summary = text_of(summary_lines(db, made.id))
    table = "\n".join(sweep_table(rows, width=None, colour=False))
    for text in (summary, table):
        assert text.split().count("lr") == 1
        assert text.split().count("loss") == 1


def test_failed_runs_of_a_search_are_retried_by_resuming_it(here: Project) -> None:
    made = write_sweep(here, points(2))
    with queries.reader(here.ledger) as db:
        row = queries.sweep(db, made.id)
    assert row is not None
    spec = {**row.spec, "words": ["conf=dry", "x=1"], "search": {"space": []}}
    assert retry_command(replace(row, spec=spec)) == f"agil resume {made.id[:10]} --retry"
