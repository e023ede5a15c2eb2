"""A courier's work done once, in the foreground, for `agil sync`."""

from __future__ import annotations

import importlib.util
import time

from agilml.courier.board import Board
from agilml.courier.fetching import fetch_event_files
from agilml.courier.pace import Pace
from agilml.courier.sending import Sender
from agilml.courier.settings import CourierSettings
from agilml.courier.shipping import Shipper
from agilml.courier.status import StatusFile
from agilml.errors import AgilError
from agilml.project import Project
from agilml.store.base import Remote
from agilml.sweep.companion import courier_lock


def deliver(project: Project, remote: Remote) -> tuple[int, int]:
    """Ship what no courier has shipped; return the number of blobs sent and their bytes.

    Nothing is done while a courier lives: it is about to do the same.

    Raises:
        RemoteUnavailable, RemoteRefused: what was shipped before stays so.
    """
    if not project.ledger.exists():
        return 0, 0
    status = StatusFile(project.state)
    with courier_lock(project.state) as free:
        if free:
            settings = CourierSettings.of(project)
            sender = Sender(remote, Pace(settings.max_mb_per_s, time.sleep), status)
            shipper = Shipper(project, sender, status)
            while shipper.round():
                pass
    return status.now.shipped, status.now.shipped_bytes


def show_everyone(project: Project) -> int:
    """Bring the event files of all origins up to date, theirs from the ledger; return how many runs changed.

    Raises:
        AgilError: TensorBoard is not installed.
        RemoteUnavailable, RemoteRefused: the remote does not give what recipes wrote themselves.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise AgilError(
            "event files are written by TensorBoard's own library, which is not installed",
            next="pip install 'agilml[tensorboard]'",
        )
    fetch_event_files(project)
    return Board(project).catch_up(everyone=True)
