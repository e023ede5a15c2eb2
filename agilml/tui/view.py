"""What the ledger says about a sweep at one moment, as much of it as a screen can show."""

from __future__ import annotations

import platform
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agilml.errors import LedgerError
from agilml.ledger import queries, queries_search, screen
from agilml.ledger.queries_search import Ending, NoticeRow
from agilml.ledger.rows import RunRow, SweepRow
from agilml.model import SweepState, TrialState
from agilml.project import Project
from agilml.sweep.liveness import shown_state
from agilml.sweep.standing import CAN_BE_BEST, best_runs, constraint_texts
from agilml.tui.estimate import seconds_left
from agilml.tui.limits import LimitReader, drained, expected_runs
from agilml.tui.window import DONE, GROUPS, RUNNING, read_window, shares


@dataclass(frozen=True, slots=True)
class SweepView:
    """One sweep at one moment.

    Attributes:
        state: as shown: ``interrupted`` where work is open and no controller lives.
        counts: trials by state; every state is a key.
        expected: how many trials there will be; None where a search has no limit on their number.
        kept: how many had succeeded before the sweep was planned; to whoever started it with a
            command, also those that had ended before that command.
        params: names of the parameters that differ inside the sweep, in the order typed.
        rows: the runs that the screen has room for: failed, running, done (best first), pending.
        curves: values of the sweep's metric by attempt, for the runs in ``rows``.
        running: every run that is being executed, best first.
        news: runs that have ended since the view before this one, in the order they ended.
        endings: why runs in ``rows`` and ``news`` were stopped or cancelled, for those that were.
        limits: limits of the budget of which 0.8 or all is used, with what is used by now.
        notices: what was said about the budget since the view before this one.
        best: the best run so far by the sweep's metric that keeps its constraints, or None; never one that
            failed or was cancelled.
        ends_at: when the last run is expected to end (Unix seconds), or None where nothing is known.
        now: the moment (Unix seconds).
    """

    sweep: SweepRow
    state: SweepState
    counts: Mapping[TrialState, int]
    expected: int | None
    kept: int
    params: Sequence[str]
    rows: Sequence[RunRow]
    curves: Mapping[str, Sequence[float]]
    running: Sequence[RunRow]
    news: Sequence[RunRow]
    endings: Mapping[str, Ending]
    limits: Sequence[NoticeRow]
    notices: Sequence[NoticeRow]
    best: RunRow | None
    ends_at: float | None
    now: float

    @property
    def planned(self) -> int:
        """How many trials the sweep has."""
        return sum(self.counts.values())

    @property
    def total(self) -> int:
        """How many trials it will have; how many it has where nobody knows."""
        return self.planned if self.expected is None else self.expected

    @property
    def total_text(self) -> str:
        """The same for people: ``44+`` where there will be more and nobody knows how many."""
        return f"{self.total:,}{'+' if self.expected is None else ''}"

    @property
    def to_propose(self) -> int:
        """How many trials of a search are still to be chosen; 0 where nobody knows."""
        return max(0, self.total - self.planned)

    @property
    def ended(self) -> int:
        """How many trials have their final answer."""
        return sum(count for state, count in self.counts.items() if state.ended)

    @property
    def slots(self) -> dict[str, str]:
        """Run by slot, for the slots that are busy."""
        return {row.slot: row.run for row in self.running if row.slot}

    @property
    def eta(self) -> float | None:
        """Seconds until the last run is expected to end; None where nothing is known."""
        return None if self.ends_at is None else max(0.0, self.ends_at - self.now)

    @property
    def elapsed(self) -> float | None:
        """Seconds since the sweep was first started; until its end where it has ended."""
        if self.sweep.started is None:
            return None
        end = self.sweep.ended if self.sweep.ended is not None else self.now
        return max(0.0, end - self.sweep.started)

    def seconds(self, row: RunRow) -> float | None:
        """Return how long a run has lasted by now."""
        if row.state is TrialState.RUNNING and row.started is not None:
            return max(0.0, self.now - row.started)
        return row.seconds


class SweepReader:
    """Reads views of one sweep; what does not change is read once.

    Args:
        db: an open reader of the project's ledger.
        since: trials that ended before (Unix seconds) are no news.
        ended_is_kept: count these as kept.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        project: Project,
        sweep: str,
        since: float,
        *,
        ended_is_kept: bool = False,
    ) -> None:
        self._db = db
        self._sweep = sweep
        self._folder = project.sweep_folder(sweep)
        self._host = platform.node()
        self._since = since
        self._ended_is_kept = ended_is_kept
        self._seen: tuple[int, int] | None = None
        self._planned = -1
        self._params: list[str] = []
        self._kept = 0
        self._curves: dict[str, tuple[list[float], int]] = {}
        self._known_ends: dict[str, float] | None = None
        self._limits = LimitReader(db, since)

    def changed(self, rows: int) -> bool:
        """Whether the ledger was written to since the last call, or ``rows`` runs are wanted anew."""
        seen = (rows, int(self._db.execute("PRAGMA data_version").fetchone()[0]))
        changed, self._seen = seen != self._seen, seen
        return changed

    def read(self, rows: int, *, news: bool) -> SweepView:
        """Return the view now, with at most ``rows`` runs, and with news where wanted.

        Raises:
            LedgerError: the ledger knows no such sweep.
        """
        with queries.snapshot(self._db):
            return self._read(rows, news)

    def _read(self, rows: int, news: bool) -> SweepView:
        row = queries.sweep(self._db, self._sweep)
        if row is None:
            raise LedgerError(f"the ledger knows no sweep {self._sweep}", next="agil runs")
        counts = queries.counts(self._db, self._sweep)
        self._read_plan(sum(counts.values()))
        groups = read_window(self._db, self._sweep, counts, rows)
        running = groups[RUNNING]
        sizes = [sum(counts[state] for state in group) for group in GROUPS]
        shown = [
            run
            for group, share in zip(groups, shares(sizes, rows), strict=True)
            for run in group[:share]
        ]
        now = time.time()
        state = shown_state(row, self._folder, self._host)
        limits = self._limits.read(row, state, now)
        planned, full = sum(counts.values()), drained(limits)
        expected = expected_runs(self._db, row, planned, over=full or state.ended)
        fresh = self._news() if news else []
        # What a budget has ended will not start the trials that wait.
        waiting = counts[TrialState.PENDING] + (expected or planned) - planned
        return SweepView(
            sweep=row,
            state=state,
            counts=counts,
            expected=expected,
            kept=self._kept,
            params=self._params,
            rows=shown,
            curves=self._read_curves(shown, row.metric),
            running=running,
            news=fresh,
            endings=queries_search.endings(self._db, [run.run for run in (*shown, *fresh)]),
            limits=limits,
            notices=self._limits.news(self._sweep) if news else (),
            best=self._best(row, groups),
            ends_at=None
            if expected is None
            else self._ends_at(now, running, 0 if full else waiting),
            now=now,
        )

    def _read_plan(self, total: int) -> None:
        """Read what changes only when trials are added."""
        if total != self._planned:
            self._planned = total
            self._params = screen.differing_params(self._db, self._sweep)
            if self._ended_is_kept:
                self._kept = screen.kept_since(self._db, self._sweep, self._since)
            else:
                self._kept = queries.kept(self._db, self._sweep)

    def _read_curves(self, rows: Sequence[RunRow], metric: str) -> dict[str, list[float]]:
        known, self._curves = self._curves, {}
        for row in rows:
            if row.attempt is None or metric not in row.metrics:
                continue
            values, after = known.get(row.attempt) or (
                screen.inherited_values(self._db, row.attempt, metric),
                -1,
            )
            more, after = screen.new_values(self._db, row.attempt, metric, after)
            self._curves[row.attempt] = (values + more, after)
        return {attempt: values for attempt, (values, _) in self._curves.items()}

    def _news(self) -> list[RunRow]:
        found = screen.ends(self._db, self._sweep)
        known = self._known_ends
        if known is None:
            known = {trial: ended for trial, ended in found.items() if ended < self._since}
        fresh = [trial for trial, ended in found.items() if known.get(trial) != ended]
        self._known_ends = found
        rows = [
            queries.run(self._db, trial, self._sweep)
            for trial in sorted(fresh, key=lambda trial: found[trial])
        ]
        return [row for row in rows if row is not None]

    def _ends_at(self, now: float, running: Sequence[RunRow], waiting: int) -> float | None:
        elapsed = [now - row.started if row.started else 0.0 for row in running]
        left = seconds_left(screen.recent_seconds(self._db, self._sweep), elapsed, waiting)
        return None if left is None else now + left

    def _best(self, sweep: SweepRow, groups: Sequence[Sequence[RunRow]]) -> RunRow | None:
        tops = [groups[n][0] for n in (RUNNING, DONE) if groups[n]]
        # A cancelled run may stand before those that can be best.
        if constraint_texts(sweep.spec) or any(top.state not in CAN_BE_BEST for top in tops):
            return _best(best_runs(self._db, sweep, 1, CAN_BE_BEST))
        return _best(tops)


def _best(rows: Sequence[RunRow]) -> RunRow | None:
    ranked = [(row.best, row) for row in rows if row.best is not None]
    if not ranked:
        return None
    pick = min if ranked[0][1].mode == "min" else max
    return pick(ranked, key=lambda item: item[0])[1]
