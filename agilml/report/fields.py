"""The JSON of runs: strict, stable, documented in docs/reference/json.md.

Fields may be added, never renamed or removed. NaN and infinities are the strings ``nan``, ``inf`` and
``-inf``, because JSON has no such numbers.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agilml.ledger.queries_search import Ending, StopRow
from agilml.ledger.rows import RunRow
from agilml.model import DamagedValue

_UNREMARKABLE = Ending()


def run_fields(row: RunRow, ending: Ending | None = None) -> dict[str, Any]:
    """Return the fields that every listing of runs has; ``ending`` says why it did not go on to its end."""
    ending = ending or _UNREMARKABLE
    return {
        "run": row.run,
        "sweep": row.sweep,
        "trial": row.run,
        "state": row.state.value,
        "params": strict(row.params),
        "metrics": strict(row.metrics),
        "attempts": row.attempts,
        "executor": row.executor,
        "started": iso_time(row.started),
        "ended": iso_time(row.ended),
        "seconds": row.seconds,
        "tags": list(row.tags),
        "stopped": _stop_fields(ending.stopped),
        "reason": ending.reason,
        "note": row.note,
    }


def _stop_fields(stopped: StopRow | None) -> dict[str, Any] | None:
    return None if stopped is None else dict(strict(asdict(stopped)))


def strict(value: Any) -> Any:
    """Return ``value`` as plain JSON that every parser reads."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [strict(item) for item in value]
    return value


_LAST_SECOND = 253_402_300_800.0
"""The first second of the year 10000."""


def iso_time(seconds: float | None) -> str | None:
    """Return Unix seconds as ISO 8601 in UTC, to the millisecond: ``2026-03-02T10:14:05.250Z``.

    Raises:
        DamagedValue: no clock ever said so: the number comes from damaged bytes.
    """
    if seconds is None:
        return None
    if not abs(seconds) < _LAST_SECOND:
        raise DamagedValue(f"{seconds!r} is no time")
    whole, thousandths = divmod(math.floor(seconds * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{thousandths:03d}Z"


def to_json(value: Any) -> str:
    """Return the JSON text of ``value``, ASCII and readable: one line per entry of the top level."""
    if isinstance(value, list):
        lines = ",\n ".join(json.dumps(item, allow_nan=False) for item in value)
        return f"[{lines}]"
    return json.dumps(value, indent=1, allow_nan=False)
