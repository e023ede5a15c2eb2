"""Damaged files: a ledger and checkpoints with flipped, zeroed and missing bytes."""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from agilml.cli.main import main
from agilml.errors import CheckpointError
from agilml.worker import checkpoints
from bench.faults.finding import Finding
from bench.faults.project import Project
from bench.faults.said import rude

PAGE = 4096
READS: tuple[tuple[str, ...], ...] = (
    ("runs", "--json"),
    ("show", "latest", "--json"),
    ("runs",),
    ("doctor",),
)
RESUME_EVERY = 20
"""`agil resume` starts a controller; one damaged ledger of so many is given to it."""

Damage = Callable[[bytearray, random.Random], None]


def _flip(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 1, 3, 20))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _truncate(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def _zero_a_page(content: bytearray, rng: random.Random) -> None:
    at = rng.randrange(max(1, len(content) // PAGE)) * PAGE
    content[at : at + PAGE] = bytes(len(content[at : at + PAGE]))


def _scramble(content: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(content))
    content[at : at + 200] = rng.randbytes(len(content[at : at + 200]))


DAMAGES: tuple[Damage, ...] = (_flip, _flip, _truncate, _zero_a_page, _scramble)


def ledgers(folder: Path, seed: int, count: int) -> Finding:
    """Damage a ledger ``count`` times; every verb must say so or be right, and none may crash."""
    finding = Finding("damaged ledgers", seed, {"damaged": 0, "detected": 0, "harmless": 0})
    rng = random.Random(seed)
    project = _sound(folder)
    sound = project.ledger.read_bytes()
    truth = {words: _typed(project, words).stdout for words in READS[:2]}
    for n in range(count):
        content = bytearray(sound)
        damage = rng.choice(DAMAGES)
        damage(content, rng)
        for name in ("ledger.db-wal", "ledger.db-shm"):
            (project.state / name).unlink(missing_ok=True)
        project.ledger.write_bytes(content)
        found, detected = _read_all(project, truth)
        if project.ledger.read_bytes() != content:
            found.append("a reading verb changed the file")
        if n % RESUME_EVERY == 0:
            found += rude(project.agil("resume", "latest", "--json"))
            project.end_all()
        finding.count("damaged")
        finding.count("detected" if detected else "harmless")
        finding.violations += [f"{n} {damage.__name__[1:]}: {line}" for line in found]
    return finding


def _sound(folder: Path) -> Project:
    """Return a project with a finished sweep and one that waits to be resumed."""
    project = Project(folder / "damaged")
    words = ("executor.slots=2", "sampler=grid", "stopper=none", "sleep=0", "--json")
    for sweep in (("x=range(12)", "steps=20"), ("x=range(20,24)", "steps=2")):
        done = project.agil("sweep", "conf=fault", *sweep, *words)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
    return project


def _read_all(project: Project, truth: dict[tuple[str, ...], str]) -> tuple[list[str], bool]:
    """Return what went wrong, and whether any verb noticed the damage."""
    found, wrong, detected = [], [], False
    for words in READS:
        done = _typed(project, words)
        # `agil doctor` lists what it found and ends in 1 when something is bad: that is its answer.
        if words[0] != "doctor" or "unexpected" in done.stderr:
            found += [f"agil {' '.join(words)}: {line}" for line in rude(done)]
        if done.returncode != 0:
            detected = True
        elif words in truth and done.stdout != truth[words]:
            wrong.append(words[0])
    if wrong and not detected:
        found.append(f"agil {' and '.join(wrong)} told something else, and nobody noticed")
    return found, detected


def _typed(project: Project, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Type a command inside this process: a thousand damaged ledgers would start too many others."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["--project", str(project.root), *words])
    return subprocess.CompletedProcess(list(words), code, out.getvalue(), err.getvalue())


def saved(folder: Path, seed: int, count: int, *, by_digest: bool = True) -> Finding:
    """Damage a checkpoint ``count`` times and load it; ``by_digest=False`` is the control."""
    finding = Finding("damaged checkpoints", seed, {"damaged": 0, "refused": 0, "loaded": 0})
    rng = random.Random(seed)
    root = folder / "checkpoints"
    shutil.rmtree(root, ignore_errors=True)
    sound, digest, _ = checkpoints.save(root, 7, _objects(rng))
    whole = {path.name: path.read_bytes() for path in sound.iterdir()}
    for n in range(count):
        name = rng.choice(sorted(whole))
        content = bytearray(whole[name])
        rng.choice(DAMAGES)(content, rng)
        if bytes(content) == whole[name]:
            continue
        (sound / name).write_bytes(content)
        finding.count("damaged")
        try:
            checkpoints.Checkpoint.open(sound, digest if by_digest else None)
        except CheckpointError:
            finding.count("refused")
        else:
            finding.count("loaded")
            finding.violations.append(f"{n}: a damaged {name} was loaded")
        (sound / name).write_bytes(whole[name])
    return finding


def _objects(rng: random.Random) -> dict[str, object]:
    import numpy as np

    weights = np.array([rng.random() for _ in range(2048)], dtype="float32")
    return {"model": {"w": weights, "b": [1.5, 2.5]}, "epoch": 7, "note": json.dumps([0.1] * 50)}
