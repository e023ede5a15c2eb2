"""The state machine that attacks the ledger: every rule is something that can happen, at any moment.

One process is for people, three are for controllers. Any of them dies, or finds its disk failing, before a
commit, behind it, or at a statement in between, and goes on with whatever it believed before. Controllers
with old epochs and attempts that have ended go on writing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agilml import events as e
from agilml.ledger.control import Lease
from agilml.ledger.ledger import Ledger
from agilml.model import AttemptState, Cause, SweepState, TrialState
from tests.ledger.machine import steps
from tests.ledger.machine.model import ENDS
from tests.ledger.machine.process import BEFORE_COMMIT, BEHIND_COMMIT, Trouble
from tests.ledger.machine.steps import Ending, Held, Step, planned
from tests.ledger.machine.world import World

SWEEPS = {"s-a": ["t-0", "t-1", "t-2"], "s-b": ["t-2", "t-3"]}
"""The sweeps and what is planned in them; one trial is wanted by both."""

PROPOSED = ["t-1", "t-2", "t-4", "t-5"]
"""What the samplers of both think of: some of it is known."""

GROUPS = ("new", "kept", "adopted", "failed", "reopened", "waiting")

A, T = AttemptState, TrialState
ENDINGS: list[Ending] = [
    (A.SUCCEEDED, T.SUCCEEDED, None),
    (A.FAILED, None, Cause.USER),
    (A.FAILED, None, Cause.OOM),
    (A.FAILED, T.FAILED, Cause.TIMEOUT),
    (A.LOST, T.PENDING, Cause.NODE),
    (A.LOST, T.PENDING, Cause.CONTROLLER),
    (A.LOST, T.FAILED, Cause.STUCK),
    (A.PRUNED, T.PRUNED, None),
    (A.CANCELLED, T.CANCELLED, None),
    (A.CANCELLED, T.PENDING, None),
]
FORBIDDEN: list[Ending] = [
    (a, t, None) for a in AttemptState for t in TrialState if t not in ENDS.get(a, set())
]

old = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3])
"""Which one of those that ever were: mostly the newest, at times one that is long fenced."""

trials = st.sampled_from([f"t-{n}" for n in range(6)])
sweeps = st.sampled_from(sorted(SWEEPS))
small = st.integers(0, 3)
moments: list[Trouble] = [
    (kind, at) for kind in ("die", "fail") for at in (BEFORE_COMMIT, BEHIND_COMMIT, *range(10))
]
troubles = small.flatmap(lambda n: st.none() if n else st.sampled_from(moments))
"""Once in four times something goes wrong."""

endings = small.flatmap(lambda n: st.just(ENDINGS[0]) if n > 1 else st.sampled_from(ENDINGS))
"""Half of the attempts succeed, or there would be nothing to lose."""

words = st.sampled_from(["lease", "start", "report", "save", "decide", "end", "go on"])
short_turns = st.lists(st.tuples(words, small, small, endings), min_size=1, max_size=2)
busy_turns = st.lists(st.tuples(words, small, small, endings), min_size=3, max_size=8)


class Attack(RuleBasedStateMachine):
    """The rules; :class:`World` does what they say."""

    counts: ClassVar[Counter[str]] = Counter()
    template: ClassVar[Path]
    modelled: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._world: World | None = None

    @property
    def world(self) -> World:
        """The world of this example."""
        assert self._world is not None
        return self._world

    @initialize()
    def begin(self) -> None:
        """Every example has both sweeps and their controllers; the interesting part comes after."""
        self.counts["examples"] += 1
        self._world = World(self.template, self.counts, modelled=self.modelled)
        for sweep in SWEEPS:
            self.plan(sweep, None, retry=False, rerun=False, unpruned=False)
            self.take(sweep, 1, None)

    # What people ask for, mostly in a process of their own.

    @rule(
        sweep=sweeps,
        trouble=troubles,
        retry=st.booleans(),
        rerun=st.booleans(),
        unpruned=st.booleans(),
    )
    def plan(
        self, sweep: str, trouble: Trouble, *, retry: bool, rerun: bool, unpruned: bool
    ) -> None:
        """Ask for a sweep: the first time, or once more."""
        flags: dict[str, Any] = {"retry": retry, "rerun": rerun, "unpruned": unpruned}
        names = SWEEPS[sweep]

        def real(ledger: Ledger) -> dict[str, list[str]]:
            done = ledger.plan(
                e.SweepPlanned(sweep, "toy", "toy", "loss", "min", len(names), {"budget": 0}, {}),
                [e.StructureComposed("base", "toy", {}, {"x": 0}, {"x": 0})],
                # The first one is named twice: it is one trial all the same.
                [planned(name) for name in [*names, names[0]]],
                **flags,
            )
            return {name: getattr(done, name) for name in GROUPS}

        self.world.act(0, trouble, real, lambda: self.world.model.plan(sweep, names, **flags))

    @rule(sweep=sweeps, trouble=troubles, retry=st.booleans())
    def resume(self, sweep: str, trouble: Trouble, *, retry: bool) -> None:
        """Ask for a sweep to go on."""
        self.world.act(
            0,
            trouble,
            lambda ledger: ledger.resume(sweep, "ada", retry=retry),
            lambda: self.world.model.resume(sweep, retry=retry),
        )

    @rule(sweep=sweeps, trouble=troubles)
    def request_stop(self, sweep: str, trouble: Trouble) -> None:
        """Ask for a sweep to end."""
        self.world.act(
            0,
            trouble,
            lambda ledger: ledger.request_stop(sweep, "ada"),
            lambda: self.world.model.request_stop(sweep),
        )

    @rule(process=small, trial=trials, trouble=troubles)
    def request_cancel(self, process: int, trial: str, trouble: Trouble) -> None:
        """Ask for a trial to end, at times through the very ledger that a controller holds."""
        if trial in self.world.seen.trials:
            self.world.act(
                process,
                trouble,
                lambda ledger: ledger.request_cancel(trial, "ada"),
                lambda: self.world.model.request_cancel(trial),
            )

    @rule(sweep=sweeps, trouble=troubles)
    def end_if_complete(self, sweep: str, trouble: Trouble) -> None:
        """Close a sweep that has nothing left to do."""
        self.world.act(
            0,
            trouble,
            lambda ledger: ledger.end_if_complete(sweep),
            lambda: self.world.model.end_if_complete(sweep),
        )

    @rule(name=trials, on=st.booleans(), trouble=troubles, budget=st.integers(1, 3))
    def tag_and_respecify(self, name: str, on: bool, trouble: Trouble, budget: int) -> None:
        """Write what has nothing to do with states: it must disturb none of them."""
        self.world.act(
            0,
            trouble,
            lambda ledger: ledger.tag(name, "good", on=on, by="ada"),
            lambda: self.world.model.tag(name, "good", on=on),
        )
        self.world.act(
            0,
            None,
            lambda ledger: ledger.respecify("s-a", {"budget": budget}, "ada"),
            lambda: self.world.model.respecify("s-a", budget),
        )

    # What controllers do, the newest and the fenced.

    @rule(sweep=sweeps, process=st.integers(1, 3), trouble=troubles)
    def take(self, sweep: str, process: int, trouble: Trouble) -> None:
        """Take a sweep, and settle nothing: what is open stays open, and is known again."""
        self.world.take(process, sweep, trouble)

    @rule(which=old, at=small, trial=st.none() | trials, trouble=troubles)
    def lease(self, which: int, at: int, trial: str | None, trouble: Trouble) -> None:
        """Hand a trial to a slot: one that waits, or any."""
        got: list[Lease] = []
        if self.world.turn(which, trouble, self._leasing(which, at, trial, got)):
            self.world.leases += got

    @rule(at=small, how=endings, trouble=troubles, n=small)
    def whole_attempt(self, at: int, how: Ending, trouble: Trouble, n: int) -> None:
        """Hand out a trial, then hear of all of it in one turn, its points twice."""
        self.lease(0, at, None, None)
        held = self._held(0)
        report = steps.reporting(self.world.model, held, 9, list(range(n + 1)))
        self.world.turn(0, trouble, self._starting(held), report, report, self._ending(held, how))

    @rule(at=small, cause=st.sampled_from([Cause.USER, Cause.OOM]))
    def fail_for_ever(self, at: int, cause: Cause) -> None:
        """Run a trial that fails each time, for as long as it is given another attempt."""
        waiting = self.world.waiting(0)
        for _ in range(steps.MOST + 1 if waiting else 0):
            got: list[Lease] = []
            held: Held = lambda got=got: got[0] if got else None  # type: ignore[misc]  # noqa: E731
            leasing = self._leasing(0, 0, waiting[at % len(waiting)], got)
            end = self._ending(held, (A.FAILED, None, cause))
            if self.world.turn(0, None, leasing, self._starting(held), end):
                self.world.leases += got

    @rule(which=old, trouble=troubles, said=short_turns)
    def short_turn(self, which: int, trouble: Trouble, said: Sequence[Any]) -> None:
        """Hear of one or two things, some of them late, some for the second time."""
        self._turn(which, trouble, said)

    @rule(which=old, trouble=troubles, said=busy_turns)
    def busy_turn(self, which: int, trouble: Trouble, said: Sequence[Any]) -> None:
        """Hear of many things at once."""
        self._turn(which, trouble, said)

    @rule(which=old, trouble=troubles, held=old, how=endings)
    def ask_again(self, which: int, trouble: Trouble, held: int, how: Ending) -> None:
        """Record an end, and record it again, as somebody does who got no answer."""
        for once in (trouble, None):
            self.world.turn(which, once, self._ending(self._held(held), how))

    @rule(which=old, held=old, pair=st.sampled_from(FORBIDDEN), other=trials)
    def end_wrongly(self, which: int, held: int, pair: Ending, other: str) -> None:
        """End an attempt in a way that there is not, or with the trial or the fence of another."""
        lease = self.world.lease(held)
        if lease is None:
            return
        self.world.wrong_pairs += 1
        self.world.turn(which, None, self._ending(lambda: lease, pair))
        for forged in (
            dataclasses.replace(lease, fence=lease.fence + 1),
            dataclasses.replace(lease, trial=other),
        ):
            if forged != lease:
                end = self._ending(lambda it=forged: it, ENDINGS[0])  # type: ignore[misc]
                self.world.turn(which, None, end)

    @rule(
        which=old,
        number=small,
        trouble=troubles,
        names=st.lists(st.sampled_from(PROPOSED), min_size=1, max_size=3),
    )
    def propose(self, which: int, number: int, trouble: Trouble, names: list[str]) -> None:
        """Let a sampler choose: something new, something known, or the same once more."""
        sweep = self.world.control(which)[1]
        if not self.world.ended(sweep):
            step = steps.proposing(self.world.model, sweep, number, names)
            self.world.turn(which, trouble, step)

    @rule(which=old, trial=trials, trouble=troubles)
    def cancel(self, which: int, trial: str, trouble: Trouble) -> None:
        """Take a waiting trial off the plan."""
        if trial in self.world.seen.trials:
            sweep = self.world.control(which)[1]
            self.world.turn(which, trouble, steps.cancelling(self.world.model, sweep, trial))

    @rule(which=old, state=st.sampled_from([SweepState.DONE, SweepState.STOPPED]), trouble=troubles)
    def finish(self, which: int, state: SweepState, trouble: Trouble) -> None:
        """End a sweep, when it is over and when it is not."""
        sweep = self.world.control(which)[1]
        self.world.turn(which, trouble, steps.finishing(self.world.model, sweep, state))

    # How rules say what they mean.

    def _turn(self, which: int, trouble: Trouble, said: Sequence[Any]) -> None:
        got: list[list[Lease]] = []
        made = [self._step(which, got, *words) for words in said]
        if self.world.turn(which, trouble, *made):
            self.world.leases += [lease for leases in got for lease in leases]

    def _step(
        self, which: int, got: list[list[Lease]], word: str, held: int, n: int, how: Ending
    ) -> Step:
        """Return the step that ``word`` stands for, about a lease of before or one of this very turn."""
        model = self.world.model
        if word == "lease":
            got.append([])
            return self._leasing(which, n, None, got[-1])
        mine = got[-1] if got else []
        it: Held = (lambda: mine[0] if mine else None) if got and held % 2 else self._held(held)
        source = self.world.lease(n)
        return {
            "start": lambda: self._starting(it),
            "report": lambda: steps.reporting(model, it, n + 1, list(range(n + 1))),
            "save": lambda: steps.saving(model, it, n, "xy"[held % 2]),
            "decide": lambda: steps.deciding(model, it, ("prune", "finish")[n % 2]),
            "end": lambda: self._ending(it, how),
            "go on": lambda: steps.going_on(model, it, source.attempt if source else "none", n),
        }[word]()

    def _held(self, which: int) -> Held:
        lease = self.world.lease(which)
        return lambda: lease

    def _leasing(self, which: int, at: int, trial: str | None, got: list[Lease]) -> Step:
        waiting = self.world.waiting(which)
        chosen = trial or (waiting[at % len(waiting)] if waiting else "t-0")
        return steps.leasing(self.world.model, self.world.control(which)[1], chosen, got)

    def _starting(self, held: Held) -> Step:
        return steps.starting(self.world.model, held)

    def _ending(self, held: Held, how: Ending) -> Step:
        return steps.ending(self.world.model, held, how)

    # What must hold.

    @invariant()
    def everything_is_sound(self) -> None:
        """I1 to I10, the facts, and what the model says."""
        self.world.check()

    def teardown(self) -> None:
        """Check the chain, and the tables folded from the facts alone."""
        if self._world is not None:
            try:
                self._world.check_deeply()
            finally:
                self._world.close()
