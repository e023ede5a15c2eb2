"""Where a ledger may live, who holds it, and the one lock of ours beside SQLite's own."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.errors import LedgerError, LedgerLocked

LOCK_SECONDS = 30.0
"""How long a writer waits for another one before it gives up."""

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "lustre",
    "beegfs",
    "gpfs",
}


def filesystem(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the type of the file system that ``path`` is on, or an empty string when nobody says."""
    try:
        lines = mountinfo.read_text().splitlines()
    except OSError:
        return ""
    target = str(path.resolve())
    best, kind = "", ""
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = left.split()[4].replace("\\040", " ")
        inside = target == mount or target.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, right.split()[0]
    return kind


def refuse_shared_filesystem(folder: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> None:
    """Raise unless SQLite's shared memory works in ``folder``: one machine, one kernel."""
    kind = filesystem(folder, mountinfo)
    if kind in _NETWORK or kind.startswith("fuse"):
        raise LedgerError(
            f"{folder} is on {kind}; a ledger needs a disk of this machine",
            kept="nothing was written",
            next="move the project to a local disk, or set AGIL_STATE to a local folder",
        )


def holder(database: Path) -> str:
    """Return ``pid 4121 (agil sweep …)`` for a process that locks ``database``, or an empty string.

    Read from /proc/locks: opening the file ourselves would drop the locks of this very process.
    """
    try:
        inodes = {
            os.stat(name).st_ino
            for name in (f"{database}-shm", str(database), f"{database}.lock")
            if os.path.exists(name)
        }
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        words = line.split()
        if "WRITE" not in words:
            continue
        pid = int(words[words.index("WRITE") + 1])
        inode = int(words[words.index("WRITE") + 2].rpartition(":")[2])
        if inode in inodes and pid not in (os.getpid(), -1):
            return f"pid {pid} ({_command(pid)})"
    return ""


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "gone"
    return b" ".join(words).decode(errors="replace").strip()[:80]


class LockFile:
    """``ledger.db.lock``: writers share it, a checkpoint or a migration holds it alone.

    SQLite 3.7 to 3.51.2 can lose a checkpoint that races another connection; keeping writers out while
    we checkpoint makes that impossible.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._fd = os.open(f"{database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the lock together with other writers."""
        self._take(fcntl.LOCK_SH, LOCK_SECONDS)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    @contextmanager
    def exclusive(self, seconds: float = LOCK_SECONDS) -> Iterator[None]:
        """Hold the lock alone, or raise :class:`LedgerLocked` after ``seconds``."""
        self._take(fcntl.LOCK_EX, seconds)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the lock up."""
        os.close(self._fd)

    def _take(self, kind: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._fd, kind | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise locked(self._database) from None
                time.sleep(0.01)


def locked(database: Path) -> LedgerLocked:
    """Return the error that names who holds the ledger."""
    who = holder(database) or "another process"
    return LedgerLocked(
        f"the ledger is held by {who}",
        kept="all that was recorded before",
        next="wait for it or end it, then repeat the command",
    )
