from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from agilml.compare.comparison import MetricComparison, compare
from agilml.compare.differences import differences
from agilml.compare.sides import Member, Side, split
from agilml.compare.verdict import Verdict
from agilml.errors import UsageError
from agilml.model import TrialState


def member(
    config: Mapping[str, Any],
    metrics: Mapping[str, float],
    *,
    state: TrialState = TrialState.SUCCEEDED,
    metric: str = "val_acc",
    mode: str = "max",
    provenance: Mapping[str, Any] | None = None,
    host: str | None = "here",
) -> Member:
    name = f"t-{abs(hash((str(config), str(metrics)))):016x}"
    return Member(name, "s-1", state, metric, mode, config, metrics, provenance or {}, host)


def side(label: str, values: Sequence[float], **config: Any) -> Side:
    return Side(
        label, [member({"seed": i, **config}, {"val_acc": v}) for i, v in enumerate(values)]
    )


def judged(found: Sequence[MetricComparison], index: int = 1) -> MetricComparison:
    return next(row for row in found if row.judgement is not None and row.side == index)


def test_sides_are_paired_by_what_varies_in_them_whatever_their_order() -> None:
    draw = random.Random(1)
    seeds = [draw.gauss(0.9, 0.05) for _ in range(6)]
    first = side("a", seeds, lr=0.1)
    second = side("b", [value + 0.001 * (1 + i % 2) for i, value in enumerate(seeds)], lr=0.2)
    shuffled = Side("b", list(reversed(second.members)))
    for other in (second, shuffled):
        row = judged(compare([first, other]).metrics)
        assert row.judgement is not None
        assert row.judgement.verdict is Verdict.BETTER
        assert row.pairs == 6
        assert row.low == pytest.approx(0.001)
    assert compare([first, second]).pairings[0].keys == ["seed"]


def test_a_run_with_two_possible_partners_has_none() -> None:
    first = side("a", [0.1, 0.2])
    twins = Side("b", [*side("b", [0.3, 0.4]).members, member({"seed": 0}, {"val_acc": 0.5})])
    for sides in ([first, twins], [twins, first]):
        found = compare(sides)
        assert judged(found.metrics).pairs == 1
        assert found.pairings[0].unpaired == 3
        assert any("3 runs" in note for note in found.notes)


def test_unpaired_values_of_the_same_size_would_decide_nothing() -> None:
    """The same values under other seeds: without pairs there is no verdict."""
    first, second = side("a", [0.1, 0.2, 0.3]), side("b", [0.2, 0.3, 0.4])
    other = Side("b", [member({"seed": 10 + i}, m.metrics) for i, m in enumerate(second.members)])
    row = judged(compare([first, other]).metrics)
    assert row.judgement is not None
    assert row.judgement.verdict is Verdict.NOT_ENOUGH
    assert "seed" in row.judgement.reason
    assert row.delta == pytest.approx(0.1)


def test_two_runs_are_compared_but_not_judged() -> None:
    row = judged(compare([side("a", [0.1], lr=1), side("b", [0.9], lr=2)]).metrics)
    assert row.judgement is not None
    assert (row.judgement.verdict, row.judgement.needed) == (Verdict.NOT_ENOUGH, 5)
    assert row.values == (0.1, 0.9)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_pair_without_a_number_closes_the_verdict(bad: float) -> None:
    first, second = side("a", [0.1] * 8), side("b", [0.9] * 7 + [bad])
    row = judged(compare([first, second]).metrics)
    assert row.judgement is not None
    assert row.judgement.verdict is Verdict.NOT_ENOUGH
    assert "1 of 8 pairs" in row.judgement.reason


def test_more_sides_share_one_error_probability() -> None:
    sides = [side(name, [0.1 * i + 0.01 * s for s in range(6)]) for i, name in enumerate("abc")]
    found = compare(sides)
    assert found.alpha == 0.025
    row = judged(found.metrics)
    assert row.judgement is not None
    assert row.judgement.needed == 1


def test_only_one_metric_is_judged() -> None:
    sides = [
        Side(name, [member({"seed": i}, {"val_acc": v, "loss": v}) for i in range(6)])
        for name, v in (("a", 0.1), ("b", 0.2))
    ]
    found = compare(sides)
    assert [row.judgement is not None for row in found.metrics] == [True, False]
    by_loss = compare(sides, metric="loss")
    assert by_loss.metrics[0].name == "loss"
    assert by_loss.mode == "min"
    judgement = by_loss.metrics[0].judgement
    assert judgement is not None
    assert judgement.verdict is Verdict.WORSE


def test_the_best_of_many_is_marked_as_picked() -> None:
    picked = Side("b", side("b", [0.9]).members, picked_of=20)
    assert any("best of 20 runs" in note for note in compare([side("a", [0.8]), picked]).notes)


def test_failed_runs_are_counted_not_compared() -> None:
    lost = member({"seed": 9}, {"val_acc": 0.0}, state=TrialState.FAILED)
    second = Side("b", side("b", [0.9] * 3).members, left_out=[lost])
    assert any("1 of 4 runs" in note for note in compare([side("a", [0.8] * 3), second]).notes)


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        (lambda: [side("a", [1.0])], "wants two"),
        (lambda: [side("a", [1.0]), Side("b", [])], "no run that succeeded"),
        (
            lambda: [side("a", [1.0]), Side("b", [member({}, {"x": 1.0}, metric="x")])],
            "different metrics",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(sides: Callable[[], list[Side]], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        compare(sides())


def test_only_what_is_not_the_same_everywhere_differs() -> None:
    before = {
        "git": {"commit": "1", "branch": "main", "dirty": False},
        "code": {"files": {"a.py": "1", "b.py": "2"}},
        "packages": {"torch": "2.13.0", "numpy": "2"},
        "data": {"digest": "d1"},
        "user": "ada",
    }
    after = {
        **before,
        "git": {"commit": "2", "branch": "main", "dirty": True, "patch": "+x"},
        "code": {"files": {"a.py": "1", "b.py": "3", "c.py": "4"}},
        "packages": {"torch": "2.13.0", "numpy": "3"},
        "data": {"digest": "d2"},
    }
    sides = [
        Side("a", [member({"lr": 0.1, "seed": s}, {}, provenance=before) for s in (0, 1)]),
        Side("b", [member({"lr": 0.2, "seed": s}, {}, provenance=after, host="b") for s in (1, 0)]),
    ]
    found = {(item.kind, item.name): item.values for item in differences(sides)}
    assert (
        found
        == {
            ("param", "lr"): [[0.1], [0.2]],
            ("code", "b.py"): [["2"], ["3"]],
            ("code", "c.py"): [[], ["4"]],
            ("git", "commit"): [["1"], ["2"]],
            ("git", "dirty"): [[False], [True]],
            ("git", "uncommitted changes"): [[], ["04a6fb169345"]],
            ("data", "digest"): [["d1"], ["d2"]],
            ("package", "numpy"): [["2"], ["3"]],
            ("machine", "host"): [["here"], ["b"]],
        }
        or found["git", "uncommitted changes"][0] == []
    )
    assert ("param", "seed") not in found
    assert ("package", "torch") not in found


def test_a_key_splits_a_sweep_into_sides_in_order_of_its_values() -> None:
    whole = Side(
        "s", [member({"optim.lr": lr, "seed": s}, {}) for lr in (10, 0.5, 2) for s in (0, 1)]
    )
    assert [one.label for one in split([whole], "lr")] == ["lr=0.5", "lr=2", "lr=10"]
    assert [len(one.members) for one in split([whole], "optim.lr")] == [2, 2, 2]
    with pytest.raises(UsageError, match="did you mean"):
        split([whole], "optim.rl")
