"""A ledger made anew: from what can be read of the damaged one, and from the segments in the remote."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from agilml.crashpoints import crash_point
from agilml.errors import AgilError, LedgerDamaged, LedgerLocked
from agilml.ledger.exchange import Exchange, FactRow, Origin
from agilml.ledger.ledger import Ledger
from agilml.project import Project, user
from agilml.store.base import Entry, Remote
from agilml.store.errors import RemoteError
from agilml.sync.errors import Problem
from agilml.sync.keys import is_origin
from agilml.sync.listing import list_heads, list_origins
from agilml.sync.lock import sync_lock
from agilml.sync.pull import pull
from agilml.sync.salvage import Wreck
from agilml.sync.seen import Seen

GROUP = 2_000
Tell = Callable[[str], None]


@dataclass(slots=True)
class Report:
    """What a rebuilt ledger consists of.

    Attributes:
        aside: where the damaged file lies now; empty where there was none.
        facts: facts in the rebuilt ledger.
        salvaged: those of them that came from the damaged file and not from the remote.
        lost: facts that the damaged file mentions and nobody holds any more, by origin.
        unreachable: why the remote could not be asked, or an empty string.
        problems: what is damaged in the remote.
    """

    aside: str = ""
    facts: int = 0
    salvaged: int = 0
    lost: dict[str, int] = field(default_factory=dict)
    unreachable: str = ""
    problems: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "aside": self.aside or None,
            "facts": self.facts,
            "salvaged": self.salvaged,
            "lost": self.lost,
            "unreachable": self.unreachable or None,
            "problems": [problem.as_json() for problem in self.problems],
        }


def rebuild(project: Project, remote: Remote | None, *, tell: Tell = lambda _: None) -> Report:
    """Replace the project's ledger by one made from its readable facts and from the remote's segments.

    The damaged file stays beside it under another name. The rebuilt ledger goes on under the same origin.

    Raises:
        LedgerLocked: another process has the ledger open; nothing was changed.
        AgilError: not one fact could be had; nothing was changed.
        SyncRunning: another process syncs this project.
    """
    project.make_state()
    database = project.ledger
    with sync_lock(project.state, tell=tell):
        _refuse_while_open(database)
        ready = database.with_name(f"{database.name}.rebuilt")
        report = Report()
        if not ready.exists():
            part = database.with_name(f"{database.name}.rebuilding")
            _remove(part)
            report = _build(project, remote, part)
            if report.facts == 0:
                _remove(part)
                raise AgilError(
                    f"not one fact can be had from {database}"
                    + (f", and {report.unreachable}" if report.unreachable else ""),
                    kept="the file is unchanged",
                    next="agil doctor --repair where the remote can be reached",
                )
            os.replace(part, ready)
            _remove(part)
        crash_point("rebuild.salvaged")
        report.aside = _place(ready, database)
        crash_point("rebuild.placed")
        (project.state / "sync.json").unlink(missing_ok=True)
    return report


def _refuse_while_open(database: Path) -> None:
    """Raise if another process has the ledger open: what it writes would go into the file put aside."""
    wanted = str(database.resolve())
    for process in psutil.process_iter():
        try:
            names = (
                [file.path for file in process.open_files()] if process.pid != os.getpid() else []
            )
        except psutil.Error:
            continue
        if wanted in names:
            raise LedgerLocked(
                f"process {process.pid} has the ledger open",
                kept="nothing was changed",
                next="agil stop the sweeps that run, then agil doctor --repair",
            )


def _build(project: Project, remote: Remote | None, part: Path) -> Report:
    report = Report()
    wreck = Wreck(project.ledger) if project.ledger.exists() else None
    try:
        _start(part, wreck, project)
        with Ledger.open(part) as ledger:
            exchange = Exchange(ledger)
            seen = Seen(part.with_suffix(".none"), "")
            # Segments first, so that they need not be sent again; what the file alone holds; and once more
            # segments, where the file bridges one that is damaged.
            _take_segments(exchange, remote, seen, report)
            if wreck is not None:
                report.salvaged = _take_readable(exchange, wreck)
                _take_segments(exchange, remote, seen, report)
                report.lost = _lost(exchange, wreck)
            report.facts = sum(exchange.head(origin.id)[0] for origin in exchange.origins())
    finally:
        if wreck is not None:
            wreck.close()
    return report


def _start(part: Path, wreck: Wreck | None, project: Project) -> None:
    """Make an empty ledger that writes under the origin of the damaged one, as far as that is known."""
    own = wreck.own() if wreck is not None else ""
    own = own or _own_as_seen(project)
    with Ledger.open(part) as ledger:
        if not own:
            return
        known = wreck.origins().get(own) if wreck is not None else None
        origin = known or Origin(own, platform.node(), user(), time.time())
        with ledger.transaction() as tx:
            tx.db.execute(
                "UPDATE origin SET id = ?, host = ?, user = ?, created = ? WHERE own = 1", origin
            )


def _own_as_seen(project: Project) -> str:
    """Return the origin that this folder last wrote a head for, to any remote."""
    from agilml.store.settings import address_of

    own = Seen(project.state / "sync.json", address_of(project) or "").own
    return own[0] if own and isinstance(own[0], str) and is_origin(own[0]) else ""


def _take_segments(exchange: Exchange, remote: Remote | None, seen: Seen, report: Report) -> None:
    if remote is None or report.unreachable:
        return
    try:
        heads, _ = list_heads(remote)
        found: dict[str, Entry | None] = {**dict.fromkeys(list_origins(remote)), **heads}
        report.problems = pull(exchange, remote, seen, found, full=True).problems
    except RemoteError as error:
        report.unreachable = error.cause


def _take_readable(exchange: Exchange, wreck: Wreck) -> int:
    """Take the damaged file's facts that follow from what is there; return how many."""
    taken = 0
    for origin in wreck.origins().values():
        last, _ = exchange.head(origin.id)
        for group in _runs(wreck.facts(origin.id, last), last):
            try:
                taken += exchange.take(origin, group)
            except LedgerDamaged:
                taken += _one_by_one(exchange, origin, group)
                break
    return taken


def _runs(facts: Iterator[FactRow], last: int) -> Iterator[list[FactRow]]:
    """Yield gapless runs from number ``last + 1`` on, up to the first gap."""
    held: list[FactRow] = []
    for fact in facts:
        if fact.seq != last + 1:
            break
        held.append(fact)
        last = fact.seq
        if len(held) >= GROUP:
            yield held
            held = []
    if held:
        yield held


def _one_by_one(exchange: Exchange, origin: Origin, facts: list[FactRow]) -> int:
    taken = 0
    for fact in facts:
        try:
            taken += exchange.take(origin, [fact])
        except LedgerDamaged:
            break
    return taken


def _lost(exchange: Exchange, wreck: Wreck) -> dict[str, int]:
    """Return how many facts behind the last one held the damaged file mentions, by origin."""
    behind = {origin: wreck.last(origin) - exchange.head(origin)[0] for origin in wreck.origins()}
    return {origin: n for origin, n in behind.items() if n > 0}


def _place(ready: Path, database: Path) -> str:
    """Let the rebuilt ledger take the damaged one's place; return where that lies now."""
    aside = _free_name(f"{database}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    if database.exists():
        os.link(database, aside)
    for ending in ("-wal", "-shm"):
        # SQLite would replay the damaged ledger's log into the new one.
        if os.path.exists(f"{database}{ending}"):
            os.replace(f"{database}{ending}", f"{aside}{ending}")
    crash_point("rebuild.aside")
    os.replace(ready, database)
    return str(aside) if aside.exists() else ""


def _free_name(wanted: str) -> Path:
    names = (wanted, *(f"{wanted}-{n}" for n in range(2, 1000)))
    return next(Path(name) for name in names if not os.path.lexists(name))


def _remove(part: Path) -> None:
    for ending in ("", "-wal", "-shm", ".lock"):
        Path(f"{part}{ending}").unlink(missing_ok=True)
