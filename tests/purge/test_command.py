"""``agil purge`` as people type it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil, _sample, agil, sample  # noqa: F401  fixtures


def test_it_wants_one_thing(agil: Agil, sample: SampleSweep) -> None:  # noqa: F811
    for words in ((), (sample.trials[0], "--text-from", "x")):
        said = agil("purge", *words)
        assert said.code == 2
        assert "error: purge wants a run, a sweep, or a text" in said.err


def test_it_does_not_ask_where_nobody_can_answer(agil: Agil, sample: SampleSweep) -> None:  # noqa: F811
    said = agil("purge", sample.trials[0])
    assert said.code == 2
    assert "next: add --yes, or --dry-run to look first" in said.err


def test_a_dry_run_shows_what_would_go_and_takes_nothing(agil: Agil, sample: SampleSweep) -> None:  # noqa: F811
    before = agil("show", sample.trials[0], "--json").out
    said = agil("purge", sample.trials[0], "--dry-run")
    assert said.code == 0
    assert "1 metrics.logged" in said.err
    assert agil("show", sample.trials[0], "--json").out == before


def test_json_says_what_went(agil: Agil, sample: SampleSweep) -> None:  # noqa: F811
    said = agil("purge", sample.trials[0], "--yes", "--json", "--reason", "asked for")
    assert said.code == 0
    found = said.json
    assert (found["target"], found["purged"], found["runs"]) == (
        sample.trials[0],
        True,
        [sample.trials[0]],
    )
    assert found["facts"]["attempt.ended"] == 1
    shown = agil("show", sample.trials[0], "--json").json
    assert (shown["state"], shown["metrics"]) == ("cancelled", {})
    assert agil("doctor").code in (0, 1)


def test_a_text_comes_from_a_file_or_is_typed_in(
    agil: Agil,  # noqa: F811
    sample: SampleSweep,  # noqa: F811
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agil("tag", sample.trials[0], "wonderful-kestrel")
    (project / "text").write_text("wonderful-kestrel\n")
    assert agil("purge", "--text-from", "text", "--yes").code == 0
    assert b"wonderful-kestrel" not in (project / ".agil" / "ledger.db").read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO("short"))
    said = agil("purge", "--text-from", "-", "--yes")
    assert said.code == 2
    assert "fewer than 6 characters" in said.err
    assert agil("purge", "--text-from", "nowhere", "--yes").code == 2
