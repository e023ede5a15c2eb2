"""``--export``: where results go that are not for the screen."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.report.export import target
from agilml.text import plural, safe_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from agilml.ledger.rows import RunRow
    from agilml.report.export.writers import Progress

_EVERY = 0.2


def export_runs(
    db: sqlite3.Connection,
    rows: Iterable[RunRow],
    file: str,
    *,
    points: bool,
    quiet: bool,
) -> None:
    """Write the runs, or with ``points`` their curves, into ``file``, and say so on standard error."""
    from agilml.report.export.points import export_points
    from agilml.report.export.runs import export_runs as export_rows

    path, noun = Path(file), "point" if points else "run"
    tell = progress(noun, quiet=quiet)
    count = export_points(db, rows, path, tell) if points else export_rows(rows, path, tell)
    _say_done(count, noun, path, quiet=quiet)


def export_answer(
    names: Sequence[str], rows: Iterator[tuple[Any, ...]], file: str, *, quiet: bool
) -> None:
    """Write the rows of an SQL statement into ``file``, and say so on standard error."""
    from agilml.report.export.answer import export_answer as export_rows

    path = Path(file)
    count = export_rows(names, rows, path, progress("row", quiet=quiet))
    _say_done(count, "row", path, quiet=quiet)


def check(file: str, *, force: bool) -> None:
    """Raise UsageError before anything is read where ``file`` cannot be written."""
    target.check(Path(file), force=force)


def progress(noun: str, *, quiet: bool) -> Progress:
    """Return what says on a terminal's standard error how far an export has come, a few times a second."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda _: None
    said = 0.0

    def tell(count: int) -> None:
        nonlocal said
        if time.monotonic() - said > _EVERY:
            said = time.monotonic()
            print(f"\r{plural(count, noun)} …", end="\r", file=sys.stderr, flush=True)

    return tell


def _say_done(count: int, noun: str, path: Path, *, quiet: bool) -> None:
    if not quiet:
        from agilml.report.show_sections import size_text

        size = size_text(path.stat().st_size)
        print(f"{plural(count, noun)} in {safe_text(path)} ({size})", file=sys.stderr)
