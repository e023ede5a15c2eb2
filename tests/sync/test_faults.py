"""The harnesses of ``bench.faults`` about sync, with small budgets, and what each must find."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.faults import bucket, merging, syncing
from tests.faults.budget import runs

pytestmark = pytest.mark.slow


@pytest.mark.s3
def test_a_third_of_all_requests_may_go_wrong(tmp_path: Path) -> None:
    found = syncing.measure(tmp_path, seed=2, count=runs(45))
    assert found.violations == [], found.line()
    assert int(found.figures["of them hurt"]) > 0
    assert int(found.figures["requests of one more sync"]) <= 3


@pytest.mark.s3
def test_a_push_that_believes_every_put_loses_facts(tmp_path: Path) -> None:
    assert syncing.measure(tmp_path, seed=2, count=45, believe=True).violations


def test_any_order_of_the_same_segments_makes_the_same_ledger(tmp_path: Path) -> None:
    found = merging.measure(tmp_path, seed=2, count=runs(40))
    assert found.violations == [], found.line()


def test_an_order_matters_where_who_comes_last_wins(tmp_path: Path) -> None:
    assert merging.measure(tmp_path, seed=2, count=40, arrival=True).violations


def test_no_damage_to_the_bucket_passes_in_silence(tmp_path: Path) -> None:
    found = bucket.measure(tmp_path, seed=2, count=runs(40))
    assert found.violations == [], "\n".join(found.violations)
    assert int(found.figures["detected"]) > 0


def test_a_pull_that_keeps_damage_to_itself_is_found_out(tmp_path: Path) -> None:
    assert bucket.measure(tmp_path, seed=2, count=20, silent=True).violations
