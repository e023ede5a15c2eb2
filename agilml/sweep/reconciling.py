"""Settling attempts that another controller left open: finished work is kept, the rest is lost."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

from agilml.ledger.control import Control, OpenAttempt
from agilml.sweep.policy import Asked
from agilml.sweep.recording import Recorder
from agilml.sweep.running import Running
from agilml.worker.slot import Exit, end_leftovers
from agilml.worker.spool import Batch, SpoolReader

_NOWHERE: Any = None
"""The slot of an attempt whose slot is gone."""


def settle(control: Control, recorder: Recorder, left: Sequence[OpenAttempt]) -> None:
    """Read what the spools of ``left`` still hold, end what still runs of them, and record their ends."""
    for item in left:
        folder = recorder.state / item.lease.folder
        reader = SpoolReader(folder, item.spool_offset)
        running = Running(item.lease, _NOWHERE, Batch(item.spool_offset), 0.0, 0.0)
        running.take(reader.read())
        if item.host in (None, platform.node()):
            # The spool may know of a process that the ledger has not heard of.
            begun = running.batch.start or {}
            end_leftovers(
                item.pid or begun.get("pid"),
                item.pid_started or begun.get("pid_started"),
                folder,
            )
            running.take(reader.read())
        reader.close()
        running.exit = Exit(None, None)
        running.asked = _asked(control, running)
        with control.turn() as turn:
            recorder.write(turn, running)
            recorder.end(turn, running, recorder.decide(running))


def _asked(control: Control, running: Running) -> Asked | None:
    """Return why the attempt has ended: by a stopper's decision, by itself, or with its controller."""
    if running.end:
        return None
    if control.decision(running.lease.attempt) == "prune":
        return Asked.PRUNE
    return Asked.LEAVE
