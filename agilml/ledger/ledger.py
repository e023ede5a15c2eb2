"""The ledger as people's requests write it: plan, resume, stop, tag."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from agilml import events as e
from agilml.crashpoints import crash_point
from agilml.errors import AgilError, LedgerError
from agilml.ledger.adoption import plan_of
from agilml.ledger.facts import Transaction
from agilml.ledger.files import LOCK_SECONDS, LockFile, refuse_shared_filesystem
from agilml.ledger.here import HERE, OPEN
from agilml.ledger.opening import check_version, connect, own_origin, translated
from agilml.ledger.planning import Planned, PlannedTrial, sort_out, trial_events, why_again
from agilml.model import SweepState, TrialState, canonical

__all__ = ["Ledger", "Planned", "PlannedTrial", "trial_events"]

CHECKPOINT_BYTES = 16 << 20
"""Size of the write-ahead log from which it is moved into the database; pages are rewritten less often so."""

TICK = 1e-6
"""Seconds between two clocks of which one must be later."""

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
        self.origin = own_origin(db)

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
        db, lock = connect(path)
        return cls(db, path, lock)

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
        with self._lock.shared(), translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                check_version(self._db)
                # Another process may have given this ledger a new origin since it was opened.
                self.origin = own_origin(self._db)
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
        with translated(self.path):
            yield

    def data_version(self) -> int:
        """Return a number that changes when another connection has written."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def alone(self, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Keep every other writer out for the length of the block."""
        with self._lock.exclusive(seconds):
            yield

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database; false when another process writes or reads."""
        try:
            with self._lock.exclusive(seconds=0):
                # A reader that takes its time is not waited for while all writers are kept out.
                self._db.execute("PRAGMA busy_timeout = 0")
                try:
                    busy, *_ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    self._db.execute(f"PRAGMA busy_timeout = {int(LOCK_SECONDS * 1000)}")
        except (LedgerError, sqlite3.Error):
            return False
        return not busy

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
            created = not self._planned_here(sweep.sweep)
            if not created and sweep.spec.get("search"):
                # A search has the trials that its sampler has proposed so far.
                trials = self._members(sweep.sweep)
            known = self.trial_states([trial[0] for trial in trials])
            planned = sort_out(sweep.sweep, created, trials, known, retry, rerun, unpruned)
            if created:
                for structure in structures:
                    if not self._told_structure(structure.structure):
                        tx.append(structure)
                tx.append(sweep)
                for event in trial_events(sweep.sweep, trials, set(planned.kept)):
                    tx.append(event)
            else:
                self._respecify(tx, sweep, by)
            for trial in planned.reopened:
                reason = why_again(known[trial], rerun)
                tx.append(e.TrialReopened(trial, reason, self.next_round(trial)))
            if self._waits_for_a_person(sweep.sweep):
                tx.append(e.SweepResumed(sweep.sweep, by, self._after_stop(sweep.sweep)))
        crash_point("plan.committed")
        return planned

    def resume(self, sweep: str, by: str, *, retry: bool = False) -> list[str]:
        """Make a stopped or interrupted sweep ready for a controller; return the trials reopened.

        A sweep that only others have planned so far is planned here first, as they have it.
        """
        wanted = [*_REOPENED_BY_ASKING, *([TrialState.FAILED] if retry else [])]
        with self.transaction() as tx:
            if not self._planned_here(sweep):
                self.spec(sweep)
                for event in list(plan_of(self.db, sweep)):
                    tx.append(event)
            rows = self.db.execute(
                "SELECT t.id FROM sweep_trial m JOIN trial t ON t.id = m.trial"
                f" WHERE m.sweep = ? AND {HERE} IN ({_marks(wanted)}) ORDER BY m.idx",
                (sweep, *wanted),
            ).fetchall()
            reopened = [str(row[0]) for row in rows]
            for trial in reopened:
                tx.append(e.TrialReopened(trial, "resume", self.next_round(trial)))
            if self.wants_controller(sweep):
                tx.append(e.SweepResumed(sweep, by, self._after_stop(sweep)))
        return reopened

    def end_if_complete(self, sweep: str) -> bool:
        """Record that a sweep with nothing left to do is done; answer whether it is.

        Raises:
            AgilError: the ledger knows no such sweep.
        """
        with self.transaction() as tx:
            if self.wants_controller(sweep):
                return False
            row = self.db.execute("SELECT here FROM sweep WHERE id = ?", (sweep,)).fetchone()
            if row[0] is not None and not SweepState(row[0]).ended:
                tx.append(e.SweepEnded(sweep, SweepState.DONE))
        return True

    def request_stop(self, sweep: str, by: str) -> bool:
        """Ask the sweep's controller to end it; false where it has ended already."""
        with self.transaction() as tx:
            row = self.db.execute("SELECT state FROM sweep WHERE id = ?", (sweep,)).fetchone()
            if row is None or SweepState(row[0]).ended:
                return False
            tx.append(e.StopRequested(sweep, by, self._after_go(sweep)))
        return True

    def request_cancel(self, trial: str, by: str) -> None:
        """Ask for one trial to end; one that waits is cancelled at once."""
        with self.transaction() as tx:
            row = self.db.execute(
                f"SELECT {HERE}, t.state, t.round FROM trial t WHERE t.id = ?", (trial,)
            ).fetchone()
            if row is None:
                return
            here, shown, times = row
            if here == TrialState.PENDING:
                tx.append(e.TrialCancelled(trial, "asked for"))
            elif TrialState.RUNNING in (here, shown):
                tx.append(e.TrialCancelRequested(trial, by, times))

    def tag(self, target: str, tag: str, *, on: bool, by: str) -> None:
        """Put a tag on a run or sweep, or take it off; the last word counts, whoever's clock is wrong."""
        with self.transaction() as tx:
            said = "SELECT clock FROM tag_word WHERE target = ? AND tag = ?"
            tx.append(e.Tagged(target, tag, on, by, self._later(said, (target, tag))))

    def note(self, target: str, text: str, *, by: str) -> None:
        """Replace the note on a run or a sweep; an empty one takes it off."""
        with self.transaction() as tx:
            said = "SELECT clock FROM note WHERE target = ?"
            tx.append(e.NoteSet(target, text, by, self._later(said, (target,))))

    def record(self, *recorded: e.Event) -> None:
        """Record events that need no check, all or none: artifacts, data sets, hardware use."""
        with self.transaction() as tx:
            for event in recorded:
                tx.append(event)

    def purge(self, facts: Sequence[tuple[str, int, str, str]], *, reason: str, by: str) -> None:
        """Take away what facts said, here and wherever this becomes known; the tables follow.

        ``facts`` holds origin, number, digest and new body (JSON text of the same kind of fact) of each.
        """
        from agilml.ledger.refold import fold_again
        from agilml.ledger.tombstones import tombstones

        with self.transaction() as tx:
            for part in tombstones(facts):
                tx.append(e.FactsPurged(reason, by, [list(fact) for fact in part]))
            fold_again(tx.db)

    def respecify(self, sweep: str, changes: Mapping[str, Any], by: str) -> None:
        """Let the sweep go on with other limits or slots; ``changes`` replaces settings of its spec.

        Raises:
            AgilError: the ledger knows no such sweep.
        """
        with self.transaction() as tx:
            self.spec(sweep)
            tx.append(e.SweepRespecified(sweep, changes, by))

    def _members(self, sweep: str) -> list[PlannedTrial]:
        rows = self.db.execute(
            "SELECT trial FROM sweep_trial WHERE sweep = ? ORDER BY idx", (sweep,)
        )
        return [(str(trial), "", {}, {}) for (trial,) in rows]

    def _respecify(self, tx: Transaction, sweep: e.SweepPlanned, by: str) -> None:
        known = self.spec(sweep.sweep)
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
            "SELECT here, stop_requested FROM sweep WHERE id = ?", (sweep,)
        ).fetchone()
        return (SweepState(row[0]).ended or bool(row[1])) and self.wants_controller(sweep)

    def has_open_work(self, sweep: str) -> bool:
        """Whether any trial of the sweep waits or runs here."""
        row = self.db.execute(
            "SELECT 1 FROM sweep_trial m JOIN trial t ON t.id = m.trial"
            f" WHERE m.sweep = ? AND {OPEN} LIMIT 1",
            (sweep,),
        ).fetchone()
        return row is not None

    def wants_controller(self, sweep: str) -> bool:
        """Whether there is something to do: a trial waits or runs, or a sampler may propose one."""
        return self.has_open_work(sweep) or self._may_propose(sweep)

    def _may_propose(self, sweep: str) -> bool:
        spec = self.spec(sweep)
        if not spec.get("search"):
            return False
        (made,) = self.db.execute(
            "SELECT count(*) FROM candidate WHERE sweep = ? AND origin = ?", (sweep, self.origin)
        ).fetchone()
        limit = (spec.get("budget") or {}).get("trials")
        return limit is None or int(made) < limit

    def spec(self, sweep: str) -> dict[str, Any]:
        """Return the settings of the sweep as they are here now.

        Raises:
            AgilError: the ledger knows no such sweep.
        """
        row = self.db.execute(
            "SELECT coalesce((SELECT p.spec FROM sweep_part p WHERE p.id = s.id AND p.origin = ?2), s.spec)"
            " FROM sweep s WHERE s.id = ?1",
            (sweep, self.origin),
        ).fetchone()
        if row is None:
            raise AgilError(f"the ledger knows no sweep {sweep}", next="agil runs")
        found: dict[str, Any] = json.loads(row[0])
        return found

    def next_round(self, trial: str) -> int:
        """Return the number of a reopening that outdoes every one that this ledger knows."""
        (found,) = self.db.execute("SELECT round FROM trial WHERE id = ?", (trial,)).fetchone()
        return int(found) + 1

    def _planned_here(self, sweep: str) -> bool:
        row = self.db.execute("SELECT here FROM sweep WHERE id = ?", (sweep,)).fetchone()
        return row is not None and row[0] is not None

    def _after_stop(self, sweep: str) -> float:
        return self._later("SELECT stop FROM sweep_request WHERE sweep = ?", (sweep,))

    def _after_go(self, sweep: str) -> float:
        return self._later("SELECT go FROM sweep_request WHERE sweep = ?", (sweep,))

    def _later(self, said: str, values: Sequence[str]) -> float:
        """Return the time now, or a little more than the clock of the last word where that is ahead."""
        row = self.db.execute(said, values).fetchone()
        return max(time.time(), float(row[0]) + TICK) if row else time.time()

    def _told_structure(self, structure: str) -> bool:
        told = "SELECT 1 FROM structure WHERE id = ? AND here = 1"
        return self.db.execute(told, (structure,)).fetchone() is not None

    def trial_states(self, trials: Sequence[str]) -> dict[str, TrialState]:
        """Return the state of those of the given trials that were planned here, or that others have done.

        What others have merely tried, or plan to, is theirs; it is not known here.
        """
        found: dict[str, TrialState] = {}
        for at in range(0, len(trials), _CHUNK):
            part = trials[at : at + _CHUNK]
            rows = self.db.execute(
                f"SELECT t.id, coalesce({HERE}, t.state) FROM trial t WHERE t.id IN ({_marks(part)})"
                " AND (t.here IS NOT NULL OR t.state IN ('succeeded', 'pruned'))",
                part,
            )
            found.update((str(trial), TrialState(state)) for trial, state in rows)
        return found


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
