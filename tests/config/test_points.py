from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agilml.points import materialise, overlaid

LEAVES = st.none() | st.integers() | st.text(max_size=3)
RESOLVED: dict[str, Any] = {
    "lr": 0.1,
    "model": {"name": "resnet", "depth": 8, "head": {"width": 4}},
    "stages": [{"width": 1}, {"width": 2}],
    "tags": ["a", "b"],
}
PATHS = st.sampled_from(
    ["lr", "model.depth", "model.head.width", "model.head", "stages.1.width", "tags.0", "new.key"]
)


@given(st.dictionaries(PATHS, LEAVES | st.just({"width": 9}), max_size=5))
def test_what_shares_is_what_shares_nothing_and_changes_neither_source(
    delta: dict[str, Any],
) -> None:
    ordered = dict(sorted(delta.items(), key=lambda item: item[0].count(".")))
    if not isinstance(ordered.get("model.head", {}), dict):
        ordered.pop("model.head.width", None)
    before, changes = copy.deepcopy(RESOLVED), copy.deepcopy(ordered)
    assert materialise(RESOLVED, ordered) == overlaid(RESOLVED, ordered)
    assert before == RESOLVED
    assert changes == ordered


def test_what_needs_no_change_is_shared() -> None:
    found = overlaid(RESOLVED, {"model.depth": 14})
    assert found["model"]["head"] is RESOLVED["model"]["head"]
    assert found["stages"] is RESOLVED["stages"]
    assert (8, 14) == (RESOLVED["model"]["depth"], found["model"]["depth"])
