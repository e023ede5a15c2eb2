"""Mistakes that the machine must find, each planted into the real classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from agilml import events as e
from agilml.ledger.control import Control, Lease, Turn
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, SweepState, TrialState, attempt_id

Plant = Callable[[pytest.MonkeyPatch], None]


def _row(turn: Turn, sql: str, *values: Any) -> Any:
    return turn._tx.db.execute(sql, values).fetchone()


def _write(turn: Turn, sql: str, *values: Any) -> None:
    turn._tx.db.execute(sql, values)
    turn._control.recent.forget()


def no_fence_check(patch: pytest.MonkeyPatch) -> None:
    """What an old attempt says is taken for the words of the newest one of its trial."""
    for name in ("metrics", "ended", "started"):
        original = getattr(Turn, name)

        def unfenced(turn: Turn, lease: Lease, *a: Any, _do: Any = original, **k: Any) -> Any:
            sql = "SELECT n, fence, slot, folder FROM attempt WHERE trial = ? ORDER BY n DESC"
            row = _row(turn, sql, lease.trial)
            if row is not None:
                attempt = attempt_id(lease.trial, row[0], turn._tx.origin)
                lease = Lease(attempt, lease.trial, *row)
            return _do(turn, lease, *a, **k)

        patch.setattr(Turn, name, unfenced)


def no_epoch_check(patch: pytest.MonkeyPatch) -> None:
    """A controller believes that the newest epoch is its own."""
    original = Control.turn

    def turn(control: Control) -> AbstractContextManager[Turn]:
        # Behind the back of the failing disk, which is not to blame here.
        db = getattr(control.ledger.db, "_db", control.ledger.db)
        row = db.execute("SELECT epoch FROM sweep WHERE id = ?", (control.sweep,))
        control.epoch = row.fetchone()[0]
        return original(control)

    patch.setattr(Control, "turn", turn)


def late_finish_accepted(patch: pytest.MonkeyPatch) -> None:
    """An attempt that was lost may still succeed."""
    original = Turn.ended

    def ended(turn: Turn, lease: Lease, state: AttemptState, to: TrialState, **k: Any) -> bool:
        row = _row(turn, "SELECT state FROM attempt WHERE id = ?", lease.attempt)
        if row == ("lost",) and state is AttemptState.SUCCEEDED:
            turn._tx.append(e.AttemptEnded(lease.attempt, lease.trial, state, to))
            turn._control.recent.forget()
            return True
        return original(turn, lease, state, to, **k)

    patch.setattr(Turn, "ended", ended)


def no_key_on_points(patch: pytest.MonkeyPatch) -> None:
    """A flush that is sent twice is recorded twice."""
    original = Turn.metrics

    def metrics(turn: Turn, lease: Lease, offset: int, series: Any) -> bool:
        row = _row(turn, "SELECT spool_offset FROM attempt WHERE id = ?", lease.attempt)
        return original(turn, lease, max(offset, row[0] + 1 if row else 0), series)

    patch.setattr(Turn, "metrics", metrics)


def terminal_not_final(patch: pytest.MonkeyPatch) -> None:
    """A trial that has its answer is leased again."""
    _lease_from(patch, "succeeded")


def two_leases_of_one_trial(patch: pytest.MonkeyPatch) -> None:
    """A trial that runs is leased again."""
    _lease_from(patch, "running")


def _lease_from(patch: pytest.MonkeyPatch, state: str) -> None:
    original = Turn.lease

    def lease(turn: Turn, trial: str, slot: str, folder: str) -> Lease | None:
        sql = "UPDATE trial SET state = 'pending', here = 'pending' WHERE id = ? AND here = ?"
        _write(turn, sql, trial, state)
        return original(turn, trial, slot, folder)

    patch.setattr(Turn, "lease", lease)


def result_without_attempt_end(patch: pytest.MonkeyPatch) -> None:
    """The trial succeeds and the attempt goes on."""
    original = Turn.ended

    def ended(turn: Turn, lease: Lease, state: AttemptState, to: TrialState, **k: Any) -> bool:
        done = original(turn, lease, state, to, **k)
        if done and state is AttemptState.SUCCEEDED:
            _write(turn, "UPDATE attempt SET state = 'started' WHERE id = ?", lease.attempt)
        return done

    patch.setattr(Turn, "ended", ended)


def acknowledged_before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """Now and then a turn answers and is rolled back."""
    original = Control.turn

    class Undone(Exception):
        pass

    @contextmanager
    def turn(control: Control) -> Iterator[Turn]:
        try:
            with original(control) as made:
                yield made
                if made._tx.next_seq % 5 == 0:
                    raise Undone  # noqa: TRY301
        except Undone:
            return

    patch.setattr(Control, "turn", turn)


def points_without_a_start(patch: pytest.MonkeyPatch) -> None:
    """Points of an attempt are taken before it has started."""
    original = Turn.metrics

    def metrics(turn: Turn, lease: Lease, offset: int, series: Any) -> bool:
        if _row(turn, "SELECT state FROM attempt WHERE id = ?", lease.attempt) == ("leased",):
            turn._tx.append(e.MetricsLogged(lease.attempt, offset, series))
            turn._control.recent.forget()
            return True
        return original(turn, lease, offset, series)

    patch.setattr(Turn, "metrics", metrics)


def failures_not_counted(patch: pytest.MonkeyPatch) -> None:
    """A trial may fail for ever."""
    patch.setattr(Control, "counted", lambda control, trial: (0, 0))


def fences_do_not_grow(patch: pytest.MonkeyPatch) -> None:
    """Every attempt gets the same fence."""
    original = Ledger.transaction

    @contextmanager
    def transaction(ledger: Ledger) -> Iterator[Any]:
        with original(ledger) as tx:
            append = tx.append

            def same(event: e.Event) -> int:
                if isinstance(event, e.AttemptLeased):
                    object.__setattr__(event, "fence", 1)
                return append(event)

            patch.setattr(tx, "append", same, raising=False)
            yield tx

    patch.setattr(Ledger, "transaction", transaction)


def a_table_changed_without_a_fact(patch: pytest.MonkeyPatch) -> None:
    """A column is written behind the back of the facts."""
    original = Turn.started

    def started(turn: Turn, lease: Lease, **k: Any) -> bool:
        _write(turn, "UPDATE attempt SET slot = 'other' WHERE id = ?", lease.attempt)
        return original(turn, lease, **k)

    patch.setattr(Turn, "started", started)


def a_fact_altered(patch: pytest.MonkeyPatch) -> None:
    """A fact of the past is written anew."""
    original = Turn.started

    def started(turn: Turn, lease: Lease, **k: Any) -> bool:
        _write(turn, "UPDATE fact SET time = time + 1 WHERE seq = 2")
        return original(turn, lease, **k)

    patch.setattr(Turn, "started", started)


def a_machine_s_fault_counts(patch: pytest.MonkeyPatch) -> None:
    """The wrong cause is recorded: a machine's fault counts against the trial."""
    original = Turn.ended

    def ended(turn: Turn, lease: Lease, state: AttemptState, to: TrialState, **k: Any) -> bool:
        if k.get("cause") in (Cause.NODE, Cause.CONTROLLER, Cause.STUCK):
            k["cause"] = Cause.USER
        return original(turn, lease, state, to, **k)

    patch.setattr(Turn, "ended", ended)


def a_sweep_ends_twice(patch: pytest.MonkeyPatch) -> None:
    """The end of a sweep is written over."""

    def finish(turn: Turn, state: SweepState) -> bool:
        turn._tx.append(e.SweepEnded(turn._control.sweep, state))
        return True

    patch.setattr(Turn, "finish", finish)


BUGS: list[tuple[Plant, str, bool]] = [
    # The mistake; what must be said; whether the invariants find it without the model.
    (no_fence_check, "model", False),
    (no_epoch_check, "model", False),
    (late_finish_accepted, "I[34578] ", True),
    (no_key_on_points, "model", False),
    (terminal_not_final, "I[34578] ", True),
    (two_leases_of_one_trial, "I[237] ", True),
    (result_without_attempt_end, "I[34578] ", True),
    (acknowledged_before_the_commit, "I8|model", False),
    (points_without_a_start, "I9", True),
    (failures_not_counted, "I10", True),
    (fences_do_not_grow, "I6", True),
    (a_table_changed_without_a_fact, "rebuilt", True),
    (a_fact_altered, "fact 2 of", True),
    (a_machine_s_fault_counts, "model", False),
    (a_sweep_ends_twice, "I7", True),
]

QUICK = (no_epoch_check, no_key_on_points, result_without_attempt_end, failures_not_counted)
"""Mistakes that show at once: found in every run of the fast tests."""
