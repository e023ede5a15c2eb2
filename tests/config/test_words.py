"""Words of the command line: read by Hydra's grammar, written back, explained when damaged."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.config.words import Interval, Setting, Values, parse_word
from agilml.errors import ConfigError, UsageError
from agilml.sweep.grammar_words import read

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=20),
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_ ,:(){}=\[\]\\-]{0,5}", fullmatch=True)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(value=values)
def test_a_written_value_is_read_back(value: Any) -> None:
    assert parse_word(Setting("a.b", value).word).setting.value == value


@pytest.mark.parametrize("prefix", ["", "+", "++", "~"])
def test_operators_survive(prefix: str) -> None:
    parsed = parse_word(f"{prefix}model@teacher=vit").setting
    assert (parsed.op, parsed.key, parsed.value) == (prefix, "model@teacher", "vit")
    assert parse_word(parsed.word).setting == parsed


@pytest.mark.parametrize(
    ("word", "items"),
    [
        ("a=1,2", (1, 2)),
        ("a= 1, 2", (1, 2)),
        ("a=choice(x,'y,z')", ("x", "y,z")),
        ("a=range(0,1,0.25)", (0.0, 0.25, 0.5, 0.75)),
        ("a=sort(3,1,2)", (1, 2, 3)),
        ("a=tag(t,choice(1,2))", (1, 2)),
        ("a=int(1.0,2.0)", (1, 2)),
        ("a=[1,2],[3]", ([1, 2], [3])),
        ("a=glob(*t)", ("cat", "bat")),
        ("a=glob(*,exclude=b*)", ("cat", "dog")),
    ],
)
def test_sweeps_are_enumerated(word: str, items: tuple[Any, ...]) -> None:
    assert parse_word(word, ["cat", "bat", "dog"]).sweep == Values(items)


def test_an_interval_stays_open() -> None:
    found = parse_word("lr=tag(log,interval(1e-5,1e-1))").sweep
    assert found == Interval(1e-5, 1e-1, integer=False, tags=frozenset({"log"}))
    assert parse_word("n=int(interval(1,9))").sweep == Interval(1, 9, integer=True)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_written_and_refused(value: float) -> None:
    with pytest.raises(ConfigError, match="finite"):
        parse_word(Setting("a", value).word)


DAMAGED = [
    (["=1"], "no key"),
    (["resnet"], "no `=`"),
    (["layers=[2"], "unequal []"),
    (["node={a:1"], "unequal {}"),
    (["seed=range(3"], "unequal ()"),
    (["layers=[2,", "2]"], "look like one word"),
    (["node=a:1", "node=b:2"], "took its braces apart"),
    (["note=a=b"], "cannot be read"),
    (["note=é"], "must be in quotes"),
    (["note='"], "cannot be read"),
    (["lr=log(3)"], "function that does not exist"),
    (["lr=choice()"], "empty choice"),
    (["lr=range(3,0)"], "empty range"),
    (["lr=range(0,3,0)"], "must not be zero"),
    (["lr=interval(1,1)"], "interval is empty"),
    (["lr=glob(*)"], "glob() works on config groups"),
    (["sweep.lr=1,2"], "without `sweep.`"),
    (["conf=small"], "given twice"),
    (["conf=3"], "given twice"),
    (["a=\x1b[31m"], "\\x1b"),
]


@pytest.mark.parametrize(("words", "said"), DAMAGED)
def test_damage_is_explained_and_nothing_is_started(words: list[str], said: str) -> None:
    def parse() -> None:
        for word in read(["conf=small", *words], ["small"]).words:
            parse_word(word)

    with pytest.raises(UsageError) as caught:
        parse()
    assert said in caught.value.cause
    assert caught.value.kept == "nothing was started"
    assert caught.value.next
    assert "\x1b" not in caught.value.cause + caught.value.next


def test_a_missing_conf_lists_those_that_exist() -> None:
    with pytest.raises(ConfigError) as caught:
        read(["lr=1"], ["mlp", "resnet"])
    assert "mlp, resnet" in caught.value.next


@pytest.mark.parametrize("word", ["conf=1", "conf=", "conf=null", "conf=interval(0,1)"])
def test_a_conf_that_is_no_name_is_refused(word: str) -> None:
    with pytest.raises(UsageError):
        read([word], ["small"])


@pytest.mark.parametrize(
    ("word", "names_found"),
    [
        ("conf=a", ("a",)),
        ("conf=a,b", ("a", "b")),
        ("conf=[b,a]", ("b", "a")),
        ("conf=glob(*)", ("a", "b")),
        ("conf=a,a", ("a",)),
    ],
)
def test_several_confs_are_a_choice(word: str, names_found: tuple[str, ...]) -> None:
    assert read([word], ["a", "b"]).confs == names_found


def test_a_mapping_in_braces_is_not_mistaken_for_damage() -> None:
    assert read(["conf=a", "x=s3://b", "x=s3://c"], ["a"]).words == ("x=s3://b", "x=s3://c")
