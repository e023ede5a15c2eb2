"""``--where``: the condition, and how a mistake in it is shown."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from agilml.errors import UsageError
from agilml.ledger.where import Condition, WhereError, condition
from agilml.text import safe_text

if TYPE_CHECKING:
    import sqlite3

_BEFORE, _BEHIND = 40, 30
"""Characters around a mistake that are shown of a long expression."""


def compiled(db: sqlite3.Connection, expression: str) -> Condition:
    """Return what ``expression`` asks for.

    Raises:
        UsageError: it cannot be understood; the part that is wrong has been underlined on standard error.
    """
    try:
        return condition(db, expression, time.time())
    except WhereError as error:
        print("\n".join(underlined(error)), file=sys.stderr)
        raise _explained(error) from error


def underlined(error: WhereError) -> list[str]:
    """Return the expression, cut around the mistake, and a line of carets below the mistake."""
    from agilml.report.table import width_of

    first = max(0, error.start - _BEFORE)
    before = ("…" if first else "") + _spelled(error.expression[first : error.start])
    wrong = _spelled(error.expression[error.start : error.stop][:_BEHIND]) or " "
    behind = _spelled(error.expression[error.stop : error.stop + _BEHIND])
    carets = " " * width_of(before) + "^" * width_of(wrong)
    return [f"  {before}{wrong}{behind}", f"  {carets}"]


def _spelled(text: str) -> str:
    return safe_text(text, 1_000)


def _explained(error: WhereError) -> UsageError:
    from agilml.config.suggest import did_you_mean, listing

    cause = f"--where: {error.cause}"
    if not error.options:
        return UsageError(cause, kept=error.kept, next=error.next)
    known = [name for names in error.options.values() for name in names]
    lists = [f"{title}: {listing(names)}" for title, names in error.options.items()]
    return UsageError(
        f"{cause}{did_you_mean(error.word, known)}", kept=error.kept, next="; ".join(lists)
    )
