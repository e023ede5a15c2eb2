from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.compare.comparison import compare
from agilml.compare.sides import Member, Side
from agilml.model import TrialState
from agilml.report.compare_markdown import LIMIT, MARKER, compare_markdown, escaped


def side(label: str, config: dict[str, object], metrics: dict[str, float]) -> Side:
    member = Member("t-1", "s-1", TrialState.SUCCEEDED, "val_acc", "max", config, metrics, {}, None)
    return Side(label, [member])


def report(config: dict[str, object], metrics: dict[str, float], label: str = "b") -> str:
    first = side("a", {}, {"val_acc": 1.0})
    return compare_markdown(compare([first, side(label, config, {"val_acc": 1.0, **metrics})]))


def test_the_marker_comes_first_so_that_a_bot_finds_its_comment() -> None:
    assert report({}, {}).splitlines()[0] == MARKER


@pytest.mark.parametrize(
    "text",
    [
        "a|b",
        "<img src=x>",
        "@team",
        "#12",
        "`x`",
        "[a](http://b)",
        "**x**",
        "<!-- -->",
        "\n# x",
        "a\\|b",
        ":tada:",
    ],
)
def test_what_markdown_acts_upon_is_shown_instead(text: str) -> None:
    out = report({text: text}, {text: 1.0}, label=text)
    assert text not in out.replace(MARKER, "")
    rows = [line for line in out.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} <= {5, 7}


@given(st.text())
def test_no_text_from_outside_keeps_an_active_character(text: str) -> None:
    plain = re.sub(r"&#\d+;", "", escaped(text))
    assert not set(plain) & set("<>@#|`*~[]\\!$\n\r")


@pytest.mark.parametrize("n", [10, 1000, 5000])
def test_a_report_fits_into_a_comment_and_says_what_is_cut(n: int) -> None:
    out = report({f"key{i}": "v" * 100 for i in range(n)}, {f"m{i}": 1.0 for i in range(n)})
    assert len(out.encode()) <= LIMIT
    assert ("not shown" in out) == (n > 10)
    assert out.count("<details>") == out.count("</details>") == 1
