from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agilml import events as e
from agilml.config.identity import config_digest
from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState, digest, trial_id
from agilml.project import Project
from agilml.provenance.proof import proof_of, verify
from agilml.provenance.signing import check_signature, sign
from agilml.provenance.statement import check_statement, read_statement, statement_of
from agilml.report.provenance import checks_text, provenance_text
from agilml.store.blobs import Blobs
from agilml.testing.ledgers import CONFIG, HOST, PROVENANCE, Outcome, run_sample

Proved = tuple[Project, str]
CODE = {"digest": digest("the code"), "files": {"recipes/resnet.py": digest("a file")}}
DATA = {"digits": digest("the data"), "other": digest("what another run of the sweep was given")}


@pytest.fixture
def proved(tmp_path: Path) -> Proved:
    """Return a project and a run in it whose id is what its config, code and data make."""
    project = Project(tmp_path, tmp_path / ".agil")
    project.make_state()
    trial = trial_id(
        digest({"config": config_digest(CONFIG), "code": CODE["digest"], "data": DATA["digits"]})
    )
    provenance = {**PROVENANCE, "code": CODE, "data": DATA}
    spec: dict[str, Any] = {"executor": {"name": "local"}}
    with Ledger.open(project.ledger) as ledger:
        ledger.plan(
            e.SweepPlanned("s-1", "resnet", "resnet", "val_acc", "max", 1, spec, provenance),
            [e.StructureComposed("base", "resnet", {}, CONFIG, CONFIG)],
            [(trial, "base", {}, {})],
        )
        control = Control.take(ledger, "s-1", HOST, 1)
        with control.turn() as turn:
            lease = run_sample(turn, trial, Outcome({"val_acc": [0.5, "nan"]}))
            turn.finish(SweepState.DONE)
        body = b"weights"
        sha256 = Blobs(project.state / "blobs").add(body)
        ledger.record(
            e.ArtifactStored(lease.attempt, "model.onnx", "model", sha256, len(body)),
            e.ArtifactStored("s-1", "code", "code", "ab" * 32, 100),
        )
    return project, trial


def wrong(project: Project, run: str) -> dict[str, bool | None]:
    with queries.reader(project.ledger) as db:
        return {check.what: check.ok for check in verify(db, project, run)}


def test_everything_holds_that_is_as_it_was_recorded(proved: Proved) -> None:
    assert wrong(*proved) == {"facts": True, "id": True, "model.onnx": True, "code": None}


def _alter_fact(ledger: Ledger, project: Project) -> None:
    ledger.db.execute("UPDATE fact SET time = time + 1 WHERE seq = 3")


def _drop_fact(ledger: Ledger, project: Project) -> None:
    ledger.db.execute("DELETE FROM fact WHERE seq = 4")


def _alter_config(ledger: Ledger, project: Project) -> None:
    ledger.db.execute("UPDATE trial SET delta = '{\"optim.lr\": 9.0}'")


def _alter_code(ledger: Ledger, project: Project) -> None:
    text = json.dumps({**PROVENANCE, "code": {"digest": digest("other")}, "data": DATA})
    ledger.db.execute("UPDATE sweep SET provenance = ?", (text,))


def _alter_blob(ledger: Ledger, project: Project) -> None:
    (blob,) = (project.state / "blobs").glob("??/*")
    blob.chmod(0o600)
    blob.write_bytes(b"other weights")


@pytest.mark.parametrize(
    ("alter", "what"),
    [
        (_alter_fact, "facts"),
        (_drop_fact, "facts"),
        (_alter_config, "id"),
        (_alter_code, "id"),
        (_alter_blob, "model.onnx"),
    ],
)
def test_what_was_altered_is_named(
    proved: Proved, alter: Callable[[Ledger, Project], None], what: str
) -> None:
    project, run = proved
    with Ledger.open(project.ledger) as ledger:
        alter(ledger, project)
    found = wrong(project, run)
    assert [name for name, ok in found.items() if ok is False] == [what]


def test_only_the_data_that_the_run_was_given_is_its_own(proved: Proved) -> None:
    project, run = proved
    with queries.reader(project.ledger) as db:
        assert proof_of(db, run)["data"] == {"digits": DATA["digits"]}


@pytest.mark.parametrize("width", [80, 120])
def test_the_page_fits_the_screen_and_names_every_link(proved: Proved, width: int) -> None:
    project, run = proved
    with queries.reader(project.ledger) as db:
        lines = provenance_text(proof_of(db, run), verify(db, project, run), width)
    assert max(map(len, lines)) <= width
    labels = {line.split()[0] for line in lines if line.strip()}
    assert labels >= {
        "by",
        "command",
        "git",
        "code",
        "environment",
        "data",
        "config",
        "seed",
        "facts",
    }
    assert lines[-1] == "3 checks hold, 1 not to be seen from here"


@pytest.fixture
def statement(proved: Proved, tmp_path: Path) -> Path:
    project, run = proved
    path = tmp_path / "statement.json"
    with queries.reader(project.ledger) as db:
        path.write_bytes(statement_of(db, run))
        assert statement_of(db, run) == path.read_bytes()
    return path


def test_a_statement_is_in_totos_and_names_models_by_digest(
    proved: Proved, statement: Path
) -> None:
    found = read_statement(statement)
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "agilml/provenance/v1"
    names = [subject["name"] for subject in found["subject"]]
    assert names[0] == proved[1]
    assert names[1].endswith("/model.onnx")
    assert all(len(subject["digest"]["sha256"]) == 64 for subject in found["subject"])


def test_a_statement_holds_after_more_facts_and_not_after_another_past(
    proved: Proved, statement: Path
) -> None:
    project, run = proved
    with Ledger.open(project.ledger) as ledger:
        ledger.tag(run, "later", on=True, by="ada")
    with queries.reader(project.ledger) as db:
        assert all(check.ok for check in check_statement(db, read_statement(statement)))
    with Ledger.open(project.ledger) as ledger:
        ledger.db.execute("UPDATE fact SET digest = 'ff' WHERE kind = 'artifact.stored'")
    with queries.reader(project.ledger) as db:
        checks = check_statement(db, read_statement(statement))
    assert [check.ok for check in checks[:2]] == [False, False]
    assert checks_text(checks)[0].startswith("✗ fact")


def test_a_statement_that_was_edited_says_something_else(proved: Proved, statement: Path) -> None:
    project, _ = proved
    found = json.loads(statement.read_bytes())
    found["predicate"]["metrics"]["val_acc"] = 0.99
    statement.write_text(json.dumps(found))
    with queries.reader(project.ledger) as db:
        checks = check_statement(db, read_statement(statement))
    assert [check.what for check in checks if check.ok is False] == ["metrics"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"_type": 1}', "[" * 99_999])
def test_what_is_no_statement_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(AgilError, match="no statement of agil"):
        read_statement(path)
    with pytest.raises(AgilError, match="no statement of agil"):
        read_statement(tmp_path / "nowhere")


def key(folder: Path, name: str) -> Path:
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def test_a_signature_names_its_signer_and_breaks_with_the_file(
    statement: Path, tmp_path: Path
) -> None:
    ada, eve = key(tmp_path, "ada"), key(tmp_path, "eve")
    signers = tmp_path / "allowed_signers"
    signers.write_text(f"ada@example.org {Path(f'{ada}.pub').read_text()}")
    assert check_signature(statement, signers).ok is False
    assert check_signature(statement, None).ok is None

    sign(statement, ada)
    found = check_signature(statement, signers)
    assert (found.ok, found.told) == (True, "by ada@example.org")
    assert check_signature(statement, None).ok is None

    statement.write_bytes(statement.read_bytes() + b" ")
    assert check_signature(statement, signers).ok is False
    assert check_signature(statement, None).ok is False

    sign(statement, eve)
    assert "not in" in check_signature(statement, signers).told


def test_a_signature_for_something_else_does_not_count(statement: Path, tmp_path: Path) -> None:
    ada = key(tmp_path, "ada")
    signers = tmp_path / "allowed_signers"
    signers.write_text(f"ada@example.org {Path(f'{ada}.pub').read_text()}")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(ada), str(statement)]
    subprocess.run(command, check=True)
    assert check_signature(statement, signers).ok is False


def test_a_key_that_is_none_is_refused(statement: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no key")
    for path in (tmp_path / "nowhere", tmp_path / "text"):
        with pytest.raises(AgilError):
            sign(statement, path)
