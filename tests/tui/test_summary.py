from __future__ import annotations

import io
import sys
import unicodedata
from dataclasses import replace

import pytest

from agilml.errors import LedgerError
from agilml.ledger import queries
from agilml.ledger.control import Turn
from agilml.model import AttemptState, SweepState
from agilml.project import Project
from agilml.report.table import width_of
from agilml.testing.ledgers import Outcome, SampleSweep, run_sample
from agilml.tui.ranking import final_metrics
from agilml.tui.summary import print_summary, retry_command, summary_lines
from tests.golden.files import same_as_file
from tests.tui.sweeps import learn, points, text_of, write_sweep
from tests.tui.test_frame import HOSTILE, HOSTILE_POINTS, all_failed, hostile


def finished(turn: Turn, made: SampleSweep) -> None:
    for i, trial in enumerate(made.trials):
        if i % 5 == 3:
            error = f"Traceback\nRuntimeError: out of memory at step {i}"
            run_sample(turn, trial, Outcome({"loss": [9.0]}, AttemptState.FAILED, error))
        else:
            curves = {**learn(0.99 - i / 100), "train/acc": [0.999], "epochs_seen": [3]}
            run_sample(turn, trial, Outcome(curves, seconds=62.0 + i))
    turn.finish(SweepState.DONE)


def summary(project: Project, sweep: str, width: int | None = None, *, quiet: bool = False) -> str:
    with queries.reader(project.ledger) as db:
        return text_of(summary_lines(db, sweep, width=width, quiet=quiet))


@pytest.mark.parametrize("width", [60, 100, None])
def test_the_summary_of_a_sweep(here: Project, width: int | None) -> None:
    made = write_sweep(here, points(20), finished)
    same_as_file(f"tui-summary-{width or 'pipe'}.txt", summary(here, made.id, width))


def test_nothing_from_outside_reaches_the_terminal_as_it_came(here: Project) -> None:
    made = write_sweep(here, HOSTILE_POINTS, hostile, metric=HOSTILE)
    text = summary(here, made.id, 100)
    assert not {unicodedata.category(char) for char in text if char != "\n"} & {"Cc", "Cf", "Cs"}
    assert all(width_of(line) <= 100 for line in text.splitlines())


def test_a_sweep_of_which_all_failed(here: Project) -> None:
    text = summary(here, write_sweep(here, points(30), all_failed).id, 100)
    assert text.count("failed: ValueError") == 10
    assert "20 more · agil runs" in text
    assert "agil compare" not in text


def test_an_empty_sweep(here: Project) -> None:
    def end(turn: Turn, made: SampleSweep) -> None:
        turn.finish(SweepState.DONE)

    made = write_sweep(here, [], end)
    assert summary(here, made.id, 100).startswith(f"{made.id[:10]}  0 runs: none in ")


def test_an_interrupted_sweep_is_to_be_resumed(here: Project) -> None:
    made = write_sweep(here, points(3))
    assert f"next  agil resume {made.id[:10]}\n" in summary(here, made.id)


def test_quiet_leaves_the_advice_out(here: Project) -> None:
    made = write_sweep(here, points(3), finished)
    assert "next" not in summary(here, made.id, quiet=True)
    assert "0.98" in summary(here, made.id, quiet=True)


def test_metrics_that_end_like_the_main_one_come_first(here: Project) -> None:
    made = write_sweep(here, points(1), finished)
    with queries.reader(here.ledger) as db:
        rows = queries.runs_of_sweep(db, made.id)
    assert final_metrics(rows, "val_acc") == ["test_acc", "train/acc", "epochs_seen", "loss"]


def test_an_unknown_sweep_is_an_error(here: Project) -> None:
    write_sweep(here, points(1))
    with pytest.raises(LedgerError):
        summary(here, "s-0")


def test_a_pipe_gets_text_without_colours(
    here: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    made = write_sweep(here, points(4), finished)
    print_summary(here, made.id)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out == summary(here, made.id)


def test_an_output_without_unicode_gets_what_it_can_show(
    here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write_sweep(here, points(4), finished)
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print_summary(here, made.id)
    assert b"?  t-" in raw.getvalue()


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["conf=dry", "x=1,2", "s=a b"], "agil sweep conf=dry x=1,2 's=a b' --retry"),
        (["conf=dry", f"x={','.join(map(str, range(99)))}"], "agil resume {sweep} --retry"),
        ([], "agil resume {sweep} --retry"),
    ],
)
def test_failed_runs_are_retried_with_the_words_that_were_typed(
    here: Project, words: list[str], command: str
) -> None:
    made = write_sweep(here, points(5), finished)
    with queries.reader(here.ledger) as db:
        row = queries.sweep(db, made.id)
    assert row is not None
    found = retry_command(replace(row, spec={**row.spec, "words": words}))
    assert found == command.format(sweep=made.id[:10])
