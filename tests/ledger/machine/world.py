"""Four processes around one ledger, the model beside them, and what was acknowledged to whom."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from agilml.errors import LedgerError, StaleWrite
from agilml.ledger import queries
from agilml.ledger.control import Control, Lease
from agilml.ledger.facts import verify_chain
from agilml.ledger.ledger import Ledger
from agilml.model import SweepState
from tests.ledger.machine.compare import compare
from tests.ledger.machine.invariants import Acknowledged, History, check_tables, recorded
from tests.ledger.machine.model import Model
from tests.ledger.machine.process import Died, Process, Trouble
from tests.ledger.machine.rebuild import rebuilt, tables
from tests.ledger.machine.steps import MOST, Step


class World:
    """Does what it is told, and compares every answer with the model's.

    Args:
        template: a ledger that was only created; this world starts from a copy of its bytes.
        counts: where to count what happens.
        modelled: whether the model is asked; without it the invariants must find a mistake alone.
    """

    def __init__(self, template: Path, counts: Counter[str], *, modelled: bool) -> None:
        self.modelled = modelled
        self.counts = counts
        self.seen = History()
        self.acked: Acknowledged = {}
        self.wrong_pairs = 0
        self.sound = True
        self.controls: list[tuple[int, str, int]] = []
        self.leases: list[Lease] = []
        self._template = template
        self._stack = ExitStack()
        memory = Path("/dev/shm")
        self._folder = Path(
            self._stack.enter_context(
                tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
            )
        )
        path = self._folder / "ledger.db"
        shutil.copyfile(template, path)
        self.processes = [Process(path) for _ in range(4)]
        for process in self.processes:
            self._stack.callback(process.close)
        self.db = self._stack.enter_context(queries.reader(path))
        (origin,) = self.db.execute("SELECT id FROM origin WHERE own = 1").fetchone()
        self.model = Model(str(origin))

    def close(self) -> None:
        """End all processes and remove the ledger."""
        self._stack.close()

    def act(
        self,
        process: int,
        trouble: Trouble,
        do: Callable[[Ledger], Any],
        right: Callable[[], Any],
    ) -> Any:
        """Do something in one transaction; return its answer, or None where nobody heard one."""
        self.counts["steps"] += 1
        self.sound = False
        at = self.processes[process]
        at.arm(trouble)
        try:
            answer = do(at.ledger)
        except StaleWrite:
            self.counts["fenced writes"] += 1
            assert not at.committed, "a controller that was fenced wrote something"
            self._agree(right, StaleWrite)
            return None
        except LedgerError:
            self.counts["failing disks"] += 1
            assert not at.committed, "an error behind the commit"
            return None
        except Died:
            self.counts["crashes"] += 1
            if at.committed:
                self.counts["crashes behind the commit"] += 1
                if self.modelled:
                    right()
            at.restart()
            return None
        finally:
            at.disarm()
        self._agree(right, answer)
        return answer

    def _agree(self, right: Callable[[], Any], answer: Any) -> None:
        if self.modelled:
            expected = right()
            assert expected == answer, f"model: {expected} is right, not {answer}"

    def take(self, process: int, sweep: str, trouble: Trouble) -> None:
        """Let a process take a sweep; it hears of the attempts that are open there."""
        epoch = self.act(
            process,
            trouble,
            lambda ledger: Control.take(ledger, sweep, "here", process).epoch,
            lambda: self.model.take(sweep) or StaleWrite,
        )
        if epoch is None:
            return
        self.controls.append((process, sweep, epoch))
        found = self.processes[process].control(sweep, epoch).open_attempts()
        mine = {item.lease.attempt: item.lease for item in found}
        assert not self.modelled or set(mine) == set(self.model.open_attempts(sweep))
        known = {lease.attempt for lease in self.leases}
        self.leases += [lease for name, lease in mine.items() if name not in known]

    def control(self, which: int) -> tuple[int, str, int]:
        """Return process, sweep and epoch of a controller that there was, the newest first."""
        return self.controls[-1 - which % len(self.controls)]

    def turn(self, which: int, trouble: Trouble, *steps: Step) -> bool:
        """Do ``steps`` in one turn of a controller; return whether it was acknowledged."""
        process, sweep, epoch = self.control(which)
        answers: list[Any] = []

        def real(_: Ledger) -> list[Any]:
            control = self.processes[process].control(sweep, epoch)
            with control.turn() as turn:
                answers.extend(step.real(control, turn) for step in steps)
            return answers

        def right() -> Any:
            if self.model.sweeps[sweep].epoch != epoch:
                return StaleWrite
            return [step.right() for step in steps]

        if self.act(process, trouble, real, right) is None:
            return False
        for step, answer in zip(steps, answers, strict=True):
            if step.result is not None and answer is True:
                self._acknowledge(step.result())
        return True

    def _acknowledge(self, lease: Lease | None) -> None:
        if lease is not None and lease.attempt not in self.acked:
            self.acked[lease.attempt] = recorded(self.db, lease.attempt)

    def lease(self, which: int) -> Lease | None:
        """Return a lease that was handed out, the newest first."""
        return self.leases[-1 - which % len(self.leases)] if self.leases else None

    def waiting(self, which: int) -> list[str]:
        """Return the trials that wait, as a controller sees them, fenced or not."""
        process, sweep, epoch = self.control(which)
        found = self.processes[process].control(sweep, epoch).waiting()
        assert not self.modelled or found == self.model.waiting(sweep), "model: waiting"
        return found

    def ended(self, sweep: str) -> bool:
        """Whether the facts say that the sweep has ended."""
        return SweepState(self.seen.sweeps[sweep]).ended

    def check(self) -> None:
        """Check what must hold at every moment."""
        with queries.snapshot(self.db):
            self.seen.read(self.db)
            check_tables(self.db, self.seen, self.acked, MOST)
            if self.modelled:
                compare(self.db, self.model)
                late = self.seen.late - self.model.refused
                assert 0 <= late <= self.wrong_pairs, "model: what is refused is recorded"
        self.sound = True

    def check_deeply(self) -> None:
        """Check what is too dear for every step: the chain, and the tables folded anew."""
        if not self.sound:
            return  # the step that failed has said more than this could
        self.counts["facts"] += self.seen.seq
        self.counts["late.refused"] += self.seen.late
        self.counts["results"] += len(self.acked)
        origin = self.processes[0].ledger.origin
        assert self.seen.seq == verify_chain(self.db, origin), "the chain verifies"
        empty = self._folder / "empty.db"
        shutil.copyfile(self._template, empty)
        assert tables(self.db) == rebuilt(self.db, empty), "tables rebuilt from facts alone"
