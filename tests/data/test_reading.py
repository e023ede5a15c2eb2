from __future__ import annotations

import json
from pathlib import Path

import pytest

from agilml.data.names import Reference
from agilml.data.recording import add
from agilml.data.staging import stage
from agilml.ledger import queries
from agilml.ledger.queries_data import data_read
from agilml.project import Project
from agilml.worker.reading import content_of
from agilml.worker.spool import NAME, SpoolReader
from tests.recipes.attempts import handle, read
from tests.sweep.toy import Toy


def test_what_is_read_is_told_once_with_its_content(tmp_path: Path) -> None:
    path = tmp_path / "test.npz"
    path.write_bytes(b"arrays")
    run = handle(tmp_path / "attempt")
    for _ in range(3):
        run.read("digits", "test", path=path)
    run.read("digits", "train", digest="a" * 64, files=2, size=9)
    test, train = read(tmp_path / "attempt").batch.data
    assert (test["dataset"], test["split"], test["level"]) == ("digits", "test", "")
    assert (test["files"], test["size"]) == (1, 6)
    assert test["digest"] == content_of(path).digest
    assert (train["digest"], train["files"], train["size"]) == ("a" * 64, 2, 9)


def test_what_cannot_be_read_is_a_warning_and_training_goes_on(tmp_path: Path) -> None:
    run = handle(tmp_path / "attempt")
    run.read("digits", "test", path=tmp_path / "nowhere")
    batch = read(tmp_path / "attempt").batch
    assert batch.data == []
    assert "cannot be read" in batch.warnings[0]


def test_a_folder_has_the_digest_of_the_level_that_it_was_staged_from(
    here: Project, images: Path
) -> None:
    pin = add(here, "set", str(images), shares={}).pin
    for level in ("dev", "prod"):
        found = content_of(stage(here, Reference("set"), level).path)
        assert found.digest == pin.levels[level].digest
        assert (found.files, found.size) == (pin.levels[level].files, pin.levels[level].size)


@pytest.mark.parametrize(
    "line",
    [
        {"dataset": "a"},
        {"dataset": 1, "level": "", "split": "", "digest": "", "files": 0, "size": 0},
        {"dataset": "a", "level": "", "split": "", "digest": "", "files": 1.5, "size": 0},
        {"dataset": "a", "level": "", "split": "", "digest": "", "files": 0, "size": 1 << 60},
    ],
)
def test_a_damaged_line_is_left_out_and_said(tmp_path: Path, line: dict[str, object]) -> None:
    good = {"dataset": "a", "level": "", "split": "b", "digest": "c", "files": 1, "size": 2}
    text = "".join(json.dumps({"e": "data", **one}) + "\n" for one in (line, good))
    (tmp_path / NAME).write_text(text)
    reader = SpoolReader(tmp_path)
    batch = reader.read()
    reader.close()
    assert batch.data == [good]
    assert len(batch.warnings) == 1


RECIPE = """
def train(cfg, run):
    run.read("digits", "train", digest="a" * 64, size=5)
    run.read("digits", "test", digest="b" * 64, size=6)
    run.log(val_acc=1.0)
"""


@pytest.mark.slow
def test_splits_reach_the_ledger(tmp_path: Path) -> None:
    toy = Toy(tmp_path / "toy", RECIPE)
    toy.plan([1, 2])
    toy.run()
    with queries.reader(toy.project.ledger) as db:
        for trial in ("t-1", "t-2"):
            assert [row[1:] for row in data_read(db, trial)] == [
                ("digits", "", "test", "b" * 64, 0, 6),
                ("digits", "", "train", "a" * 64, 0, 5),
            ]
