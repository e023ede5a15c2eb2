"""A project's ``conf/`` with groups, interpolations of every kind and a packaged layer below."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agilml.config import Configs

FILES = {
    "big": """
defaults:
  - data: digits
  - model: resnet
  - optim: sgd
  - sched: cosine
  - trainer: default
  - optional tune: ${model}_${data}
  - _self_
seed: 0
name: ${model.name}-${optim.lr}-${seed}
folder: out/${name}/${data.name}
tags: [a, b, "${model.name}"]
env: {region: here, bucket: b, profile: null, tags: {team: ml, project: p, owner: me}}
rule: {metric: acc, threshold: 0.9, baseline: null, min_gain: 0.001}
track: {store: facts.db, sync: true, every_s: 30, keep: 3, prefix: "file://${env.bucket}/${name}"}
percent: 100%-${seed}-${env.profile}-${track.sync}
copies: {tags: "${tags}", lr: "${optim.lr}", near: "${.lr}", up: "${..seed}"}
executor: {name: local, slots: null}
identity: {exclude: [track.every_s]}
""",
    # Interpolations that cannot be compiled, so that every point is composed in full.
    "odd": "defaults: [big, _self_]\ncopies: {all: '${optim}', some: '${oc.select:seed,3}'}\n",
    "model/resnet": "name: resnet\nclasses: ${data.classes}\ndepth: 18\nblocks: [2, 2, 2, 2]\n",
    "model/mlp": "name: mlp\nclasses: ${data.classes}\nhidden: [256, 256]\ndropout: 0.1\n",
    "model/vit": "name: vit\nclasses: ${data.classes}\ndepth: 12\nheads: 6\n",
    "data/digits": "name: digits\nclasses: 10\nroot: file://${env.bucket}/digits\n"
    "aug: {flip: true, crop: 4, mixup: 0.0}\n",
    "data/cifar": "name: cifar\nclasses: 100\nroot: file://${env.bucket}/cifar\n"
    "aug: {flip: true, crop: 4, mixup: 0.0}\n",
    "optim/sgd": "kind: sgd\nlr: 0.1\nmomentum: 0.9\nnesterov: true\nwd: 5.0e-4\n",
    "optim/adamw": "kind: adamw\nlr: 0.001\nbetas: [0.9, 0.999]\nwd: 0.01\n",
    "sched/cosine": "kind: cosine\nwarmup: 5\npeak: ${optim.lr}\nsteps: ${trainer.epochs}\n",
    "sched/step": "kind: step\ngamma: 0.1\nmilestones: [30, 60]\n",
    "trainer/default": "epochs: 90\nbatch: 256\namp: true\nclip: null\n"
    "ckpt: {keep: 3, dir: '${folder}/ckpt'}\n",
    "tune/resnet_digits": "# @package _global_\noptim: {momentum: 0.95}\n",
    "small": """
seed: 0
lr: 0.1
epochs: 3
amp: true
note: auto
clip: null
layers: [2, 2]
betas: [0.9, 0.99]
node: {a: 1, b: 2.0}
root: ???
""",
    "tiny": "seed: 0\nlr: 0.1\nx: 1\n",
}

Write = Callable[[str, str], None]


@pytest.fixture
def conf_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "my conf"
    for name, text in FILES.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def write(conf_folder: Path) -> Write:
    """Return a function that adds or replaces a conf file."""

    def write_file(name: str, text: str) -> None:
        path = conf_folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write_file


@pytest.fixture
def configs(conf_folder: Path) -> Configs:
    return Configs(conf_folder)
