"""Aligned columns of text, for a terminal, a pipe or a file.

Written here rather than drawn with Rich because Rich takes longer to import than everything else that
``agil runs`` does. Cells are text from outside, so each goes through :func:`safe_text`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from agilml.text import safe_text

GAP = "  "
CELL = 48
"""Widest cell; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, whether numbers are aligned right in it, and whether it may be left out.

    Attributes:
        keep: columns with a higher number are dropped first where the screen is too narrow.
        least: before it is dropped, its cells are cut to no fewer cells of the screen than this; 0 if
            they are not cut at all.
    """

    title: str
    right: bool = False
    keep: int = 0
    least: int = 0


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    width: int | None = None,
    colours: Sequence[str] = (),
) -> list[str]:
    """Return the lines of a table, its titles first.

    Args:
        columns: one per cell of a row.
        rows: cells as text from anywhere; empty ones are shown as ``-``.
        width: cells of the screen that a line may take; None for no limit.
        colours: SGR parameters (``32``) for each row's first cell; empty for a row without.
    """
    cells = [[safe_text(cell, CELL) or "-" for cell in row] for row in rows]
    titles = [safe_text(column.title, CELL) for column in columns]
    sizes = [max(map(width_of, column)) for column in zip(titles, *cells, strict=True)]
    shown = _fitting(columns, sizes, width)
    lines = []
    for number, row in enumerate([titles, *cells]):
        parts = [_padded(cut(row[i], sizes[i]), sizes[i], columns[i].right) for i in shown]
        line = GAP.join(parts).rstrip()
        line = line if width is None else cut(line, width)
        colour = colours[number - 1] if number and number <= len(colours) else ""
        lines.append(_coloured(line, row[0], colour))
    return lines


def width_of(text: str) -> int:
    """Return how many cells of a terminal ``text`` takes; wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(text: str, size: int, right: bool) -> str:
    space = " " * (size - width_of(text))
    return space + text if right else text + space


def _fitting(columns: Sequence[Column], sizes: list[int], width: int | None) -> list[int]:
    """Return the indexes of the columns that fit, cutting or dropping the least important of the rightmost.

    The size of one that is cut is changed in ``sizes``.
    """
    shown = list(range(len(columns)))
    if width is None:
        return shown
    while (over := sum(sizes[i] for i in shown) + len(GAP) * (len(shown) - 1) - width) > 0:
        droppable = [i for i in shown if columns[i].keep > 0]
        if not droppable:
            break
        last = max(droppable, key=lambda i: (columns[i].keep, i))
        if columns[last].least and sizes[last] - over >= columns[last].least:
            sizes[last] -= over
            break
        shown.remove(last)
    return shown


def cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells of a terminal; a cut is marked with ``…``."""
    if width_of(text) <= width:
        return text
    out, size = "", 0
    for char in text:
        size += width_of(char)
        if size > width - 1:
            break
        out += char
    return out + "…" if width > 0 else ""


def _coloured(line: str, first: str, colour: str) -> str:
    if not colour or not line.startswith(first):
        return line
    return f"\x1b[{colour}m{first}\x1b[0m{line[len(first) :]}"
