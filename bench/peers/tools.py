"""The peers of a sweep: two trials at once, each tool as its own documentation says."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.case import Case
from bench.command import environment
from bench.peers import venvs

CASES = Path(__file__).resolve().parent.parent / "cases"

_DVC_STAGES = """\
stages:
  train:
    cmd: {python} train.py
    deps: [train.py]
    params: [x]
    metrics:
      - metrics.json:
          cache: false
"""

_JOBLIB = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
_RAY = (
    "hydra/launcher=ray",
    "hydra.launcher.ray.init.address=local",
    "+hydra.launcher.ray.init.num_cpus=2",
    "+hydra.launcher.ray.init.include_dashboard=false",
    "+hydra.launcher.ray.remote.num_cpus=1",
)


def sweep_tools(n: int, slow_n: int, *, torch: bool) -> list[Case]:
    """Return every peer that can run a sweep of ``n`` trials; DVC gets ``slow_n``.

    Guild is left out with ``torch``: its venv has none.
    """
    made = [
        _tune(),
        _hydra("Hydra basic", "hydra-core", (), "one after the other, in one process"),
        _hydra("Hydra joblib", "hydra-joblib-launcher", _JOBLIB, "worker processes are reused"),
        _hydra("Hydra ray launcher", "hydra-ray-launcher", _RAY, "worker processes are reused"),
        _submitit(),
        *([] if torch else [_guild()]),
        _dvc(),
    ]
    heavy = {"BENCH_TORCH": "1"} if torch else {}
    return [
        replace(
            case, env={**case.env, **heavy}, sizes=_sizes(slow_n if case.package == "dvc" else n)
        )
        for case in made
    ]


def available(case: Case) -> bool:
    """Whether the venv of ``case`` is there."""
    return venvs.installed(case.python.parent.parent.name)


def version(case: Case) -> str:
    """Return the version of the package that ``case`` measures."""
    return venvs.versions(case.python).get(case.package.lower(), "")


def tune_results(folder: Path) -> int:
    """Return how many trials below ``folder`` have a score in Ray Tune's storage."""
    return sum('"score"' in path.read_text() for path in folder.glob("tune/*/result.json"))


def hydra_results(folder: Path) -> int:
    """Return how many jobs of the Hydra application have written their result."""
    return len(list(folder.glob("multirun/*/result.json")))


def _tune() -> Case:
    python = venvs.python("ray")
    return Case(
        name="Ray Tune",
        package="ray",
        python=python,
        argv=_script(python, "ray_tune.py"),
        stored=tune_results,
        env=_on_path(python),
    )


def _hydra(name: str, package: str, launcher: Sequence[str], note: str) -> Case:
    python = venvs.python("ray")

    def argv(_folder: Path, n: int) -> list[str]:
        grid = "x=" + ",".join(map(str, range(n)))
        app = str(CASES / "hydra_app.py")
        return [str(python), app, grid, "hydra.sweep.dir=multirun", *launcher, "-m"]

    return Case(
        name=name,
        package=package,
        python=python,
        argv=argv,
        stored=hydra_results,
        env=_on_path(python),
        note=note,
    )


def _submitit() -> Case:
    python = venvs.python("ray")
    return Case(
        name="submitit local",
        package="submitit",
        python=python,
        argv=_script(python, "submitit_local.py"),
        stored=lambda folder: len(list(folder.glob("jobs/*_result.pkl"))),
        env=_on_path(python),
        note="kept at two in flight by the script; it has no limit of its own",
    )


def _guild() -> Case:
    python = venvs.python("guild")

    def prepare(folder: Path) -> None:
        shutil.copy(CASES / "guild_train.py", folder / "train.py")
        folder.joinpath("guild").mkdir()

    def argv(folder: Path, n: int) -> list[str]:
        command = [str(python.parent / "guild"), "-H", str(folder / "guild")]
        grid = f"x=[{','.join(map(str, range(n)))}]"
        # Without --max-trials a grid of more than 20 is sampled down.
        return [*command, "run", "train.py", grid, "-y", "--max-trials", str(n)]

    return Case(
        name="Guild batch",
        package="guildai",
        python=python,
        argv=argv,
        stored=_guild_results,
        prepare=prepare,
        env=_on_path(python),
        note="one after the other",
    )


def _guild_results(folder: Path) -> int:
    """Count runs that ended well and have a scalar, which the batch itself has not."""
    runs = [run / ".guild" for run in folder.glob("guild/runs/*") if not run.is_symlink()]
    return sum(
        _text(run / "attrs" / "exit_status") == "0" and any(run.glob("events.out.*"))
        for run in runs
    )


def _dvc() -> Case:
    python = venvs.python("dvc")

    def prepare(folder: Path) -> None:
        stages = _DVC_STAGES.format(python=shlex.quote(str(venvs.python("ray"))))
        shutil.copy(CASES / "dvc_train.py", folder / "train.py")
        folder.joinpath("dvc.yaml").write_text(stages)
        folder.joinpath("params.yaml").write_text("x: 0\n")
        env = environment(folder.parent, _on_path(python))
        for words in ("git init -q", "dvc init -q", "git add .", "git commit -qm start"):
            subprocess.run(words.split(), cwd=folder, env=env, check=True)

    return Case(
        name="DVC queue -j2",
        package="dvc",
        python=python,
        argv=_script(python, "dvc_queue.py"),
        stored=_dvc_results,
        prepare=prepare,
        env=_on_path(python),
        note="each trial is a Git commit with a workspace of its own",
    )


def _dvc_results(folder: Path) -> int:
    words = ["git", "for-each-ref", "--format=%(refname)", "refs/exps"]
    listing = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return sum(not ref.startswith("refs/exps/celery") for ref in listing.stdout.split())


def _sizes(n: int) -> tuple[int, ...]:
    return (min(4, n // 2), n) if n > 1 else (n,)


def _script(python: Path, name: str) -> Callable[[Path, int], list[str]]:
    return lambda _folder, n: [str(python), str(CASES / name), str(n)]


def _on_path(python: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(CASES), "PATH": f"{python.parent}:{os.environ['PATH']}"}


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
