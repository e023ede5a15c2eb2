"""What makes two configs one trial."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.config import NOT_IDENTITY, config_digest
from agilml.config.identity import value_text
from agilml.errors import ConfigError
from agilml.model import canonical

leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
trees = st.recursive(
    st.dictionaries(st.text(".a\\b", max_size=4), leaves, max_size=3),
    lambda inner: st.dictionaries(st.text(".a\\b", max_size=4), inner | leaves, max_size=3),
    max_leaves=8,
)


def pruned(config: dict[str, Any]) -> str:
    return canonical({k: v for k, v in config.items() if k not in NOT_IDENTITY})


@given(one=trees, other=trees)
def test_digests_are_equal_for_equal_configs_only(one: Any, other: Any) -> None:
    assert (config_digest(one) == config_digest(other)) == (pruned(one) == pruned(other))


def test_a_dot_in_a_key_is_no_level() -> None:
    assert config_digest({"a.b": 1}) != config_digest({"a": {"b": 1}})


def test_order_of_keys_does_not_matter() -> None:
    assert config_digest({"a": 1, "b": {"c": 2, "d": 3}}) == config_digest(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )


@pytest.mark.parametrize("key", NOT_IDENTITY)
def test_how_a_sweep_is_run_is_no_part_of_a_trial(key: str) -> None:
    node = {} if key == "identity" else {"name": "x"}
    assert config_digest({"a": 1, key: node}) == config_digest({"a": 1})


def test_a_project_excludes_keys_of_its_own() -> None:
    def made(every: int, prefix: str) -> str:
        node = {"exclude": ["log", "a.b"]}
        return config_digest({"identity": node, "log": every, "a": {"b": {"c": prefix}}, "ab": 1})

    assert made(1, "x") == made(2, "y")


def test_an_exclude_that_is_no_list_is_refused() -> None:
    with pytest.raises(ConfigError, match="list of dotted keys"):
        config_digest({"identity": {"exclude": "seed"}})


@given(value=st.one_of(leaves, st.lists(leaves)))
def test_the_short_way_to_json_is_the_canonical_one(value: Any) -> None:
    assert value_text(value) == canonical(value)
