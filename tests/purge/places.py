"""A run that said a text in every place where a run can say something, and whether any byte still does."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from agilml import events as e
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, SweepState, TrialState
from agilml.store.blobs import Blobs
from agilml.testing.ledgers import CONFIG, HOST, PROVENANCE, plan_sample, start_sample
from tests.sync.clones import Clone


def sweep_saying(clone: Clone, text: str, name: str = "a", *, ends: bool = True) -> list[str]:
    """Record a sweep of two runs, the first of which says ``text`` everywhere; return the three ids."""
    state, blobs = clone.project.state, Blobs(clone.project.state / "blobs")
    stored: list[e.Event] = []
    with Ledger.open(clone.ledger) as ledger:
        made = plan_sample(
            ledger,
            [{"x": 0}, {"x": 1}],
            name=name,
            config={**CONFIG, "note": name},
            provenance={**PROVENANCE, "git": {"patch": f"+# {text} in the patch\n"}},
        )
        control = Control.take(ledger, made.id, HOST, 1)
        with control.turn() as turn:
            for trial, said in zip(made.trials, (text, "nothing of note"), strict=True):
                lease = start_sample(turn, trial)
                folder = state / lease.folder
                folder.mkdir(parents=True)
                (folder / "log.txt").write_text(f"epoch 1: {said}\n")
                (folder / "events.jsonl").write_text(json.dumps({"e": "warn", "text": said}) + "\n")
                # Long enough to be packed.
                points: list[list[Any]] = [list(range(99)), [0.5] * 99, [0.1] * 99]
                turn.metrics(lease, 100, {f"loss/{said}": points, "val_acc": points})
                turn.warned(lease, f"warned of {said}")
                if ends or said != text:
                    turn.ended(
                        lease,
                        AttemptState.FAILED,
                        TrialState.FAILED,
                        cause=Cause.USER,
                        error=f"ValueError: {said}",
                        exit_code=1,
                    )
                stored += _artifacts(blobs, lease.attempt, said)
            if ends:
                turn.finish(SweepState.DONE)
        ledger.note(made.trials[0], f"see {text}", by="ada")
        ledger.record(*stored)
    return [*made.trials, made.id]


def _artifacts(blobs: Blobs, attempt: str, said: str) -> Iterator[e.Event]:
    for name, role, body in (
        ("log.txt", "log", f"epoch 1: {said}\n".encode()),
        ("code", "code", bundle(said)),
        ("model", "model", b"\0weights of the run " + said.encode()),
        ("shared", "manifest", b"the same for all runs"),
    ):
        yield e.ArtifactStored(attempt, name, role, blobs.add(body), len(body))


def bundle(text: str) -> bytes:
    """Return a compressed bundle with the text in it."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        member = tarfile.TarInfo("files/train.py")
        member.size = len(text.encode())
        tar.addfile(member, io.BytesIO(text.encode()))
    return zstandard.ZstdCompressor().compress(raw.getvalue())


def saying(text: str, *folders: Path) -> list[str]:
    """Return the names of all files below the folders that hold the text, unpacked where they are packed."""
    return [
        str(path.relative_to(folder))
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(text.encode() in raw for raw in _readings(path))
    ]


def _readings(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        yield zstandard.ZstdDecompressor().stream_reader(raw).read()
    if path.name == "ledger.db":
        from agilml.ledger.ledger import Ledger

        with Ledger.open(path.with_name("ledger.db")) as ledger:
            rows = ledger.db.execute("SELECT points(body) FROM fact WHERE typeof(body) = 'blob'")
            yield "\n".join(row[0] for row in rows).encode()
