"""What decides which trials run: the search and the budget of a sweep, as the controller's turns use them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agilml.ledger.control import Control, Turn
from agilml.ledger.history import Ended, Happening, Logged, Planned, final_values
from agilml.model import TrialState
from agilml.sweep.budget import Budget, Notice
from agilml.sweep.policy import Asked
from agilml.sweep.running import Running
from agilml.sweep.search.base import Action, Candidate, Decision, Searching
from agilml.sweep.spending import Meter
from agilml.text import safe_text

ASKED = {Action.PRUNE: Asked.PRUNE, Action.FINISH: Asked.FINISH}
LOOK_SECONDS = 1.0
HOPELESS_AFTER = 5
"""Runs that fail, before any other end, after which a search is given up."""
BLIND_AFTER = 3
"""Runs without the metric after which a search is given up."""
_DONE = (TrialState.SUCCEEDED, TrialState.PRUNED)


class Steering:
    """Proposals, decisions and notices that wait for the next turn.

    Args:
        control: reads and writes for the sweep.
        spec: its recorded settings.
        search: its sampler and stopper; None for a fixed plan that runs to its end.
        decisions: what the replay of its history made the stopper decide.

    Attributes:
        spent: the limit that is used up, or None.
        blind: why the search is given up, or None: it cannot see its metric.
        hopeless: the same, where everything fails.
    """

    def __init__(
        self,
        control: Control,
        spec: Mapping[str, Any],
        search: Searching | None = None,
        decisions: Iterable[Decision] = (),
    ) -> None:
        self._control = control
        self._metric = str(spec.get("metric") or "")
        # A search without a stopper wants the end of every trial, those included that another sweep pruned.
        self._unpruned = (spec.get("stopper") or {}).get("name", "none") == "none"
        self._search = search
        self._budget = replace(Budget.of(spec), trials=None)
        self._meter = Meter(control.ledger.db, control.sweep, spec)
        self._noticed = control.noticed()
        self._looked = -LOOK_SECONDS
        self._decisions = list(decisions)
        self._held: dict[str, Decision] = {}
        self._candidates: list[Candidate] = []
        self._notices: list[Notice] = []
        self._told: list[Happening] = []
        self._elsewhere: set[str] = set()
        self.spent: Notice | None = None
        self.blind: str | None = None
        self.hopeless: str | None = None
        self._doubtful = HOPELESS_AFTER if search is not None and not search.exhausted else 0
        self._unseen = BLIND_AFTER if search is not None and not search.exhausted else 0

    @property
    def waits(self) -> bool:
        """Whether there is something for the next turn to record."""
        return bool(self._decisions or self._candidates or self._notices)

    @property
    def searching(self) -> bool:
        """Whether a sampler or a stopper waits for what attempts log."""
        return self._search is not None

    @property
    def more(self) -> bool:
        """Whether the sampler has more to propose."""
        return self._search is not None and not self._search.exhausted

    def look(self, now: float) -> None:
        """Look at the budget and at other sweeps once a second; what there is to say waits for the next turn.

        Args:
            now: seconds of a monotonic clock.
        """
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        self._look_elsewhere()
        if not self._budget.limited:
            return
        for notice in self._budget.state(self._meter.read(time.time())):
            key = (notice.name, notice.share, notice.limit)
            if key not in self._noticed:
                self._noticed.add(key)
                self._notices.append(notice)
            if notice.drains:
                self.spent = notice

    def propose(self, wanted: int) -> None:
        """Ask the sampler for candidates; outside of any transaction, for that may take a while."""
        if self._search is not None and wanted > len(self._candidates):
            self._candidates += self._search.ask(wanted - len(self._candidates))

    def write(
        self, turn: Turn, attempts: Iterable[Running]
    ) -> tuple[list[str], list[tuple[Running, Asked]]]:
        """Record what waits; return trials that can start now, and attempts to end once this is committed."""
        asked: list[tuple[Running, Asked]] = []
        self._told = []
        running = {one.lease.trial: one for one in attempts} if self._decisions else {}
        for decision in self._decisions:
            one = running.get(decision.trial)
            if one is None:
                self._keep(turn, decision)
            elif self._decide(turn, one, decision):
                asked.append((one, ASKED[decision.action]))
            elif self._control.decision(one.lease.attempt) is None:
                # Leased and not started yet: it is told as soon as it can hear.
                self._held[decision.trial] = decision
        fresh: list[str] = []
        for candidate in self._candidates:
            waiting = turn.propose(
                candidate.number,
                candidate.choice,
                candidate.trials,
                candidate.by,
                unpruned=self._unpruned,
            )
            fresh += waiting
            self._planned(candidate)
        for notice in self._notices:
            turn.budget_reached(notice.name, notice.share, notice.used, notice.limit)
        return fresh, asked

    def _decide(self, turn: Turn, one: Running, decision: Decision) -> bool:
        return turn.decided(
            one.lease,
            decision.action,
            decision.stopper,
            decision.step,
            decision.value,
            decision.reason,
        )

    def _keep(self, turn: Turn, decision: Decision) -> None:
        """Take a repetition off the plan that was never tried; hold back what ends when it runs again."""
        now = self._control.trial_now(decision.trial)
        if now is None or now.state.ended:
            # It ended before it could be told to; a replay brings the decisions of a whole life.
            self._held.pop(decision.trial, None)
        elif not now.attempts:
            turn.cancel(decision.trial, f"{decision.stopper}: {decision.reason}")
        else:
            self._held[decision.trial] = decision

    def _planned(self, candidate: Candidate) -> None:
        trials = [trial[0] for trial in candidate.trials]
        states = self._control.ledger.trial_states(trials)
        # As the history will say it: one that failed may still be tried again.
        known = {trial: states[trial] for trial in trials if states[trial] in _DONE}
        self._elsewhere.update(t for t in trials if states[t] is TrialState.RUNNING)
        self._told.append(Planned(candidate.number, candidate.choice, trials, known, candidate.by))

    def committed(self) -> None:
        """Forget what the turn recorded; the search hears of its candidates."""
        self._decisions.clear()
        self._candidates.clear()
        self._notices.clear()
        for happening in self._told:
            self._tell(happening)
        self._told = []

    def logged(self, trial: str, series: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Pass on committed points of the metric; what was held back about the trial comes up again."""
        if trial in self._held:
            self._decisions.append(self._held.pop(trial))
        if self._search is not None and self._metric in series:
            self._unseen = 0
            steps, values, _ = series[self._metric]
            self._tell(Logged(trial, steps, [float(value) for value in values]))

    def ended(self, trial: str, state: TrialState) -> None:
        """Pass on that a trial has its final answer."""
        self._elsewhere.discard(trial)
        if state.ended:
            self._held.pop(trial, None)
        if self._search is not None and state.ended:
            self._tell(Ended(trial, state))
        if self._unseen and state is TrialState.SUCCEEDED:
            self._look_for_metric(trial)
        if self._doubtful:
            self._doubtful = self._doubtful - 1 if state is TrialState.FAILED else 0
            if state is TrialState.FAILED and not self._doubtful:
                self.hopeless = f"the first {HOPELESS_AFTER} runs all failed"

    def _look_for_metric(self, trial: str) -> None:
        """Give up a search that cannot see: its first trials succeeded, and none logged its metric."""
        logged = final_values(self._control.ledger.db, trial)
        self._unseen = 0 if self._metric in logged else self._unseen - 1
        if self._metric not in logged and not self._unseen:
            names = ", ".join(safe_text(name, 40) for name in sorted(logged)[:10]) or "nothing"
            self.blind = (
                f"{BLIND_AFTER} runs succeeded and none logged `{safe_text(self._metric)}`,"
                f" which the search goes by; they log {names}"
            )

    def _look_elsewhere(self) -> None:
        """Pass on ends of candidates that another sweep's controller executes."""
        if self._elsewhere:
            states = self._control.ledger.trial_states(sorted(self._elsewhere))
            for trial, state in states.items():
                if state.ended:
                    self.ended(trial, state)

    def _tell(self, happening: Happening) -> None:
        if self._search is not None:
            self._decisions += self._search.told(happening)
