"""One purge from the search to the last segment, while nobody else syncs the project."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from agilml.crashpoints import crash_point
from agilml.errors import AgilError
from agilml.ledger.exchange import Exchange
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.purge.finding import Found, find_target, find_text
from agilml.purge.needle import Needle
from agilml.purge.taking import Taken, rewrite, take_here, take_objects
from agilml.store.base import Entry, Remote
from agilml.sweep.companion import courier_lock
from agilml.sync.listing import list_heads
from agilml.sync.lock import sync_lock
from agilml.sync.pull import pull
from agilml.sync.syncing import looking, sync_here

Tell = Callable[[str], None]

COURIER_SECONDS = 20.0
"""How long a purge waits for a courier that ships what an ended sweep has left."""


@dataclass(slots=True)
class Purging:
    """A purge that has looked and not taken yet.

    Attributes:
        found: what it would take.
        remote: where else it would be taken from; None without one.
    """

    project: Project
    ledger: Ledger
    remote: Remote | None
    found: Found
    needle: Needle | None
    tell: Tell

    def take(self, *, reason: str, by: str) -> Taken:
        """Take it away, here and in the remote; interrupted, the same purge is finished by the same words.

        Raises:
            AgilError: a part of it could not be taken; which, says the error.
            OSError: a file cannot be deleted.
        """
        taken = Taken()
        crash_point("purge.found")
        if self.remote is not None:
            take_objects(self.ledger, self.remote, self.found, taken, self.needle, self.tell)
        take_here(
            self.project, self.ledger, self.found, taken, reason=reason, by=by, needle=self.needle
        )
        if self.remote is not None:
            self._tell_others(self.remote, taken)
        return taken

    def _tell_others(self, remote: Remote, taken: Taken) -> None:
        with looking(self.project, remote) as place:
            try:
                outcome = sync_here(place, tell=self.tell)
            finally:
                place.seen.save()
        rewrite(self.ledger, remote, taken)
        if outcome.problems:
            problem = outcome.problems[0]
            raise AgilError(
                f"the remote is damaged: {problem.key}: {problem.what}",
                kept="nothing of it here; what that object holds may still hold it",
                next="agil sync repair, then repeat the command",
            )


@contextmanager
def purging(
    project: Project,
    remote: Remote | None,
    target: str | Needle,
    tell: Tell = lambda _: None,
) -> Iterator[Purging]:
    """Look for a run or a sweep (its full id) or a text, and hold the project's sync for the block.

    The courier is kept away as well: it might ship what is being taken away.

    What others have put into the remote is pulled first, so that their facts are searched, too.

    Raises:
        AgilError: a run of it is being executed, or the courier of another sweep is at work.
        RemoteUnavailable, RemoteRefused: the remote cannot be looked at; nothing was taken.
    """
    with _no_courier(project, tell), sync_lock(project.state, tell=tell):
        if remote is not None:
            _pull(project, remote)
        with Ledger.open(project.ledger) as ledger:
            yield _looked(project, ledger, remote, target, tell)


@contextmanager
def _no_courier(project: Project, tell: Tell) -> Iterator[None]:
    end = time.monotonic() + COURIER_SECONDS
    told = False
    while True:
        with courier_lock(project.state) as free:
            if free:
                yield
                return
        if time.monotonic() > end:
            raise AgilError(
                "a sweep's courier is shipping, and might ship what is being taken away",
                kept="everything; nothing was taken",
                next="agil sync status says what is left; repeat the command when it has ended",
            )
        if not told:
            tell("waiting for the courier of a sweep")
            told = True
        time.sleep(0.2)


def _looked(
    project: Project, ledger: Ledger, remote: Remote | None, target: str | Needle, tell: Tell
) -> Purging:
    exchange = Exchange(ledger)
    if isinstance(target, Needle):
        found = find_text(project, exchange, ledger.db, target)
        return Purging(project, ledger, remote, found, target, tell)
    found = find_target(project, exchange, ledger.db, target)
    return Purging(project, ledger, remote, found, None, tell)


def _pull(project: Project, remote: Remote) -> None:
    with looking(project, remote) as place:
        heads, _ = list_heads(remote)
        others: dict[str, Entry | None] = dict(heads)
        others.pop(place.exchange.own.id, None)
        try:
            pull(place.exchange, remote, place.seen, others)
        finally:
            place.seen.save()


def as_json(found: Found, taken: Taken | None, state: Any) -> dict[str, Any]:
    """Return what was found and, unless it was only looked for, what was taken."""

    def names(paths: Any) -> list[str]:
        return [str(path.relative_to(state)) for path in paths]

    fields: dict[str, Any] = {
        "target": found.target or None,
        "runs": found.runs,
        "kept": found.kept,
        "facts": found.facts,
        "origins": sorted(found.origins),
        "files": names(found.files),
        "blotted": names(found.blotted),
        "blobs": len(found.blobs),
        "purged": taken is not None,
    }
    if taken is not None:
        fields["remote"] = {
            "objects": taken.objects,
            "segments": taken.segments,
            "unread": taken.unread,
        }
    return fields
