from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agilml.ledger.queries_search import Ending, StopRow
from agilml.model import TrialState
from agilml.report.endings import ending_mark, ending_sentence, ending_text, method_text
from agilml.report.search_text import budget_text, used_text
from agilml.report.words import cell_text, params_text, value_text

PRUNED = Ending(StopRow("prune", "asha", 9, 0.712, "ranks 12 of 14 at step 9: 0.712, best 0.931"))
FINISHED = Ending(StopRow("finish", "patience", 12, 0.9, "5 values without an improvement"))
NO_STEP = Ending(StopRow("prune", "wilcoxon", None, 0.8, "worse than candidate 3"))
BUDGET = Ending(None, "100 % of budget.hours used: 2 hours of 2")


@pytest.mark.parametrize(
    ("state", "ending", "sentence", "mark"),
    [
        (
            TrialState.PRUNED,
            PRUNED,
            "pruned by asha at step 9: ranks 12 of 14: 0.712, best 0.931",
            "asha @9",
        ),
        (
            TrialState.SUCCEEDED,
            FINISHED,
            "finished early by patience at step 12: 5 values without an improvement",
            "patience @12",
        ),
        (
            TrialState.PRUNED,
            NO_STEP,
            "pruned by wilcoxon: worse than candidate 3",
            "wilcoxon",
        ),
        (TrialState.CANCELLED, Ending(None, "asked for"), "cancelled: asked for", "asked for"),
        (
            TrialState.CANCELLED,
            BUDGET,
            "cancelled: 100 % of budget.hours used: 2 hours of 2",
            "budget.hours",
        ),
        (
            TrialState.CANCELLED,
            Ending(PRUNED.stopped, "wilcoxon: worse"),
            "cancelled: wilcoxon: worse",
            "wilcoxon",
        ),
        (TrialState.FAILED, PRUNED, "", ""),
        (TrialState.RUNNING, PRUNED, "", ""),
        (TrialState.SUCCEEDED, PRUNED, "", ""),
        (TrialState.PRUNED, None, "", ""),
        (TrialState.CANCELLED, Ending(), "", ""),
    ],
)
def test_an_end_is_told_in_a_sentence_and_in_a_few_characters(
    state: TrialState, ending: Ending | None, sentence: str, mark: str
) -> None:
    assert ending_sentence(state, ending) == sentence
    assert ending_mark(state, ending) == mark


def test_only_the_step_itself_is_left_out_of_a_reason() -> None:
    stop = StopRow("prune", "asha", 9, 0.7, "worse at step 90 than at step 9")
    assert ending_text(TrialState.PRUNED, Ending(stop)) == "asha at step 9: worse at step 90 than"
    other = replace(stop, step=8)
    assert ending_text(TrialState.PRUNED, Ending(other)).endswith(stop.reason)


@pytest.mark.parametrize(
    ("sampler", "stopper", "adaptive", "text"),
    [
        ("tpe", "asha", True, "tpe + asha"),
        ("nsga2", "none", True, "nsga2"),
        ("grid", "none", False, ""),
        ("grid", "median", False, "grid + median"),
        ("random", "none", False, "random"),
        (None, None, False, ""),
    ],
)
def test_a_method_is_named_where_not_everything_is_tried(
    sampler: str | None, stopper: str | None, adaptive: bool, text: str
) -> None:
    spec: dict[str, Any] = {"search": {"space": []}} if adaptive else {}
    spec |= {"sampler": {"name": sampler}} if sampler else {}
    spec |= {"stopper": {"name": stopper}} if stopper else {}
    assert method_text(spec) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.024224806667001067, "0.02422"),
        (1.2345678e-7, "1.235e-07"),
        (0.05, "0.05"),
        (0.123456, "0.123456"),
        (1234567, "1234567"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "true"),
        (None, "null"),
        ("0.1234567890", "0.1234567890"),
    ],
)
def test_a_table_shows_four_digits_of_what_a_sampler_drew(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_where_there_is_room_every_digit_is_shown() -> None:
    drawn = {"optim.lr": 0.024224806667001067}
    assert params_text(drawn) == "lr=0.02422"
    assert params_text(drawn, exact=True) == f"lr={value_text(drawn['optim.lr'])}"


USED = {"trials": 40, "hours": 1.634, "slot_hours": 6.2, "usd": 0.0, "target": 0.951}
NOTICE = {"name": "hours", "share": 1.0, "used": 1.6, "limit": 1.6, "at": None}


@pytest.mark.parametrize(
    ("limits", "notices", "adaptive", "text"),
    [
        ({"trials": None, "hours": None}, [], False, "none"),
        ({"trials": 64, "hours": 2.0}, [], True, "trials 40/64, hours 1.63/2"),
        ({"trials": 64, "hours": None}, [], False, "trials 64"),
        ({"hours": 1.6}, [NOTICE], True, "hours 1.63/1.6 (used up)"),
        ({"target": 0.95}, [{**NOTICE, "name": "target"}], True, "target 0.951/0.95 (reached)"),
        ({"usd": 5, "odd": "x"}, [], True, "usd 0/5, odd x"),
    ],
)
def test_a_budget_shows_what_is_used_of_it(
    limits: dict[str, Any], notices: list[dict[str, Any]], adaptive: bool, text: str
) -> None:
    budget = {**limits, "used": USED, "notices": notices}
    assert budget_text(budget, adaptive=adaptive) == text


def test_what_was_used_is_slot_time_wall_time_and_money() -> None:
    assert used_text({"used": USED}) == "6h12 of slot time in 1h38"
    assert used_text({"used": {**USED, "usd": 3.1}}).endswith(", $3.10")
    assert used_text({"used": {**USED, "slot_hours": 0.0}}) == ""
