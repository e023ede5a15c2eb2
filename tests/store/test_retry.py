from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.store.errors import RemoteUnavailable
from agilml.store.retry import Retry, Temporary


class Flaky:
    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise Temporary("the remote does not answer")
        return "done"


@given(failures=st.integers(0, 12), tries=st.integers(1, 12))
def test_an_action_is_tried_until_it_succeeds_or_the_tries_are_spent(
    failures: int, tries: int
) -> None:
    slept: list[float] = []
    retry = Retry(
        tries=tries, first=0.1, most=2.0, sleep=slept.append, uniform=lambda _, high: high
    )
    action = Flaky(failures)
    if failures < tries:
        assert retry.run(action) == "done"
        assert action.calls == failures + 1
    else:
        with pytest.raises(RemoteUnavailable, match=f"{tries} tries"):
            retry.run(action)
        assert action.calls == tries
    assert slept == [min(2.0, 0.1 * 2**n) for n in range(min(failures, tries - 1))]


def test_the_defaults_give_up_within_half_a_minute() -> None:
    slept: list[float] = []
    with pytest.raises(RemoteUnavailable):
        Retry(sleep=slept.append, uniform=lambda _, high: high).run(Flaky(99))
    assert sum(slept) < 30


def test_pauses_are_drawn_anew_so_that_clients_fall_out_of_step() -> None:
    slept: list[float] = []
    for _ in range(20):
        Retry(sleep=slept.append).run(Flaky(1))
    assert len(set(slept)) == 20
    assert all(0 <= pause <= 0.1 for pause in slept)


def test_other_errors_are_not_repeated() -> None:
    calls = []

    def action() -> None:
        calls.append(1)
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        Retry().run(action)
    assert len(calls) == 1
