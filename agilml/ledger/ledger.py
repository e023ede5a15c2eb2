"""The ledger as people's requests write it: plan, resume, stop, tag."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from agilml import events as e
from agilml.crashpoints import crash_point
from agilml.errors import LedgerDamaged, LedgerError, LedgerFromFuture
from agilml.ledger import schema
from agilml.ledger.facts import Transaction
from agilml.ledger.files import LOCK_SECONDS, LockFile, locked, refuse_shared_filesystem
from agilml.model import SweepState, TrialState

CHECKPOINT_BYTES = 4 << 20
_CHUNK = 500
_REOPENED_BY_ASKING = (TrialState.CANCELLED,)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan found and made: every list holds trial ids."""

    sweep: str
    created: bool
    new: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


PlannedTrial = tuple[str, str, dict[str, object], dict[str, object]]
"""Trial id, structure id, delta, params."""


class Ledger:
    """One open ledger, for writing.

    Every method is one transaction that is on disk when it returns (WAL, ``synchronous=FULL``). One
    object belongs to one thread. Reading is done with :mod:`agilml.ledger.queries`.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, lock: LockFile) -> None:
        self.db = db
        self.path = path
        self._lock = lock
        row = db.execute("SELECT id FROM origin WHERE own = 1").fetchone()
        self.origin = str(row[0]) if row else ""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the ledger at ``path``, creating or migrating it first where needed.

        Raises:
            LedgerError: the folder cannot be written, or is on a network file system.
            LedgerLocked: another process holds it for longer than 30 seconds.
            LedgerDamaged: the file is not a sound SQLite database.
            LedgerFromFuture: a newer AgilML wrote it.
        """
        refuse_shared_filesystem(path.parent)
        try:
            lock = LockFile(path)
            db = sqlite3.connect(path, isolation_level=None, timeout=LOCK_SECONDS)
        except (OSError, sqlite3.OperationalError) as error:
            raise _unwritable(path, error) from error
        try:
            os.chmod(path, 0o600)
            _prepare(db, path, lock)
            return cls(db, path, lock)
        except BaseException:
            db.close()
            lock.close()
            raise

    def close(self) -> None:
        """Close the file; every acknowledged fact was on disk already."""
        self.checkpoint()
        self.db.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit the block as a whole, durably, or not at all."""
        with self._lock.shared(), _translated(self.path):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self.db, self.origin)
            except BaseException:
                self.db.rollback()
                raise
            self.db.execute("COMMIT")
        self._checkpoint_if_large()

    def data_version(self) -> int:
        """Return a number that changes when another connection has written."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database; false when another process is writing."""
        try:
            with self._lock.exclusive(seconds=0):
                self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except (LedgerError, sqlite3.Error):
            return False
        return True

    def _checkpoint_if_large(self) -> None:
        try:
            large = os.stat(f"{self.path}-wal").st_size > CHECKPOINT_BYTES
        except OSError:
            return
        if large:
            self.checkpoint()

    def plan(
        self,
        sweep: e.SweepPlanned,
        structures: Sequence[e.StructureComposed],
        trials: Sequence[PlannedTrial],
        *,
        retry: bool = False,
        rerun: bool = False,
        by: str = "",
    ) -> Planned:
        """Make the whole sweep durable, or find that it already is.

        A trial that had succeeded stays as it is unless ``rerun``; a failed one is reopened with ``retry``;
        a cancelled one is reopened, because asking again is asking for it.
        """
        crash_point("plan.before")
        with self.transaction() as tx:
            created = not self.db.execute(
                "SELECT 1 FROM sweep WHERE id = ?", (sweep.sweep,)
            ).fetchone()
            known = self._states([trial[0] for trial in trials])
            planned = _sort_out(sweep.sweep, created, trials, known, retry, rerun)
            if created:
                for structure in structures:
                    if not self._has_structure(structure.structure):
                        tx.append(structure)
                tx.append(sweep)
                for event in _trial_events(sweep.sweep, trials, set(planned.kept)):
                    tx.append(event)
            for trial in planned.reopened:
                tx.append(
                    e.TrialReopened(
                        trial, "rerun" if rerun else "retry" if retry else "asked again"
                    )
                )
            if not created and self._waits_for_a_person(sweep.sweep):
                tx.append(e.SweepResumed(sweep.sweep, by))
        crash_point("plan.committed")
        return planned

    def resume(self, sweep: str, by: str, *, retry: bool = False) -> list[str]:
        """Make a stopped or interrupted sweep ready for a controller; return the trials reopened."""
        wanted = [*_REOPENED_BY_ASKING, *([TrialState.FAILED] if retry else [])]
        with self.transaction() as tx:
            rows = self.db.execute(
                "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial"
                f" WHERE m.sweep = ? AND t.state IN ({_marks(wanted)}) ORDER BY m.idx",
                (sweep, *wanted),
            ).fetchall()
            reopened = [str(row[0]) for row in rows]
            for trial in reopened:
                tx.append(e.TrialReopened(trial, "resume"))
            if self.has_open_work(sweep):
                tx.append(e.SweepResumed(sweep, by))
        return reopened

    def end_if_complete(self, sweep: str) -> bool:
        """Record that a sweep whose trials have all ended is done; answer whether it is."""
        with self.transaction() as tx:
            if self.has_open_work(sweep):
                return False
            row = self.db.execute("SELECT state FROM sweep WHERE id = ?", (sweep,)).fetchone()
            if not SweepState(row[0]).ended:
                tx.append(e.SweepEnded(sweep, SweepState.DONE))
        return True

    def request_stop(self, sweep: str, by: str) -> bool:
        """Ask the sweep's controller to end it; false where it has ended already."""
        with self.transaction() as tx:
            row = self.db.execute("SELECT state FROM sweep WHERE id = ?", (sweep,)).fetchone()
            if row is None or SweepState(row[0]).ended:
                return False
            tx.append(e.StopRequested(sweep, by))
        return True

    def request_cancel(self, trial: str, by: str) -> None:
        """Ask for one trial to end; one that waits is cancelled at once."""
        with self.transaction() as tx:
            state = self._states([trial]).get(trial)
            if state == TrialState.PENDING:
                tx.append(e.TrialCancelled(trial, "asked for"))
            elif state == TrialState.RUNNING:
                tx.append(e.TrialCancelRequested(trial, by))

    def tag(self, target: str, tag: str, *, on: bool, by: str) -> None:
        """Put a tag on a run or sweep, or take it off."""
        with self.transaction() as tx:
            tx.append(e.Tagged(target, tag, on, by))

    def _waits_for_a_person(self, sweep: str) -> bool:
        """Whether the sweep was ended, or asked to end, while it has open work (again)."""
        row = self.db.execute(
            "SELECT state, stop_requested FROM sweep WHERE id = ?", (sweep,)
        ).fetchone()
        return (SweepState(row[0]).ended or bool(row[1])) and self.has_open_work(sweep)

    def has_open_work(self, sweep: str) -> bool:
        """Whether any trial of the sweep waits or runs."""
        row = self.db.execute(
            "SELECT 1 FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            " WHERE m.sweep = ? AND t.state IN ('pending', 'running') LIMIT 1",
            (sweep,),
        ).fetchone()
        return row is not None

    def _has_structure(self, structure: str) -> bool:
        return bool(
            self.db.execute("SELECT 1 FROM structure WHERE id = ?", (structure,)).fetchone()
        )

    def _states(self, trials: Sequence[str]) -> dict[str, TrialState]:
        found: dict[str, TrialState] = {}
        for at in range(0, len(trials), _CHUNK):
            part = trials[at : at + _CHUNK]
            rows = self.db.execute(
                f"SELECT id, state FROM trial WHERE id IN ({_marks(part)})", part
            )
            found.update((str(trial), TrialState(state)) for trial, state in rows)
        return found


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _sort_out(
    sweep: str,
    created: bool,
    trials: Sequence[PlannedTrial],
    known: dict[str, TrialState],
    retry: bool,
    rerun: bool,
) -> Planned:
    planned = Planned(sweep, created)
    for trial, *_ in trials:
        state = known.get(trial)
        if state is None:
            planned.new.append(trial)
        elif state == TrialState.RUNNING:
            planned.adopted.append(trial)
        elif state == TrialState.PENDING:
            planned.waiting.append(trial)
        elif rerun and state.ended:
            planned.reopened.append(trial)
        elif state in (TrialState.SUCCEEDED, TrialState.PRUNED):
            planned.kept.append(trial)
        elif state == TrialState.CANCELLED or (retry and state == TrialState.FAILED):
            planned.reopened.append(trial)
        elif state == TrialState.FAILED:
            planned.failed.append(trial)
    return planned


def _trial_events(
    sweep: str, trials: Sequence[PlannedTrial], kept: set[str]
) -> Iterator[e.TrialsPlanned]:
    """Yield runs of consecutive trials that share a structure, at most ``_CHUNK`` each."""
    at = 0
    while at < len(trials):
        structure = trials[at][1]
        end = at
        while end < len(trials) and end - at < _CHUNK and trials[end][1] == structure:
            end += 1
        part = trials[at:end]
        yield e.TrialsPlanned(
            sweep,
            at,
            structure,
            [(trial, delta, params) for trial, _, delta, params in part],
            [trial for trial, *_ in part if trial in kept],
        )
        at = end


def _prepare(db: sqlite3.Connection, path: Path, lock: LockFile) -> None:
    with _translated(path):
        found = schema.version(db)
        if found > schema.VERSION:
            raise LedgerFromFuture(
                f"the ledger was written by a newer AgilML (schema {found}, this one knows {schema.VERSION})",
                kept="the ledger is unchanged and can be read",
                next="pip install --upgrade agilml",
            )
        db.execute("PRAGMA synchronous = FULL")
        if found < schema.VERSION:
            with lock.exclusive():
                db.execute("PRAGMA journal_mode = WAL")
                if schema.version(db) < schema.VERSION:
                    schema.migrate(db)
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA mmap_size = 0")


def _unwritable(path: Path, error: Exception) -> LedgerError:
    return LedgerError(
        f"the ledger {path} cannot be opened: {error}",
        kept="nothing was written",
        next=f"check that {path.parent} exists and is yours to write",
    )


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, which name the file and say what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise locked(path) from error
        if "readonly" in text or "unable to open" in text:
            raise _unwritable(path, error) from error
        if "full" in text or "disk I/O" in text:
            raise LedgerError(
                f"the disk of {path.parent} is full or failing: {error}",
                kept="all that was recorded before",
                next=f"df -h {path.parent}",
            ) from error
        raise
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        # A value that does not fit is our mistake; the file is sound.
        raise
    except sqlite3.DatabaseError as error:
        raise LedgerDamaged(
            f"{path} is not a sound ledger: {error}",
            kept="the file is unchanged",
            next="agil doctor",
        ) from error
