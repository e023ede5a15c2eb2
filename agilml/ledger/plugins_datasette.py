"""Plug-in of Datasette and of sqlite-utils: what they open can unpack curves.

Both find this module through the entry points of the package, and call :func:`prepare_connection` with
every connection that they open.
"""

from __future__ import annotations

import sqlite3

from pluggy import HookimplMarker

from agilml.ledger import packing


@HookimplMarker("datasette")
@HookimplMarker("sqlite_utils")
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Let SQL on ``conn`` call ``points(body)``, and so read the view ``metric_point``."""
    packing.register(conn)
