"""`agil reproduce` on real runs, in their own folders, with their own ledgers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.store.blobs import Blobs

pytestmark = pytest.mark.slow

Agil = Callable[..., "subprocess.CompletedProcess[str]"]

TOY = """
import random
from helper import scaled
def train(cfg, run):
    for step in run.steps(3):
        run.log(step=step, loss=random.random(), val_acc=scaled(cfg.x), step_seconds=random.random())
"""
DRAWN = """
import os
def train(cfg, run):
    run.log(step=0, val_acc=0.5)
    run.log(step=1, val_acc=0.5 + int.from_bytes(os.urandom(4)) * {scale})
"""
CONF = "defaults: [_base, _self_]\nrecipe: toy\nmetric: val_acc\nmode: max\nseed: 7\nx: 1.0\n"


@pytest.fixture
def toy(project: Path) -> Path:
    """Return a project, in no repository, whose recipe imports a module and draws random numbers."""
    (project / "recipes" / "toy.py").write_text(TOY)
    (project / "helper.py").write_text("def scaled(x):\n    return x / 3\n")
    (project / "conf" / "toy.yaml").write_text(CONF)
    return project


@pytest.fixture
def repo(toy: Path) -> Path:
    """Return that project in a repository, with an edit that is not committed."""
    (toy / ".gitignore").write_text(".agil/\n__pycache__/\n")
    for words in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=toy, check=True)
    (toy / "helper.py").write_text("def scaled(x):\n    return x / 7\n")
    return toy


def type_it(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Type `agil …` without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "agilml", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ},
        cwd=cwd,
        timeout=120,
        check=False,
    )


def run(*words: str) -> str:
    """Run one configuration; return the id of the run."""
    done = type_it("run", "conf=toy", *words, "--quiet")
    assert done.returncode == 0, done.stderr
    found: str = json.loads(type_it("runs", "latest", "--json").stdout)[0]["run"]
    return found


def reproduced(*words: str, code: int = 0, cwd: Path | None = None) -> dict[str, Any]:
    done = type_it("reproduce", *words, "--json", "--quiet", cwd=cwd)
    assert done.returncode == code, done.stderr + done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_edited_code_is_restored_and_the_run_comes_out_the_same(repo: Path) -> None:
    run("x=2")
    (repo / "helper.py").write_text("an edit in the middle of a word")
    (repo / "recipes" / "toy.py").unlink()
    found = reproduced("latest")
    assert found["verdict"] == "bit-identical"
    assert found["code"]["whole"]
    assert found["code"]["source"] == str(repo)
    assert found["differs"] == []
    assert found["not_compared"] == ["step_seconds"]
    assert {metric["name"]: metric["points"] for metric in found["metrics"]} == {
        "loss": 3,
        "val_acc": 3,
    }
    assert (Path(found["folder"]) / "helper.py").read_text().endswith("x / 7\n")
    assert (repo / "helper.py").read_text() == "an edit in the middle of a word"


def test_the_project_s_own_trial_is_not_touched_and_the_outcome_is_kept(toy: Path) -> None:
    trial = run("x=2")
    before = json.loads(type_it("runs", "--json").stdout)
    found = reproduced(trial[:10])
    again = reproduced(trial[:10])
    assert found["folder"] != again["folder"]
    assert json.loads(type_it("runs", "--json").stdout) == before
    with Ledger.open(toy / ".agil" / "ledger.db") as ledger:
        rows = ledger.db.execute(
            "SELECT owner, sha256 FROM artifact WHERE role = 'reproduction'"
        ).fetchall()
    assert rows[0][0] == found["attempt"]
    kept = json.loads(Blobs(toy / ".agil" / "blobs").path(rows[0][1]).read_bytes())
    assert (kept["verdict"], kept["folder"]) == ("bit-identical", None)


def test_without_the_repository_the_snapshot_is_enough(repo: Path) -> None:
    run()
    (repo / ".git").rename(repo.parent / "gone.git")
    found = reproduced("latest")
    assert found["verdict"] == "bit-identical"
    assert not found["code"]["whole"]
    assert found["differs"][0]["kind"] == "code"
    # Another clone that has the commit makes it whole.
    subprocess.run(
        ["git", "clone", "-q", repo.parent / "gone.git", repo.parent / "clone"], check=True
    )
    found = reproduced("latest", "--repo", str(repo.parent / "clone"))
    assert (found["verdict"], found["code"]["whole"]) == ("bit-identical", True)


def test_chance_is_found_out_and_the_first_difference_named(toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(DRAWN.format(scale="1e-6"))
    run()
    found = reproduced("latest", code=1)
    assert found["verdict"] == "different"
    assert found["first_difference"]["metric"] == "val_acc"
    assert found["first_difference"]["step"] == 1
    assert found["first_difference"]["was"] != found["first_difference"]["is"]
    done = type_it("reproduce", "latest", "--quiet")
    assert done.returncode == 1
    assert "first difference: val_acc at step 1 was" in done.stdout


def test_small_differences_are_within_a_tolerance(toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(DRAWN.format(scale="1e-13"))
    run()
    found = reproduced("latest", "--tolerance", "0.01")
    assert found["verdict"] == "within tolerance"
    assert reproduced("latest", "--tolerance", "0", code=1)["verdict"] == "different"


def test_a_run_that_failed_is_reproduced_as_one(toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(
        "def train(cfg, run):\n    run.log(step=0, val_acc=1)\n    raise ValueError('oh')\n"
    )
    assert type_it("run", "conf=toy", "--quiet").returncode == 4
    assert reproduced("latest")["verdict"] == "bit-identical"


def test_a_second_run_that_fails_is_an_error_that_says_where_to_look(toy: Path) -> None:
    (toy / "once").write_text("")
    (toy / "recipes" / "toy.py").write_text(
        "import os\ndef train(cfg, run):\n    os.remove('once')\n    run.log(val_acc=1)\n"
    )
    run()
    done = type_it("reproduce", "latest", "--quiet")
    assert done.returncode == 1
    assert "it failed: FileNotFoundError" in done.stderr
    (folder,) = (toy / ".agil" / "reproduce").iterdir()
    assert str(folder) in done.stderr


def test_data_beside_the_project_is_the_same_data(toy: Path) -> None:
    (toy / "data").mkdir()
    rows = "".join(f"{n},{n * 2 % 7},{n % 2}\n" for n in range(40))
    (toy / "data" / "table.csv").write_text(f"a,b,y\n{rows}")
    run("+data.name=csv", "+data.path=data/table.csv")
    assert reproduced("latest")["differs"] == []
    with (toy / "data" / "table.csv").open("a") as file:
        file.write("41,0,1\n")
    assert [item["kind"] for item in reproduced("latest")["differs"]] == ["data"]


def test_code_that_changed_between_two_attempts_is_kept_twice(toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(
        "import json\n"
        "def train(cfg, run):\n"
        "    run.log(val_acc=json.load(open(cfg.table))['value'])\n"
    )
    (toy / "table.json").write_text('{"value": 1}')
    trial = run("+table=table.json")
    (toy / "table.json").write_text('{"value": 2}')
    assert run("+table=table.json", "--rerun") == trial
    (toy / "table.json").write_text('{"value": 3}')
    found = reproduced(trial)
    assert found["verdict"] == "bit-identical"
    assert (Path(found["folder"]) / "table.json").read_text() == '{"value": 2}'


def test_a_dry_run_runs_nothing_and_leaves_nothing(repo: Path) -> None:
    run()
    found = reproduced("latest", "--dry-run")
    assert found["verdict"] is None
    assert found["code"]["whole"]
    assert not (repo / ".agil" / "reproduce").exists()


def test_a_dry_run_names_what_is_not_whole(repo: Path) -> None:
    run()
    shutil.rmtree(repo / ".git")
    found = reproduced("latest", "--dry-run")
    assert not found["code"]["whole"]
    (code,) = [item for item in found["differs"] if item["kind"] == "code"]
    assert "no repository here has the commit" in code["is"]


def test_wrong_words_are_told_in_three_lines(toy: Path) -> None:
    run()
    (toy / "full").mkdir()
    (toy / "full" / "mine").write_text("")
    for words, code in (
        (["nobody"], 2),
        (["latest", "--tolerance", "-1"], 2),
        (["latest", "--tolerance", "nan"], 2),
        (["latest", "--repo", "nowhere"], 2),
        (["latest", "--folder", "full"], 1),
    ):
        done = type_it("reproduce", *words)
        assert done.returncode == code, done.stderr
        assert done.stderr.startswith("error: ")
    assert (toy / "full" / "mine").exists()


def test_a_damaged_bundle_is_named(toy: Path) -> None:
    run()
    with Ledger.open(toy / ".agil" / "ledger.db") as ledger:
        (sha256,) = ledger.db.execute("SELECT sha256 FROM artifact").fetchone()
    path = Blobs(toy / ".agil" / "blobs").path(sha256)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(raw)
    done = type_it("reproduce", "latest")
    assert done.returncode == 1
    assert "error: " in done.stderr
    path.unlink()
    done = type_it("reproduce", "latest")
    assert "is not on this machine" in done.stderr


@pytest.fixture
def theirs(repo: Path, tmp_path: Path) -> Path:
    """Return another project that has heard of a run of ``repo``, and has its bundle."""
    run("x=3")
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", repo, other], check=True)
    (other / ".agil").mkdir()
    with (
        Ledger.open(repo / ".agil" / "ledger.db") as here,
        Ledger.open(other / ".agil" / "ledger.db") as there,
    ):
        source = Exchange(here)
        Exchange(there).take(source.own, list(source.facts(source.own.id)))
    shutil.copytree(repo / ".agil" / "blobs", other / ".agil" / "blobs")
    return other


def test_other_people_s_code_is_shown_and_not_run_unasked(theirs: Path) -> None:
    done = type_it("reproduce", "latest", cwd=theirs)
    assert done.returncode == 2
    assert "nobody is here to be asked" in done.stderr
    assert "| +    return x / 7" in done.stderr
    assert "recipe   toy" in done.stderr
    assert not (theirs / ".agil" / "reproduce").exists()


def test_the_end_of_the_command_is_the_end_of_the_second_run(toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(
        "import os, time\n"
        "def train(cfg, run):\n"
        "    run.log(val_acc=1)\n"
        "    time.sleep(60 if 'reproduce' in os.getcwd() else 0)\n"
    )
    run()
    command = [sys.executable, "-m", "agilml", "reproduce", "latest"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("state=running" in line or " plan " in line for line in process.stderr)
    process.terminate()
    assert process.wait(30) == 130
    process.stderr.close()


def test_other_people_s_run_is_reproduced_when_a_person_says_so(theirs: Path) -> None:
    found = reproduced("latest", "--yes", cwd=theirs)
    assert (found["verdict"], found["own"], found["code"]["whole"]) == (
        "bit-identical",
        False,
        True,
    )


def test_a_run_of_a_ref_is_reproduced_from_its_commit(repo: Path) -> None:
    subprocess.run(["git", "commit", "-qam", "second"], check=True)
    subprocess.run(["git", "branch", "-q", "other"], check=True)
    (repo / "helper.py").write_text("broken(")
    run("ref=other", "x=5")
    found = reproduced("latest")
    assert (found["verdict"], found["branch"], found["differs"]) == ("bit-identical", "other", [])


def test_training_on_digits_is_bit_identical(project: Path) -> None:
    done = type_it("run", "conf=mlp", "data=digits", "epochs=2", "--quiet")
    assert done.returncode == 0, done.stderr
    found = reproduced("latest", "--tolerance", "0")
    assert found["verdict"] == "bit-identical"
    assert sum(metric["points"] for metric in found["metrics"]) > 10


def test_a_search_s_run_that_was_pruned_is_compared_up_to_its_end(toy: Path) -> None:
    (toy / "recipes" / "toy.py").write_text(
        "import time\n"
        "def train(cfg, run):\n"
        "    for step in run.steps(20):\n"
        "        run.log(step=step, val_acc=float('nan') if step == 2 else cfg.x)\n"
        "        time.sleep(0.2 if step >= 2 else 0)\n"
    )
    done = type_it("sweep", "conf=toy", "x=1,2", "stopper=nan", "--quiet")
    assert done.returncode == 0, done.stderr
    (first, *_) = json.loads(type_it("runs", "latest", "--json").stdout)
    assert first["state"] == "pruned"
    assert reproduced(first["run"])["verdict"] == "bit-identical"
