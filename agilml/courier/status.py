"""What the courier says of itself, in a small file that ``agil sync status`` and screens read."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from agilml.courier.facts import write_whole
from agilml.project import Project
from agilml.sweep.companion import FOLDER, courier_lives
from agilml.text import plural, safe_text

FILE = "status.json"


@dataclass(slots=True)
class CourierStatus:
    """How far the courier has come; times in Unix seconds.

    Attributes:
        tensorboard: why no event files are written, or an empty string.
        waiting: attempts that ended and have not been shipped.
        shipped: blobs sent in this life, and their bytes.
        shipping: what is being uploaded now, or an empty string.
        trouble: why the remote takes nothing, or an empty string.
        synced: when the last sync succeeded.
    """

    pid: int = field(default_factory=os.getpid)
    began: float = field(default_factory=time.time)
    at: float = 0.0
    tensorboard: str = ""
    remote: str = ""
    waiting: int = 0
    shipped: int = 0
    shipped_bytes: int = 0
    shipping: str = ""
    trouble: str = ""
    next_try: float | None = None
    synced: float | None = None


class StatusFile:
    """Keeps the file like the status, written at most once for each :meth:`write`."""

    def __init__(self, state: Path) -> None:
        self._path = state / FOLDER / FILE
        self._lock = threading.Lock()
        self.now = CourierStatus()

    def set(self, **changes: Any) -> None:
        """Change fields; any thread may."""
        with self._lock:
            for name, value in changes.items():
                setattr(self.now, name, value)

    def add(self, size: int) -> None:
        """Count a blob of ``size`` bytes that was sent."""
        with self._lock:
            self.now.shipped += 1
            self.now.shipped_bytes += size

    def write(self) -> None:
        """Let the file say what is so now."""
        with self._lock:
            self.now.at = time.time()
            content = json.dumps(asdict(self.now)).encode()
        write_whole(self._path, content)


def courier_status(project: Project) -> dict[str, Any] | None:
    """Return what the project's last courier said of itself, and whether it lives; None without one."""
    try:
        found = json.loads((project.state / FOLDER / FILE).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict):
        return None
    return {**found, "lives": courier_lives(project.state)}


def courier_lines(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield what a person wants to know of a courier: whether it lives, what waits, what is in its way."""
    if found is None:
        return
    state = f"runs (pid {found.get('pid')})" if found["lives"] else "has ended"
    waiting = plural(int(found.get("waiting") or 0), "attempt")
    sent = f"{plural(int(found.get('shipped') or 0), 'blob')} sent"
    yield f"courier  {state}: {sent}, {waiting} to ship"
    if found.get("shipping"):
        yield f"         sends {safe_text(found['shipping'])}"
    if found.get("trouble"):
        yield f"         {safe_text(found['trouble'])}"
