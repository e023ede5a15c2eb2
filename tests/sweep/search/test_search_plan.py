"""A candidate is the trial that the same values have in a grid, without Hydra, whatever files have become."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agilml.config import Configs, config_digest
from agilml.config.words import Setting
from agilml.errors import AgilError, ConfigError, UsageError
from agilml.model import canonical
from agilml.points import leaves, materialise
from agilml.project import find_project
from agilml.sweep.expand import expand, studies
from agilml.sweep.identity import Identities
from agilml.sweep.search.base import Choice
from agilml.sweep.search.choosing import enqueued
from agilml.sweep.search.draws import at_random
from agilml.sweep.search.making import Made, make_search
from agilml.sweep.search.place import recall
from agilml.sweep.search.plan import Excluded, SearchPlan
from agilml.sweep.search.space import Choices
from tests.sweep.search.conftest import Make

WORDS = [
    "model=resnet,mlp,vit",
    "optim=sgd,adamw",
    "sched=cosine,step",
    "optim.lr=tag(log,interval(1e-5,1))",
    "rule.threshold=interval(0,1)",
    "trainer.epochs=interval(2,90)",
    "optim.momentum=when(optim=sgd,interval(0.5,0.99))",
    "optim.momentum=when(optim=sgd,0.8,0.95)",
    "model.depth=when(model=choice(resnet,vit),interval(2,40))",
    "sched.warmup=when('sched == \"cosine\" and optim.lr > 0.01',3,9)",
    "data.aug.crop=when('seed > 0',interval(1,9))",
    "pair=zip(data=[digits,cifar],env.bucket=[x,'a b'])",
    "both=concat(product(model=mlp,model.dropout=choice(0.2,0.3)),product(model=vit))",
    "data.aug={flip:false},{crop:7}",
    "tags=[x],[y,'${seed}']",
    "+fresh=interval(1,10)",
    "+fresh=1,2",
    "env.profile=p,null",
    "name='fixed ${seed}',other",
    "seed=0,1,2",
    "seed=repeat(2)",
    "trainer.batch=64",
    "executor.slots=2",
]


def concrete(made: Made, choice: Choice, words: list[str]) -> list[str]:
    """Return words that say the values of ``choice`` outright."""
    found = []
    for one in made.plan.space.dimensions:
        if one.name not in choice:
            continue
        value = one.labels[int(choice[one.name])] if isinstance(one, Choices) else choice[one.name]
        op = "+" if f"+{one.name}=" in " ".join(words) else ""
        pairs = value if one.name in ("pair", "both") else {one.name.split("#")[0]: value}
        assert isinstance(pairs, dict)
        found += [Setting(key, item, op).word for key, item in pairs.items()]
    found += [word for word in words if word in ("trainer.batch=64", "executor.slots=2")]
    return found


def whole(made: Made, trial: tuple[str, str, dict[str, object], dict[str, object]]) -> Any:
    return materialise(made.plan.structures[trial[1]].resolved, trial[2])


def recalled(made: Made) -> SearchPlan:
    """Return the plan as the controller has it: from its record, with no project folder at hand."""
    data = json.loads(json.dumps(made.plan.as_json()))
    assert SearchPlan.structure_ids(data)
    return SearchPlan.from_json(data, made.plan.structures)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        [WORDS[1], WORDS[3], WORDS[6], WORDS[9], "trainer.batch=64"],
        [WORDS[0], WORDS[8], WORDS[11], "+fresh=interval(1,10)", "seed=repeat(2)"],
    ],
)
def test_a_placed_candidate_is_what_hydra_composes(confs: Path, words: list[str]) -> None:
    compare(confs, words)


CLASHES = (
    "set twice",
    "nothing to search",
    "no key",
    "same keys",
    "Could not",
    "excluded",
    "only repeats",
    "is there already",
)
"""Words drawn at random may not go together; then they are refused, for one of these reasons."""


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("AGIL_SEARCH_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
def test_every_placed_candidate_is_what_hydra_composes(confs: Path, words: list[str]) -> None:
    try:
        compare(confs, words)
    except UsageError as error:
        if not any(text in error.cause for text in CLASHES):
            raise


def compare(confs: Path, words: list[str]) -> None:
    """Place some candidates, twice, and compare each with a sweep of that one point."""
    project, configs = find_project(), Configs(confs)
    (study,) = studies(configs, ["conf=big", *words])
    made = make_search(project, configs, study)
    again = recalled(made)
    repeats = made.plan.repeats
    for number in range(3):
        choice = at_random(made.plan.space, number)
        placed = made.plan.place(choice)
        assert placed == again.place(choice)
        assert len(placed) == repeats
        for n, trial in enumerate(placed):
            seed = [f"seed={n}"] if repeats > 1 else []
            wanted = expand(configs, ["conf=big", *concrete(made, choice, words), *seed], verify=0)
            (point,) = wanted.points
            assert config_digest(whole(made, trial)) == point.digest
            structure = wanted.structures[point.structure]
            assert trial[0] == Identities(project.root).trial(structure, point)
            assert canonical(trial[3]) == canonical(dict(point.params))


def test_the_size_of_the_product_costs_nothing(make: Make) -> None:
    keys = (
        "seed",
        "optim.wd",
        "data.aug.crop",
        "trainer.epochs",
        "trainer.batch",
        "rule.threshold",
    )
    axes = [f"{key}=range(100)" for key in (*keys, "track.every_s", "track.keep", "sched.warmup")]
    made = make("conf=big", *axes, "optim=sgd,adamw")
    assert made.plan.size == 2 * 100**9
    assert len(made.plan.structures) == 2


def test_repetitions_are_trials_of_one_candidate(make: Make) -> None:
    made = make("conf=tiny", "lr=interval(0,1)", "seed=repeat(3)")
    placed = made.plan.place({"lr": 0.5})
    assert [trial[3] for trial in placed] == [{"seed": n, "lr": 0.5} for n in range(3)]
    assert made.plan.repeats == 3
    assert made.plan.repeated == ["seed"]
    assert [one.name for one in made.plan.space.dimensions] == ["lr"]


def test_a_seed_outside_identity_makes_one_trial_of_all_repetitions(make: Make) -> None:
    made = make("conf=tiny", "lr=interval(0,1)", "seed=repeat(3)", "+identity.exclude=[seed]")
    assert len(made.plan.place({"lr": 0.5})) == 1


def test_whole_numbers_of_a_sampler_may_be_floats(make: Make) -> None:
    made = make("conf=tiny", "x=interval(1,9)", "+n=int(interval(1,9))", "+f=interval(1,9)")
    (trial,) = made.plan.place({"x": 3.0, "n": 4.0, "f": 5})
    assert canonical(trial[3]) == canonical({"x": 3, "n": 4, "f": 5.0})


def test_excluded_candidates_are_not_placed(make: Make) -> None:
    made = make("conf=tiny", "lr=interval(0,1)", "seed=repeat(2)", "exclude=lr > 0.5 or seed == 1")
    assert len(made.plan.place({"lr": 0.4})) == 1
    for plan in (made.plan, recalled(made)):
        with pytest.raises(Excluded):
            plan.place({"lr": 0.6})


def test_a_space_of_excluded_candidates_is_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match="excluded, every one"):
        make("conf=tiny", "lr=interval(0,1)", "exclude=lr < 2")


def test_a_key_that_two_branches_open_has_a_name_in_each(make: Make) -> None:
    made = make(
        "conf=big",
        "optim=sgd,adamw",
        "optim.lr=when(optim=sgd,interval(0.1,1))",
        "optim.lr=when(optim=adamw,interval(0.001,0.01))",
    )
    assert made.plan.place({"optim": 0, "optim.lr": 0.5})[0][3]["optim.lr"] == 0.5
    assert made.plan.place({"optim": 1, "optim.lr#2": 0.005})[0][3]["optim.lr"] == 0.005
    with pytest.raises(ConfigError):
        made.plan.place({"optim": 1, "optim.lr": 0.5})


def test_what_must_be_given_may_be_open(make: Make, confs: Path) -> None:
    (confs / "must.yaml").write_text("recipe: dry\na: ???\nb: ${a}\nc: ???\nd: x${c}\n")
    made = make("conf=must", "a=interval(0,1)", "c=p,q")
    (trial,) = recalled(made).place({"a": 0.25, "c": 1})
    config = whole(made, trial)
    assert (config["b"], config["d"]) == (0.25, "xq")
    with pytest.raises(ConfigError, match=r"\?\?\?"):
        make("conf=must", "a=interval(0,1)")


# --- what cannot be searched -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["conf=big", "model.blocks.0=interval(1,4)"], "known only after composing"),
        (["conf=odd", "optim.lr=interval(0,1)"], "known only after composing"),
        (["conf=big", "nope=interval(0,1)"], "no key `nope`"),
        (["conf=big", "trainer.amp=interval(0,1)"], "true or false"),
        (["conf=big", "optim.lr=tag(log,interval(0,1))"], "begins above 0"),
        (["conf=big", "optim.lr=when(nothing=1,interval(0,1))"], "which is no key"),
        (["conf=big", "model=mlp,vit", "heads=when('seed > 1',interval(0,1))"], "no key `heads`"),
        (["conf=big", "optim.lr=interval(0,1)", "executor.slots=1,2"], "how a sweep is run"),
        (["conf=tiny", "seed=repeat(2)", "lr=when('seed > 0',interval(0,1))"], "only repeats"),
        (["conf=tiny", "lr=0.1"], "nothing to search over"),
        (["conf=big", *(f"+k{n}=range(10)" for n in range(4)), "seed=0,1"], "10,000 structures"),
        (["conf=small", "root=x", "layers=interval(0,1)"], "a list"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_starts(
    make: Make, words: list[str], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        make(*words)
    assert said in caught.value.cause


@pytest.mark.slow
def test_closed_axes_of_a_conf_that_cannot_be_patched_are_composed_beforehand(make: Make) -> None:
    made = make("conf=odd", "optim.lr=0.1,0.2", "seed=1,2", "trainer.batch=8")
    assert made.plan.size == 4
    assert len(made.plan.structures) == 4
    (trial,) = recalled(made).place({"optim.lr": 1, "seed": 0})
    assert whole(made, trial)["copies"]["all"]["lr"] == 0.2
    assert trial[3] == {"optim.lr": 0.2, "seed": 1, "trainer.batch": 8}


# --- identity ----------------------------------------------------------------------------------------


def test_a_sweep_goes_on_with_the_code_and_confs_of_its_plan(make: Make, confs: Path) -> None:
    recipe = confs.parent / "recipes" / "own.py"
    recipe.write_text("def train(cfg, run): ...\n")
    data = "+data={name:iris},{name:wine}"
    made = make("conf=tiny", "recipe=own,dry", "lr=interval(0,1)", data)
    again = recalled(made)
    wanted = made.plan.place({"recipe": 0, "lr": 0.5, "data": 1})
    recipe.write_text("def train(cfg, run): return 1\n")
    (confs / "tiny.yaml").unlink()
    assert again.place({"recipe": 0, "lr": 0.5, "data": 1}) == wanted


def test_code_that_nobody_could_foresee_needs_the_project(make: Make, confs: Path) -> None:
    (confs / "shell.yaml").write_text('recipe: command\nargv: "python x.py ${lr}"\nlr: 0.1\n')
    made = make("conf=shell", "lr=interval(0,1)")
    with pytest.raises(ConfigError, match="not looked at"):
        recalled(made).place({"lr": 0.5})
    data = made.plan.as_json()
    plan = SearchPlan.from_json(data, made.plan.structures, confs.parent)
    assert plan.place({"lr": 0.5}) == made.plan.place({"lr": 0.5})


def test_placing_imports_no_hydra(make: Make, tmp_path: Path) -> None:
    made = make("conf=big", "optim=sgd,adamw", "optim.momentum=when(optim=sgd,interval(0,1))")
    structures = {
        name: [item.conf, dict(item.choices), item.unresolved, item.resolved]
        for name, item in made.plan.structures.items()
    }
    record = tmp_path / "plan.json"
    record.write_text(json.dumps({"plan": made.plan.as_json(), "structures": structures}))
    script = """
import json, sys
from agilml.points import Structure
from agilml.sweep.search.plan import SearchPlan
data = json.load(open(sys.argv[1]))
structures = {name: Structure(name, *parts) for name, parts in data["structures"].items()}
plan = SearchPlan.from_json(data["plan"], structures)
print(plan.place({"optim": 0, "optim.momentum": 0.5})[0][0])
assert not {"hydra", "omegaconf"} & sys.modules.keys()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(record)], capture_output=True, text=True, check=True
    )
    (wanted,) = made.plan.place({"optim": 0, "optim.momentum": 0.5})
    assert done.stdout.strip() == wanted[0]


# --- values into choices -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2))
def test_the_candidate_of_a_trial_is_found_again(make: Make, number: int) -> None:
    made = make(
        "conf=big",
        "model=resnet,mlp",
        "optim=sgd,adamw",
        "optim.lr=tag(log,interval(1e-4,1))",
        "optim.momentum=when(optim=sgd,interval(0.5,0.99))",
        "pair=zip(trainer.epochs=[10,20],trainer.batch=[8,16])",
        "env.profile=p,null",
        "seed=repeat(2)",
    )
    choice = at_random(made.plan.space, number)
    for trial in made.plan.place(choice):
        structure = made.plan.structures[trial[1]]
        values = {**structure.choices, **leaves(whole(made, trial))}
        assert recalled(made).choose(values) == choice
        assert made.plan.choose({**values, "optim.lr": 2.0}) is None
        assert made.plan.choose({**values, "trainer.batch": 9}) is None
        assert made.plan.choose({**values, "model": "vit"}) is None


ENQUEUE = ["conf=big", "model=resnet,mlp", "optim.lr=interval(0,1)", "+sampler.name=tpe"]


def test_points_that_people_ask_for_become_choices(make: Make) -> None:
    made = make(*ENQUEUE, "+sampler.enqueue=[{model:mlp},{optim:{lr:0.5}},{model:mlp,optim.lr:0}]")
    assert made.plan.enqueued == ({"model": 1}, {"optim.lr": 0.5}, {"model": 1, "optim.lr": 0})
    assert recalled(made).enqueued == made.plan.enqueued


@pytest.mark.slow
def test_points_outside_of_the_space_are_refused(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"optim\.lr=2"):
        make(*ENQUEUE, "+sampler.enqueue=[{optim.lr:2}]")
    made = make(*ENQUEUE)
    ground = recall(made.plan.as_json(), made.plan.structures)
    wrong: list[tuple[Any, str]] = [
        ({"model": "vit"}, "model=vit"),
        ({"optim": {"lr": "high"}}, "optim.lr=high"),
        ({"optim.lr": True}, "optim.lr=True"),
        ({"seed": 2}, "sets `seed`"),
        (3, "is none"),
        ({}, "is none"),
    ]
    for point, said in wrong:
        with pytest.raises(ConfigError) as caught:
            enqueued(ground, made.plan.space, point)
        assert said in caught.value.cause


def test_a_warm_start_needs_a_sweep(make: Make) -> None:
    with pytest.raises(AgilError) as caught:
        make("conf=tiny", "lr=interval(0,1)", "+sampler.name=tpe", "+sampler.warm_start=s-12")
    assert "no sweep yet" in caught.value.cause


@pytest.mark.slow
@pytest.mark.parametrize("address", ["latest", "@main", "best@latest", "best@s-12"])
def test_a_warm_start_is_no_address_that_moves(make: Make, address: str) -> None:
    with pytest.raises(AgilError) as caught:
        make("conf=tiny", "lr=interval(0,1)", "+sampler.name=tpe", f"+sampler.warm_start={address}")
    assert f"warm_start={address}" in caught.value.cause
    assert caught.value.kept
    assert caught.value.next.startswith("name a sweep: s-… or a tag")


def test_a_condition_on_a_wide_axis_costs_no_look_at_each_of_its_values(make: Make) -> None:
    made = make(
        "conf=big",
        "model=resnet,mlp,vit",
        "seed=range(1000)",
        "data.aug.crop=when('seed > 10',interval(1,9))",
    )
    assert len(made.plan.structures) == 3


def test_conditions_see_the_dimensions_typed_before(make: Make) -> None:
    made = make(
        "conf=big",
        "optim=sgd,adamw",
        "optim.momentum=when(optim=sgd,interval(0,1))",
        "trainer.epochs=when('optim.momentum > 0.5',5,6)",
    )
    assert [one.name for one in made.plan.space.dimensions] == [
        "optim",
        "optim.momentum",
        "trainer.epochs",
    ]
    low, high = {"optim": 0, "optim.momentum": 0.4}, {"optim": 0, "optim.momentum": 0.6}
    assert "trainer.epochs" not in recalled(made).place(low)[0][3]
    assert recalled(made).place({**high, "trainer.epochs": 1})[0][3]["trainer.epochs"] == 6
