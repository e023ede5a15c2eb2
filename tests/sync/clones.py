"""Clones of a project that meet in one remote."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agilml.ledger.control import Control
from agilml.ledger.exchange import Exchange
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import digest_of_tables, tables_that_differ
from agilml.model import SweepState
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.opening import open_remote
from agilml.sync import syncing
from agilml.sync.syncing import Outcome, Place
from agilml.testing.ledgers import HOST, plan_sample, run_sample
from agilml.testing.ledgers import Outcome as Ends


class Clone:
    """One clone of a project, and what a person does in it."""

    def __init__(self, root: Path, address: str) -> None:
        root.mkdir(parents=True, exist_ok=True)
        (root / "agil.toml").write_text(f'[remote]\nurl = "{address}"\n')
        self.project = Project(root, root / ".agil", {"remote": {"url": address}})
        self.project.make_state()
        self.address = address
        self.said: list[str] = []

    def copied_to(self, root: Path) -> Clone:
        """Return the clone that somebody got who copied this one's folder."""
        shutil.copytree(self.project.root, root)
        return Clone(root, self.address)

    @property
    def ledger(self) -> Path:
        return self.project.ledger

    def sweep(self, name: str, trials: int = 2, points: int = 3) -> str:
        """Run a sweep of samples; the name distinguishes it from others. Return its id."""
        with Ledger.open(self.ledger) as ledger:
            made = plan_sample(ledger, [{"x": x} for x in range(trials)], name=name)
            control = Control.take(ledger, made.id, HOST, 1)
            with control.turn() as turn:
                for trial in made.trials:
                    run_sample(turn, trial, Ends({"val_acc": [0.1 * n for n in range(points)]}))
                turn.finish(SweepState.DONE)
        return made.id

    def tag(self, target: str, tag: str) -> None:
        with Ledger.open(self.ledger) as ledger:
            ledger.tag(target, tag, on=True, by="ada")

    def remote(self) -> Remote:
        return open_remote(self.address)

    def sync(self, **options: Any) -> Outcome:
        with self.remote() as remote:
            return syncing.sync(self.project, remote, tell=self.said.append, **options)

    @contextmanager
    def place(self) -> Iterator[Place]:
        with self.remote() as remote, syncing.place(self.project, remote) as here:
            yield here

    def origin(self) -> str:
        with Ledger.open(self.ledger) as ledger:
            return ledger.origin

    def facts(self) -> int:
        with Ledger.open(self.ledger) as ledger:
            return int(ledger.db.execute("SELECT count(*) FROM fact").fetchone()[0])

    def digest(self) -> str:
        """Return the digest of what the tables say, once facts and tables were found sound."""
        with Ledger.open(self.ledger) as ledger:
            for origin in Exchange(ledger).origins():
                verify_chain(ledger.db, origin.id)
            assert tables_that_differ(ledger.db) == []
            return digest_of_tables(ledger.db)

    def segments(self) -> list[Path]:
        """Return this clone's own segments in the remote, in order."""
        folder = Path(self.address.removeprefix("file://")) / "ledger" / self.origin()
        return sorted(folder.glob("*.jsonl.zst"))
