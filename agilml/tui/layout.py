"""Aligned columns that fit a width: the table of the live screen and of the summary.

A line is a list of ``(text, style)`` parts, so that it can be printed with and without Rich. Everything in
it has passed :func:`safe_text`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agilml.report.table import cut, width_of
from agilml.text import safe_text

Line = list[tuple[str, str]]
"""Parts of one line of text, each with a Rich style."""

GAP = "  "
CELL = 24
"""Widest cell of a table."""

LONGEST = 400
"""Longest line where there is no width to fit."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        drop: columns with the highest number are left out first where the width does not suffice; those
            with 0 stay.
        lead: whether it says what the row is about; a row's message starts behind the last of these, which
            all stand at the left.
    """

    title: str
    right: bool = False
    drop: int = 0
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Attributes:
        mark: a sign or a rank before the cells.
        style: style of the mark and of the message.
        cells: one per column, as text from anywhere.
        body: style of the cells.
        message: takes the place of the cells behind the lead, where there is one.
        strong: index of a cell to stress, or None.
    """

    mark: str
    style: str
    cells: Sequence[str]
    body: str = ""
    message: str | None = None
    strong: int | None = None


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Which columns are shown, how wide each is, and how many parameters are not."""

    mark: int
    sizes: Sequence[int]
    shown: Sequence[int]
    lead: int
    hidden: str


def table_lines(columns: Sequence[Column], rows: Sequence[Row], width: int | None) -> list[Line]:
    """Return the titles and one line per row; none is wider than ``width`` cells."""
    titles = [safe_text(column.title, CELL) for column in columns]
    cells = [[cut(safe_text(cell, LONGEST), CELL) for cell in row.cells] for row in rows]
    fitted = _fit(columns, titles, rows, cells, width)
    lines = [_title_line(columns, titles, fitted)]
    lines += [
        _row_line(columns, row, texts, fitted) for row, texts in zip(rows, cells, strict=True)
    ]
    return [fit_line(line, width) for line in lines]


def fit_line(line: Line, width: int | None) -> Line:
    """Return ``line`` cut to ``width`` cells; a cut is marked with ``…``."""
    room = LONGEST if width is None else width
    if sum(width_of(text) for text, _ in line) <= room:
        return line
    out: Line = []
    for text, style in line:
        part = cut(text, room)
        out.append((part, style))
        room -= width_of(part)
        if part != text or room <= 0:
            break
    return out


def _fit(
    columns: Sequence[Column],
    titles: Sequence[str],
    rows: Sequence[Row],
    cells: Sequence[Sequence[str]],
    width: int | None,
) -> _Fitted:
    sizes = [width_of(title) for title in titles]
    for row, texts in zip(rows, cells, strict=True):
        for i, text in enumerate(texts):
            if row.message is None or columns[i].lead:
                sizes[i] = max(sizes[i], width_of(text))
    mark = max((width_of(row.mark) for row in rows), default=1)
    shown = list(range(len(columns)))
    while True:
        dropped = sum(column.lead for column in columns) - sum(columns[i].lead for i in shown)
        hidden = f"+{dropped}" if dropped else ""
        parts = [mark, *(sizes[i] for i in shown), *([len(hidden)] if hidden else [])]
        droppable = [i for i in shown if columns[i].drop]
        fits = width is None or sum(parts) + len(GAP) * (len(parts) - 1) <= width
        if fits or not droppable:
            return _Fitted(mark, sizes, shown, sum(columns[i].lead for i in shown), hidden)
        shown.remove(max(droppable, key=lambda i: (columns[i].drop, i)))


def _title_line(columns: Sequence[Column], titles: Sequence[str], fitted: _Fitted) -> Line:
    parts = [_padded(titles[i], fitted.sizes[i], columns[i].right) for i in fitted.shown]
    if fitted.hidden:
        parts.insert(fitted.lead, fitted.hidden)
    return [(" " * fitted.mark + GAP + GAP.join(parts).rstrip(), "dim")]


def _row_line(columns: Sequence[Column], row: Row, texts: Sequence[str], fitted: _Fitted) -> Line:
    line: Line = [(_padded(row.mark, fitted.mark, right=True), row.style)]
    for i in fitted.shown[: fitted.lead]:
        line.append((GAP + _padded(texts[i], fitted.sizes[i], columns[i].right), row.body))
    if fitted.hidden:
        line.append((GAP + " " * len(fitted.hidden), ""))
    if row.message is not None:
        return [*line, (GAP + safe_text(row.message, LONGEST), row.style)]
    for i in fitted.shown[fitted.lead :]:
        style = "bold" if i == row.strong else row.body
        line.append((GAP + _padded(texts[i], fitted.sizes[i], columns[i].right), style))
    return _stripped(line)


def _stripped(line: Line) -> Line:
    while len(line) > 1 and not line[-1][0].strip():
        line.pop()
    text, style = line[-1]
    return [*line[:-1], (text.rstrip(), style)]


def _padded(text: str, size: int, right: bool) -> str:
    space = " " * max(0, size - width_of(text))
    return space + text if right else text + space
