from __future__ import annotations

from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil


def test_a_note_is_written_replaced_and_taken_off(agil: Agil, sample: SampleSweep) -> None:
    run = sample.trials[4]
    assert agil("tag", run, "--note", "looks odd", "--json").json == {
        "target": run,
        "tags": [],
        "note": "looks odd",
    }
    agil("tag", run, "--note", " fine after all ")
    assert notes(agil) == {run: "fine after all"}
    agil("tag", run, "--note", "")
    assert notes(agil) == {}


def notes(agil: Agil) -> dict[str, str]:
    return {run["run"]: run["note"] for run in agil("runs", "--json").json if run["note"]}


def test_a_note_goes_with_tags_or_alone(agil: Agil, sample: SampleSweep) -> None:
    said = agil("tag", "latest", "paper", "--note", "for the paper", "--json").json
    assert (said["tags"], said["note"]) == (["paper"], "for the paper")
    assert agil("tag", "latest", "v2", "--json").json["note"] == "for the paper"


def test_runs_are_found_by_their_note_and_by_that_of_their_sweep(
    agil: Agil, sample: SampleSweep
) -> None:
    agil("tag", sample.trials[4], "--note", "Looks odd: 100% loss")
    found = agil("runs", "--where", "note ~ 'odd: 100%'", "--json").json
    assert [run["run"] for run in found] == [sample.trials[4]]
    agil("tag", sample.id, "--note", "odd as a whole")
    assert len(agil("runs", "--where", "note ~ odd*whole", "--json").json) == 12
    agil("tag", sample.id, "--note", "")
    assert len(agil("runs", "--where", "note is null", "--json").json) == 11


def test_what_is_no_note_is_refused_and_changes_nothing(agil: Agil, sample: SampleSweep) -> None:
    for words in (
        ("latest", "x", "--note", "a" * 10_001),
        ("latest", "x", "--note", "a\udcff"),
        ("latest", "--remove", "--note", "x"),
        ("--list", "--note", "x"),
        ("--note", "x"),
    ):
        assert agil("tag", *words).code == 2
    assert agil("show", "latest", "--json").json["tags"] == []
    assert notes(agil) == {}


def test_a_hostile_note_does_nothing_to_a_screen(agil: Agil, sample: SampleSweep) -> None:
    evil = "\x1b[2J\u202egnp\n=cmd|' /c calc'!A1"
    said = agil("tag", "latest", "--note", evil)
    assert said.code == 0
    assert all(line.isprintable() for line in said.err.splitlines())
    assert agil("tag", "latest", "y", "--json").json["note"] == evil
