"""The error about a name that does not exist: it brings along what does."""

from __future__ import annotations

import json
import sqlite3

from agilml.ledger.where.fields import FIELDS
from agilml.ledger.where.tree import Name
from agilml.ledger.where.words import WhereError
from agilml.points import leaves
from agilml.text import safe_text

_MOST = 1_000
"""At most so many configurations are read for what they could have meant."""


def unknown_name(
    db: sqlite3.Connection, expression: str, name: Name, *, of: str = ""
) -> WhereError:
    """Return the error about an unknown name; with ``of`` it had to be a ``metric`` or a ``param``."""
    what = {"metric": "metric", "param": "key of the configuration"}.get(
        of, "field, key of the configuration or metric"
    )
    options = {
        "fields": [] if of else list(FIELDS),
        "metrics": _metric_names(db) if of != "param" else [],
        "configuration": _config_keys(db) if of != "metric" else [],
    }
    return WhereError(
        f"no {what} is called `{safe_text(name.text, 60)}`",
        expression,
        name.start,
        name.stop,
        next="agil runs --json shows what runs have",
        options={title: names for title, names in options.items() if names},
    )


def _metric_names(db: sqlite3.Connection) -> list[str]:
    rows = db.execute("SELECT DISTINCT name FROM metric ORDER BY name")
    return [str(row[0]) for row in rows]


def _config_keys(db: sqlite3.Connection) -> list[str]:
    found: set[str] = set()
    for resolved, choices in db.execute(
        "SELECT resolved, choices FROM structure ORDER BY rowid DESC LIMIT ?", (_MOST,)
    ):
        found |= leaves(json.loads(resolved)).keys() | json.loads(choices).keys()
    return sorted(found)
