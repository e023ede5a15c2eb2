"""Screens of adaptive sweeps: what pruned runs, budgets and several objectives look like."""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger import queries
from agilml.ledger.control import Control, Turn
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, SweepState, TrialState
from agilml.project import Project
from agilml.report.table import width_of
from agilml.testing.ledgers import HOST, SampleSweep, log_sample, start_sample
from agilml.testing.searches import search_ledger
from agilml.tui.follow import follow
from agilml.tui.frame import frame
from agilml.tui.limits import limit_line
from agilml.tui.lines import LinesReporter
from agilml.tui.stream import JsonReporter
from agilml.tui.summary import resume_command, summary_lines
from tests.golden.files import same_as_file
from tests.tui.searches import look, looking, screen_text
from tests.tui.sweeps import learn, points, text_of, write_sweep
from tests.tui.sweeps import look as look_at

Sweeps = dict[str, SampleSweep]
SIZES = [(60, 12), (100, 30), (160, 50)]


@pytest.fixture(scope="module")
def _written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sweeps]:
    path = tmp_path_factory.mktemp("searches") / "ledger.db"
    return path, search_ledger(path)


@pytest.fixture
def sweeps(here: Project, _written: tuple[Path, Sweeps]) -> Sweeps:
    here.make_state()
    shutil.copy(_written[0], here.ledger)
    return _written[1]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("name", ["searching", "drained", "pareto"])
def test_a_screen_of_a_search(
    here: Project, sweeps: Sweeps, name: str, width: int, height: int
) -> None:
    text = screen_text(here, sweeps[name].id, width, height)
    assert len(text.splitlines()) <= height - 1
    assert all(width_of(line) <= width for line in text.splitlines())
    same_as_file(f"tui-{name}-{width}x{height}.txt", text)


@pytest.mark.parametrize("width", [60, 100, 160])
@pytest.mark.parametrize("name", ["searching", "drained", "pareto"])
def test_the_summary_of_a_search(here: Project, sweeps: Sweeps, name: str, width: int) -> None:
    with queries.reader(here.ledger) as db:
        text = text_of(summary_lines(db, sweeps[name].id, width=width))
    assert all(width_of(line) <= width for line in text.splitlines())
    same_as_file(f"tui-summary-{name}-{width}.txt", text)


def test_a_search_is_as_long_as_its_budget_of_trials(here: Project, sweeps: Sweeps) -> None:
    view = look(here, sweeps["searching"].id)
    assert (view.planned, view.total, view.ended, view.total_text) == (44, 64, 41, "64")
    assert look(here, sweeps["drained"].id).total == 25


def test_a_search_says_how_many_are_still_to_be_proposed(here: Project, sweeps: Sweeps) -> None:
    view = look(here, sweeps["searching"].id)
    assert view.to_propose == 20
    said = text_of(frame(view, None, 160, 30))
    assert "· 20 to propose" in said
    assert "0 pending" not in said
    waiting = replace(view, counts={**view.counts, TrialState.PENDING: 2})
    assert "· 2 pending  · 18 to propose" in text_of(frame(waiting, None, 160, 30))
    out = io.StringIO()
    LinesReporter(out).close(view)
    assert " pending=0 to_propose=20 " in out.getvalue()
    drained = look(here, sweeps["drained"].id)
    assert drained.to_propose == 0
    assert "to propose" not in text_of(frame(drained, None, 160, 30))


def test_a_search_that_starts_from_others_says_how_many_of_their_trials_fit(
    here: Project, sweeps: Sweeps
) -> None:
    view = look(here, sweeps["searching"].id)
    earlier = "s-0123456789ab"
    fits = [{"sweep": earlier, "trials": 24, "fit": 12}]
    search = {**view.sweep.spec["search"], "warm_start": [earlier], "warm_start_fit": fits}
    spec = {**view.sweep.spec, "search": search}
    warm = replace(view, sweep=replace(view.sweep, spec=spec))
    lines, stream = io.StringIO(), io.StringIO()
    LinesReporter(lines).update(warm)
    assert " warm_start=s-01234567:12/24 " in lines.getvalue().splitlines()[0]
    JsonReporter(stream).update(warm)
    assert json.loads(stream.getvalue().splitlines()[0])["warm_start_fit"] == fits
    said = text_of(frame(warm, None, 200, 30)).splitlines()[0]
    assert "warm start from s-01234567 (12 of 24 trials fit)" in said
    cold = io.StringIO()
    JsonReporter(cold).update(view)
    assert json.loads(cold.getvalue().splitlines()[0])["warm_start_fit"] == []


def test_repetitions_count_in_the_length_of_a_search(here: Project, sweeps: Sweeps) -> None:
    sweep = sweeps["searching"].id
    with Ledger.open(here.ledger) as ledger:
        ledger.db.execute(
            'UPDATE candidate SET trials = \'["t-1", "t-2", "t-3"]\' WHERE sweep = ?', (sweep,)
        )
    assert look(here, sweep).total == 3 * 64


def test_a_search_without_a_limit_of_trials_has_no_known_end(here: Project, sweeps: Sweeps) -> None:
    sweep = sweeps["searching"].id
    with Ledger.open(here.ledger) as ledger:
        ledger.respecify(sweep, {"budget": {"trials": None, "hours": 1.5}}, "ada")
    view = look(here, sweep)
    assert (view.total, view.total_text, view.expected, view.eta) == (44, "44+", None, None)
    text = text_of(frame(view, None, 100, 30))
    assert "44+ runs → local" in text
    assert "41/44+ ended" in text


def test_what_is_used_of_a_limit_is_as_of_now(here: Project, sweeps: Sweeps) -> None:
    (limit,) = look(here, sweeps["searching"].id).limits
    assert (limit.name, limit.share, limit.limit) == ("hours", 0.8, 1.5)
    assert limit.used > 1.21


def test_a_limit_that_was_raised_is_not_shown_as_reached(here: Project, sweeps: Sweeps) -> None:
    sweep = sweeps["searching"].id
    with Ledger.open(here.ledger) as ledger:
        ledger.respecify(sweep, {"budget": {"trials": 64, "hours": 8.0}}, "ada")
    assert look(here, sweep).limits == []


def test_a_drained_budget_says_that_nothing_more_will_start(here: Project, sweeps: Sweeps) -> None:
    view = look(here, sweeps["drained"].id)
    running = text_of([limit_line(view.limits, SweepState.RUNNING)])
    assert running == "budget.hours is used up, 1.12/1.1 h: no new trials\n"
    (hours,) = view.limits
    target = replace(hours, name="target", used=0.9512, limit=0.95)
    assert text_of([limit_line([target], SweepState.RUNNING)]).startswith("the target is reached")
    usd = replace(hours, name="usd", share=0.8, used=4.1, limit=5.0)
    assert text_of([limit_line([usd], SweepState.RUNNING)]) == "budget $4.10/$5.00\n"
    cents = replace(usd, used=0.0162, limit=0.02)
    assert text_of([limit_line([cents], SweepState.RUNNING)]) == "budget $0.0162/$0.0200\n"


def test_runs_that_a_drained_budget_will_not_start_are_not_waited_for(
    here: Project, sweeps: Sweeps
) -> None:
    sweep = sweeps["searching"].id
    before = look(here, sweep)
    with Ledger.open(here.ledger) as ledger, Control.take(ledger, sweep, HOST, 1).turn() as turn:
        turn.budget_reached("hours", 1.0, 1.5, 1.5)
    view = look(here, sweep)
    assert view.total == 44
    assert view.eta is not None
    assert before.eta is not None
    assert view.eta < before.eta


def test_the_best_run_keeps_the_constraints(here: Project, sweeps: Sweeps) -> None:
    view = look(here, sweeps["pareto"].id)
    assert view.best is not None
    assert view.best.metrics["size_mb"] <= 10
    tighter = {"sampler": {"name": "nsga2", "constraints": ["size_mb < 1", "val_acc >= 0.9"]}}
    with Ledger.open(here.ledger) as ledger:
        ledger.respecify(sweeps["pareto"].id, tighter, "ada")
    best = look(here, sweeps["pareto"].id).best
    assert best is not None
    assert best.metrics["size_mb"] < 1
    with Ledger.open(here.ledger) as ledger:
        ledger.respecify(sweeps["pareto"].id, {"sampler": {"constraints": ["size_mb < 0"]}}, "ada")
    assert look(here, sweeps["pareto"].id).best is None


def early(turn: Turn, made: SampleSweep) -> None:
    """Record: a run that finished early, one pruned, one cancelled, one that failed on its way out."""
    ends = {
        "finish": (AttemptState.SUCCEEDED, TrialState.SUCCEEDED),
        "prune": (AttemptState.PRUNED, TrialState.PRUNED),
        "fail": (AttemptState.FAILED, TrialState.FAILED),
    }
    for trial, (what, end) in zip(made.trials, ends.items(), strict=False):
        lease = start_sample(turn, trial)
        log_sample(turn, lease, learn(0.9, 4))
        action = "prune" if what == "fail" else what
        turn.decided(lease, action, "patience", 3, 0.8, "no improvement over 3 steps")
        turn.ended(lease, *end, error="boom" if what == "fail" else None, usage={"seconds": 4.0})
    turn.cancel(made.trials[3], "wilcoxon: worse than candidate 4 (p = 0.02)")


def test_the_table_says_in_a_few_words_who_ended_a_run(here: Project) -> None:
    made = write_sweep(here, points(4), early)
    lines = text_of(frame(look_at(here, made.id), None, 120, 30)).splitlines()
    ends = {line.split()[1]: line.rstrip() for line in lines if "t-" in line[:5]}
    assert ends[made.trials[0][:10]].endswith("finished: patience @3")
    assert ends[made.trials[1][:10]].endswith("pruned: patience @3")
    assert ends[made.trials[2][:10]].endswith("failed: boom")
    assert ends[made.trials[3][:10]].endswith("cancelled: wilcoxon")


def lines_of(project: Project, sweep: str, since: float = 0.0) -> list[str]:
    out = io.StringIO()
    reporter = LinesReporter(out)
    with looking(project, sweep, since) as reader:
        reporter.update(reader.read(0, news=True))
        reporter.update(reader.read(0, news=True))
    return [line.partition(" ")[2] for line in out.getvalue().splitlines()]


def test_a_log_names_the_stopper_and_the_step(here: Project) -> None:
    made = write_sweep(here, points(4), early)
    told = {line.split()[0]: line for line in lines_of(here, made.id)}
    assert "state=succeeded by=patience step=3" in told[made.trials[0][:10]]
    assert "state=pruned by=patience step=3" in told[made.trials[1][:10]]
    assert "by=" not in told[made.trials[2][:10]]
    reason = 'state=cancelled reason="wilcoxon: worse than candidate 4 (p = 0.02)"'
    assert reason in told[made.trials[3][:10]]


def test_a_log_of_a_search(here: Project, sweeps: Sweeps) -> None:
    lines = lines_of(here, sweeps["drained"].id)
    assert "search=tpe+asha" in lines[0]
    assert sum("state=pruned by=asha step=" in line for line in lines) == 15
    budget = [line.partition(" ")[2] for line in lines if " budget " in line]
    assert budget == [
        "budget name=hours share=0.8 used=0.89 limit=1.1",
        "budget name=hours share=1 used=1.12 limit=1.1",
    ]


def test_old_notices_are_no_news(here: Project, sweeps: Sweeps) -> None:
    lines = lines_of(here, sweeps["drained"].id, since=2e9)
    assert not [line for line in lines if " budget " in line]


def parsed(project: Project, sweep: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    reporter = JsonReporter(out)
    with looking(project, sweep) as reader:
        reporter.update(reader.read(0, news=True))
        reporter.update(reader.read(0, news=True))
        reporter.close(reader.read(0, news=True))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_json_lines_say_why_runs_were_stopped_and_what_the_budget_said(
    here: Project, sweeps: Sweeps
) -> None:
    lines = parsed(here, sweeps["drained"].id)
    events = Counter(line["event"] for line in lines)
    assert events == {"plan": 1, "started": 24, "ended": 25, "budget": 2, "sweep": 1}
    pruned = [line for line in lines if line["event"] == "ended" and line["state"] == "pruned"]
    assert {line["stopped"]["stopper"] for line in pruned} == {"asha"}
    assert {line["stopped"]["step"] for line in pruned} == {2, 8}
    (cancelled,) = [line for line in lines if line.get("state") == "cancelled"]
    assert cancelled["stopped"] is None
    assert "budget.hours" in cancelled["reason"]
    (first, second) = [line for line in lines if line["event"] == "budget"]
    assert {name: first[name] for name in ("run", "name", "share", "used", "limit")} == {
        "run": None,
        "name": "hours",
        "share": 0.8,
        "used": 0.89,
        "limit": 1.1,
    }
    assert second["share"] == 1.0
    assert (lines[0]["sampler"], lines[0]["stopper"], lines[0]["total"]) == ("tpe", "asha", 25)


def test_a_notice_is_told_once_however_often_one_looks(here: Project, sweeps: Sweeps) -> None:
    out = io.StringIO()
    looks = iter([False, False, False, True])
    sweep = sweeps["searching"].id
    with looking(here, sweep):
        follow(
            here,
            sweep,
            LinesReporter(out),
            ended=lambda: next(looks),
            wait=lambda _: None,
            since=0.0,
        )
    assert out.getvalue().count(" budget ") == 1


def test_what_to_type_next_raises_the_limit_that_is_used_up(here: Project, sweeps: Sweeps) -> None:
    sweep = sweeps["drained"].id
    with queries.reader(here.ledger) as db:
        row = queries.sweep(db, sweep)
        assert row is not None
        command = resume_command(db, row)
        assert command.startswith(f"agil resume {sweep[:10]} budget.hours=")
        assert float(command.partition("=")[2]) > 1.12
        raised = replace(row, spec={**row.spec, "budget": {"hours": 8.0}})
        assert resume_command(db, raised) == f"agil resume {sweep[:10]}"
