"""The same facts in a thousand orders: one ledger."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from agilml import events as e
from agilml.ledger import tables_records
from agilml.ledger.control import Control
from agilml.ledger.exchange import Exchange, FactRow, Origin
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import digest_of_tables, tables_that_differ
from agilml.model import AttemptState, SweepState
from agilml.sync.segments import cut
from agilml.testing.ledgers import HOST, Outcome, plan_sample, run_sample
from bench.faults.finding import Finding

WRITERS = 4
FACTS_OF_A_SEGMENT = 9

Delivered = tuple[Origin, Sequence[FactRow]]


def measure(folder: Path, seed: int, count: int, *, arrival: bool = False) -> Finding:
    """Take the segments of four writers in ``count`` random orders, some of them twice.

    Args:
        folder: where the ledgers are made.
        seed: of the orders.
        count: orders.
        arrival: the control: tags and notes go by who came last and not by their clocks.
    """
    finding = Finding("merge orders", seed, {"orders": 0, "segments": 0, "facts": 0})
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    chains = _written(folder)
    finding.figures["segments"] = sum(len(chain) for chain in chains)
    finding.figures["facts"] = sum(len(facts) for chain in chains for _, facts in chain)
    empty = folder / "empty.db"
    with Ledger.open(empty):
        pass
    digests: dict[str, int] = {}
    with ExitStack() as planted:
        if arrival:
            planted.enter_context(patch.object(tables_records, "_LATER", "1"))
        for n in range(count):
            path = folder / "merged.db"
            shutil.copy(empty, path)
            digests.setdefault(_merged(path, _order(chains, rng), check=n % 100 == 0), n)
            finding.count("orders")
    finding.figures["different ledgers"] = len(digests)
    if len(digests) != 1:
        finding.violations += [f"order {n} makes another ledger" for n in digests.values() if n]
    return finding


def _written(folder: Path) -> list[list[Delivered]]:
    """Return the segments of writers who planned the same sweeps, and disagree about all else."""
    found: list[list[Delivered]] = []
    for n in range(WRITERS):
        with Ledger.open(folder / f"writer-{n}.db") as ledger:
            _work(ledger, n)
            exchange = Exchange(ledger)
            own = exchange.own
            facts = list(exchange.facts(own.id))
        with patch("agilml.sync.segments.CUT_FACTS", FACTS_OF_A_SEGMENT):
            found.append([(own, part) for part in cut(facts)])
    purged = found[0][1][1][2]
    _purge_in(folder / "writer-1.db", purged, found[1])
    return found


def _work(ledger: Ledger, n: int) -> None:
    states = (AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.PRUNED, AttemptState.LOST)
    for name in ("shared", f"of writer {n}"):
        sweep = plan_sample(ledger, [{"x": x} for x in range(3)], name=name)
        control = Control.take(ledger, sweep.id, HOST, n)
        with control.turn() as turn:
            for x, trial in enumerate(sweep.trials):
                curve: dict[str, list[float | int | str]] = {
                    "val_acc": [0.1 * n, 0.2 * x],
                    "loss": ["nan" if x == n else 0.5],
                }
                run_sample(turn, trial, Outcome(curve, states[(n + x) % len(states)]))
        if n == 3:
            ledger.request_stop(sweep.id, "ada")
        elif n < 2:
            with control.turn() as turn:
                turn.finish(SweepState.DONE if n else SweepState.STOPPED)
        for trial in sweep.trials[: n + 1]:
            ledger.tag(trial, "best", on=n % 2 == 0, by=f"writer {n}")
            ledger.record(e.NoteSet(trial, f"note of {n}", "ada", 5.0 + (n * 7) % 4))
            ledger.record(e.ArtifactStored(trial, "log", "log", f"{n}" * 64, n))
        ledger.record(e.DatasetAdded("digits", "dev", "ab" * 32, 1, 2, f"source {n}", "ada"))


def _purge_in(path: Path, fact: FactRow, chain: list[Delivered]) -> None:
    """Let one writer purge a fact of another one."""
    with Ledger.open(path) as ledger:
        body = fact.body.replace(HOST, "purged")
        ledger.record(e.FactsPurged("a test", "ada", [[fact.origin, fact.seq, fact.digest, body]]))
        exchange = Exchange(ledger)
        own, known = exchange.own, chain[-1][1][-1].seq
        chain.append((own, list(exchange.facts(own.id, known + 1))))


def _order(chains: list[list[Delivered]], rng: random.Random) -> list[Delivered]:
    """Return all segments, each origin's in order, and every fifth of them twice."""
    turns = [n for n, chain in enumerate(chains) for _ in chain]
    rng.shuffle(turns)
    left = [iter(chain) for chain in chains]
    found: list[Delivered] = []
    for n in turns:
        found.append(next(left[n]))
        if rng.random() < 0.2:
            found.append(rng.choice(found))
    return found


def _merged(path: Path, order: Sequence[Delivered], *, check: bool) -> str:
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    with Ledger.open(path) as ledger:
        ledger.db.execute("PRAGMA synchronous = OFF")
        exchange = Exchange(ledger)
        for origin, facts in order:
            exchange.take(origin, facts)
        if check and (wrong := tables_that_differ(ledger.db)):
            return f"tables {wrong} are not what the facts say"
        return digest_of_tables(ledger.db)
