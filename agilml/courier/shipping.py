"""Shipping: what an attempt leaves behind becomes blobs in the remote, and facts that name them.

The order is what would be missed most: the newest checkpoint of attempts that run, live copies of what
grows, then everything of attempts that have ended, in the order in which they did.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from agilml.courier import parcels
from agilml.courier.facts import Bookmark, Fact, facts_behind, own_origin
from agilml.courier.parcels import Attempt, Parcel, Saved
from agilml.courier.sending import Sender, scrubbed
from agilml.courier.status import StatusFile
from agilml.events import ArtifactStored, AttemptEnded
from agilml.ledger import queries
from agilml.ledger.ledger import Ledger
from agilml.project import Project
from agilml.store.digests import sha256_of
from agilml.store.errors import DamagedObject
from agilml.store.keys import is_key
from agilml.sweep.companion import FOLDER
from agilml.worker.checkpoints import STATE, TENSORS

LIVE_EVERY_SECONDS = 60.0
"""A file that grows is copied again at most this often; a copy costs its whole size."""

LIVE_BYTES = 32 << 20
_SCRUBBED = ("log", "notebook")
"""Roles of files that people read and programs write: what looks like a secret is taken out of a copy."""
_ROUND_SECONDS = 5.0
"""After so long with attempts that have ended, those that run are looked at again."""


class Shipper:
    """Ships for one project; used by one thread. Its origin is asked for each time: a sync may renew it.

    Args:
        written: up to which fact of an origin the event files are written; what ended later waits.
    """

    def __init__(
        self,
        project: Project,
        sender: Sender,
        status: StatusFile,
        written: Callable[[str], int] = lambda _: 1 << 62,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._project = project
        self._sender = sender
        self._status = status
        self._written = written
        self._clock = clock
        self._shipped = Bookmark(project.state / FOLDER / "shipped.json")
        self._held = project.state / FOLDER / "held.safetensors"
        self._held.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._live: dict[tuple[str, str], tuple[int, float]] = {}

    def round(self, over: Callable[[], bool] = lambda: False) -> bool:
        """Ship what is due; return whether attempts that have ended are still waiting.

        Args:
            over: asked between two uploads; true ends the round.

        Raises:
            RemoteUnavailable, RemoteRefused: what was shipped before stays so.
            LedgerError: what was shipped could not be recorded, and is shipped again.
        """
        while not over() and self._ship_checkpoint():
            pass
        with queries.reader(self._project.ledger) as db:
            origin = own_origin(db)
            running = parcels.running(db, origin)
        for attempt in running:
            if over():
                return True
            self._copy_live(origin, attempt)
        return self._ship_ended(origin, over)

    def _ship_checkpoint(self) -> bool:
        """Ship the checkpoint that is wanted most; false when there is none."""
        with queries.reader(self._project.ledger) as db:
            wanted = parcels.wanted_checkpoints(db, parcels.running(db, own_origin(db)))
        # One that has just been replaced is not there any more; the one after it may be.
        return any(self._ship_saved(saved) for saved in wanted)

    def _ship_saved(self, saved: Saved) -> bool:
        """Ship a checkpoint; false when it was replaced by a newer one meanwhile, or is damaged."""
        folder = self._project.state / saved.folder
        what = f"{saved.attempt} {saved.name}"
        try:
            state = (folder / STATE).read_bytes()
            if sha256_of(state) != saved.sha256:
                return False
            tensors = str(json.loads(state)["tensors"])
            # A second name: what is being sent stays, however soon the recipe saves the next one.
            self._held.unlink(missing_ok=True)
            os.link(folder / TENSORS, self._held)
            size = self._held.stat().st_size
        except (OSError, ValueError, KeyError, TypeError):
            return False
        try:
            # The small file names the large one: a checkpoint that is half there is none.
            self._sender.blob(self._held, tensors, size, what)
            self._sender.blob(state, saved.sha256, len(state), what)
        except DamagedObject:
            return False
        finally:
            self._held.unlink(missing_ok=True)
        role, name = "checkpoint", saved.name
        self._record(
            [
                ArtifactStored(saved.attempt, f"{name}/{TENSORS}", role, tensors, size),
                ArtifactStored(saved.attempt, f"{name}/{STATE}", role, saved.sha256, len(state)),
            ]
        )
        return True

    def _copy_live(self, origin: str, attempt: Attempt) -> None:
        """Let the remote have what grows in the folder of an attempt that has run for a while."""
        if self._clock() - attempt.began < parcels.LIVE_SECONDS:
            return
        project = self._project
        for parcel in (
            *parcels.event_parcels(project, attempt),
            *parcels.log_parcels(project, attempt),
        ):
            known, at = self._live.get((attempt.id, parcel.name), (0, 0.0))
            if self._clock() - at < LIVE_EVERY_SECONDS:
                continue
            try:
                size = parcel.path.stat().st_size
                if size in (0, known) or size > LIVE_BYTES:
                    continue
                content = self._content(parcel)
            except FileNotFoundError:
                continue
            key = live_prefix(origin, attempt.id) + parcel.name
            if is_key(key):
                self._sender.live(key, content, f"{attempt.id} {parcel.name}")
            self._live[attempt.id, parcel.name] = (size, self._clock())

    def _ship_ended(self, origin: str, over: Callable[[], bool]) -> bool:
        began = self._clock()
        while not over():
            with queries.reader(self._project.ledger) as db:
                at = self._shipped.of(origin)
                facts, last = facts_behind(db, origin, at, (AttemptEnded.kind,))
            most = self._written(origin)
            facts, last = [fact for fact in facts if fact.seq <= most], max(at, min(last, most))
            if last == at:
                self._status.set(waiting=0)
                return False
            done = self._ship_all(origin, facts, over, began)
            # What is shipped is recorded first, so that a crash ships again rather than forgets.
            seq = last if done == len(facts) else facts[done - 1].seq if done else at
            if seq != at:
                self._shipped.move(origin, seq)
            self._status.set(waiting=len(facts) - done)
            if done < len(facts) or self._clock() - began > _ROUND_SECONDS:
                return True
        return True

    def _ship_all(
        self, origin: str, facts: list[Fact], over: Callable[[], bool], began: float
    ) -> int:
        """Ship attempts until the round is over; return how many are shipped and recorded."""
        events: list[ArtifactStored] = []
        done = 0
        try:
            for fact in facts:
                if over() or self._clock() - began > _ROUND_SECONDS:
                    break
                self._status.set(waiting=len(facts) - done)
                events += self._ship_attempt(origin, fact.attempt)
                done += 1
        except BaseException:
            # What came before the failure is not lost: its blobs are there, and so are the facts.
            self._record(events)
            raise
        self._record(events)
        return done

    def _ship_attempt(self, origin: str, attempt_id: str) -> list[ArtifactStored]:
        with queries.reader(self._project.ledger) as db:
            attempt = parcels.attempt_of(db, attempt_id)
            if attempt is None:
                return []
            saved = parcels.wanted_checkpoints(db, [attempt])
            known = _known(db.execute(_ARTIFACTS, (attempt.id,)).fetchall())
        for one in saved:
            self._ship_saved(one)
        project, seconds = self._project, attempt.seconds or 0.0
        due = [*parcels.log_parcels(project, attempt), *parcels.other_parcels(project, attempt)]
        if seconds >= parcels.LIVE_SECONDS:
            due += parcels.event_parcels(project, attempt)
        events = list(self._ship_parcels(attempt, due, known))
        if seconds >= parcels.LIVE_SECONDS:
            self._forget_live(origin, attempt.id)
        return events

    def _ship_parcels(
        self, attempt: Attempt, due: Iterable[Parcel], known: set[tuple[str, str]]
    ) -> Iterable[ArtifactStored]:
        for parcel in due:
            if not is_key(parcel.name):
                continue
            body: bytes | Path = parcel.path
            try:
                if parcel.role in _SCRUBBED:
                    body = self._content(parcel)
                sha256 = sha256_of(body)
                size = len(body) if isinstance(body, bytes) else body.stat().st_size
            except OSError:
                continue
            if (parcel.name, sha256) in known:
                continue
            try:
                self._sender.blob(body, sha256, size, f"{attempt.id} {parcel.name}")
            except (FileNotFoundError, DamagedObject):
                # Gone or changed while it was read: a person tidied up, or an orphan still writes.
                continue
            yield ArtifactStored(attempt.id, parcel.name, parcel.role, sha256, size)

    def _content(self, parcel: Parcel) -> bytes:
        if parcel.role in _SCRUBBED:
            return scrubbed(parcel.path, self._project.state)
        return parcel.path.read_bytes()

    def _forget_live(self, origin: str, attempt: str) -> None:
        self._sender.forget_live(live_prefix(origin, attempt))
        for key in [key for key in self._live if key[0] == attempt]:
            del self._live[key]

    def _record(self, events: list[ArtifactStored]) -> None:
        if events:
            with Ledger.open(self._project.ledger) as ledger:
                ledger.record(*events)


_ARTIFACTS = "SELECT name, sha256 FROM artifact WHERE owner = ?"


def live_prefix(origin: str, attempt: str) -> str:
    """Return what the keys of an attempt's live copies begin with."""
    return f"live/{origin}/{attempt}/"


def _known(rows: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(str(name), str(sha256)) for name, sha256 in rows}
