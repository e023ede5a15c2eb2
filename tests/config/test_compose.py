"""One composition: layering, secrets, what Hydra leaves behind, what its errors become."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from agilml.config import Configs
from agilml.errors import ConfigError, UsageError

Write = Any


def test_a_structure_has_conf_choices_and_both_forms(configs: Configs) -> None:
    made = configs.compose("big", ["model=mlp"])
    assert made.conf == "big"
    assert made.choices["model"] == "mlp"
    assert made.choices["optim"] == "sgd"
    assert made.unresolved["name"] == "${model.name}-${optim.lr}-${seed}"
    assert made.resolved["name"] == "mlp-0.1-0"
    assert "hydra" not in made.resolved
    assert made.id != configs.compose("big").id


def test_a_secret_never_reaches_the_resolved_form(
    configs: Configs, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    write(
        "secret",
        "a: ${oc.env:TOKEN}\nb: 'x-${a}-${n}'\nc: ${oc.decode:${oc.env:TOKEN}}\nn: 1\n"
        "d: ${oc.env:NOPE,'a, b'}\ne: [\"${oc.env:TOKEN,${oc.env:OTHER,null}}\"]\n"
        "f: ${oc.decode:'[1, 2]'}\n",
    )
    made = configs.compose("secret")
    assert "hunter2" not in repr(made)
    assert made.resolved == {
        "a": "${oc.env:TOKEN}",
        "b": "x-${oc.env:TOKEN}-1",
        "c": "${oc.decode:${oc.env:TOKEN}}",
        "n": 1,
        "d": "${oc.env:NOPE,'a, b'}",
        "e": ["${oc.env:TOKEN,${oc.env:OTHER,null}}"],
        "f": [1, 2],
    }
    read_back = OmegaConf.create(dict(made.resolved))
    assert read_back.b == "x-hunter2-1", "the environment's resolvers work again afterwards"
    assert read_back.d == "a, b"


def test_a_projects_file_wins_over_the_packaged_one(conf_folder: Path, write: Write) -> None:
    write("executor/local", "mine: 1\n")
    write("own", "defaults: [{executor: local}]\n")
    assert Configs(conf_folder).compose("own").resolved == {"executor": {"mine": 1}}
    write("resnet", "also: mine\n")
    assert Configs(conf_folder).compose("resnet").resolved == {"also": "mine"}


def test_a_packaged_conf_sees_the_groups_of_the_project(conf_folder: Path, write: Write) -> None:
    write("executor/own", "name: own\n")
    made = Configs(conf_folder).compose("dry", ["executor=own"])
    assert made.resolved["executor"] == {"name": "own"}


def test_a_packaged_option_is_there_for_a_projects_conf(conf_folder: Path, write: Write) -> None:
    write("uses", "defaults: [{executor: local}]\n")
    assert Configs(conf_folder).compose("uses").resolved["executor"]["name"] == "local"


def test_hydra_is_left_as_it_was_found(configs: Configs, conf_folder: Path) -> None:
    configs.compose("tiny")
    assert not GlobalHydra.instance().is_initialized()
    with initialize_config_dir(str(conf_folder), version_base="1.3"):
        host = GlobalHydra.instance().hydra
        configs.compose("tiny")
        assert GlobalHydra.instance().hydra is host
    with pytest.raises(ConfigError):
        configs.compose("tiny", ["nope=1"])
    assert not GlobalHydra.instance().is_initialized()


REFUSED = [
    ("small", "lrr=1", "did you mean `lr`"),
    ("small", "node={c: 1}", "`node.c`"),
    ("small", "~nope", "`nope`"),
    ("big", "lr=1", "did you mean `optim.lr`"),
    ("big", "model@extra=mlp", "model@extra"),
    ("small", "note=${now:%Y}", "a different one"),
    ("small", "note=${hydra:job.name}", "no meaning here"),
    ("small", "note=${nothing}", "refers to `nothing`"),
    ("small", "note=${mul:2}", "resolver `mul`"),
    ("small", "note=${root}", "must be given"),
    ("small", "+lr=1", "`lr` is there already"),
]


@pytest.mark.parametrize(("conf", "word", "said"), REFUSED)
def test_what_hydra_refuses_is_said_in_our_words(
    configs: Configs, conf: str, word: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        configs.compose(conf, [word])
    text = f"{caught.value.cause} {caught.value.next}"
    assert said in text
    for advice in ("--multirun", "append", "hydra.cc", "use +", "HYDRA_FULL_ERROR"):
        assert advice not in text


def test_broken_yaml_is_named_with_file_and_line(configs: Configs, write: Write) -> None:
    write("broken", "a: 1\nb: [1, 2\nc: 3\n")
    with pytest.raises(ConfigError, match=r"broken\.yaml, line 3"):
        configs.compose("broken")


def test_a_missing_option_in_a_defaults_list_is_named(configs: Configs, write: Write) -> None:
    write("typo", "defaults: [{model: resnett}]\n")
    with pytest.raises(ConfigError, match="resnett"):
        configs.compose("typo")


def test_a_sweep_does_not_compose(configs: Configs) -> None:
    with pytest.raises(UsageError, match="is a sweep"):
        configs.compose("small", ["lr=1,2"])


def test_compose_does_not_read_the_working_directory(
    configs: Configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(os.listdir(tmp_path))
    configs.compose("tiny")
    assert set(os.listdir(tmp_path)) == before
