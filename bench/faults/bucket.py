"""Damaged objects in a remote: segments and heads flipped, cut, deleted, moved and forged."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agilml.errors import AgilError
from agilml.ledger.control import Control
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.digests import sha256_of
from agilml.store.opening import open_remote
from agilml.store.retry import Retry
from agilml.sync import pull
from agilml.sync.repair import repair
from agilml.sync.syncing import place, sync
from agilml.testing.ledgers import HOST, Outcome, plan_sample, run_sample
from bench.faults.damage import DAMAGES
from bench.faults.finding import Finding

WRITERS = 3
SWEEPS = 4
REPAIR_EVERY = 10

Facts = set[tuple[str, int, str]]


class Scene:
    """Writers, the bucket as they left it, and a reader who has never synced."""

    def __init__(self, folder: Path) -> None:
        self.bucket = folder / "bucket"
        self.bucket.mkdir(parents=True)
        self.writers = [self._project(folder / f"writer-{n}") for n in range(WRITERS)]
        for n in range(SWEEPS):
            for project in self.writers:
                self._sweep(project, f"{project.root.name} {n}")
                sync(project, self.remote())
        sync(self.writers[0], self.remote())
        self.reader = self._project(folder / "reader")
        self._fresh = folder / "fresh.db"
        shutil.copy(self.reader.ledger, self._fresh)
        self._sound = folder / "sound"
        shutil.copytree(self.bucket, self._sound)
        self.truth = facts_of(self.writers[0])

    def remote(self) -> Remote:
        """Return the bucket; a damaged object is read once and not three times with pauses."""
        return open_remote(f"file://{self.bucket}", {"retry": Retry(first=0.0, most=0.0)})

    def reset(self) -> None:
        """Make bucket and reader what they were."""
        shutil.rmtree(self.bucket)
        shutil.copytree(self._sound, self.bucket)
        for path in self.reader.state.glob("*"):
            if path.is_file():
                path.unlink()
        shutil.copy(self._fresh, self.reader.ledger)

    def objects(self) -> list[Path]:
        """Return the segments and heads in the bucket."""
        return sorted(
            path for name in ("ledger", "heads") for path in (self.bucket / name).rglob("*.*")
        )

    def key(self, path: Path) -> str:
        """Return the key of an object."""
        return path.relative_to(self.bucket).as_posix()

    def _project(self, root: Path) -> Project:
        root.mkdir()
        project = Project(root, root / ".agil", {})
        project.make_state()
        with Ledger.open(project.ledger):
            return project

    def _sweep(self, project: Project, name: str) -> None:
        with Ledger.open(project.ledger) as ledger:
            made = plan_sample(ledger, [{"x": 1}, {"x": 2}], name=name)
            control = Control.take(ledger, made.id, HOST, 1)
            with control.turn() as turn:
                for trial in made.trials:
                    run_sample(turn, trial, Outcome({"val_acc": [0.5, 0.75]}))
                turn.finish(SweepState.DONE)


def facts_of(project: Project) -> Facts:
    """Return every fact that the project's ledger holds."""
    with Ledger.open(project.ledger) as ledger:
        return set(ledger.db.execute("SELECT origin, seq, digest FROM fact"))


Harm = Callable[[Scene, Path, random.Random], None]


def _bytes(_: Scene, path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    rng.choice(DAMAGES)(content, rng)
    path.write_bytes(content)


def _bytes_with_their_digest(scene: Scene, path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    rng.choice(DAMAGES)(content, rng)
    scene.remote().put(scene.key(path), bytes(content), sha256_of(bytes(content)))


def _delete(_: Scene, path: Path, __: random.Random) -> None:
    path.unlink()


def _another_object(scene: Scene, path: Path, rng: random.Random) -> None:
    content = rng.choice(scene.objects()).read_bytes()
    scene.remote().put(scene.key(path), content, sha256_of(content))


def _renamed(_: Scene, path: Path, rng: random.Random) -> None:
    name = rng.choice(("000000000002.jsonl.zst", "x.json", "000000009999.jsonl.zst", "é", "a\nb"))
    path.rename(path.with_name(name))


def _random_bytes(scene: Scene, path: Path, rng: random.Random) -> None:
    content = rng.randbytes(rng.choice((0, 1, 50, 5_000)))
    scene.remote().put(scene.key(path), content, sha256_of(content))


HARMS: tuple[Harm, ...] = (
    *(_bytes, _bytes, _bytes_with_their_digest, _bytes_with_their_digest),
    *(_delete, _another_object, _renamed, _random_bytes),
)


def measure(folder: Path, seed: int, count: int, *, silent: bool = False) -> Finding:
    """Damage one object of the bucket ``count`` times, and let a newcomer sync.

    Args:
        folder: where bucket and projects are made.
        seed: of the damages.
        count: damages.
        silent: the control: a pull that keeps what it finds wrong to itself.
    """
    finding = Finding(
        "damaged bucket", seed, {"damaged": 0, "detected": 0, "harmless": 0, "repaired": 0}
    )
    rng = random.Random(seed)
    scene = Scene(folder)
    with ExitStack() as planted:
        if silent:
            planted.enter_context(patch.object(pull, "Pulled", _Silent))
        for n in range(count):
            scene.reset()
            path, harm = rng.choice(scene.objects()), rng.choice(HARMS)
            harm(scene, path, rng)
            finding.count("damaged")
            wrong = _read(scene, path, finding)
            if n % REPAIR_EVERY == 0 and not wrong:
                wrong = _repair(scene, finding)
            finding.violations += [
                f"{n} {harm.__name__[1:]} {scene.key(path)}: {it}" for it in wrong
            ]
    return finding


class _Silent(pull.Pulled):
    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, [] if name == "problems" else value)


def _read(scene: Scene, path: Path, finding: Finding) -> list[str]:
    """Return what a newcomer got wrong."""
    try:
        problems = sync(scene.reader, scene.remote()).problems
    except AgilError as error:
        return [f"no sync at all: {error.cause}"]
    except Exception as error:  # noqa: BLE001  a crash is what is looked for
        return [f"a crash: {error!r}"]
    facts = facts_of(scene.reader)
    if alien := facts - scene.truth:
        return [f"{len(alien)} facts that nobody wrote"]
    finding.count("detected" if problems else "harmless")
    missing = {origin for origin, _, _ in scene.truth - facts}
    hurt = path.parent.name if path.parent.name != "heads" else path.stem
    if missing - {hurt}:
        return ["facts of origins that are not damaged are missing"]
    if missing and not problems:
        return ["facts are missing, and nobody says so"]
    return []


def _repair(scene: Scene, finding: Finding) -> list[str]:
    """Return what is still wrong after a teammate who holds all facts has repaired the bucket."""
    with place(scene.writers[0], scene.remote()) as here:
        for problem in repair(here.exchange, here.remote).problems:
            stray = scene.bucket / problem.key
            if stray.is_file():
                # A name that is nobody's, or another history: for a person to look at and remove.
                stray.unlink()
        repair(here.exchange, here.remote)
    sync(scene.reader, scene.remote(), full=True)
    finding.count("repaired")
    left = len(scene.truth - facts_of(scene.reader))
    return [f"{left} facts are missing after the repair"] if left else []
