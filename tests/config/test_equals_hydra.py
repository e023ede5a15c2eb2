"""Every expanded point is what Hydra itself composes for its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from agilml.config import Configs, config_digest
from agilml.errors import UsageError
from agilml.model import canonical
from agilml.points import materialise
from agilml.sweep.expand import Expansion, expand

AXES = [
    "model=resnet,mlp",
    "model=vit,resnet",
    "model=glob([vi*,mlp])",
    "optim=sgd,adamw",
    "data=digits,cifar",
    "sched=cosine,step",
    "optim.lr=0.1,0.01,1e-5",
    "optim.lr=0.1,'${rule.threshold}'",
    "optim.wd=0.0,5e-4",
    "seed=range(3)",
    "seed=1,null",
    "env.bucket=x,'a b,c','it\\'s'",
    "env.profile=p,[1,2],{a:1},null",
    "env.tags.team=t,ml",
    "name=fixed,'${model.name}/${seed}'",
    "tags=[x],[y,'${seed}']",
    "trainer.epochs=10,90",
    "trainer.amp=true,false",
    "sched.peak=0.5,0.25",
    "data.aug={flip:false},{crop:7}",
    "data.aug.crop=3,4",
    "track.sync=true,false",
    "rule.threshold=0.9,.5",
    "executor.slots=1,2",
    "+fresh=1,2",
    "++seed=7,8",
    "copies.near=0.75,${optim.wd}",
]
"""Sweeps that Hydra's own grammar has; some clash, and then both must refuse."""

FIXED = [
    "model=mlp",
    "model=vit",
    "optim=adamw",
    "data=cifar",
    "sched=step",
    "+tune=resnet_digits",
    "+model@teacher=vit",
    "data@data=cifar",
    "~sched",
    "~env.profile",
    "~rule",
    "~nothing",
    "data.aug={flip:false,crop:1}",
    "data.aug={nothing:1}",
    "+data.aug.extra=3",
    "++data.aug.crop=9",
    "+seed=3",
    "model.blocks=[3,4,6,3]",
    "model.depth=3",
    "name='a b,c'",
    "optim.lr=${rule.threshold}",
    "optim.lr=${nothing}",
    "optim.lr=0.3",
    "optim.betas=[0.8,0.99]",
    "tags=[x,'${seed}']",
    "tags.1=z",
    "env.bucket=zz",
    "env={region:there}",
    "seed=null",
    "seed=5",
    "sched.peak=0.5",
    "copies.lr=0.5",
    "copies.tags=null",
    "trainer.ckpt.dir=/tmp/x",
    "rule=null",
    "nope=1",
    "model={name:x}",
    "identity.exclude=[seed]",
]
"""The awkward ones: merges, additions, deletions, interpolations, packages, keys that do not exist."""


def hydra_says(folder: Path, conf: str, words: list[str]) -> Any:
    """Return what Hydra composes, plain, or None where it refuses."""
    with initialize_config_dir(str(folder), version_base="1.3"):
        try:
            config = compose(conf, overrides=words)
            return OmegaConf.to_container(config, resolve=True)
        except (HydraException, OmegaConfBaseException, ValueError):
            return None


def full(expansion: Expansion, index: int) -> dict[str, Any]:
    point = expansion.points[index]
    return materialise(expansion.structures[point.structure].resolved, point.delta)


def check_single(folder: Path, conf: str, words: list[str]) -> None:
    wanted = hydra_says(folder, conf, words)
    try:
        expansion = expand(Configs(folder), [f"conf={conf}", *words], verify=0)
    except UsageError:
        assert wanted is None, f"refused, and Hydra composes {words}"
        return
    assert wanted is not None, f"composed, and Hydra refuses {words}"
    assert len(expansion.points) == 1
    got = full(expansion, 0)
    assert canonical(got) == canonical(wanted)
    assert config_digest(wanted) == expansion.points[0].digest


def jobs(folder: Path, words: list[str]) -> list[list[str]]:
    """Return the words of every job that Hydra's own sweeper would start, in its order."""
    with initialize_config_dir(str(folder), version_base="1.3"):
        from hydra.core.global_hydra import GlobalHydra

        loader = GlobalHydra.instance().config_loader()
        parsed = OverridesParser.create(config_loader=loader).parse_overrides(words)
        return BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]


def check_sweep(folder: Path, conf: str, words: list[str]) -> None:
    wanted: dict[str, str] = {}
    for job in jobs(folder, words):
        config = hydra_says(folder, conf, list(job))
        if config is None:
            with pytest.raises(UsageError):
                expand(Configs(folder), [f"conf={conf}", *words], verify=0)
            return
        wanted.setdefault(config_digest(config), canonical(config))
    expansion = expand(Configs(folder), [f"conf={conf}", *words], verify=0)
    got = {point.digest: canonical(full(expansion, n)) for n, point in enumerate(expansion.points)}
    same_identity_other_config = {digest for digest in got if got[digest] != wanted.get(digest)}
    assert list(got) == list(wanted)
    assert not same_identity_other_config


def key(word: str) -> str:
    return word.partition("=")[0].lstrip("+~")


random_words = st.lists(st.sampled_from(FIXED), min_size=1, max_size=4, unique_by=key)
random_sweep = st.tuples(
    st.lists(st.sampled_from(AXES), min_size=1, max_size=3, unique_by=key),
    st.lists(st.sampled_from(FIXED), max_size=1),
).map(
    lambda drawn: [*drawn[0], *(word for word in drawn[1] if key(word) not in map(key, drawn[0]))]
)
confs = st.sampled_from(["big", "big", "big", "odd"])
places = st.integers(0, 4)
# An example is short as it is, and shrinking one that composes takes longer than reading it.
quiet: dict[str, Any] = {
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
}


@pytest.mark.slow
@settings(max_examples=10, **quiet)
@given(conf=confs, words=random_words)
def test_random_overrides_equal_hydra(conf_folder: Path, conf: str, words: list[str]) -> None:
    check_single(conf_folder, conf, words)


@pytest.mark.slow
@settings(max_examples=2, **quiet)
@given(conf=confs, words=random_sweep)
def test_random_sweeps_equal_hydra(conf_folder: Path, conf: str, words: list[str]) -> None:
    check_sweep(conf_folder, conf, words)


@pytest.mark.slow
@pytest.mark.parametrize("word", FIXED)
@settings(max_examples=30, **quiet)
@given(conf=confs, others=st.lists(st.sampled_from(FIXED), max_size=4, unique_by=key), at=places)
def test_an_awkward_override_among_others_equals_hydra(
    conf_folder: Path, word: str, conf: str, others: list[str], at: int
) -> None:
    words = [other for other in others if key(other) != key(word)]
    words.insert(at, word)
    check_single(conf_folder, conf, words)


@pytest.mark.slow
@pytest.mark.parametrize("word", AXES)
@settings(max_examples=4, **quiet)
@given(conf=confs, others=random_sweep, at=places)
def test_an_axis_among_others_equals_hydra(
    conf_folder: Path, word: str, conf: str, others: list[str], at: int
) -> None:
    words = [other for other in others if key(other) != key(word)][:2]
    words.insert(at, word)
    check_sweep(conf_folder, conf, words)


@pytest.mark.parametrize("word", FIXED)
def test_each_awkward_override_equals_hydra(conf_folder: Path, word: str) -> None:
    check_single(conf_folder, "big", [word])


def test_the_last_of_two_words_for_a_key_wins_as_in_hydra(conf_folder: Path) -> None:
    check_single(conf_folder, "big", ["optim.lr=1e-3", "optim.lr=2e-3"])
