"""What the tables of a ledger hold, in the words of docs/reference/ledger-tables.md.

The page itself is read: ``tables.txt`` beside this module links to it, and packages hold a copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agilml.ledger import queries

_PAGE = Path(__file__).with_name("tables.txt")
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_COLUMN = re.compile(r"^\| `(\w+)` \| (.+) \|$", re.MULTILINE)
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    " AND name != '_sqlite_migrations' ORDER BY rowid"
)


@dataclass(frozen=True, slots=True)
class TableMeaning:
    """One table or view: what a row of it is, and what each column holds; empty where nobody says."""

    name: str
    meaning: str
    columns: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Return the fields that ``agil sql --tables --json`` prints."""
        return {"table": self.name, "meaning": self.meaning, "columns": dict(self.columns)}


def tables_of(path: Path) -> list[TableMeaning]:
    """Return the tables and views that the ledger at ``path`` has, in the order of the page.

    Raises:
        LedgerError: there is no ledger.
    """
    page = documented()
    with queries.reader(path) as db:
        names = [str(row[0]) for row in db.execute(_TABLES)]
        order = {name: place for place, name in enumerate(page)}
        names.sort(key=lambda name: order.get(name, len(order)))
        return [
            _with_meaning(
                page.get(name), name, [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]
            )
            for name in names
        ]


def documented() -> dict[str, TableMeaning]:
    """Return what the page says, by table."""
    parts = _SECTION.split(_PAGE.read_text(encoding="utf-8"))
    return {
        name: TableMeaning(name, _first_paragraph(text), dict(_COLUMN.findall(text)))
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def _first_paragraph(text: str) -> str:
    paragraph = " ".join(text.strip().split("\n\n")[0].split())
    return "" if paragraph.startswith("|") else paragraph


def _with_meaning(known: TableMeaning | None, name: str, columns: list[str]) -> TableMeaning:
    said = known.columns if known else {}
    meaning = known.meaning if known else ""
    return TableMeaning(name, meaning, {column: said.get(column, "") for column in columns})
