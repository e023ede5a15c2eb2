"""A comparison as Markdown for a pull request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agilml.compare.comparison import Comparison
from agilml.compare.differences import Difference
from agilml.report.compare_cells import (
    difference_cells,
    interval_text,
    letter,
    level_text,
    reasons,
    shown_metrics,
    side_text,
    signed,
    verdict_text,
)
from agilml.report.words import metric_text
from agilml.text import safe_text

MARKER = "<!-- agil-compare -->"
"""First line of the comment: a bot finds it and edits it in place instead of adding another."""

LIMIT = 60_000
"""Bytes; GitHub cuts comments at 65,536 characters."""

_CELL = 160
_ACTIVE = re.compile(r"[&<>@#|`*~\[\]\\!$]|:(?=//|\w+:)|(?<!\w)_|_(?!\w)")
"""What Markdown acts upon: markup, mentions, issue numbers, addresses, emoji; not the _ inside a word."""


def compare_markdown(found: Comparison, *, only_changed: bool = False) -> str:
    """Return the report, at most :data:`LIMIT` bytes; what is cut is said in it."""
    metrics = _metric_rows(found, only_changed=only_changed)
    differs = list(found.differs)
    shown_metrics_count, shown_differs = len(metrics), len(differs)
    while True:
        text = _report(found, metrics[:shown_metrics_count], differs[:shown_differs], len(metrics))
        if len(text.encode()) <= LIMIT:
            return text
        if shown_differs:
            shown_differs //= 2
        else:
            shown_metrics_count //= 2


def escaped(text: object) -> str:
    """Return text from outside as Markdown that shows it and does nothing else: no link, no mention."""
    return _ACTIVE.sub(_entity, safe_text(text, _CELL))


def _report(
    found: Comparison, rows: Sequence[Sequence[str]], differs: Sequence[Difference], all_rows: int
) -> str:
    lines = [MARKER, f"### {escaped(found.metric)}: {_headline(found)}", ""]
    lines += [f"- **{letter(i)}** {escaped(side_text(found, i))}" for i in range(len(found.sides))]
    several = ["side"] if len(found.sides) > 2 else []
    titles = [
        "metric",
        *several,
        "A",
        "other" if several else "B",
        "delta",
        level_text(found),
        "verdict",
    ]
    lines += ["", *_table(titles, rows)]
    if all_rows > len(rows):
        lines.append(f"\n{all_rows - len(rows):,} more metrics are not shown.")
    lines += ["", *(f"{escaped_sentence(reason)}." for reason in reasons(found)[:10])]
    lines += [f"> {escaped_sentence(note)}." for note in found.notes[:10]]
    lines += ["", *_differences(found, differs)]
    return "\n".join(lines).rstrip() + "\n"


def escaped_sentence(text: str) -> str:
    """Return a sentence of ours that quotes names from outside."""
    return _ACTIVE.sub(_entity, safe_text(text, 4 * _CELL))


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found.group())};"


def _headline(found: Comparison) -> str:
    judged = [row for row in found.metrics if row.judgement is not None]
    return ", ".join(
        f"{letter(row.side)} {verdict_text(row)}" + (f" ({signed(row.delta)})" if row.delta else "")
        for row in judged[:6]
    )


def _metric_rows(found: Comparison, *, only_changed: bool) -> list[list[str]]:
    several = len(found.sides) > 2
    return [
        [
            escaped(row.name),
            *([letter(row.side)] if several else []),
            metric_text(row.values[0]),
            metric_text(row.values[1]),
            signed(row.delta),
            interval_text(row),
            f"**{verdict_text(row)}**" if row.judgement else "",
        ]
        for row in shown_metrics(found, only_changed=only_changed)
    ]


def _differences(found: Comparison, shown: Sequence[Difference]) -> list[str]:
    if not found.differs:
        return ["Nothing that was recorded differs."]
    titles = ["", "name", *(letter(i) for i in range(len(found.sides)))]
    rows = [[escaped(cell) for cell in difference_cells(item)] for item in shown]
    lines = [f"<details><summary>What differs ({len(found.differs):,})</summary>", ""]
    lines += _table(titles, rows)
    if len(found.differs) > len(shown):
        lines.append(f"\n{len(found.differs) - len(shown):,} more are not shown.")
    return [*lines, "", "</details>"]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    return [line(titles), line(["---"] * len(titles)), *(line(row) for row in rows)]
