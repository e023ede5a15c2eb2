from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agilml.ledger import queries
from agilml.project import Project
from agilml.report.candidates import best_text, candidates_line, candidates_table, spread_text
from agilml.report.fields import to_json
from agilml.report.show_fields import sweep_details
from agilml.report.table import width_of
from tests.report.test_reference_pages import documented
from tests.sweep.seeds import LUCKY, PRUNED, write_grid


def details(path: Path, sweep: str) -> dict[str, Any]:
    with queries.reader(path) as db:
        return sweep_details(db, Project(path.parent, path.parent), sweep)


def test_every_field_of_a_candidate_is_documented(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sweep = details(path, write_grid(path, LUCKY).id)
    assert documented("json.md")["A candidate"] == list(sweep["candidates"][0])


def test_candidates_are_strict_json_even_where_a_deviation_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    sweep = details(path, write_grid(path, {0.1: [1.7e308, -1.7e308, 1.7e308]}).id)

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    (one,) = json.loads(to_json(sweep), parse_constant=refuse)["candidates"]
    assert (one["n"], one["sd"]) == (3, "inf")
    assert "± inf, mean of 3" in best_text(sweep)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_fits_and_keeps_the_mean(tmp_path: Path, width: int) -> None:
    path = tmp_path / "ledger.db"
    lines = candidates_table(details(path, write_grid(path, LUCKY).id), width=width, colour=False)
    assert all(width_of(line) <= width for line in lines)
    assert "0.9200  0.0100   3/3" in lines[2]


def test_of_many_candidates_the_best_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    results = {float(i): [i / 100, i / 100] for i in range(1, 15)}
    sweep = details(path, write_grid(path, results).id)
    lines = candidates_table(sweep, width=None, colour=False, limit=10)
    assert lines[0] == "14 candidates by the mean of their runs, 10 of them here"
    assert len(lines) == 2 + 10
    assert len(sweep["candidates"]) == 14


def test_a_heading_says_how_many_miss_a_constraint() -> None:
    assert candidates_line(1, 1, 1).endswith(
        "1 candidate by the mean of their runs; 1 misses a constraint"
    )
    assert candidates_line(3, 3, 2).endswith("; 2 miss a constraint")


def test_the_best_candidate_says_how_much_stands_behind_its_mean(tmp_path: Path) -> None:
    grids: list[tuple[dict[float, Any], str]] = [
        ({0.1: [0.5, 0.7]}, "val_acc 0.6000 ± 0.1414, mean of 2"),
        ({0.1: [0.5, 0.7, (0.9, PRUNED)]}, "val_acc 0.6000 ± 0.1414, mean of 2 of 3"),
        ({0.1: [0.5]}, "val_acc 0.5000, mean of 1"),
        ({0.1: [None]}, ""),
    ]
    for number, (results, text) in enumerate(grids):
        path = tmp_path / f"{number}.db"
        assert best_text(details(path, write_grid(path, results).id)).startswith(text)
    assert spread_text(0.5, None) == "0.5000"
