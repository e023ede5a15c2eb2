"""What may stand where: types are taken from the base config."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agilml.config.fit import fit
from agilml.errors import ConfigError

ACCEPTED = [
    (0.1, 1, 1.0),
    (0.1, 1e-3, 1e-3),
    (3, 5, 5),
    (3, 1e3, 1000),
    (True, False, False),
    ("auto", "x", "x"),
    ("auto", 4, 4),
    ("auto", True, True),
    (None, [1], [1]),
    (None, "x", "x"),
    ("???", 3, 3),
    ([1, 2], [3], [3]),
    ([0.9, 0.99], [1, 0.5], [1.0, 0.5]),
    ([0.9], ["x"], ["x"]),
    ({"a": 1}, {"a": 2}, {"a": 2}),
    *((base, None, None) for base in (0.1, 3, True, "x", [1], {"a": 1})),
]


@pytest.mark.parametrize(("base", "value", "fitted"), ACCEPTED)
def test_a_value_of_the_kind_is_accepted_in_the_type_of_the_base(
    base: Any, value: Any, fitted: Any
) -> None:
    got = fit("key", base, value)
    assert got == fitted
    assert type(got) is type(fitted)


REFUSED = [
    (0.1, "abc", "key is a number (0.1) and cannot become text (abc)", "a number"),
    (0.1, True, "true or false", "a number"),
    (0.1, [1], "a list", "a number"),
    (0.1, "", "(empty)", "single quotes"),
    (3, 1.5, "a whole number", "3.0"),
    (3, "x", "text", "a whole number"),
    (3, True, "true or false", "a whole number"),
    (True, 1, "true or false (true)", "key=true"),
    (True, "off", "text (off)", "key=false"),
    ("x", [1], "a list", "text"),
    ([1], 2, "a whole number", "'key=[2]'"),
    ({"a": 1}, 3, "a mapping", "key.a"),
    (None, "???", "???", "give key a value"),
    *((base, math.nan, "cannot be nan", "key=null") for base in (0.1, 3, "x", None)),
    (None, {"a": [1.0, -math.inf]}, "key.a cannot be -inf", "key.a=null"),
    (0.1, 10**400, "too large", "1.8e308"),
    (0.1, {"a": 1}, "a mapping", "a number"),
]


@pytest.mark.parametrize(("base", "value", "said", "hint"), REFUSED)
def test_a_value_of_another_kind_is_refused_with_a_hint(
    base: Any, value: Any, said: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        fit("key", base, value)
    assert said in caught.value.cause.replace("`", "")
    assert hint in caught.value.next
