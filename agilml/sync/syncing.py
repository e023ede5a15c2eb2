"""One sync: what is new goes out, what is new comes in, one at a time in each project."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agilml.errors import AgilError
from agilml.ledger.erasing import erase_free_pages
from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.store.base import Entry, Remote
from agilml.store.blobs import Blobs
from agilml.sync import garbage
from agilml.sync.blobs import BlobSender
from agilml.sync.controllers import running_sweep
from agilml.sync.errors import Problem
from agilml.sync.garbage import Collected
from agilml.sync.listing import list_heads, list_origins
from agilml.sync.lock import WAIT_SECONDS, sync_lock
from agilml.sync.pull import Pulled, pull
from agilml.sync.push import Pushed, push
from agilml.sync.repair import Repaired
from agilml.sync.repair import repair as put_right
from agilml.sync.repair_blobs import repair_blobs
from agilml.sync.seen import Seen

Tell = Callable[[str], None]


class Place(NamedTuple):
    """Where a sync happens: the open ledger, the remote, and what was seen there."""

    exchange: Exchange
    remote: Remote
    seen: Seen
    blobs: Blobs
    busy: Callable[[], str]


@dataclass(slots=True)
class Outcome:
    """What one sync did.

    Attributes:
        pushed: what went out.
        pulled: what came in.
        blobs: number of blobs that went out, and their bytes.
        problems: objects in the remote that are not what they should be, each named.
        requests: requests made (files and ssh: operations).
        seconds: how long it took.
    """

    address: str
    pushed: Pushed = field(default_factory=Pushed)
    pulled: Pulled = field(default_factory=Pulled)
    blobs: tuple[int, int] = (0, 0)
    problems: list[Problem] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        """Whether anything went out or came in."""
        return bool(self.pushed.facts or self.pulled.facts or self.blobs[0])

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        pushed, pulled = self.pushed, self.pulled
        return {
            "remote": self.address,
            "pushed": {
                "facts": pushed.facts,
                "segments": pushed.segments,
                "bytes": pushed.bytes,
                "blobs": self.blobs[0],
                "blob_bytes": self.blobs[1],
                "new_origin": pushed.renewed or None,
            },
            "pulled": {
                "facts": pulled.facts,
                "segments": pulled.segments,
                "bytes": pulled.bytes,
                "origins": pulled.origins,
            },
            "problems": [problem.as_json() for problem in self.problems],
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
        }


def sync(
    project: Project,
    remote: Remote,
    *,
    full: bool = False,
    wait: float = WAIT_SECONDS,
    tell: Tell = lambda _: None,
) -> Outcome:
    """Bring the ledger and the remote to the union of what both hold, as far as nothing is damaged.

    With ``full`` every segment of every origin is looked at, whatever was seen before. Another sync of this
    project is waited for, ``wait`` seconds; ``tell`` is called with lines for a person.

    Raises:
        SyncRunning: another process syncs this project.
        RemoteUnavailable, RemoteRefused: what was stored and taken before stays so.
        LedgerError: the ledger cannot be opened.
    """
    with place(project, remote, wait=wait, tell=tell) as here:
        return sync_here(here, full=full, tell=tell)


@contextmanager
def place(
    project: Project, remote: Remote, *, wait: float = WAIT_SECONDS, tell: Tell = lambda _: None
) -> Iterator[Place]:
    """Hold the project's sync, with its ledger open; what was seen is kept however the block ends."""
    project.make_state()
    with sync_lock(project.state, wait=wait, tell=tell), looking(project, remote) as here:
        try:
            yield here
        finally:
            here.seen.save()


@contextmanager
def looking(project: Project, remote: Remote) -> Iterator[Place]:
    """Open the ledger to look at how things stand, while another process may be syncing."""
    project.make_state()
    with Ledger.open(project.ledger) as ledger:
        seen = Seen(project.state / "sync.json", remote.address)
        blobs = Blobs(project.state / "blobs")
        exchange = Exchange(ledger)
        yield Place(exchange, remote, seen, blobs, lambda: running_sweep(project.state))
        if exchange.purged:
            # What was taken away on purpose is not to stay in unused pages of this ledger.
            erase_free_pages(ledger)


def sync_here(here: Place, *, full: bool = False, tell: Tell = lambda _: None) -> Outcome:
    """Push, then pull; the caller holds the project's sync."""
    exchange, remote, seen, blobs, busy = here
    began, requests = time.monotonic(), remote.requests
    outcome = Outcome(remote.address)
    heads, foreign = list_heads(remote)
    own, newcomer = exchange.own.id, not seen.heads and not seen.own
    sender = BlobSender(remote, blobs, seen)
    sender.send_again()
    head, send = heads.get(own), sender.send
    outcome.pushed = push(exchange, remote, seen, head, full=full, blobs=send, busy=busy, tell=tell)
    sender.end()
    # A head that is gone must not hide its origin, from a newcomer or from who knows it.
    found: dict[str, Entry | None] = {**dict.fromkeys(seen.heads), **heads}
    if full or newcomer:
        found = {**dict.fromkeys(list_origins(remote)), **found}
    found.pop(exchange.own.id, None)
    outcome.pulled = pull(exchange, remote, seen, found, full=full)
    outcome.blobs = (sender.sent, sender.bytes)
    names = [Problem(name, "", "its name cannot be that of an object") for name in remote.skipped]
    outcome.problems = [
        *(*foreign, *outcome.pushed.problems, *outcome.pulled.problems, *names, *sender.problems)
    ]
    outcome.requests = remote.requests - requests
    outcome.seconds = time.monotonic() - began
    return outcome


def collect(
    here: Place, *, dry_run: bool = False, grace: float = garbage.GRACE_SECONDS, tell: Tell
) -> Collected:
    """Delete what no ledger may need from the remote, once every fact in it is known here.

    Raises:
        AgilError: something in the remote is damaged or unreadable; nothing was deleted.
    """
    outcome = sync_here(here, full=True, tell=tell)
    if outcome.problems:
        problem = outcome.problems[0]
        raise AgilError(
            f"no blob is deleted while the remote is damaged: {problem.key}: {problem.what}",
            kept="every blob",
            next="agil sync repair, then agil sync gc",
        )
    return garbage.collect(
        here.exchange, here.remote, here.blobs, dry_run=dry_run, grace=grace, tell=tell
    )


def repair(here: Place, *, tell: Tell) -> Repaired:
    """Put damaged and missing segments and blobs back, without what was purged from facts meanwhile.

    Raises:
        RemoteUnavailable, RemoteRefused: what was put back before stays so; the call can be repeated.
    """
    sync_here(here, tell=tell)
    repaired = put_right(here.exchange, here.remote, tell=tell)
    repair_blobs(here.exchange, here.remote, here.blobs, repaired, tell=tell)
    return repaired
