"""The ledger as people's requests write it: plan, resume, stop, tag."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from agilml import events as e
from agilml.crashpoints import crash_point
from agilml.errors import AgilError, LedgerError, LedgerFromFuture
from agilml.ledger import schema
from agilml.ledger.damage import UNREADABLE, damaged
from agilml.ledger.facts import Transaction
from agilml.ledger.files import LOCK_SECONDS, LockFile, locked, refuse_shared_filesystem
from agilml.ledger.planning import Planned, PlannedTrial, sort_out, trial_events, why_again
from agilml.model import SweepState, TrialState, canonical

__all__ = ["Ledger", "Planned", "PlannedTrial", "trial_events"]

CHECKPOINT_BYTES = 16 << 20
"""Size of the write-ahead log from which it is moved into the database; pages are rewritten less often so."""
CACHE_KIB = 16 << 10
"""Memory for pages of the ledger; the indexes of a hundred thousand trials fit."""

_CHUNK = 500
_REOPENED_BY_ASKING = (TrialState.CANCELLED,)
CHANGEABLE = ("budget", "attempts", "executor", "price")
"""Settings that may change while a sweep stays the same sweep."""


class Ledger:
    """One open ledger, for writing.

    Every method is one transaction that is on disk when it returns (WAL, ``synchronous=FULL``). One
    object belongs to one thread. Reading is done with :mod:`agilml.ledger.queries`.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, lock: LockFile) -> None:
        self._db = db
        self._open: Transaction | None = None
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

    @property
    def db(self) -> sqlite3.Connection:
        """The connection; inside of a transaction its tables hold all that was appended so far."""
        if self._open is not None:
            self._open.flush()
        return self._db

    @db.setter
    def db(self, db: sqlite3.Connection) -> None:
        self._db = db

    def close(self) -> None:
        """Close the file; every acknowledged fact was on disk already."""
        self.checkpoint()
        self._db.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit the block as a whole, durably, or not at all."""
        with self._lock.shared(), _translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                _check_version(self._db)
                self._open = tx = Transaction(self._db, self.origin)
                try:
                    yield tx
                    tx.flush()
                finally:
                    self._open = None
                    tx.end()
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise
        self._checkpoint_if_large()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what SQLite says when the block cannot read into errors of ours."""
        with _translated(self.path):
            yield

    def data_version(self) -> int:
        """Return a number that changes when another connection has written."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database; false when another process is writing."""
        try:
            with self._lock.exclusive(seconds=0):
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
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
        unpruned: bool = False,
        by: str = "",
    ) -> Planned:
        """Make the whole sweep durable, or find that it already is.

        A trial that had succeeded stays as it is unless ``rerun``; a failed one is reopened with ``retry``;
        a pruned one with ``unpruned``, because a sweep without a stopper wants every trial's end; a
        cancelled one is reopened, because asking again is asking for it. A sweep that is known takes over
        the limits and the slots that are asked for now.
        """
        crash_point("plan.before")
        trials = list({trial[0]: trial for trial in trials}.values())
        with self.transaction() as tx:
            created = not self.db.execute(
                "SELECT 1 FROM sweep WHERE id = ?", (sweep.sweep,)
            ).fetchone()
            if not created and sweep.spec.get("search"):
                # A search has the trials that its sampler has proposed so far.
                trials = self._members(sweep.sweep)
            known = self.trial_states([trial[0] for trial in trials])
            planned = sort_out(sweep.sweep, created, trials, known, retry, rerun, unpruned)
            if created:
                for structure in structures:
                    if not self._has_structure(structure.structure):
                        tx.append(structure)
                tx.append(sweep)
                for event in trial_events(sweep.sweep, trials, set(planned.kept)):
                    tx.append(event)
            else:
                self._respecify(tx, sweep, by)
            for trial in planned.reopened:
                tx.append(e.TrialReopened(trial, why_again(known[trial], rerun)))
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
            if self.wants_controller(sweep):
                tx.append(e.SweepResumed(sweep, by))
        return reopened

    def end_if_complete(self, sweep: str) -> bool:
        """Record that a sweep with nothing left to do is done; answer whether it is.

        Raises:
            AgilError: the ledger knows no such sweep.
        """
        with self.transaction() as tx:
            if self.wants_controller(sweep):
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
            state = self.trial_states([trial]).get(trial)
            if state == TrialState.PENDING:
                tx.append(e.TrialCancelled(trial, "asked for"))
            elif state == TrialState.RUNNING:
                tx.append(e.TrialCancelRequested(trial, by))

    def tag(self, target: str, tag: str, *, on: bool, by: str) -> None:
        """Put a tag on a run or sweep, or take it off."""
        with self.transaction() as tx:
            tx.append(e.Tagged(target, tag, on, by))

    def respecify(self, sweep: str, changes: Mapping[str, Any], by: str) -> None:
        """Let the sweep go on with other limits or slots; ``changes`` replaces settings of its spec.

        Raises:
            AgilError: the ledger knows no such sweep.
        """
        with self.transaction() as tx:
            self._spec(sweep)
            tx.append(e.SweepRespecified(sweep, changes, by))

    def _members(self, sweep: str) -> list[PlannedTrial]:
        rows = self.db.execute(
            "SELECT trial FROM sweep_trial WHERE sweep = ? ORDER BY idx", (sweep,)
        )
        return [(str(trial), "", {}, {}) for (trial,) in rows]

    def _respecify(self, tx: Transaction, sweep: e.SweepPlanned, by: str) -> None:
        known = self._spec(sweep.sweep)
        changes = {
            name: sweep.spec[name]
            for name in CHANGEABLE
            if name in sweep.spec and canonical(sweep.spec[name]) != canonical(known.get(name))
        }
        if changes:
            tx.append(e.SweepRespecified(sweep.sweep, changes, by))

    def _waits_for_a_person(self, sweep: str) -> bool:
        """Whether the sweep was ended, or asked to end, while there is something to do (again)."""
        row = self.db.execute(
            "SELECT state, stop_requested FROM sweep WHERE id = ?", (sweep,)
        ).fetchone()
        return (SweepState(row[0]).ended or bool(row[1])) and self.wants_controller(sweep)

    def has_open_work(self, sweep: str) -> bool:
        """Whether any trial of the sweep waits or runs."""
        row = self.db.execute(
            "SELECT 1 FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            " WHERE m.sweep = ? AND t.state IN ('pending', 'running') LIMIT 1",
            (sweep,),
        ).fetchone()
        return row is not None

    def wants_controller(self, sweep: str) -> bool:
        """Whether there is something to do: a trial waits or runs, or a sampler may propose one."""
        return self.has_open_work(sweep) or self._may_propose(sweep)

    def _may_propose(self, sweep: str) -> bool:
        spec = self._spec(sweep)
        if not spec.get("search"):
            return False
        (made,) = self.db.execute(
            "SELECT count(*) FROM candidate WHERE sweep = ?", (sweep,)
        ).fetchone()
        limit = (spec.get("budget") or {}).get("trials")
        return limit is None or int(made) < limit

    def _spec(self, sweep: str) -> dict[str, Any]:
        row = self.db.execute("SELECT spec FROM sweep WHERE id = ?", (sweep,)).fetchone()
        if row is None:
            raise AgilError(f"the ledger knows no sweep {sweep}", next="agil runs")
        found: dict[str, Any] = json.loads(row[0])
        return found

    def _has_structure(self, structure: str) -> bool:
        return bool(
            self.db.execute("SELECT 1 FROM structure WHERE id = ?", (structure,)).fetchone()
        )

    def trial_states(self, trials: Sequence[str]) -> dict[str, TrialState]:
        """Return the state of those of the given trials that the ledger knows."""
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


def _check_version(db: sqlite3.Connection) -> int:
    """Return the ledger's schema version unless it is newer than ours, be it since a moment ago."""
    found = schema.version(db)
    if found > schema.VERSION:
        raise LedgerFromFuture(
            f"the ledger was written by a newer AgilML (schema {found}, this one knows {schema.VERSION})",
            kept="the ledger is unchanged and can be read",
            next="pip install --upgrade agilml",
        )
    return found


def _prepare(db: sqlite3.Connection, path: Path, lock: LockFile) -> None:
    with _translated(path):
        found = _check_version(db)
        db.execute("PRAGMA synchronous = FULL")
        if found < schema.VERSION:
            with lock.exclusive():
                db.execute("PRAGMA journal_mode = WAL")
                _migrate(db, path)
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        db.execute("PRAGMA mmap_size = 0")


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the ledger up to date, once what an older AgilML can read is kept beside it."""
    found = schema.version(db)
    if found == schema.VERSION:
        return
    if found > 0:
        try:
            schema.back_up(db, Path(f"{path}.v{found}"))
        except OSError as error:
            raise _unwritable(path, error) from error
    schema.migrate(db)


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
        if "decode" in text or "malformed" in text:
            raise damaged(path, error) from error
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
    except (sqlite3.DatabaseError, *UNREADABLE) as error:
        raise damaged(path, error) from error
