"""Expressions of exclude and when: they compare, and can do nothing else."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import ConfigError
from agilml.sweep.grammar_condition import condition

POINT: dict[str, Any] = {"lr": 0.1, "optim.lr": 0.5, "model": "mlp", "depth": 8, "clip": None}


def holds(text: str) -> bool:
    return condition(text).holds(POINT.__getitem__)


@pytest.mark.parametrize(
    "text",
    [
        "lr == 0.1",
        "optim.lr > 0.1 and model == 'mlp'",
        "not (model == 'resnet')",
        "0 < lr < 1",
        "model in ['mlp', 'vit']",
        "model not in ('vit',)",
        "depth * 2 - 6 == 10",
        "depth % 3 == 2 and depth // 3 == 2 and depth / 2 == 4",
        "clip == null",
        "-depth < 0",
        "nothing == 1 or model == 'mlp'",
        "not nothing",
    ],
)
def test_true_expressions_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "lr > 1",
        "nothing > 1",
        "clip > 1",
        "model > 3",
        "depth / 0 == 1",
        "nothing == null",
        "3 in depth",
    ],
)
def test_what_has_no_answer_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "lr.real()",
        "[x for x in (1,)]",
        "lambda: 1",
        "lr[0]",
        "f'{lr}'",
        "2 ** 99 ** 99",
        "lr is None",
        "lr := 3",
        "'a'.b",
        "{1: 2}",
        "lr if lr else 1",
        "1j == 1",
        "b'a' == lr",
        "lr ==",
        "",
        "x" * 2000,
        "(" * 500,
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not an expression"):
        condition(text)


@given(text=st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        holds(text)


def test_large_texts_cannot_be_multiplied() -> None:
    assert not holds("model * 999999999 == model")


def test_an_expression_says_what_it_reads() -> None:
    assert condition("optim.lr > 1 and true").names == {"optim.lr"}
