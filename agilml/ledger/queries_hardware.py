"""What attempts used of their machines, as the ledger has it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

UNITS = {
    "cpu_percent": "%",
    "rss_mb": "MB",
    "disk_read_mb": "MB/s",
    "disk_write_mb": "MB/s",
    "net_in_mb": "MB/s",
    "net_out_mb": "MB/s",
    "energy_wh": "Wh",
    "energy_gpu_wh": "Wh",
    "energy_cpu_wh": "Wh",
}
"""Unit by name; 100 % is one CPU, a MB is a million bytes."""

_GPU_UNITS = {"percent": "%", "memory_mb": "MB", "watts": "W", "celsius": "°C"}


@dataclass(frozen=True, slots=True)
class HardwareRow:
    """One thing that was measured of an attempt: how many values, and their mean, least and largest."""

    name: str
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Hardware:
    """What an attempt used in ``seconds``; a value is the mean over ``interval`` seconds."""

    seconds: float
    interval: float
    rows: tuple[HardwareRow, ...]

    def energy(self) -> tuple[float | None, str]:
        """Return the watt-hours, and what they cover: ``GPUs``, ``CPUs``, ``GPUs and CPUs`` or nothing."""
        known = {row.name: row.mean for row in self.rows}
        parts = {"energy_gpu_wh": "GPUs", "energy_cpu_wh": "CPUs"}
        return known.get("energy_wh"), " and ".join(parts[name] for name in parts if name in known)


def unit(name: str) -> str:
    """Return the unit of what is measured under ``name``; empty for a name from another release."""
    if name.startswith("gpu"):
        return _GPU_UNITS.get(name.partition("_")[2], "")
    return UNITS.get(name, "")


def hardware(db: sqlite3.Connection, attempt: str) -> Hardware | None:
    """Return what ``attempt`` used; None where it was over before anybody looked."""
    if not _has_hardware(db):
        return None
    rows = db.execute(
        "SELECT name, n, mean, low, high, interval, seconds FROM hardware WHERE attempt = ? ORDER BY name",
        (attempt,),
    ).fetchall()
    if not rows:
        return None
    interval, seconds = rows[0][5:]
    return Hardware(seconds, interval, tuple(HardwareRow(*row[:5]) for row in rows))


def hardware_series(db: sqlite3.Connection, attempt: str) -> dict[str, list[float]]:
    """Return the values over time by name; empty where nothing was measured."""
    if not _has_hardware(db):
        return {}
    row = db.execute("SELECT origin, fence FROM attempt WHERE id = ?", (attempt,)).fetchone()
    if row is None:
        return {}
    # All facts about an attempt stand between its lease, whose number is its fence, and its end.
    origin, first = row
    (last,) = db.execute(
        "SELECT min(seq) FROM fact"
        " WHERE origin = ? AND seq >= ? AND kind = 'attempt.ended' AND subject = ?",
        (origin, first, attempt),
    ).fetchone()
    found = db.execute(
        "SELECT body FROM fact WHERE origin = ? AND seq BETWEEN ? AND coalesce(?, 1 << 62)"
        " AND kind = 'hardware.sampled' AND subject = ? ORDER BY seq DESC LIMIT 1",
        (origin, first, last, attempt),
    ).fetchone()
    return {} if found is None else dict(json.loads(found[0])["series"])


def _has_hardware(db: sqlite3.Connection) -> bool:
    """Whether the ledger has the table: one of an older AgilML is read as it is."""
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'hardware'").fetchone())
