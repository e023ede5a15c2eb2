"""From words to points."""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any

import pytest

from agilml.config import Configs, config_digest
from agilml.errors import ConfigError, UsageError
from agilml.points import materialise
from agilml.sweep import expand as module
from agilml.sweep.expand import Expansion

Write = Any
expand = functools.partial(module.expand, verify=1)


def params(expansion: Expansion) -> list[dict[str, Any]]:
    return [dict(point.params) for point in expansion.points]


def column(expansion: Expansion, key: str) -> list[Any]:
    return [point.params.get(key) for point in expansion.points]


def test_words_without_a_sweep_are_one_point(configs: Configs) -> None:
    one = expand(configs, ["conf=tiny", "lr=1"])
    assert params(one) == [{"lr": 1.0}]
    assert one.axes == {}
    assert one.points[0].delta == {"lr": 1.0}


def test_the_last_axis_varies_fastest(configs: Configs) -> None:
    found = expand(configs, ["conf=tiny", "seed=0,1", "lr=0.1,0.2"])
    assert params(found) == [{"seed": s, "lr": x} for s in (0, 1) for x in (0.1, 0.2)]
    assert found.axes == {"seed": [0, 1], "lr": [0.1, 0.2]}


def test_structures_are_composed_once_per_choice_of_groups(configs: Configs) -> None:
    found = expand(configs, ["conf=big", "model=resnet,mlp", "optim.lr=0.1,0.2", "seed=range(5)"])
    assert len(found.points) == 20
    assert len(found.structures) == 2
    assert {point.structure for point in found.points} == set(found.structures)


def test_a_default_that_is_chosen_explicitly_is_the_same_structure(configs: Configs) -> None:
    plain = expand(configs, ["conf=big"])
    chosen = expand(configs, ["conf=big", "optim=sgd", "model=resnet"])
    assert set(plain.structures) == set(chosen.structures)
    assert plain.points[0].digest == chosen.points[0].digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["lr=0.10"], ["lr=0.1"]),
        (["lr=0.1"], []),
        (["lr=1", "x=2"], ["x=2", "lr=1.0"]),
        (["lr=1e-1"], ["lr=100e-3"]),
        (["+sampler.name=x"], ["+sampler.name=y"]),
        (["++lr=0.5"], ["lr=0.5"]),
    ],
)
def test_the_same_config_is_the_same_trial(
    configs: Configs, one: list[str], other: list[str]
) -> None:
    first, second = expand(configs, ["conf=tiny", *one]), expand(configs, ["conf=tiny", *other])
    assert first.points[0].digest == second.points[0].digest


def test_another_conf_with_the_same_content_is_the_same_trial(
    configs: Configs, write: Write
) -> None:
    write("twin", "x: 1\nlr: 0.1\nseed: 0\n")
    found = expand(configs, ["conf=tiny,twin"])
    assert len(found.points) == 1
    assert found.collapsed == 1


def test_points_typed_twice_collapse(configs: Configs) -> None:
    found = expand(configs, ["conf=tiny", "lr=0.1,0.10,1e-1"])
    assert params(found) == [{"lr": 0.1}]
    assert found.axes == {}
    pairs = expand(configs, ["conf=tiny", "both=concat(product(x=1),product(x=choice(1,2)))"])
    assert column(pairs, "x") == [1, 2]
    assert pairs.collapsed == 1


def test_how_a_sweep_is_run_makes_no_new_trials(configs: Configs) -> None:
    found = expand(configs, ["conf=big", "executor.slots=1,2,3", "track.every_s=5,6"])
    assert len(found.points) == 1


def test_several_confs_are_the_outermost_axis(configs: Configs) -> None:
    found = expand(configs, ["seed=1,2", "conf=tiny,big"])
    assert found.axes["conf"] == ["tiny", "big"]
    assert column(found, "conf") == ["tiny", "tiny", "big", "big"]
    assert {found.structures[point.structure].conf for point in found.points} == {"tiny", "big"}


# --- zip, product, concat, when, repeat, exclude ----------------------------------------------------


def test_zip_pairs_values_and_groups(configs: Configs) -> None:
    found = expand(
        configs,
        ["conf=big", "pair=zip(model=choice(resnet,mlp), optim.lr=[1, 0.5])", "seed=1,2"],
    )
    rows = [("resnet", 1.0), ("mlp", 0.5)]
    assert params(found) == [
        {"model": model, "optim.lr": lr, "seed": seed} for model, lr in rows for seed in (1, 2)
    ]
    assert found.axes["pair"] == [{"model": m, "optim.lr": lr} for m, lr in rows]


def test_zip_takes_lists_as_values_from_choice(configs: Configs) -> None:
    found = expand(
        configs, ["conf=small", "root=x", "p=zip(layers=choice([1],[2,3]),lr=[0.1,0.2])"]
    )
    assert column(found, "layers") == [[1], [2, 3]]


def test_shuffling_a_zip_keeps_its_rows_together(configs: Configs) -> None:
    found = expand(configs, ["conf=tiny", "p=shuffle(zip(x=range(9),seed=range(9)))"])
    assert all(point.params["x"] == point.params["seed"] for point in found.points)
    assert sorted(column(found, "x")) == list(range(9))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("p=zip(x=[1,2],seed=[1])", "unequal length"),
        ("p=zip(x=[1,2])", "fewer than two"),
        ("p=zip(x=[],seed=[])", "unequal length"),
        ("p=zip([1],[2])", "has no key"),
        ("p=zip(x=[1],x=[2])", "sets a key twice"),
        ("p=zip(x=shuffle(1,2),seed=[1,2])", "unpair"),
        ("p=zip(x=interval(0,1),seed=[1])", "no rows"),
        ("p=zip(x=zip(a=[1],b=[2]),seed=[1])", "cannot be the value"),
        ("x=zip(lr=[1],seed=[2])", "is a key itself"),
        ("p=concat(1,2)", "no zip(…), product(…) or concat(…)"),
        ("p=concat(when(x=1,2))", "cannot stand inside"),
        ("lr=when(0.1,0.2)", "needs conditions"),
        ("lr=when(x=1)", "needs conditions"),
        ("lr=when(x=1,when(x=1,2))", "no second when"),
        ("lr=when('x >',1)", "not an expression"),
        ("seed=repeat(0)", "needs a whole number"),
        ("seed=repeat(x)", "needs a whole number"),
        ("lr=repeat(2)", "whole number as base"),
        ("p=zip(nope=[1,2],seed=[1,2])", "no key `nope`"),
        ("p=zip(lr=[a,b],seed=[1,2])", "cannot become text"),
    ],
)
def test_what_makes_no_sense_is_refused(configs: Configs, word: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        expand(configs, ["conf=tiny", word])
    assert said in caught.value.cause


def test_concat_joins_parts_with_different_keys(configs: Configs) -> None:
    parts = (
        "product(model=mlp)",
        "product(model=resnet, optim.lr=choice(0.1,0.2))",
        "zip(seed=[8,9],optim.lr=[0.3,0.4])",
    )
    found = expand(configs, ["conf=big", f"study=concat({', '.join(parts)})"])
    assert params(found) == [
        {"model": "mlp"},
        {"model": "resnet", "optim.lr": 0.1},
        {"model": "resnet", "optim.lr": 0.2},
        {"seed": 8, "optim.lr": 0.3},
        {"seed": 9, "optim.lr": 0.4},
    ]


def test_when_sweeps_only_where_its_condition_holds(configs: Configs) -> None:
    words = ["conf=big", "optim=sgd,adamw", "optim.momentum=when(optim=sgd, choice(0.8,0.7))"]
    assert params(expand(configs, words)) == [
        {"optim": "sgd", "optim.momentum": 0.8},
        {"optim": "sgd", "optim.momentum": 0.7},
        {"optim": "adamw"},
    ]


def test_when_reads_defaults_values_and_what_other_conditions_set(configs: Configs) -> None:
    words = [
        "conf=big",
        "optim.lr=when(model=resnet, 0.5, 0.6)",
        "seed=when('optim.lr > 0.5', 1, 2)",
        "rule.threshold=when('sched.peak == 0.5', 0.1)",
    ]
    assert params(expand(configs, words)) == [
        {"optim.lr": 0.5, "rule.threshold": 0.1},
        {"optim.lr": 0.6, "seed": 1},
        {"optim.lr": 0.6, "seed": 2},
    ]


def test_when_reads_what_only_a_full_compose_knows(configs: Configs) -> None:
    words = [
        "conf=odd",
        "optim.lr=0.2,0.3",
        "seed=when('copies.all.lr > 0.25 and copies.some == 0',4)",
    ]
    assert column(expand(configs, words), "seed") == [None, 4]


def test_when_chooses_groups_and_whole_rows(configs: Configs) -> None:
    words = [
        "conf=big",
        "model=resnet,mlp",
        "sched=when(model=mlp, step)",
        "more=when(sched=step, zip(sched.gamma=[0.5,0.6], seed=[5,6]))",
    ]
    assert params(expand(configs, words)) == [
        {"model": "resnet"},
        {"model": "mlp", "sched": "step", "sched.gamma": 0.5, "seed": 5},
        {"model": "mlp", "sched": "step", "sched.gamma": 0.6, "seed": 6},
    ]


def test_two_conditions_may_set_one_key(configs: Configs) -> None:
    words = ["conf=tiny", "x=1,2,3", "lr=when(x=1,0.5)", "lr=when(x=choice(2,9),0.6)"]
    assert column(expand(configs, words), "lr") == [0.5, 0.6, None]


def test_repeat_counts_up_from_the_base_and_is_no_search_dimension(
    configs: Configs, write: Write
) -> None:
    write("later", "seed: 40\nlr: 0.1\n")
    found = expand(configs, ["conf=later", "lr=0.1,0.2", "seed=repeat(3)"])
    assert column(found, "seed") == [40, 41, 42] * 2
    assert found.repeats == ("seed",)


def test_exclude_leaves_points_out_and_counts_them(configs: Configs) -> None:
    words = ["conf=big", "model=resnet,mlp", "optim.lr=0.1,0.2", "seed=1,2"]
    found = expand(configs, [*words, "exclude=model == 'mlp' and sched.peak > 0.1"])
    assert found.excluded == 2
    assert all(p["model"] == "resnet" or p["optim.lr"] == 0.1 for p in params(found))
    twice = expand(configs, [*words, "exclude=model=='mlp'", "exclude='seed == 2'"])
    assert params(twice) == [{"model": "resnet", "optim.lr": x, "seed": 1} for x in (0.1, 0.2)]


def test_a_condition_may_read_the_conf(configs: Configs) -> None:
    words = ["conf=tiny,big", "seed=1,2", "exclude=conf == 'big' and seed == 2"]
    assert column(expand(configs, words), "conf") == ["tiny", "tiny", "big"]


def test_excluding_everything_or_by_an_unknown_name_is_refused(configs: Configs) -> None:
    with pytest.raises(ConfigError, match="every point is excluded"):
        expand(configs, ["conf=tiny", "lr=0.1,0.2", "exclude=lr > 0"])
    with pytest.raises(ConfigError, match=r"`lrr`.*did you mean `lr`"):
        expand(configs, ["conf=tiny", "lr=0.1,0.2", "exclude=lrr > 1"])
    with pytest.raises(ConfigError, match="`mlp`"):
        expand(configs, ["conf=big", "model=mlp,vit", "exclude=model == mlp"])


# --- the `sweep:` of a conf file ---------------------------------------------------------------------

SWEPT = """
defaults: [{optim: sgd}, {model: resnet}, {data: digits}]
seed: 0
env: {bucket: b}
sweep:
  optim.lr: 0.1, 0.2
  seed: [1, 2]
  optim: {wd: 0.0}
  pair: zip(data.aug.crop=[1,2], data.aug.mixup=[0.1,0.2])
  exclude: optim.lr > 0.1 and seed == 2
"""


def test_a_conf_brings_its_own_axes(configs: Configs, write: Write) -> None:
    write("swept", SWEPT)
    found = expand(configs, ["conf=swept"])
    assert len(found.points) == 6
    assert found.excluded == 2
    assert set(found.axes) == {"optim.lr", "seed", "pair"}
    assert {point.params["optim.wd"] for point in found.points} == {0.0}


def test_a_typed_value_replaces_an_axis(configs: Configs, write: Write) -> None:
    write("swept", SWEPT)
    found = expand(configs, ["conf=swept", "optim.lr=0.5", "seed=7,8,9", "exclude=seed == 9"])
    assert set(found.axes) == {"seed", "pair"}
    assert set(column(found, "seed")) == {7, 8}
    assert set(column(found, "optim.lr")) == {0.5}
    other = expand(configs, ["conf=swept", "pair=concat(product(data.aug.crop=9))"])
    assert set(column(other, "data.aug.crop")) == {9}
    assert set(column(expand(configs, ["conf=swept", "~sweep.pair"]), "data.aug.crop")) == {None}


def test_typing_one_key_of_a_zip_is_refused_with_the_way_out(
    configs: Configs, write: Write
) -> None:
    write("swept", SWEPT)
    with pytest.raises(ConfigError) as caught:
        expand(configs, ["conf=swept", "data.aug.crop=3"])
    assert "~sweep.pair" in caught.value.next


@pytest.mark.parametrize(
    ("node", "said"),
    [
        ("[1]", "mapping"),
        ("{lr: []}", "empty list"),
        ("{lr: 'choice('}", "unequal ()"),
        ("{lrr: '1,2'}", "no key `lrr`"),
        ("{exclude: 3}", "sweep.exclude"),
        ("{lr: '1,2', p: 'zip(lr=[1],x=[2])'}", "set twice"),
    ],
)
def test_a_sweep_node_that_makes_no_sense_is_refused(
    configs: Configs, write: Write, node: str, said: str
) -> None:
    write("bad", f"lr: 0.1\nx: 1\nsweep: {node}\n")
    with pytest.raises(UsageError) as caught:
        expand(configs, ["conf=bad"])
    assert said in caught.value.cause


# --- open dimensions ---------------------------------------------------------------------------------


def test_an_interval_has_no_points_to_list(configs: Configs) -> None:
    with pytest.raises(UsageError, match=r"optim.lr, seed: interval\(\) is an open range"):
        expand(configs, ["conf=big", "optim.lr=interval(0,1)", "seed=interval(1,9)"])


# --- refusals ----------------------------------------------------------------------------------------

REFUSED = [
    (["conf=smal"], "did you mean `small`"),
    (["conf=small,nothing"], "no conf `nothing`"),
    (["conf=small", "root=x", "lrr=1,2"], "did you mean `lr`"),
    (["conf=small", "root=x", "lr=abc"], "is a number (0.1) and cannot become text"),
    (["conf=small", "root=x", "lr=0.1,abc"], "cannot become text"),
    (["conf=small", "root=x", "lr="], "(empty)"),
    (["conf=small", "root=x", "epochs=1.5"], "whole number"),
    (["conf=small", "root=x", "node=3"], "is a mapping"),
    (["conf=small", "root=x", "node.c=3"], "no key `node.c`"),
    (["conf=small", "root=x", "lr=${nothing}"], "refers to `nothing`"),
    (["conf=small"], "must be given"),
    (["conf=small", "lr=0.1,0.2"], "`???`"),
    (["conf=big", "model=resnett"], "no model `resnett`; did you mean `resnet`"),
    (["conf=big", "model=resnet,nothing"], "no model `nothing`"),
    (["conf=big", "model.hidden=[1]"], "no key `model.hidden`"),
    (["conf=big", "model=resnet,mlp", "model.hidden=[1],[2]"], "no key `model.hidden`"),
    (["conf=big", "lr=1"], "did you mean `optim.lr`"),
    (["conf=tiny", "model=mlp"], "`model`"),
    (["conf=tiny", "x=1,2", "p=zip(x=[1,2],seed=[1,2])"], "set twice"),
    (["conf=tiny", "x"], "no `=`"),
    (["lr=1"], "conf= is missing"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED)
def test_wrong_words_are_explained_and_nothing_is_started(
    configs: Configs, words: list[str], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        expand(configs, words)
    text = f"{caught.value.cause} | {caught.value.next}"
    assert said in text
    assert caught.value.exit_code == 2
    assert caught.value.next
    assert "--multirun" not in text
    assert "hydra.cc" not in text


def test_the_mandatory_value_may_be_swept_or_interpolated(configs: Configs, write: Write) -> None:
    assert column(expand(configs, ["conf=small", "root=/a,/b"]), "root") == ["/a", "/b"]
    write("needs", "root: ???\npath: ${root}/x\nn: 1\n")
    found = expand(configs, ["conf=needs", "root=/a,/b", "n=1,2"])
    made = [
        materialise(found.structures[point.structure].resolved, point.delta)["path"]
        for point in found.points
    ]
    assert made == ["/a/x", "/a/x", "/b/x", "/b/x"]


def test_a_patched_config_that_is_not_hydras_is_refused(
    configs: Configs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agilml.sweep import expand_patch

    def broken(self: Any, changed: Any) -> list[Any]:
        return []

    monkeypatch.setattr(expand_patch.Leaves, "affected", broken)
    with pytest.raises(ConfigError, match=r"differs from Hydra's own at: .*sched\.peak"):
        expand(configs, ["conf=big", "optim.lr=0.2,0.3"], verify=2)
    expand(configs, ["conf=big", "optim.lr=0.2,0.3"], verify=0)


def test_a_search_path_of_the_conf_adds_groups_and_options(
    configs: Configs, write: Write, tmp_path: Path
) -> None:
    for name in ("model/vast", "solver/fast", "solver/slow"):
        path = tmp_path / "more" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: {name}\n")
    write(
        "wide",
        f"hydra: {{searchpath: ['file://{tmp_path}/more']}}\n"
        "defaults: [{model: vast}, {solver: fast}, {data: digits}]\nenv: {bucket: b}\n",
    )
    found = expand(configs, ["conf=wide", "model=vast,vit", "solver=fast,slow"])
    assert len(found.structures) == len(found.points) == 4


def test_points_are_a_sequence(configs: Configs) -> None:
    points = expand(configs, ["conf=tiny", "x=range(5)"]).points
    assert [point.params["x"] for point in points] == list(range(5))
    assert [point.params["x"] for point in points[3:]] == [3, 4]
    assert points[-1] == points[4]
    with pytest.raises(IndexError):
        points[5]


@pytest.mark.slow
def test_a_hundred_thousand_points_stay_small_and_unique(configs: Configs) -> None:
    found = expand(configs, ["conf=tiny", "x=range(100)", "seed=range(100)", "lr=range(0,1,0.1)"])
    assert len(found.points) == 100_000
    assert len(found.structures) == 1
    sample = [found.points[n] for n in range(0, 100_000, 9_973)]
    for point in sample:
        whole = materialise(found.structures[point.structure].resolved, point.delta)
        assert config_digest(whole) == point.digest


def test_environment_text_is_part_of_a_point_and_no_obstacle(
    configs: Configs, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    write("env", "t: ${oc.env:TOKEN}\nu: ${t}-${x}\nx: 1\nv: ${oc.decode:${oc.env:N,3}}\n")
    found = expand(configs, ["conf=env", "x=1,2,3"])
    assert len(found.structures) == 1
    assert found.points[1].delta == {"x": 2, "u": "${oc.env:TOKEN}-2"}
    assert "hunter2" not in repr([found.structures, list(found.points)])


def test_all_ways_to_type_a_product_are_one(configs: Configs) -> None:
    grid = expand(configs, ["conf=tiny", "x=1,2", "seed=3,4"])
    rows = ",".join(f"product(x={x},seed={s})" for x, s in itertools.product((1, 2), (3, 4)))
    for word in (
        f"p=concat({rows})",
        "p=product(x=choice(1,2),seed=choice(3,4))",
        "p=zip(x=[1,1,2,2],seed=[3,4,3,4])",
    ):
        other = expand(configs, ["conf=tiny", word])
        assert [p.digest for p in other.points] == [p.digest for p in grid.points]
