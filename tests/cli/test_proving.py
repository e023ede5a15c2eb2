"""``agil show`` with ``--provenance``, ``--verify``, ``--statement`` and ``--verify-statement``."""

from __future__ import annotations

import json
from pathlib import Path

from agilml.ledger.ledger import Ledger
from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil


def test_provenance_prints_the_chain_and_verify_checks_it(agil: Agil, sample: SampleSweep) -> None:
    said = agil("show", sample.trials[0], "--provenance")
    assert said.code == 0
    assert "  facts        " in said.out
    assert "next: agil show" in said.err
    found = agil("show", sample.trials[0], "--verify", "--json").json
    assert found["run"] == sample.trials[0]
    assert [check["what"] for check in found["checks"]][:2] == ["facts", "id"]
    assert found["checks"][0]["ok"] is True


def test_what_is_wrong_ends_in_exit_code_1(agil: Agil, sample: SampleSweep, project: Path) -> None:
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        ledger.db.execute("UPDATE fact SET body = replace(body, '0.5', '0.9') WHERE seq > 3")
    said = agil("show", sample.trials[0], "--verify")
    assert said.code == 1
    assert "✗ facts:" in said.out


def test_a_statement_is_written_and_checked(agil: Agil, sample: SampleSweep, project: Path) -> None:
    said = agil("show", sample.trials[0], "--statement", "run.json")
    assert said.code == 0
    assert "unsigned: --sign KEY signs it" in said.err
    assert json.loads((project / "run.json").read_bytes())["predicate"]["run"] == sample.trials[0]
    assert agil("show", "--verify-statement", "run.json").code == 0
    found = agil("show", "--verify-statement", "run.json", "--json").json
    assert found["checks"][0] == {"what": "signature", "ok": None, "told": "there is none"}
    (project / "allowed_signers").write_text("")
    assert agil("show", "--verify-statement", "run.json").code == 1


def test_wrong_words_are_named(agil: Agil, sample: SampleSweep, project: Path) -> None:
    assert "show wants a run" in agil("show").err
    assert agil("show", sample.id, "--provenance").code == 2
    said = agil("show", "--verify-statement", "nowhere.json")
    assert said.code == 1
    assert "no statement of agil" in said.err
    said = agil("show", sample.trials[0], "--statement", "no/folder/x.json")
    assert (said.code, "cannot be written" in said.err) == (1, True)


def test_an_option_that_would_be_passed_over_is_refused(agil: Agil, sample: SampleSweep) -> None:
    run = sample.trials[0]
    for words in (
        (run, "--sign", "key"),
        (run, "--signers", "allowed_signers"),
        (run, "--verify-statement", "run.json"),
        ("--verify-statement", "run.json", "--statement", "other.json"),
    ):
        assert agil("show", *words).code == 2, words


def test_a_key_that_is_not_there_is_said_before_anything_is_written(
    agil: Agil, sample: SampleSweep, project: Path
) -> None:
    said = agil("show", sample.trials[0], "--statement", "run.json", "--sign", "nowhere")
    assert (said.code, "no key at nowhere" in said.err) == (2, True)
    assert not (project / "run.json").exists()


def test_a_statement_written_anew_loses_the_signature_of_the_old_one(
    agil: Agil, sample: SampleSweep, project: Path
) -> None:
    (project / "run.json.sig").write_text("of what it said before")
    assert agil("show", sample.trials[0], "--statement", "run.json").code == 0
    assert not (project / "run.json.sig").exists()


def test_the_page_of_a_run_shows_its_note(agil: Agil, sample: SampleSweep, project: Path) -> None:
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        ledger.note(sample.trials[0], "the one we kept", by="ada")
    assert "  note        the one we kept" in agil("show", sample.trials[0]).out
    assert agil("show", sample.trials[0], "--json").json["note"] == "the one we kept"
    assert agil("show", sample.id, "--json").json["stored"] == []
