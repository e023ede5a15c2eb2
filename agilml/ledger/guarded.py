"""SQL of anyone over the ledger: it can read every table, and do nothing else.

``mode=ro`` alone is not enough: measured on SQLite 3.40, it lets ATTACH create files and VACUUM INTO copy
the ledger. So an authorizer names what a statement may do, and limits bound what it may cost.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.errors import LedgerError, UsageError
from agilml.ledger import queries
from agilml.text import safe_text

SECONDS = 60.0
"""How long a statement may take unless told otherwise."""

LONGEST_VALUE = 100 << 20
"""Bytes of one value or row at most: more than any fact, less than what fills a memory."""

_LONGEST_STATEMENT = 1 << 20
_STEPS = 1_000
"""Instructions of SQLite's machine between two looks at the clock; most take less than a microsecond."""

_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_REFUSED_FUNCTIONS = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "fsdir", "zipfile"}
)
_PRAGMAS = frozenset(
    {
        *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
        *("database_list", "foreign_key_list", "function_list", "compile_options"),
    }
)
"""PRAGMAs that only tell; those that also set something are refused in every form."""
_TABLES_OF_FUNCTIONS = (
    *("json_each('[]')", "json_tree('[]')", "pragma_table_info('fact')", "pragma_table_list"),
    *("pragma_index_list('fact')", "pragma_index_info('sweep_planned')"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a statement; they are read from the ledger as they are asked for."""

    names: Sequence[str]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def asked(path: Path, statement: str, seconds: float = SECONDS) -> Iterator[Answer]:
    """Yield the answer to one SQL statement over the ledger at ``path``; only reading is possible.

    Args:
        path: the ledger.
        statement: SQL as typed; it may call ``points(body)``.
        seconds: after so long it is interrupted.

    Raises:
        UsageError: it is no statement, or more than one, or would do something else than read, or fails.
        LedgerError: it took longer than ``seconds``, or there is no ledger.
    """
    with queries.reader(path) as db:
        clock = _Clock(seconds)
        _restrict(db, clock)
        with _explained(clock):
            cursor = db.execute(statement)
            if cursor.description is None:
                raise UsageError(
                    "this statement returns nothing", kept="nothing was changed", next=_EXAMPLE
                )
            names = unique([str(column[0]) for column in cursor.description])
            yield Answer(names, cursor)


_EXAMPLE = "agil sql 'SELECT id, state FROM trial LIMIT 5', or agil sql --tables"


class _Clock:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def is_over(self) -> bool:
        return time.monotonic() > self._end


def _restrict(db: sqlite3.Connection, clock: _Clock) -> None:
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    db.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST_STATEMENT)
    # What is sorted or gathered is kept on the disk: a large answer takes time, not memory.
    db.execute("PRAGMA temp_store = FILE")
    # A configuration may hold half of a surrogate pair, which is shown and stops nothing.
    db.text_factory = lambda raw: str(raw, "utf-8", "backslashreplace")
    # SQLite declares such a table when it is first named, which the authorizer would refuse.
    db.execute(f"SELECT 1 FROM {', '.join(_TABLES_OF_FUNCTIONS)} LIMIT 0")
    db.set_progress_handler(clock.is_over, _STEPS)
    db.set_authorizer(_authorize)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in _ALLOWED:
        refused = action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REFUSED_FUNCTIONS
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


@contextmanager
def _explained(clock: _Clock) -> Iterator[None]:
    """Turn what SQLite says of the statement into an error that says what to type."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            raise LedgerError(
                f"the statement took longer than {clock.seconds:g} seconds",
                next="--timeout SECONDS gives it more; EXPLAIN QUERY PLAN says how it reads",
            ) from error
        if re.search("disk I/O|unable to open|locked", str(error)):
            raise
        raise _wrong(error) from error
    except (sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.Warning, OverflowError) as error:
        raise _wrong(error) from error
    except UnicodeEncodeError as error:
        raise UsageError("SQL is text of characters", kept="nothing was changed") from error
    except sqlite3.DatabaseError as error:
        if "authoriz" in str(error):
            raise _wrong(error) from error
        raise


def _wrong(error: Exception) -> UsageError:
    text = str(error)
    if "one statement at a time" in text:
        text = "one statement at a time"
    only = "it only reads the ledger: " if "authoriz" in text else ""
    return UsageError(f"SQL: {only}{safe_text(text)}", kept="nothing was changed", next=_EXAMPLE)


def unique(names: Sequence[str]) -> list[str]:
    """Return ``names`` with a number behind those that came before: ``id``, ``id_2``."""
    found: list[str] = []
    for name in names:
        free, number = name, 1
        while free in found:
            number += 1
            free = f"{name}_{number}"
        found.append(free)
    return found
