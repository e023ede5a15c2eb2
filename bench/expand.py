"""Expanding a sweep, against Hydra's compose for every point, interleaved.

    python bench/expand.py [--json] [--repeats 5] [--quick]

Times are CPU seconds of this process, medians over the repeats. Hydra's own multirun composes every job
twice and writes its files; its compose alone, once per point, is the least that a loop around it costs.
Every repeat checks that the points composed by Hydra equal the patched ones.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from agilml.config import Configs
from agilml.model import canonical
from agilml.points import materialise
from agilml.sweep.expand import Expansion, expand

CONF = {
    "bench": """
defaults: [{data: digits}, {model: resnet}, {optim: sgd}, {sched: cosine}, {trainer: long}, _self_]
seed: 0
name: ${model.name}-${optim.lr}-${seed}
folder: out/${name}/${data.name}
notes: {team: ml, project: p, owner: me, labels: {a: 1, b: 2, c: 3}}
score: {name: acc, mode: max, threshold: 0.9, baseline: null, min_gain: 0.001}
store: {path: facts.db, sync: true, every_s: 30, keep: 3, prefix: "s3://bucket/${name}"}
""",
    "model/resnet": "name: resnet\nclasses: ${data.classes}\ndepth: 18\nwidth: 64\n"
    "blocks: [2, 2, 2, 2]\nnorm: {kind: bn, momentum: 0.1, eps: 1.0e-5}\n",
    "model/mlp": "name: mlp\nclasses: ${data.classes}\nhidden: [256, 256]\nact: relu\ndropout: 0.1\n",
    "data/digits": "name: digits\nclasses: 10\nroot: s3://bucket/digits\nworkers: 4\npin: true\n"
    "split: 0.1\naugment: {flip: false, crop: 4, cutout: 0, mixup: 0.0}\n",
    "optim/sgd": "kind: sgd\nlr: 0.1\nmomentum: 0.9\nnesterov: true\nwd: 5.0e-4\n",
    "optim/adamw": "kind: adamw\nlr: 0.001\nbetas: [0.9, 0.999]\neps: 1.0e-8\nwd: 0.01\n",
    "sched/cosine": "kind: cosine\nwarmup: 5\nfloor: 0.0\npeak: ${optim.lr}\nsteps: ${trainer.epochs}\n",
    "trainer/long": "epochs: 90\nbatch: 256\namp: true\nclip: null\naccumulate: 1\n"
    "ckpt: {every: 1, keep: 3, dir: '${folder}/ckpt'}\nlog: {every: 50, board: true}\n",
}
RATES = ",".join(str(round(0.001 * 1.07**n, 6)) for n in range(50))
DECAYS = "0.0,1e-5,1e-4,1e-3,1e-2"


def words(seeds: int) -> list[str]:
    """Return a sweep of four structures and 1,000 points per seed."""
    groups = ["model=resnet,mlp", "optim=sgd,adamw"]
    return [
        "conf=bench",
        *groups,
        f"optim.lr={RATES}",
        f"optim.wd={DECAYS}",
        f"seed=range({seeds})",
    ]


def write(folder: Path) -> None:
    """Write the configuration: 9 files, about 60 leaves, 8 interpolations."""
    for name, text in CONF.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of ``work`` and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def by_hydra(folder: Path, jobs: list[list[str]]) -> list[Any]:
    """Return the plain config of every job, composed by Hydra in one initialised session."""
    with initialize_config_dir(str(folder), version_base="1.3"):
        return [OmegaConf.to_container(compose("bench", job), resolve=True) for job in jobs]


def sample(expansion: Expansion, count: int) -> tuple[list[int], list[list[str]]]:
    """Return random indices and the Hydra words of these points."""
    chosen = random.sample(range(len(expansion.points)), count)
    points = [expansion.points[n].params for n in chosen]
    return chosen, [[f"{key}={value}" for key, value in params.items()] for params in points]


def equal(expansion: Expansion, chosen: list[int], configs: list[Any]) -> bool:
    """Return whether the patched points equal what Hydra composed."""
    for n, config in zip(chosen, configs, strict=True):
        point = expansion.points[n]
        made = materialise(expansion.structures[point.structure].resolved, point.delta)
        if canonical(made) != canonical(config):
            return False
    return True


def measure(folder: Path, repeats: int, composed: int, large: int) -> dict[str, Any]:
    """Return the medians of interleaved repeats."""
    configs = Configs(folder)
    expand(configs, ["conf=bench"])  # imports, Hydra's plug-in scan, warm parser
    hydra: list[float] = []
    whole: list[float] = []
    bare: list[float] = []
    small: list[float] = []
    for _ in range(repeats):
        spent, expansion = cpu(lambda: expand(configs, words(10)))
        whole.append(spent)
        bare.append(cpu(lambda: expand(configs, words(10), verify=0))[0])
        small.append(cpu(lambda: expand(configs, words(1), verify=0))[0])
        chosen, jobs = sample(expansion, composed)
        spent, found = cpu(partial(by_hydra, folder, jobs))
        hydra.append(spent / composed)
        if not equal(expansion, chosen, found):
            sys.exit("a patched point differs from Hydra's")
    million, expansion = cpu(lambda: expand(configs, words(large // 1000)))
    per_point = statistics.median(whole) / 10_000
    marginal = (statistics.median(bare) - statistics.median(small)) / 9_000
    return {
        "hydra_compose_s_per_point": statistics.median(hydra),
        "agil_10000_points_s": statistics.median(whole),
        "agil_10000_points_unverified_s": statistics.median(bare),
        "agil_s_per_point": per_point,
        "agil_marginal_s_per_point": marginal,
        "ratio": statistics.median(hydra) / per_point,
        "marginal_ratio": statistics.median(hydra) / marginal,
        "large_points": len(expansion.points),
        "large_s": million,
        "repeats": repeats,
        "hydra_points_per_repeat": composed,
        "load": os.getloadavg()[0],
        "versions": {name: version(name) for name in ("hydra-core", "omegaconf")}
        | {"python": platform.python_version()},
    }


def table(found: dict[str, Any]) -> str:
    """Return the figures as a Markdown table."""
    rows = [
        ("Hydra compose, per point", f"{found['hydra_compose_s_per_point'] * 1e3:.1f} ms", "1"),
        ("agil, 10,000 points, 3 verified", f"{found['agil_10000_points_s']:.3f} s", ""),
        (
            "agil, per point of 10,000",
            f"{found['agil_s_per_point'] * 1e6:.1f} µs",
            f"{found['ratio']:,.0f}x",
        ),
        (
            "agil, one more point",
            f"{found['agil_marginal_s_per_point'] * 1e6:.1f} µs",
            f"{found['marginal_ratio']:,.0f}x",
        ),
        (f"agil, {found['large_points']:,} points", f"{found['large_s']:.2f} s", ""),
    ]
    lines = ["| expansion | CPU time | faster |", "| --- | ---: | ---: |"]
    return "\n".join([*lines, *(f"| {name} | {value} | {ratio} |" for name, value, ratio in rows)])


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Measure, print and return the figures."""
    parser = argparse.ArgumentParser(description="expansion against Hydra's compose")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--quick", action="store_true", help="fewer repeats, 100,000 points at most"
    )
    options = parser.parse_args(arguments)
    repeats, composed, large = (
        (2, 20, 100_000) if options.quick else (options.repeats, 50, 1_000_000)
    )
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        found = measure(Path(folder), repeats, composed, large)
    print(json.dumps(found, indent=1) if options.json else table(found))
    return found


if __name__ == "__main__":
    main()
