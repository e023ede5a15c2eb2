"""What must be true of a finished sweep, whatever was done to its processes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from agilml.errors import AgilError
from agilml.ledger import queries
from agilml.ledger.facts import verify_chain
from bench.faults.project import Project


@dataclass(slots=True)
class History:
    """What readers of a ledger have been shown; nothing of it may ever be taken back."""

    facts: dict[tuple[str, int], str] = field(default_factory=dict)
    succeeded: dict[str, str] = field(default_factory=dict)

    def note(self, project: Project) -> None:
        """Remember the newest fact and every success that the ledger shows now."""
        for origin, seq, digest in project.rows(
            "SELECT origin, seq, digest FROM fact ORDER BY seq DESC LIMIT 1"
        ):
            self.facts[origin, seq] = digest
        for trial, attempt in project.rows(
            "SELECT id, attempt FROM trial WHERE state = 'succeeded'"
        ):
            self.succeeded.setdefault(trial, attempt)

    def broken(self, project: Project) -> list[str]:
        """Return what was shown once and is not so any more."""
        found = []
        for (origin, seq), digest in self.facts.items():
            if project.rows("SELECT digest FROM fact WHERE origin=? AND seq=?", (origin, seq)) != [
                (digest,)
            ]:
                found.append(f"fact {seq} was shown to a reader and is gone or another one")
        now = dict(project.rows("SELECT id, attempt FROM trial WHERE state = 'succeeded'"))
        for trial, attempt in self.succeeded.items():
            if now.get(trial) != attempt:
                found.append(f"{trial} had succeeded as {attempt}, now {now.get(trial)}")
        return found


def undisturbed(folder: Path, words: Sequence[str]) -> set[str]:
    """Return the digests of the trials that ``words`` make when nothing goes wrong."""
    project = Project(folder / "undisturbed")
    done = project.agil(*words)
    if done.returncode != 0:
        raise RuntimeError(f"the undisturbed sweep failed: {done.stderr[-500:]}")
    return {trial for (trial,) in project.rows("SELECT id FROM trial")}


def unsound(project: Project) -> list[str]:
    """Return what is wrong with the ledger as a file and as a chain of facts."""
    with closing(sqlite3.connect(f"{project.ledger.as_uri()}?mode=ro", uri=True)) as db:
        try:
            answer = str(db.execute("PRAGMA integrity_check").fetchone()[0])
            for (origin,) in db.execute("SELECT id FROM origin").fetchall():
                verify_chain(db, origin)
        except (AgilError, sqlite3.Error) as error:
            return [str(error)]
    return [] if answer == "ok" else [answer]


def violations(project: Project, expected: set[str], steps: int) -> list[str]:
    """Return every broken promise of a sweep over the trials ``expected`` that has ended.

    The diary, the digests of an undisturbed run and the recipe's own arithmetic are the oracle.
    """
    found = unsound(project)
    states = dict(project.rows("SELECT id, state FROM trial"))
    if set(states) != expected:
        found.append(f"{len(set(states) ^ expected)} digests differ from an undisturbed run")
    found += [f"{trial} is {state}" for trial, state in states.items() if state != "succeeded"]
    results = Counter(
        trial for (trial,) in project.rows("SELECT trial FROM attempt WHERE state = 'succeeded'")
    )
    found += [f"{trial} has {results[trial]} results" for trial in states if results[trial] != 1]
    again = project.rows(
        "SELECT later.id FROM attempt JOIN attempt AS later ON later.trial = attempt.trial"
        " WHERE attempt.state = 'succeeded' AND later.n > attempt.n"
    )
    found += [f"{attempt} was started although its trial had succeeded" for (attempt,) in again]
    left = project.rows("SELECT id FROM attempt WHERE state IN ('leased', 'started')")
    found += [f"{attempt} is still open" for (attempt,) in left]
    return found + _against_the_diary(project) + _curves(project, steps)


def _against_the_diary(project: Project) -> list[str]:
    known = dict(project.rows("SELECT id, state FROM attempt"))
    begun: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for what, attempt, *_ in project.entries():
        (begun if what == "start" else done)[attempt] += 1
    found = [f"{attempt} was executed {n} times" for attempt, n in begun.items() if n > 1]
    found += [
        f"{attempt} ran and the ledger knows nothing of it" for attempt in begun.keys() - known
    ]
    succeeded = [attempt for attempt, state in known.items() if state == "succeeded"]
    found += [
        f"{attempt} has a result and was not done" for attempt in succeeded if done[attempt] != 1
    ]
    return found


def _curves(project: Project, steps: int) -> list[str]:
    found = []
    rows = project.rows(
        "SELECT trial.id, trial.attempt, json_extract(delta, '$.x') FROM trial WHERE state = 'succeeded'"
    )
    with queries.reader(project.ledger) as db:
        for trial, attempt, x in rows:
            curve = [(step, value) for step, value, _ in queries.curve(db, attempt, "val_acc")]
            if curve != [(step, float(x or 0) + step / 100) for step in range(steps)]:
                found.append(f"{trial} has another curve than its recipe logged: {curve}")
    return found
