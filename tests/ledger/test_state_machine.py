"""The real ledger under attack. See docs/explanation/state-machine.md for what is shown here."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from pathlib import Path
from typing import ClassVar

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from agilml.errors import LedgerDamaged
from agilml.ledger.ledger import Ledger
from tests.ledger.machine.bugs import BUGS, QUICK, Plant
from tests.ledger.machine.machine import Attack

EXAMPLES = int(os.environ.get("AGIL_MACHINE_EXAMPLES", "400"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger that was only created; examples start from a copy of its bytes."""
    path = tmp_path_factory.mktemp("empty") / "ledger.db"
    Ledger.open(path).close()
    return path


def attack(
    empty: Path, examples: int, length: int, *, modelled: bool = True, seeded: bool = False
) -> Counter[str]:
    """Run the machine; return how often what happened. With a mistake planted, do not shrink."""

    class Fresh(Attack):
        counts: ClassVar[Counter[str]] = Counter()

    Fresh.template = empty
    Fresh.modelled = modelled
    phases = [hypothesis.Phase.generate] if seeded else list(hypothesis.Phase)
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        derandomize=seeded,
        phases=phases,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(Fresh, settings=settings)
    return Fresh.counts


def test_the_ledger_keeps_its_promises_whatever_happens(empty: Path) -> None:
    counts = attack(empty, 15, 25)
    assert counts["crashes"] > 0


@pytest.mark.slow
def test_the_ledger_keeps_its_promises_for_a_long_time(empty: Path) -> None:
    began = time.monotonic()
    counts = attack(empty, EXAMPLES, 50)
    print(f"\n{dict(sorted(counts.items()))} in {time.monotonic() - began:.0f} s")  # noqa: T201
    assert counts["examples"] >= EXAMPLES
    for what in ("crashes", "failing disks", "fenced writes", "late.refused", "results"):
        assert counts[what] > EXAMPLES / 4, what


@pytest.mark.parametrize(
    ("plant", "said", "alone"),
    [
        pytest.param(*bug, id=bug[0].__name__, marks=[] if bug[0] in QUICK else [pytest.mark.slow])
        for bug in BUGS
    ],
)
def test_a_planted_mistake_is_found(
    empty: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant, said: str, alone: bool
) -> None:
    """With ``alone`` the model is not asked: the invariants, or the facts, find it by themselves."""
    plant(monkeypatch)
    with pytest.raises((AssertionError, LedgerDamaged)) as found:
        attack(empty, 200, 40, modelled=not alone, seeded=True)
    assert re.search(said, str(found.value)), found.value
