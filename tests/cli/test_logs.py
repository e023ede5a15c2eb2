from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agilml.ledger.control import Control, Lease
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, TrialState, attempt_id
from agilml.testing.ledgers import ORIGIN, SampleSweep, plan_sample, start_sample
from agilml.worker.logs import cap_log
from tests.cli.conftest import Agil


@pytest.fixture
def log(sample: SampleSweep, project: Path) -> Path:
    """Return the log of the run that is tagged `baseline`; its folder exists."""
    folder = project / ".agil" / "runs" / attempt_id(sample.trials[0], 1, ORIGIN)
    folder.mkdir(parents=True)
    return folder / "log.txt"


def test_a_log_is_printed_from_beginning_to_end(agil: Agil, log: Path) -> None:
    log.write_text("one\ntwo\nthree")
    assert agil("logs", "baseline").out == "one\ntwo\nthree\n"


@pytest.mark.parametrize("text", ["a\nb\nc\n", "a\nb\nc"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4])
def test_only_the_last_lines_are_printed(agil: Agil, log: Path, text: str, n: int) -> None:
    log.write_text(text)
    assert agil("logs", "baseline", "-n", str(n)).out.split() == ["a", "b", "c"][max(0, 3 - n) :]
    assert agil("logs", "baseline", "--head", "-n", str(n)).out.split() == ["a", "b", "c"][:n]


def test_the_last_lines_of_a_large_log_are_found(agil: Agil, log: Path) -> None:
    log.write_text("".join(f"{i} {'x' * 100}\n" for i in range(5000)))
    lines = agil("logs", "baseline", "-n", "1500").out.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(3500, 5000))


def test_control_characters_are_spelled_and_colours_left_out(agil: Agil, log: Path) -> None:
    log.write_bytes(b"\x1b[31mred\x1b[0m\nclear\x1b[2J\n10%\r50%\r100%\nlatin \xe9\nnul \0\r\n")
    assert agil("logs", "baseline").out.splitlines() == [
        "red",
        "clear\\x1b[2J",
        "100%",
        "latin \N{REPLACEMENT CHARACTER}",
        "nul \\x00",
    ]


def test_a_capped_log_says_that_its_middle_is_gone(agil: Agil, log: Path) -> None:
    log.write_text("".join(f"line {i}\n" for i in range(1000)))
    assert cap_log(log.parent, cap=1000, keep=100)
    said = agil("logs", "baseline")
    assert "--head" in said.err
    assert "line 999" in said.out
    assert agil("logs", "baseline", "--head", "-n", "1").out == "line 0\n"


def test_json_lines_name_the_run_and_the_attempt(
    agil: Agil, log: Path, sample: SampleSweep
) -> None:
    log.write_text('say "hi"\n')
    line = json.loads(agil("logs", "baseline", "--json").out)
    assert line == {"run": sample.trials[0], "attempt": 1, "line": 'say "hi"'}


def test_an_earlier_attempt_has_a_log_of_its_own(
    agil: Agil, sample: SampleSweep, project: Path
) -> None:
    for n in (1, 2):
        folder = project / ".agil" / "runs" / attempt_id(sample.trials[1], n, ORIGIN)
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text(f"attempt {n}\n")
    assert agil("logs", sample.trials[1]).out == "attempt 2\n"
    assert agil("logs", sample.trials[1], "--attempt", "1").out == "attempt 1\n"
    assert agil("logs", sample.trials[1], "--attempt", "3").code == 2


def test_a_run_without_output_and_one_that_waits(agil: Agil, log: Path, project: Path) -> None:
    assert agil("logs", "baseline").out == ""
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        waiting = plan_sample(ledger, [{"x": 1}], name="waiting")
    said = agil("logs", waiting.trials[0])
    assert (said.code, said.out) == (0, "")
    assert "has not started" in said.err


def test_a_sweep_of_many_runs_has_no_log(agil: Agil, sample: SampleSweep) -> None:
    said = agil("logs", "latest")
    assert said.code == 2
    assert "agil runs" in said.err


@pytest.mark.slow
def test_following_shows_what_is_written_until_the_run_ends(project: Path) -> None:
    """A run loses its first attempt and succeeds in the second, while another process follows it."""
    state = project / ".agil"
    state.mkdir()
    with Ledger.open(state / "ledger.db") as ledger:
        made = plan_sample(ledger, [{"x": 1}])
        control = Control.take(ledger, made.id, "host", 1)
        command = [sys.executable, "-m", "agilml", "logs", "-f", made.trials[0]]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as follower:
            assert follower.stdout is not None
            guard = threading.Timer(20, follower.kill)
            guard.start()
            first = _start(control, made.trials[0], state, "one\n")
            assert follower.stdout.readline() == "one\n"
            _append(state, first, "two\npart")
            assert follower.stdout.readline() == "two\n"
            with control.turn() as turn:
                turn.ended(first, AttemptState.LOST, TrialState.PENDING, cause=Cause.NODE)
            second = _start(control, made.trials[0], state, "three\n")
            assert follower.stdout.readline() == "part\n"
            assert follower.stdout.readline() == "three\n"
            _append(state, second, "last words")
            with control.turn() as turn:
                turn.ended(second, AttemptState.SUCCEEDED, TrialState.SUCCEEDED)
            out, err = follower.communicate()
            guard.cancel()
    assert out == "last words\n"
    assert "attempt 2 begins" in err
    assert follower.returncode == 0


def _start(control: Control, trial: str, state: Path, text: str) -> Lease:
    with control.turn() as turn:
        lease = start_sample(turn, trial)
        folder = state / lease.folder
        folder.mkdir(parents=True)
        (folder / "log.txt").write_text(text)
    return lease


def _append(state: Path, lease: Lease, text: str) -> None:
    with (state / lease.folder / "log.txt").open("a") as file:
        file.write(text)
