"""Tables of the ledger, and answers from them, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agilml.ledger.meanings import TableMeaning
from agilml.report.export.columns import as_text
from agilml.report.table import Column, table
from agilml.text import safe_text

_WIDEST = 100


def table_lines(tables: Sequence[TableMeaning], *, width: int | None) -> list[str]:
    """Return what there is to ask for: each table with its columns and what they hold."""
    lines: list[str] = []
    for item in tables:
        meaning = f"  {item.meaning}" if item.meaning else ""
        lines += ["", f"{safe_text(item.name, 60)}{safe_text(meaning, 400)}"]
        size = max((len(name) for name in item.columns), default=0)
        for name, text in item.columns.items():
            line = f"  {safe_text(name, 60):<{size}}  {safe_text(text, 400)}"
            lines.append(line if width is None or len(line) <= width else f"{line[: width - 1]}…")
    return lines[1:]


def answer_lines(
    names: Sequence[str], rows: Sequence[Sequence[Any]], *, width: int | None
) -> list[str]:
    """Return the rows as aligned columns, in full; the last columns are dropped where the screen ends."""
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float | None) for row in rows)
        for i in range(len(names))
    ]
    columns = [
        Column(name, right=numeric[i], keep=i, least=8 if i else 0) for i, name in enumerate(names)
    ]
    cells = [[safe_text(_cell(value), _WIDEST) for value in row] for row in rows]
    return table(columns, cells, width=width)


def _cell(value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float):
        return repr(value)
    return as_text(value) or ""
