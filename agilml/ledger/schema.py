"""Tables of the ledger and the migrations that lead to them."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.project import user

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

VERSION = 2
"""``PRAGMA user_version`` of a ledger that this code writes."""

_FIRST = """
CREATE TABLE origin (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, user TEXT NOT NULL, created REAL NOT NULL, own INTEGER NOT NULL
);
CREATE TABLE fact (
  origin TEXT NOT NULL, seq INTEGER NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (origin, seq)
);
CREATE INDEX fact_points ON fact (subject, seq) WHERE kind = 'metrics.logged';
CREATE TABLE structure (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, choices TEXT NOT NULL, unresolved TEXT NOT NULL,
  resolved TEXT NOT NULL
);
CREATE TABLE sweep (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, recipe TEXT NOT NULL, metric TEXT NOT NULL, mode TEXT NOT NULL,
  executor TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, epoch INTEGER NOT NULL DEFAULT 0,
  controller_host TEXT, controller_pid INTEGER, stop_requested INTEGER NOT NULL DEFAULT 0,
  planned REAL NOT NULL, started REAL, ended REAL, user TEXT, git_commit TEXT, git_branch TEXT,
  spec TEXT NOT NULL, provenance TEXT NOT NULL
);
CREATE INDEX sweep_planned ON sweep (planned);
CREATE INDEX sweep_branch ON sweep (git_branch, planned);
CREATE TABLE trial (
  id TEXT PRIMARY KEY, structure TEXT NOT NULL, delta TEXT NOT NULL,
  state TEXT NOT NULL, attempt TEXT, attempts INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0, planned REAL NOT NULL, started REAL, ended REAL
);
CREATE INDEX trial_planned ON trial (planned);
CREATE TABLE sweep_trial (
  sweep TEXT NOT NULL, idx INTEGER NOT NULL, trial TEXT NOT NULL, params TEXT NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep, idx)
) WITHOUT ROWID;
CREATE INDEX sweep_trial_trial ON sweep_trial (trial);
CREATE TABLE attempt (
  id TEXT PRIMARY KEY, trial TEXT NOT NULL, n INTEGER NOT NULL, sweep TEXT NOT NULL, epoch INTEGER NOT NULL,
  fence INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, slot TEXT NOT NULL, folder TEXT NOT NULL,
  host TEXT, pid INTEGER, pid_started INTEGER, isolation TEXT, start_ms REAL,
  resumed_from TEXT, resumed_step INTEGER, spool_offset INTEGER NOT NULL DEFAULT 0,
  leased REAL NOT NULL, started REAL, ended REAL, seconds REAL, cpu_seconds REAL, max_rss_mb REAL,
  exit_code INTEGER, signal INTEGER, error TEXT, UNIQUE (trial, n)
);
CREATE INDEX attempt_sweep ON attempt (sweep, state);
CREATE TABLE metric (
  attempt TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, last REAL, last_kind TEXT NOT NULL,
  last_step INTEGER, low REAL, low_step INTEGER, high REAL, high_step INTEGER,
  PRIMARY KEY (attempt, name)
) WITHOUT ROWID;
CREATE INDEX metric_high ON metric (name, high);
CREATE INDEX metric_last ON metric (name, last);
CREATE TABLE checkpoint (
  attempt TEXT NOT NULL, step INTEGER NOT NULL, trial TEXT NOT NULL, folder TEXT NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, value REAL, saved REAL NOT NULL, PRIMARY KEY (attempt, step)
) WITHOUT ROWID;
CREATE INDEX checkpoint_trial ON checkpoint (trial, step);
CREATE TABLE warning (attempt TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL);
CREATE INDEX warning_attempt ON warning (attempt);
CREATE TABLE tag (
  target TEXT NOT NULL, tag TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (target, tag)
) WITHOUT ROWID;
CREATE INDEX tag_tag ON tag (tag);
CREATE VIEW metric_point AS
  SELECT fact.subject AS attempt, series.key AS name,
         json_extract(series.value, '$[0][' || point.key || ']') AS step,
         point.value AS value,
         json_extract(series.value, '$[2][' || point.key || ']') AS seconds
    FROM fact, json_each(fact.body, '$.series') AS series, json_each(series.value, '$[1]') AS point
   WHERE fact.kind = 'metrics.logged';
"""


# Nothing that is read often is sorted by an index on metrics, and each of these two dirtied one page
# somewhere in the file for every metric of every trial: a third of what a million trials cost. The state of
# an attempt changes twice, so that it is in no index but the small one of those that are open.
_SECOND = """
ALTER TABLE trial ADD COLUMN reason TEXT;
DROP INDEX metric_high;
DROP INDEX metric_last;
DROP INDEX attempt_sweep;
CREATE INDEX attempt_sweep ON attempt (sweep);
CREATE INDEX attempt_open ON attempt (sweep) WHERE state IN ('leased', 'started');
CREATE TABLE candidate (
  sweep TEXT NOT NULL, number INTEGER NOT NULL, choice TEXT NOT NULL, trials TEXT NOT NULL, by TEXT NOT NULL,
  proposed REAL NOT NULL, PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
CREATE TABLE decision (
  attempt TEXT PRIMARY KEY, trial TEXT NOT NULL, action TEXT NOT NULL, stopper TEXT NOT NULL, step INTEGER,
  value REAL, reason TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX decision_trial ON decision (trial);
CREATE TABLE budget_notice (
  sweep TEXT NOT NULL, name TEXT NOT NULL, share REAL NOT NULL, used REAL NOT NULL, "limit" REAL NOT NULL,
  at REAL NOT NULL, PRIMARY KEY (sweep, name, share, "limit")
) WITHOUT ROWID;
"""


_REASONS = """
UPDATE trial SET reason = (
  SELECT json_extract(body, '$.reason') FROM fact WHERE kind = 'trial.cancelled' AND subject = trial.id
  ORDER BY rowid DESC LIMIT 1
) WHERE state = 'cancelled'
"""


def migrations() -> Migrations:
    """Return every migration in order. A released one is never edited."""
    from sqlite_utils.migrations import Migrations

    steps = Migrations("agilml")

    @steps()
    def m001_first_schema(db: Database) -> None:
        for statement in _FIRST.split(";\n"):
            if statement.strip():
                db.conn.execute(statement)
        db.conn.execute(
            "INSERT INTO origin VALUES (?, ?, ?, ?, 1)",
            (secrets.token_hex(16), platform.node(), user(), time.time()),
        )
        db.conn.execute("PRAGMA user_version = 1")

    @steps()
    def m002_search(db: Database) -> None:
        for statement in _SECOND.split(";\n"):
            if statement.strip():
                db.conn.execute(statement)
        db.conn.execute(_REASONS)
        db.conn.execute("PRAGMA user_version = 2")

    return steps


def version(db: sqlite3.Connection) -> int:
    """Return the schema version that the ledger was written with; 0 for an empty file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring an empty or older ledger to :data:`VERSION`; one transaction per step."""
    # Imported here: it costs more than everything else a verb does, and most ledgers are up to date.
    from sqlite_utils import Database

    migrations().apply(Database(db))


def back_up(db: sqlite3.Connection, to: Path) -> None:
    """Write all of the ledger to the file ``to``, which is whole whenever it is there."""
    part = to.with_name(f"{to.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        db.backup(copy)
        # One file: without this SQLite would expect a write-ahead log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
    os.replace(part, to)
