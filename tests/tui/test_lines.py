from __future__ import annotations

import io
import re
import shlex
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agilml.ledger.control import Turn
from agilml.model import AttemptState
from agilml.project import Project
from agilml.testing.ledgers import Outcome, SampleSweep
from agilml.tui.lines import BEAT, LinesReporter, pairs
from tests.golden.files import same_as_file
from tests.tui.sweeps import NOW, add, busy, learn, points, reading, write_sweep

TIME = re.compile(r"2026-\d\d-\d\dT\d\d:\d\d:\d\dZ ")


def nothing(turn: Turn, made: SampleSweep) -> None:
    """Record that a controller took the sweep, and no more."""


def test_a_log_of_a_sweep(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    out = io.StringIO()
    reporter = LinesReporter(out)
    with reading(here, made.id) as reader:
        reporter.update(reader.read(reporter.rows, news=reporter.news))
        add(here, made, 9, Outcome(learn(0.98)))
        add(here, made, 10, Outcome({}, AttemptState.FAILED, "a\nbad \x1b[2J 'thing'"), at=NOW + 1)
        reporter.update(reader.read(0, news=True))
        last = reader.read(0, news=True)
    reporter.close(replace(last, now=NOW + 40))
    same_as_file("tui-lines.txt", out.getvalue())


def test_every_end_is_one_line_and_nothing_else_is(here: Project) -> None:
    made = write_sweep(here, points(30), nothing)
    out = io.StringIO()
    reporter = LinesReporter(out)
    with reading(here, made.id) as reader:
        for i in range(30):
            add(here, made, i, Outcome(learn(0.9)), at=NOW + i / 100)
            if i % 7 == 0:
                reporter.update(reader.read(0, news=True))
                reporter.update(reader.read(0, news=True))
        reporter.update(reader.read(0, news=True))
        reporter.close(reader.read(0, news=True))
    lines = out.getvalue().splitlines()
    assert len(lines) == 1 + 30 + 1
    assert all(TIME.match(line) for line in lines)
    ended = [line.split()[1] for line in lines if "state=succeeded" in line]
    assert ended == [trial[:10] for trial in made.trials]


def test_silence_is_broken_every_thirty_seconds(here: Project) -> None:
    made = write_sweep(here, points(12), busy)
    out = io.StringIO()
    reporter = LinesReporter(out)
    with reading(here, made.id, since=NOW) as reader:
        view = reader.read(0, news=True)
    for second in range(100):
        reporter.update(replace(view, news=(), now=NOW + second))
    lines = out.getvalue().splitlines()
    assert [line.split()[2] for line in lines] == ["plan", "ended=6/12", "ended=6/12", "ended=6/12"]
    assert BEAT == 30.0


@given(st.dictionaries(st.text(min_size=1), st.text() | st.floats() | st.none() | st.booleans()))
def test_pairs_are_one_line_of_words(fields: dict[str, Any]) -> None:
    line = pairs(fields)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", line)
    outside_quotes = re.sub(r'"(\\.|[^"\\])*"', "q", line)
    assert outside_quotes.count("=") == len(fields)
    assert len(outside_quotes.split(" ")) == max(1, len(fields))


def test_plain_pairs_can_be_split_by_a_shell() -> None:
    assert shlex.split(pairs({"lr": 0.01, "note": "two words"})) == ["lr=0.01", "note=two words"]
