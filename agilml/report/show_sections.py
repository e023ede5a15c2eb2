"""What a run used, read and left: hardware, data sets, artifacts; as JSON fields and as lines of text."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agilml.ledger import queries_data, queries_hardware
from agilml.ledger.queries_artifacts import artifacts
from agilml.ledger.queries_notes import note
from agilml.report.fields import iso_time, strict
from agilml.report.table import Column, table
from agilml.store.blobs import Blobs
from agilml.text import clock, number

_ENERGY = "energy_wh"
_SHOWN = ("cpu_percent", "rss_mb", "gpu0_percent", "gpu0_memory_mb", "gpu0_watts")
"""What is worth a line; everything that was measured is in the JSON."""


def kept_fields(db: sqlite3.Connection, state: Path, owners: Sequence[str]) -> list[dict[str, Any]]:
    """Return the blobs that belong to the owners; ``here`` says whether this machine has them."""
    blobs = Blobs(state / "blobs")
    return [
        {
            "owner": one.owner,
            "name": one.name,
            "role": one.role,
            "sha256": one.sha256,
            "size": one.size,
            "stored": iso_time(one.at),
            "here": blobs.has(one.sha256),
        }
        for one in artifacts(db, owners)
    ]


def hardware_fields(db: sqlite3.Connection, attempt: str | None) -> dict[str, Any] | None:
    """Return what an attempt used of its machine, or None where nobody measured it."""
    found = None if attempt is None else queries_hardware.hardware(db, attempt)
    if found is None:
        return None
    energy, covers = found.energy()
    return {
        "seconds": found.seconds,
        "interval": found.interval,
        "energy_wh": strict(energy),
        "energy_of": covers or None,
        "use": {
            row.name: {
                "n": row.n,
                "mean": strict(row.mean),
                "low": strict(row.low),
                "high": strict(row.high),
                "unit": queries_hardware.unit(row.name) or None,
            }
            for row in found.rows
        },
    }


def data_fields(db: sqlite3.Connection, run: str) -> list[dict[str, Any]]:
    """Return the splits of data sets that the attempts of a run read."""
    return [row._asdict() for row in queries_data.data_read(db, run)]


def note_fields(db: sqlite3.Connection, target: str) -> str | None:
    """Return the note on a run or a sweep, or None."""
    found = note(db, target)
    return found.text if found and found.text else None


def sections(run: Mapping[str, Any], width: int | None) -> list[str]:
    """Return the tables of what a run used, read and left; nothing where it did not."""
    return [
        *_hardware(run["hardware"], width),
        *_data(run["data"], width),
        *_kept(run["stored"], width),
    ]


def size_text(size: int) -> str:
    """Return a number of bytes the way people say it."""
    if size < 1 << 10:
        return f"{size} B"
    return f"{size / 2**20:.1f} MiB" if size >= 1 << 20 else f"{size / 2**10:.1f} KiB"


def _hardware(used: Mapping[str, Any] | None, width: int | None) -> list[str]:
    if not used:
        return []
    columns = [
        Column("used"),
        *(Column(name, right=True) for name in ("mean", "highest")),
        Column(""),
    ]
    cells = [
        [name, number(use["mean"]), number(use["high"]), use["unit"] or ""]
        for name, use in used["use"].items()
        if name in _SHOWN
    ]
    lines = ["", *table(columns, cells, width=width)] if cells else []
    if used["energy_wh"] is not None:
        lines.append(
            f"about {used['energy_wh']:.3g} Wh of {used['energy_of']} in {clock(used['seconds'])}"
        )
    return lines


def _data(read: Sequence[Mapping[str, Any]], width: int | None) -> list[str]:
    if not read:
        return []
    columns = [
        Column("data"),
        Column("level"),
        Column("split"),
        Column("files", right=True),
        Column("size", right=True, keep=1),
        Column("digest", keep=1),
    ]
    rows = {
        (item["dataset"], item["level"], item["split"]): [
            *(item["dataset"], item["level"], item["split"], f"{item['files']:,}"),
            *(size_text(item["size"]), item["digest"][:12]),
        ]
        for item in read
    }
    return ["", *table(columns, list(rows.values()), width=width)]


def _kept(stored: Sequence[Mapping[str, Any]], width: int | None) -> list[str]:
    if not stored:
        return []
    columns = [
        Column("artifact"),
        Column("role"),
        Column("size", right=True),
        Column("here"),
        Column("sha256", keep=1),
    ]
    cells = [
        [
            item["name"],
            item["role"],
            size_text(item["size"]),
            "yes" if item["here"] else "no",
            item["sha256"][:12],
        ]
        for item in stored
    ]
    return ["", *table(columns, cells, width=width)]
