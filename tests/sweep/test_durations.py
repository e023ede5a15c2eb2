from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.ledger import queries
from agilml.sweep.durations import HOST, Durations
from agilml.sweep.effects import LONGEST, SHORTEST, Run
from tests.sweep.toy import Toy

BASE = {"epochs": 10, "model": {"name": "small", "depth": 8}, "lr": 0.1, "seed": 0}


def leaf(config: Mapping[str, Any], seconds: float) -> Run:
    return Run({HOST: "here", **config}, seconds)


def measured(
    rng: random.Random, count: int, noise: float = 0.05
) -> tuple[list[Run], dict[str, float]]:
    """Return runs of trials whose seconds are `0.5 * epochs`, three times that for a large model."""
    runs, truth = [], {}
    for _ in range(count):
        epochs, size = rng.choice([1, 2, 5, 10]), rng.choice(["small", "large"])
        config = {"epochs": epochs, "model.name": size, "lr": 10 ** rng.uniform(-4, 0)}
        exact = 0.5 * epochs * (3 if size == "large" else 1)
        truth[json.dumps(config)] = exact
        runs.append(leaf(config, exact * math.exp(rng.gauss(0, noise))))
    return runs, truth


def test_nothing_is_predicted_without_evidence() -> None:
    nothing = Durations.fit([])
    assert nothing.predict(BASE, {"lr": 1.0}) is None
    assert (nothing.runs, nothing.spread) == (0, None)


def test_one_run_says_how_long_all_take() -> None:
    durations = Durations.fit([leaf({"lr": 0.1}, 42.0)])
    assert durations.predict(BASE, {}) == pytest.approx(42.0)
    assert durations.predict(BASE, {"lr": 9.0}) == pytest.approx(42.0)
    assert durations.spread is None


def test_runs_that_took_equally_long_teach_the_level_and_nothing_else() -> None:
    runs = [leaf({"lr": lr}, seconds) for lr, seconds in ((0.1, 9.5), (0.2, 10.0), (0.3, 10.5))]
    durations = Durations.fit(runs, "here")
    assert not durations.effects
    assert durations.predict(BASE, {"lr": 0.7}) == pytest.approx(10.0, rel=0.01)
    assert durations.spread == pytest.approx(0.075, abs=0.01)


def test_what_made_trials_longer_is_learned_from_forty_of_them() -> None:
    runs, truth = measured(random.Random(1), 40)
    durations = Durations.fit(runs, "here")
    errors = [
        abs(math.log(seconds / exact))
        for text, exact in truth.items()
        if (seconds := durations.predict({}, json.loads(text))) is not None
    ]
    assert len(errors) == 40
    assert max(errors) < math.log(1.25)


def test_more_epochs_than_ever_seen_take_longer_in_proportion() -> None:
    runs, _ = measured(random.Random(2), 60)
    durations = Durations.fit(runs, "here")
    known = {"model.name": "small", "lr": 0.01}
    seconds = durations.predict({}, {**known, "epochs": 40})
    assert seconds == pytest.approx(20.0, rel=0.3)


def test_the_spread_is_the_noise_and_not_the_differences_that_are_explained() -> None:
    exact = Durations.fit(measured(random.Random(3), 80, noise=0.01)[0])
    noisy = Durations.fit(measured(random.Random(3), 80, noise=0.5)[0])
    assert exact.spread is not None
    assert noisy.spread is not None
    assert exact.spread < 0.1
    assert 0.2 < noisy.spread < 1.0


def test_three_runs_do_no_harm() -> None:
    """Their differences are noise; what they say about others stays within the noise."""
    runs = [leaf({"lr": lr}, s) for lr, s in ((0.1, 10.0), (0.01, 11.0), (0.001, 9.0))]
    durations = Durations.fit(runs, "here")
    for lr in (0.3, 0.1, 0.01, 0.001):
        assert durations.predict({}, {"lr": lr}) == pytest.approx(10.0, rel=0.25)


def test_no_slope_is_believed_on_the_word_of_three_runs_that_are_close_together() -> None:
    """A straight line through them would say a day."""
    seen = ((10, 10.0), (11, 10.0), (12, 20.0))
    durations = Durations.fit([leaf({"epochs": epochs}, seconds) for epochs, seconds in seen])
    seconds = durations.predict({}, {"epochs": 100})
    assert seconds is not None
    assert 10 < seconds < 60


def test_a_seed_is_not_what_makes_a_trial_long() -> None:
    runs = [leaf({"seed": seed}, 5.0 + 20 * seed) for seed in (0, 1, 2) for _ in range(3)]
    assert not Durations.fit(runs).effects


def test_another_machine_is_told_apart() -> None:
    runs = [Run({HOST: "fast"}, 10.0)] * 8 + [Run({HOST: "slow"}, 40.0)] * 8
    slow = Durations.fit(runs, "slow").predict({}, {})
    fast = Durations.fit(runs, "fast").predict({}, {})
    assert slow == pytest.approx(40.0, rel=0.15)
    assert fast == pytest.approx(10.0, rel=0.15)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
CONFIGS = st.dictionaries(
    st.sampled_from(["a", "b", "c.d"]), SCALARS | st.lists(SCALARS, max_size=2)
)


@given(
    st.lists(st.tuples(CONFIGS, st.floats(1e-300, 1e300)), max_size=8),
    CONFIGS,
    CONFIGS,
)
def test_no_config_and_no_time_is_too_odd(
    seen: list[tuple[dict[str, Any], float]], resolved: dict[str, Any], delta: dict[str, Any]
) -> None:
    durations = Durations.fit([Run(config, seconds) for config, seconds in seen])
    seconds = durations.predict(resolved, delta)
    if not seen:
        assert seconds is None
    else:
        assert seconds is not None
        assert SHORTEST * 0.99 <= seconds <= LONGEST * 1.01


def test_ten_thousand_predictions_take_a_fifth_of_a_second_at_most() -> None:
    runs, _ = measured(random.Random(4), 500)
    forecast = Durations.fit(runs).forecast(BASE)
    deltas = [
        {"lr": 0.1 / (i + 1), "epochs": i % 50 + 1, "model.name": "large"} for i in range(10_000)
    ]
    began = time.process_time()
    assert all(forecast.seconds(delta) for delta in deltas)
    assert time.process_time() - began < 0.2


def test_what_ran_is_read_from_the_ledger(toy: Toy) -> None:
    toy.plan([1, 2, 3], config={"steps": 2, "sleep": 0.02})
    toy.run()
    with queries.reader(toy.project.ledger) as db:
        durations = Durations.learn(db, "toy")
        assert durations.runs == 3
        seconds = durations.predict({"recipe": "toy"}, {"x": 2})
        assert seconds is not None
        assert 0.03 < seconds < 5.0
        assert Durations.learn(db, "another").level is None


def test_runs_that_failed_or_went_on_from_a_checkpoint_are_no_evidence(toy: Toy) -> None:
    toy.plan([1, 2], config={"fail_at": 1})
    toy.run()
    with queries.reader(toy.project.ledger) as db:
        assert Durations.learn(db, "toy").runs == 1
    from agilml.ledger.ledger import Ledger

    with Ledger.open(toy.project.ledger) as ledger:
        ledger.db.execute("UPDATE attempt SET resumed_from = 't-2.0' WHERE trial = 't-2'")
    with queries.reader(toy.project.ledger) as db:
        assert Durations.learn(db, "toy").runs == 0
