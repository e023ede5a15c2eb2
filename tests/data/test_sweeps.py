from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agilml.data import progress
from agilml.data.cache import open_cache
from agilml.data.recording import add
from agilml.errors import ConfigError
from agilml.ledger import queries
from agilml.ledger.queries_data import data_read
from agilml.project import Project
from agilml.sweep import pinned
from agilml.sweep.plan import make_plan

RECIPE = """
import os
from pathlib import Path

def train(cfg, run):
    folder = Path(cfg.data.path)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    run.read(cfg.data.pin, "everything", path=folder)
    run.log(files=len(files), writable=os.stat(folder).st_mode & 0o222)
    run.log(val_acc=0.5)
"""
CONF = """
defaults: [_base, _self_]
recipe: reader
data: {pin: pets, level: prod, path: null}
"""


@pytest.fixture
def reader(here: Project, images: Path) -> Project:
    """Return the project with a data set and a recipe that counts its files."""
    (here.root / "recipes" / "reader.py").write_text(RECIPE)
    (here.root / "conf" / "reader.yaml").write_text(CONF)
    add(here, "pets", str(images), shares={})
    return here


def trials(project: Project, *words: str) -> list[str]:
    return [trial[0] for trial in make_plan(project, ["conf=reader", *words]).trials]


def agil(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agilml", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def runs() -> list[dict[str, Any]]:
    done = agil("runs", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_changed_data_makes_new_trials_and_a_new_pin_of_the_same_does_not(
    reader: Project, images: Path, tmp_path: Path
) -> None:
    first = trials(reader)
    copy = tmp_path / "copy"
    images.rename(copy)
    add(reader, "pets", str(copy), shares={"test": "20%"})
    assert trials(reader) == first
    (copy / "more.png").write_bytes(b"more")
    assert trials(reader) == first
    add(reader, "pets", str(copy), shares={})
    assert trials(reader) != first


@pytest.mark.slow
def test_a_level_that_holds_the_same_as_before_runs_nothing_again(
    reader: Project, images: Path
) -> None:
    before = {level: trials(reader, f"data.level={level}") for level in ("dev", "prod")}
    assert before["dev"] != before["prod"]
    # Content whose digest is too large for a sample of 1 %.
    (images / "more.png").write_bytes(b"more")
    add(reader, "pets", str(images), shares={})
    assert trials(reader, "data.level=dev") == before["dev"]
    assert trials(reader, "data.level=prod") != before["prod"]


def test_the_plan_names_the_version_of_its_data(reader: Project) -> None:
    plan = make_plan(reader, ["conf=reader", "data.level=dev,prod"])
    assert sorted(plan.data) == ["pets:dev", "pets:prod"]
    assert {one["level"] for one in plan.spec["pins"]} == {"dev", "prod"}
    assert len({one["manifest"] for one in plan.spec["pins"]}) == 1


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (["data.pin=nothing"], "has no data set `nothing`"),
        (["data.pin=pet"], "did you mean `pets`"),
        (["data.level=staging"], "there is no level `staging`"),
        (["data.path=images"], "both say where the data lies"),
        (["data.pin=../pets"], "is no name of a data set"),
    ],
)
def test_a_pin_that_cannot_be_meant_is_told_before_anything_starts(
    reader: Project, words: list[str], cause: str
) -> None:
    with pytest.raises(Exception, match=cause):
        trials(reader, *words)


def test_without_a_pin_nothing_is_staged(reader: Project) -> None:
    plan = make_plan(reader, ["conf=reader", "data.pin=null"])
    assert plan.spec["pins"] == []


@pytest.mark.slow
def test_a_run_reads_the_staged_level_and_that_is_recorded(reader: Project, images: Path) -> None:
    done = agil("sweep", "conf=reader", "data.level=dev,prod", "seed=0,1", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    found = runs()
    counts = sorted(run["metrics"]["files"] for run in found)
    pin = json.loads(agil("data", "show", "pets", "--json").stdout)
    dev = pin["levels"]["dev"]["files"]
    assert counts == [dev, dev, 300, 300]
    assert all(run["metrics"]["writable"] == 0 for run in found)
    with queries.reader(reader.ledger) as db:
        for run in found:
            told, whole = data_read(db, run["run"])
            level = run["params"]["data.level"]
            assert (whole.dataset, whole.level, whole.split) == ("pets", level, "")
            assert whole.digest == pin["digest"]
            assert (told.split, told.digest) == ("everything", pin["levels"][level]["digest"])
            assert told.files == run["metrics"]["files"]
    assert agil("sweep", "conf=reader", "data.level=dev,prod", "seed=0,1").returncode == 0
    assert [run["attempts"] for run in runs()] == [1, 1, 1, 1]


@pytest.mark.slow
def test_data_that_is_not_to_be_had_is_told_and_the_sweep_goes_on_later(
    reader: Project, images: Path, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    images.rename(away)
    done = agil("sweep", "conf=reader", "--quiet")
    assert done.returncode == 1
    assert "error: cat/" in done.stderr or "error: dog/" in done.stderr
    away.rename(images)
    assert agil("resume").returncode == 0
    (run,) = runs()
    assert run["metrics"]["files"] == 300


@pytest.mark.slow
def test_a_sweep_resumed_after_the_pin_moved_on_keeps_its_version(
    reader: Project, images: Path, tmp_path: Path
) -> None:
    add(reader, "pets", str(images), shares={}, store=True)
    (reader.root / "recipes" / "reader.py").write_text(
        RECIPE.replace("    folder", "    import time; time.sleep(cfg.seed * 0.2)\n    folder", 1)
    )
    done = agil("sweep", "conf=reader", "seed=range(8)", "executor.slots=1", "--detach")
    assert done.returncode == 0, done.stderr
    agil("stop", "latest")
    wait_for_the_end(reader)
    (images / "more.png").write_bytes(b"more")
    add(reader, "pets", str(images), shares={})
    assert agil("resume").returncode == 0
    assert {run["metrics"]["files"] for run in runs()} == {300}


def wait_for_the_end(project: Project) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with sqlite3.connect(project.ledger) as db:
            (state,) = db.execute("SELECT state FROM sweep").fetchone()
        db.close()
        if state in ("stopped", "done"):
            return
        time.sleep(0.1)
    raise AssertionError("the sweep did not end")


@pytest.mark.slow
def test_a_sweep_that_is_asked_to_stop_waits_for_no_data(
    reader: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    monkeypatch.setattr(pinned, "LOOK_SECONDS", 0.001)
    plan = make_plan(reader, ["conf=reader"])
    data = pinned.PinnedData(reader.root, reader.state, plan.spec["pins"])
    data.stage(lambda _: None, lambda: True)
    assert not list((open_cache().root / "folders").glob("[0-9a-f]*"))
    told: list[str] = []
    monkeypatch.setattr(pinned, "FIRST_WORD", 0.0)
    data.stage(told.append, lambda: False)
    assert told[0].startswith("staging: ")


@pytest.mark.slow
def test_packaged_recipes_read_a_pinned_table_and_tell_their_splits(here: Project) -> None:
    path = here.root / "flowers.csv"
    rows = "".join(f"{n % 7},{n},{'ab'[n % 2]}\n" for n in range(300))
    path.write_text("x,y,kind\n" + rows)
    add(here, "flowers", str(path), shares={})
    done = agil(
        *("sweep", "conf=sklearn", "data=csv", "data.pin=flowers", "data.target=kind"),
        *("model=nearest", "seed=0,1", "--quiet"),
    )
    assert done.returncode == 0, done.stderr
    with queries.reader(here.ledger) as db:
        first, second = ([row[1:] for row in data_read(db, run["run"])] for run in runs())
    assert first == second
    assert [row[2] for row in first] == ["", "test", "train", "val"]
    assert len({row[3] for row in first}) == 4


def test_a_pin_beside_a_root_is_refused(here: Project, images: Path) -> None:
    add(here, "pets", str(images), shares={})
    with pytest.raises(ConfigError, match=r"data\.pin and data\.root both say"):
        make_plan(here, ["conf=resnet", "data=folder", "data.pin=pets", "data.root=images"])
