"""The tables against the model, row by row."""

from __future__ import annotations

import sqlite3

from tests.ledger.machine.model import Model


def compare(db: sqlite3.Connection, model: Model) -> None:
    """Assert that every table shows what the model says."""
    rows = db.execute("SELECT id, state, attempts, counted, lost, cancel_requested FROM trial")
    trials = {
        name: (t.state, t.attempts, t.counted, t.lost, int(t.cancel))
        for name, t in model.trials.items()
    }
    assert trials == {row[0]: row[1:] for row in rows}, "model: trials"
    _attempts(db, model)
    for name, sweep in model.sweeps.items():
        row = db.execute(
            "SELECT state, epoch, stop_requested, json_extract(spec, '$.budget') FROM sweep"
            " WHERE id = ?",
            (name,),
        ).fetchone()
        assert (sweep.state, sweep.epoch, int(sweep.stop), sweep.budget) == row, "model: sweeps"
        members = db.execute(
            "SELECT trial FROM sweep_trial WHERE sweep = ? ORDER BY idx", (name,)
        ).fetchall()
        assert sweep.members == [member for (member,) in members], "model: members"
    saved = db.execute("SELECT attempt, step, sha256 FROM checkpoint").fetchall()
    assert model.checkpoints == {(a, step): sha for a, step, sha in saved}, "model: checkpoints"
    tags = db.execute("SELECT target, tag FROM tag").fetchall()
    assert model.tags == set(tags), "model: tags"


def _attempts(db: sqlite3.Connection, model: Model) -> None:
    rows = db.execute(
        "SELECT a.id, a.state, a.n, a.fence, a.sweep, a.epoch, a.spool_offset, a.resumed_from, d.action,"
        " coalesce(m.n, 0), m.last_step FROM attempt a LEFT JOIN decision d ON d.attempt = a.id"
        " LEFT JOIN metric m ON m.attempt = a.id"
    )
    attempts = {
        name: (
            *(a.state, a.n, a.fence, a.sweep, a.epoch, a.offset, a.source, a.decision),
            *(len(a.steps), a.steps[-1] if a.steps else None),
        )
        for name, a in model.attempts.items()
    }
    assert attempts == {row[0]: row[1:] for row in rows}, "model: attempts"
