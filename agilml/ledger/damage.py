"""What a damaged ledger looks like from inside, and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

from agilml.errors import LedgerDamaged
from agilml.model import DamagedValue

UNREADABLE = (UnicodeDecodeError, json.JSONDecodeError, DamagedValue)
"""What reading a stored text raises when its bytes are not those that were written."""


def damaged(path: Path, error: Exception) -> LedgerDamaged:
    """Return the error that names the file and what to do."""
    return LedgerDamaged(
        f"{path} is not a sound ledger: {error}", kept="the file is unchanged", next="agil doctor"
    )
