"""Random expressions over a ledger of odd values, against the same question asked in Python."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agilml.ledger import queries
from agilml.ledger.queries_chosen import choose
from agilml.ledger.queries_runs import Selection
from agilml.ledger.where import WhereError, condition
from tests.query.rows import DELTAS, Row, holds, make

Meaning = Callable[[Row], bool]
Asked = tuple[str, Meaning]

METRICS = [
    "val_acc",
    "loss",
    "metric.seed",
    "metric.loss",
    "best(val_acc)",
    "max(loss)",
    "min(loss)",
]
KEYS = ["optim.lr", "seed", "n", "flag", "text", "text.inner", "lists", "nothing", "odd[name]"]
KEYS += ["param.loss", "param.n", "added.key", "optim", "model", "optim.name"]
TEXTS = ["best", "a'b", "fast", "plain", "true", "1", "[2,2]", "resnet8", "a*b", "ä b", "x%_y", ""]
NUMBERS = [0, 1, -3, 0.25, 0.97, 1e-05, 7, 1.5, 2**63, -0.0, math.inf]
PIECES = ["val_acc", "tag", "=", "<", "'", '"', "(", ")", "--", ";", "or", "1=1", "not", "in", ","]
PIECES += ["';", "DROP", "TABLE", "fact", "*/", "~", "null", "is", "x", "\0", "?", ":now", "best("]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def written(value: Any) -> str:
    if value is None:
        return "null"
    return quoted(value) if isinstance(value, str) else str(value).lower()


def asked(name: str, sign: str, values: list[Any], spelled: str) -> Asked:
    shown = f'"{name}"' if " " in name else name
    return f"{shown} {spelled}", lambda row: holds(row, name, sign, values)


def compared(name: str, sign: str, values: list[Any]) -> Asked:
    if len(values) == 1:
        return asked(name, sign, values, f"{sign} {written(values[0])}")
    return asked(name, sign, values, f"in ({', '.join(map(written, values))})")


numbers = st.sampled_from(NUMBERS) | st.floats(allow_nan=False) | st.integers()
texts = st.sampled_from(TEXTS)
orders = st.sampled_from(["<", "<=", ">", ">="])
anything = st.one_of(numbers, texts, st.booleans(), st.none())
patterns = st.sampled_from(["a", "*", "?e*", "[", "a*b", "*]", "true", "see *[1]", "line?break"])
metric_names = st.sampled_from([*METRICS, "val acc"])
key_names = st.sampled_from(KEYS)
tests = st.one_of(
    st.builds(compared, metric_names, orders, numbers.map(lambda value: [value])),
    st.builds(
        compared,
        metric_names,
        st.just("="),
        st.lists(numbers | st.none() | st.just(math.nan), min_size=1, max_size=3),
    ),
    st.builds(compared, key_names, orders, numbers.map(lambda value: [value])),
    st.builds(compared, key_names, st.just("="), st.lists(anything, min_size=1, max_size=3)),
    st.builds(compared, key_names, st.just("~"), patterns.map(lambda text: [text])),
    st.builds(
        compared, st.sampled_from(["tag", "note"]), st.just("~"), patterns.map(lambda t: [t])
    ),
    st.builds(compared, st.just("tag"), st.just("="), st.lists(texts | st.none(), min_size=1)),
    st.builds(compared, st.just("state"), st.just("="), st.just(["pending"])),
    st.builds(
        lambda name, sign: asked(name, sign, [], "exists" if sign == "exists" else "is null"),
        st.one_of(metric_names, key_names, st.sampled_from(["tag", "note", "state"])),
        st.sampled_from(["null", "exists"]),
    ),
)


def negated(part: Asked) -> Asked:
    return f"not ({part[0]})", lambda row: not part[1](row)


def all_of(left: Asked, right: Asked) -> Asked:
    return f"({left[0]}) AND ({right[0]})", lambda row: left[1](row) and right[1](row)


def any_of(left: Asked, right: Asked) -> Asked:
    return f"({left[0]}) or ({right[0]})", lambda row: left[1](row) or right[1](row)


expressions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(negated, inner), st.builds(all_of, inner, inner), st.builds(any_of, inner, inner)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[sqlite3.Connection, list[Row]]]:
    path = tmp_path_factory.mktemp("where") / "ledger.db"
    rows = make(path)
    with queries.reader(path) as db:
        yield db, rows


def found(db: sqlite3.Connection, expression: str, sweep: str | None = None) -> set[str]:
    wanted = Selection(sweep=sweep)
    return {row.run for row in choose(db, wanted, condition(db, expression, 0.0)).rows()}


def answered(db: sqlite3.Connection, expression: str) -> tuple[set[str], WhereError | None]:
    try:
        return found(db, expression), None
    except WhereError as error:
        return set(), error


@settings(max_examples=60)
@given(expressions)
@example(negated(compared("optim.lr", "<", [5])))
@example(compared("note", "~", ["see *[1]"]))
@example(compared("metric.loss", "<", [0]))
@example(compared("metric.loss", "=", [-math.inf]))
@example(negated(compared("loss", ">", [0.1])))
@example(all_of(compared("tag", "=", ["a'b"]), asked("note", "null", [], "is null")))
def test_an_expression_means_the_same_in_sql_and_in_python(
    world: tuple[sqlite3.Connection, list[Row]], question: Asked
) -> None:
    db, rows = world
    expression, meaning = question
    expected = {row.id for row in rows if meaning(row)}
    assert found(db, expression) == expected
    first = rows[0].sweep
    assert found(db, expression, first) == expected & {row.id for row in rows if row.sweep == first}


@pytest.mark.slow
@settings(max_examples=3_000)
@given(expressions)
def test_thousands_of_expressions_mean_the_same_in_sql_and_in_python(
    world: tuple[sqlite3.Connection, list[Row]], question: Asked
) -> None:
    db, rows = world
    assert found(db, question[0]) == {row.id for row in rows if question[1](row)}


@settings(max_examples=150)
@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(PIECES),
        max_size=12,
    ).map(" ".join)
)
def test_any_text_is_an_expression_or_an_error_that_points_into_it(
    world: tuple[sqlite3.Connection, list[Row]], text: str
) -> None:
    db, rows = world
    ids, error = answered(db, text)
    assert ids <= {row.id for row in rows}
    assert error is None or 0 <= error.start <= len(text)
    assert error is None or error.start < error.stop
    assert db.total_changes == 0


@settings(max_examples=30)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_of_a_person_becomes_a_part_of_the_sql(
    world: tuple[sqlite3.Connection, list[Row]], text: str
) -> None:
    db, _ = world
    for form in ("tag = {}", "note ~ {}", "text = {}", "commit in ({}, x)", "host = {}"):
        harmless = condition(db, form.format("'x y'"), 0.0)
        asked = condition(db, form.format(quoted(text)), 0.0)
        assert asked.test.text == harmless.test.text
        assert asked.joins.text == harmless.joins.text


def test_the_ledger_has_what_the_tests_ask_for(
    world: tuple[sqlite3.Connection, list[Row]],
) -> None:
    _, rows = world
    assert len(rows) == 3 * len(DELTAS)
    assert {row.state for row in rows} == {"pending", "succeeded"}
