"""What a section found, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Cell = str | int | float | None


@dataclass(slots=True)
class Result:
    """One table.

    Attributes:
        section: name on the command line.
        title: what was measured, in one line.
        columns: headings; each row has a value for each.
        rows: one per tool; the first is AgilML where it takes part.
        notes: what a reader must know to read the table right; also what was left out, and why.
        load: lowest and highest one-minute load average while it ran.
        seconds: how long the section took.
        failed: whether AgilML itself could not be measured.
    """

    section: str
    title: str
    columns: Sequence[str]
    rows: list[list[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: tuple[float, float] = (0.0, 0.0)
    seconds: float = 0.0
    failed: bool = False

    def fail(self, tool: str, why: str) -> None:
        """Note that ``tool`` gave no figure; ``failed`` says whether that was AgilML."""
        self.notes.append(f"{tool} failed: {why}")
        self.failed = self.failed or tool.strip("`").lower().startswith("agil")

    def markdown(self) -> str:
        """Return the table with its notes."""
        lines = [
            f"## {self.section}: {self.title}",
            "",
            "| " + " | ".join(self.columns) + " |",
            "|---" + "|---:" * (len(self.columns) - 1) + "|",
            *("| " + " | ".join(_text(cell) for cell in row) + " |" for row in self.rows),
            "",
            *(f"- {note}" for note in self.notes),
            f"- Load average {self.load[0]:.1f} to {self.load[1]:.1f}; took {self.seconds:.0f} s.",
        ]
        return "\n".join(lines) + "\n"

    def as_json(self) -> dict[str, Any]:
        """Return the plain form, with one object per row."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {**asdict(self), "rows": rows}


def ratio(peer: float | None, ours: float | None) -> float | None:
    """Return how many times ``ours`` fits into ``peer``; ``None`` when either is missing."""
    return peer / ours if peer is not None and ours is not None and ours > 0 else None


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        # Three digits; more would claim a precision that no shared machine has.
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell).replace("|", "\\|")
