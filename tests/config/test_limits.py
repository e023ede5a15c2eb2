"""What is refused before anything is composed or counted out."""

from __future__ import annotations

import time

import pytest

from agilml.config import Configs
from agilml.config.words import MOST_POINTS
from agilml.errors import ConfigError, UsageError
from agilml.sweep.expand import expand
from tests.config.conftest import Write


@pytest.mark.parametrize(
    "word",
    ["lr=nan", "lr=0.1,inf", "+new=nan", "lr=interval(0,inf)", "lr=range(0,inf)", "lr=1e999"],
)
def test_a_number_that_is_not_finite_is_refused(configs: Configs, word: str) -> None:
    with pytest.raises(ConfigError, match="finite") as caught:
        expand(configs, ["conf=tiny", word])
    assert "null" in caught.value.next


@pytest.mark.parametrize("text", ["lr: .nan\n", "lr: 0.1\nsweep: {lr: [0.1, .inf]}\n"])
def test_a_conf_file_with_such_a_number_is_refused(
    configs: Configs, write: Write, text: str
) -> None:
    write("bad", text)
    with pytest.raises(ConfigError, match="finite"):
        expand(configs, ["conf=bad"])


def test_quoted_nan_is_text(configs: Configs) -> None:
    (point,) = expand(configs, ["conf=small", "root=x", "note='nan'"]).points
    assert point.params["note"] == "nan"


@pytest.mark.parametrize(
    "words",
    [
        ["x=range(1000000000)"],
        ["x=shuffle(range(0,-1000000000,-1))"],
        ["lr=range(0,1,1e-12)"],
        ["x=range(2000)", "seed=range(2000)"],
        ["both=product(x=range(2000), seed=range(2000))"],
    ],
)
def test_too_many_points_are_refused_at_once(configs: Configs, words: list[str]) -> None:
    began = time.perf_counter()
    with pytest.raises(ConfigError, match=f"{MOST_POINTS:,}") as caught:
        expand(configs, ["conf=tiny", *words])
    assert "fewer values" in caught.value.next
    assert time.perf_counter() - began < 5.0


@pytest.mark.parametrize("word", ["hydra.run.dir=x", "+hydra.x=1", "hydra/launcher=basic"])
def test_settings_of_hydra_are_no_keys(configs: Configs, word: str) -> None:
    with pytest.raises(ConfigError, match="no key `hydra"):
        expand(configs, ["conf=tiny", word])


@pytest.mark.parametrize("op", ["+", "++"])
def test_an_axis_is_not_added_to_sweep(configs: Configs, op: str) -> None:
    with pytest.raises(UsageError, match=r"without `sweep\.`") as caught:
        expand(configs, ["conf=tiny", f"{op}sweep.lr=[1,2]"])
    assert caught.value.next == "lr=[1,2]"


def test_how_a_sweep_is_run_is_no_parameter_of_its_points(configs: Configs, write: Write) -> None:
    write("swept", "seed: 0\nmetric: a\nbudget: {trials: null}\nsweep: {seed: [1, 2]}\n")
    words = [
        "conf=swept",
        "~sweep.seed",
        "budget.trials=3",
        "metric=b",
        "+executor.slots=1",
        "seed=4",
    ]
    assert [dict(p.params) for p in expand(configs, words).points] == [{"seed": 4}]


@pytest.mark.parametrize("word", ["x={a:1}", "lr={a:1},{a:2}", "x=['${seed}']", "note={a:1}"])
def test_a_mapping_or_list_does_not_replace_a_scalar(configs: Configs, word: str) -> None:
    conf = ["conf=small", "root=x"] if word.startswith("note") else ["conf=tiny"]
    with pytest.raises(ConfigError, match="cannot become a"):
        expand(configs, [*conf, word])
