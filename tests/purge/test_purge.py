from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.purge import POINTS
from agilml.purge.finding import Found
from agilml.purge.needle import Needle
from agilml.purge.purging import purging
from agilml.purge.taking import Taken
from tests.purge.places import saying, sweep_saying
from tests.sync.clones import Clone

TEXT = "wonderful-Kestrel-4711"


def purge(clone: Clone, target: str | Needle) -> Taken:
    with clone.remote() as remote, purging(clone.project, remote, target) as here:
        return here.take(reason="it was personal", by="ada")


def test_of_a_purged_run_no_byte_is_left_here_in_the_bucket_or_in_other_ledgers(
    clone: Callable[[str], Clone], bucket: Path
) -> None:
    ada, bob = clone("ada"), clone("bob")
    trial, _, sweep = sweep_saying(ada, TEXT)
    ada.sync()
    bob.sync()
    assert saying(TEXT, bucket)
    assert saying(TEXT, bob.project.state) == ["ledger.db"]
    assert len(saying(TEXT, ada.project.state)) >= 6  # the control: it was there to be found

    purge(ada, trial)
    bob.sync()

    # The patch was the sweep's, and two runs were made from it.
    purge(ada, sweep)
    bob.sync()
    assert saying(TEXT, ada.project.state, bob.project.state, bucket) == []
    assert ada.digest() == bob.digest()


def test_what_belongs_to_other_runs_stays(clone: Callable[[str], Clone], bucket: Path) -> None:
    ada = clone("ada")
    trial, other, _ = sweep_saying(ada, TEXT)
    ada.sync()
    before = len(list(bucket.rglob("blobs/??/*")))
    taken = purge(ada, trial)
    assert taken.blobs == 3
    assert len(list(bucket.rglob("blobs/??/*"))) == before - 3
    with queries.reader(ada.ledger) as db:
        kept, gone = queries.run(db, other), queries.run(db, trial)
        assert kept is not None
        assert gone is not None
        assert kept.metrics.keys() == {"loss/nothing of note", "val_acc"}
        assert (gone.state.value, gone.metrics, gone.params) == ("cancelled", {}, {"x": 0})
    assert (ada.project.state / str(kept.folder) / "log.txt").exists()
    assert not (ada.project.state / str(gone.folder)).exists()


def test_the_chain_holds_with_the_tombstone_and_not_without(clone: Callable[[str], Clone]) -> None:
    ada = clone("ada")
    trial, *_ = sweep_saying(ada, TEXT)
    purge(ada, trial)
    with Ledger.open(ada.ledger) as ledger:
        assert verify_chain(ledger.db, ledger.origin) > 10
        ledger.db.execute("DELETE FROM purge WHERE seq = (SELECT min(seq) FROM purge)")
        with pytest.raises(AgilError, match="altered"):
            verify_chain(ledger.db, ledger.origin)


@pytest.mark.slow
def test_a_text_is_taken_out_of_facts_of_all_origins_files_blobs_and_bundles(
    clone: Callable[[str], Clone], bucket: Path
) -> None:
    ada, bob = clone("ada"), clone("bob")
    sweep_saying(ada, TEXT, "a")
    sweep_saying(bob, TEXT, "b")
    ada.sync()
    bob.sync()
    again = ada.project.state / "reproduce" / "t-1-again" / ".agil"
    again.mkdir(parents=True)
    (again / "ledger.db").write_text(f"of a run that was run again: {TEXT}")
    (ada.project.state / "secrets.json").write_text(json.dumps({"values": {"00": TEXT}}))

    purge(ada, Needle(f"{TEXT}\n"))

    assert not again.parent.exists()
    assert saying(TEXT, ada.project.state, bucket) == []
    bob.sync()
    assert "ledger.db" not in saying(TEXT, bob.project.state)
    assert ada.digest() == bob.digest()
    with queries.reader(ada.ledger) as db:
        (error,) = db.execute(
            "SELECT error FROM attempt WHERE error LIKE '%purged%' LIMIT 1"
        ).fetchone()
    assert error == "ValueError: «purged»"


def test_offsets_into_a_log_stay_true(clone: Callable[[str], Clone]) -> None:
    ada = clone("ada")
    sweep_saying(ada, TEXT)
    before = {path: path.stat().st_size for path in ada.project.runs.rglob("*.*") if path.is_file()}
    purge(ada, Needle(TEXT))
    assert before == {path: path.stat().st_size for path in before}
    assert any(b"epoch 1: ***" in path.read_bytes() for path in before)


@pytest.mark.parametrize(
    "text", ['it "was" a\\path', "two\nlines of it", "schlüssel über alles", "a b/c?d=e&f"]
)
def test_a_text_is_found_however_it_is_spelled(text: str) -> None:
    needle = Needle(text)
    for spelled in (text, json.dumps(text), json.dumps(json.dumps(text)), quote(text, safe="")):
        assert needle.within(f"before {spelled} after")
        assert not needle.within(str(needle.without(f"before {spelled} after")))
        raw = f"before {spelled} after".encode()
        assert len(needle.blotted(raw)) == len(raw)
        assert not needle.within(needle.blotted(raw).decode())


def test_a_text_across_two_reads_is_found(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * ((1 << 20) - 5) + TEXT.encode() + b"y" * 100)
    with path.open("rb") as file:
        assert Needle(TEXT).in_file(file)


def test_a_text_too_short_to_mean_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 6"):
        Needle("0.5\n")


def test_a_run_that_is_running_is_refused_and_keeps_everything(
    clone: Callable[[str], Clone],
) -> None:
    ada = clone("ada")
    trial, *_ = sweep_saying(ada, TEXT, ends=False)
    before = saying(TEXT, ada.project.state)
    for target in (trial, Needle(TEXT)):
        with pytest.raises(AgilError, match="is running"):
            purge(ada, target)
    assert saying(TEXT, ada.project.state) == before


def test_looking_takes_nothing(clone: Callable[[str], Clone]) -> None:
    ada = clone("ada")
    trial, *_ = sweep_saying(ada, TEXT)
    before = (saying(TEXT, ada.project.state), ada.facts())
    with purging(ada.project, None, trial) as here:
        assert here.found.facts == {
            "artifact.stored": 4,
            "attempt.ended": 1,
            "attempt.warned": 1,
            "metrics.logged": 1,
            "note.set": 1,
        }
        assert isinstance(here.found, Found)
    assert (saying(TEXT, ada.project.state), ada.facts()) == before


def test_what_was_in_unused_pages_and_backups_goes_too(clone: Callable[[str], Clone]) -> None:
    ada = clone("ada")
    sweep_saying(ada, TEXT)
    with Ledger.open(ada.ledger) as ledger:
        # As after a repair: rows that are there no more, in pages that nobody has overwritten.
        ledger.db.execute("PRAGMA secure_delete = 0").fetchone()
        ledger.db.execute("BEGIN")
        ledger.db.execute("CREATE TABLE scrap (x TEXT)")
        ledger.db.executemany(
            "INSERT INTO scrap VALUES (?)", [(f"{TEXT} {n}",) for n in range(999)]
        )
        ledger.db.execute("DROP TABLE scrap")
        ledger.db.execute("COMMIT")
    (ada.project.state / "ledger.db.v2").write_text(TEXT)
    assert ada.ledger.read_bytes().count(TEXT.encode()) > 100
    purge(ada, Needle(TEXT))
    assert saying(TEXT, ada.project.state) == []
    assert not Path(f"{ada.ledger}-wal").exists()


CODE = """
import sys
from pathlib import Path
from tests.purge.test_purge import purge
from tests.sync.clones import Clone
purge(Clone(Path(sys.argv[1]), sys.argv[2]), sys.argv[3])
"""


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_purge_that_was_killed_is_finished_by_the_same_words(
    clone: Callable[[str], Clone], bucket: Path, point: str
) -> None:
    ada = clone("ada")
    *_, sweep = sweep_saying(ada, TEXT)
    ada.sync()
    killed = subprocess.run(
        [sys.executable, "-c", CODE, str(ada.project.root), ada.address, sweep],
        env={**os.environ, "AGIL_CRASH_AT": point},
        check=False,
    )
    assert killed.returncode == -9
    purge(ada, sweep)
    assert saying(TEXT, ada.project.state, bucket) == []
    ada.digest()
