"""A new origin for a ledger whose folder was copied: two writers must not number the same facts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agilml import events as e
from agilml.events.base import AttemptEvent
from agilml.ledger.adoption import plan_of
from agilml.ledger.facts import Transaction
from agilml.ledger.packing import load
from agilml.ledger.refold import fold_again
from agilml.ledger.tables_attempts import points_of
from agilml.model import attempt_id, attempt_number

if TYPE_CHECKING:
    from agilml.ledger.ledger import Ledger


_OPEN = (
    "SELECT leased, trial, n, sweep, epoch, slot, folder,"
    " host, pid, pid_started, isolation, start_ms, started FROM attempt"
)


def renew_origin(ledger: Ledger, after: int) -> str:
    """Move the facts of ``ledger`` behind number ``after`` to a new origin; return its id.

    Sweeps that these facts go on with are planned under the new origin first, as they stood. Attempts that
    they began get ids of the new origin, and attempts that they only went on with are begun anew there, from
    their last point; their folders stay where they are.
    """
    new = secrets.token_hex(16)
    with ledger.transaction() as tx:
        db, old = tx.db, tx.origin
        moved = db.execute(
            "SELECT kind, body, time FROM fact WHERE origin = ? AND seq > ? ORDER BY seq",
            (old, after),
        ).fetchall()
        db.execute("DELETE FROM fact WHERE origin = ? AND seq > ?", (old, after))
        db.execute("DELETE FROM segment WHERE origin = ? AND first > ?", (old, after))
        db.execute("UPDATE origin SET own = 0 WHERE own = 1")
        db.execute(
            "INSERT INTO origin SELECT ?, host, user, ?, 1 FROM origin WHERE id = ?",
            (new, time.time(), old),
        )
        fold_again(db)
        told = [(found, at) for kind, body, at in moved if (found := e.event_of(kind, load(body)))]
        again = Transaction(db, new)
        try:
            _adopt(again, [event for event, _ in told])
            names = {
                **_new_names([event for event, _ in told], new),
                **_go_on(again, [event for event, _ in told], old),
            }
            for event, at in told:
                again.append(_renamed(event, names), at)
            again.flush()
        finally:
            again.end()
        fold_again(db)
    ledger.origin = new
    return new


def _adopt(tx: Transaction, told: Sequence[e.Event]) -> None:
    """Plan the sweeps here that the facts go on with without planning them."""
    planned = {event.sweep for event in told if isinstance(event, e.SweepPlanned)}
    touched = dict.fromkeys(
        str(sweep) for event in told if (sweep := getattr(event, "sweep", None))
    )
    for sweep in touched:
        known = tx.db.execute("SELECT 1 FROM sweep WHERE id = ?", (sweep,)).fetchone()
        if known and sweep not in planned:
            for event in list(plan_of(tx.db, sweep)):
                tx.append(event)


def _go_on(tx: Transaction, told: Sequence[e.Event], old: str) -> dict[str, str]:
    """Begin the attempts here that the facts go on with and that began before; return their names."""
    begun = {event.attempt for event in told if isinstance(event, e.AttemptLeased)}
    wanted = dict.fromkeys(
        event.attempt
        for event in told
        if isinstance(event, AttemptEvent) and not isinstance(event, e.LateRefused)
    )
    names: dict[str, str] = {}
    for attempt in wanted:
        row = tx.db.execute(f"{_OPEN} WHERE id = ? AND origin = ?", (attempt, old)).fetchone()
        if attempt in begun or row is None:
            continue
        (leased, trial, n, sweep, epoch, slot, folder), started = row[:7], row[7:]
        name = names[attempt] = attempt_id(trial, n, tx.origin)
        lease = e.AttemptLeased(name, trial, n, tx.next_seq, sweep, epoch, slot, folder)
        tx.append(lease, leased)
        if started[0] is not None:
            tx.append(e.AttemptStarted(name, *started), started[-1])
        steps = [
            step
            for points in points_of(tx.db, attempt).values()
            for step, _, _ in points
            if step is not None
        ]
        if steps:
            tx.append(e.AttemptResumed(name, attempt, max(steps)))
    return names


def _new_names(told: Sequence[e.Event], origin: str) -> dict[str, str]:
    return {
        event.attempt: attempt_id(event.trial, attempt_number(event.attempt), origin)
        for event in told
        if isinstance(event, e.AttemptLeased)
    }


def _renamed(event: e.Event, names: Mapping[str, str]) -> e.Event:
    body: dict[str, Any] = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in event.body().items()
    }
    renamed = e.event_of(event.kind, body)
    assert renamed is not None
    return renamed
