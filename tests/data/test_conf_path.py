from __future__ import annotations

import json
from pathlib import Path

import pytest

from agilml.data.conf_check import check_conf
from agilml.data.conf_path import fetch_layer, take_conf_path
from agilml.errors import AgilError, ConfigError, UsageError
from agilml.project import Project, find_project
from agilml.sweep.plan import make_plan

REFUSED = {
    "_target_": "model: {_target_: os.system}",
    "deep _target_": "a: {b: [{c: {_target_: os.system}}]}",
    "_args_": "model: {_args_: [1]}",
    "hydra": "hydra: {run: {dir: /tmp}}",
    "hydra by package": "# @package hydra.run\ndir: /tmp",
    "hydra in a dotted package": "# @package _global_.hydra\nrun: {dir: /tmp}",
    "hydra by default": "defaults: [{override hydra/launcher: evil}]",
    "hydra by relocation": "defaults: [model@hydra.run: small]",
    "absolute hydra": "defaults: [/hydra/sweeper: evil]",
    "upwards": "defaults: [../../etc/passwd]",
    "argv": "argv: [rm, -rf, /]",
    "argv by package": "# @package argv\nx: 1",
    "argv by relocation": "defaults: [model@argv: small]",
    "app": "app: evil.py",
    "environment of a command": "env: {LD_PRELOAD: evil.so}",
    "code by name": "recipe: os:system",
    "code by reference": "recipe: ${x}\nx: os:system",
    "a secret": "token: ${oc.env:AWS_SECRET_ACCESS_KEY}",
    "a secret by a name that is made": "token: ${oc.env:${name}}\nname: TOKEN",
    "a resolver that is made": "token: ${${r}:TOKEN}\nr: oc.env",
    "a kept secret": "token: ${agil.secret:0123456789ab}",
    "another resolver": "x: ${now:%Y}",
    "an alias": "a: &a [1]\nb: *a",
    "a tag": "a: !!python/object/apply:os.system [id]",
    "a list": "- a\n- b",
    "no YAML": "a: [",
    "text of another kind": "a: \x00",
}
ACCEPTED = {
    "values": "lr: 0.1\nmodel: {depth: 3, names: [a, b]}",
    "defaults": "defaults: [_base, {data: digits}, _self_]\nrecipe: resnet",
    "references": "a: 1\nb: ${a}\nc: ${.a}\nd: ${model.depth} and ${data[0]}",
    "recorded variables": "host: ${oc.env:CUDA_VISIBLE_DEVICES,''}",
    "a global package": "# @package _global_\nlr: 0.2",
    "nothing": "",
    "an environment of a model": "model: {env: CartPole-v1}",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_names_code_or_reads_the_environment_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not accepted as configuration from elsewhere"):
        check_conf("s3://b/x.yaml", "x.yaml", text.encode())


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_values_are_accepted(text: str) -> None:
    check_conf("s3://b/x.yaml", "x.yaml", text.encode())


@pytest.mark.parametrize("name", ["hydra/launcher/x.yaml", "argv/x.yaml", "env/x.yaml"])
def test_a_group_may_not_lie_where_code_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match="is not accepted"):
        check_conf(f"s3://b/{name}", name, b"x: 1")


@pytest.fixture
def shared(here: Project, tmp_path: Path) -> Path:
    """Return a folder that holds a layer of configuration: a conf and an option of a group."""
    folder = tmp_path / "shared 'conf'"
    (folder / "optim").mkdir(parents=True)
    (folder / "team.yaml").write_text(
        "defaults: [_base, {optim: team}, _self_]\nrecipe: dry\nsteps: 2\nmetric: val_acc\n"
    )
    (folder / "optim" / "team.yaml").write_text("lr: 0.5\n")
    (folder / "README.md").write_text("not a conf")
    return folder


def resolved(project: Project, *words: str) -> dict[str, object]:
    (structure,) = make_plan(project, words).structures
    return dict(structure.resolved)


@pytest.mark.slow
def test_a_layer_lies_between_the_project_and_the_package(here: Project, shared: Path) -> None:
    word = f"conf_path=file://{shared}"
    assert resolved(here, "conf=team", word)["optim"] == {"lr": 0.5}
    (here.root / "conf" / "optim").mkdir()
    (here.root / "conf" / "optim" / "team.yaml").write_text("lr: 0.25\n")
    assert resolved(here, "conf=team", word)["optim"] == {"lr": 0.25}
    (shared / "dry.yaml").write_text((shared / "team.yaml").read_text())
    assert "optim" in resolved(here, "conf=dry", word)
    assert "optim" not in resolved(here, "conf=dry")


@pytest.mark.slow
def test_it_may_stand_in_agil_toml_and_be_left_out_by_a_word(here: Project, shared: Path) -> None:
    (here.root / "agil.toml").write_text(f"conf_path = {json.dumps(f'file://{shared}')}\n")
    project = find_project(here.root)
    assert resolved(project, "conf=team")["recipe"] == "dry"
    with pytest.raises(ConfigError, match="no conf `team`"):
        make_plan(project, ["conf=team", "conf_path="])


@pytest.mark.slow
def test_a_project_without_confs_has_the_layer_all_the_same(here: Project, shared: Path) -> None:
    (here.root / "conf").rmdir()
    assert resolved(here, "conf=team", f"conf_path=file://{shared}")["recipe"] == "dry"


def test_the_plan_says_what_was_read(here: Project, shared: Path) -> None:
    plan = make_plan(here, ["conf=team", f"conf_path=file://{shared}"])
    assert plan.conf_path is not None
    assert set(plan.conf_path["files"]) == {"team.yaml", "optim/team.yaml"}  # type: ignore[arg-type]
    assert plan.conf_path["address"] == f"file://{shared}"
    assert plan.spec["words"][-1] == f"conf_path=file://{shared}"
    assert len(make_plan(here, plan.spec["words"]).trials) == 1


def test_a_layer_is_kept_by_content_and_put_right_where_it_was_changed(
    here: Project, shared: Path
) -> None:
    first = fetch_layer(here, f"file://{shared}")
    assert fetch_layer(here, f"file://{shared}").folder == first.folder
    (first.folder / "team.yaml").write_text("recipe: other\n")
    assert fetch_layer(here, f"file://{shared}").folder == first.folder
    assert "recipe: dry" in (first.folder / "team.yaml").read_text()
    (shared / "team.yaml").write_text("recipe: dry\n")
    assert fetch_layer(here, f"file://{shared}").folder != first.folder


def test_a_layer_with_one_bad_file_is_refused_as_a_whole(here: Project, shared: Path) -> None:
    (shared / "optim" / "evil.yaml").write_text("_target_: os.system\n")
    with pytest.raises(ConfigError, match=r"optim/evil\.yaml"):
        make_plan(here, ["conf=team", f"conf_path=file://{shared}"])
    assert not (here.state / "conf").exists()


def test_what_is_no_layer_is_refused(here: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match=r"holds no \.yaml file"):
        take_conf_path(here, [f"conf_path=file://{empty}"])
    with pytest.raises(UsageError, match="is no address"):
        take_conf_path(here, ["conf_path=shared/conf"])
    with pytest.raises(UsageError, match="was given twice"):
        take_conf_path(here, ["conf_path=file:///a", "conf_path=file:///b"])
    with pytest.raises(AgilError, match="there is no file or folder"):
        take_conf_path(here, ["conf_path=file:///no/such/folder"])
    (empty / "big.yaml").write_text("a: " + "x" * (1 << 20))
    with pytest.raises(ConfigError, match="is no layer of configuration"):
        take_conf_path(here, [f"conf_path=file://{empty}"])


def test_words_without_a_layer_are_left_as_they_are(here: Project) -> None:
    assert take_conf_path(here, ["conf=dry", "seed=1"]) == (["conf=dry", "seed=1"], None)
