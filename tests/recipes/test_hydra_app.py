from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import ConfigError, RecipeError
from agilml.recipes import hydra_app
from agilml.recipes.program.appfiles import files_of
from agilml.recipes.program.overrides import choices_of, overrides_of, spelled
from agilml.recipes.program.returned import metrics_of
from agilml.worker.config import Config
from tests.recipes.attempts import handle

TEXT = st.text(st.characters(exclude_categories=["C"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.from_regex(r"\A[a-z]{1,5}\Z"), inner),
    max_leaves=6,
)


@pytest.mark.slow
@given(VALUES)
def test_hydra_reads_back_every_value_as_it_was(value: Any) -> None:
    override = OverridesParser.create().parse_override(f"key={spelled(value)}")

    assert repr(override.value()) == repr(value)


def test_leaves_come_first_and_words_stay_as_they_are() -> None:
    args = {"optim": {"lr": 1e-05, "name": "adam"}, "layers": [1, 2], "empty": None}

    assert overrides_of(args, ["+x=1", "~logger"]) == [
        "optim.lr=1e-05",
        "optim.name=adam",
        "layers=[1,2]",
        "empty=null",
        "+x=1",
        "~logger",
    ]
    assert overrides_of({}, "+x='a b' y=2") == ["+x=a b", "y=2"]
    with pytest.raises(ConfigError, match="overrides cannot be split"):
        overrides_of({}, "x='a")


def test_a_choice_is_spelled_with_slashes_between_its_groups() -> None:
    groups = {"model": "big", "opt": {"schedule": "cosine"}, "db@src": None, "log": ["a", "b"]}

    assert choices_of(groups) == ["model=big", "opt/schedule=cosine", "db@src=null", "log=[a,b]"]
    assert choices_of({}) == []


def test_numbers_become_metrics_and_the_rest_does_not() -> None:
    import numpy as np

    assert metrics_of(np.float32(0.5), "acc") == {"acc": 0.5}
    assert metrics_of({"a": {"b": 1}, "c": "text", "d": None}, "acc") == {"a.b": 1}
    assert metrics_of((1, 2.0), "loss") == {"loss.0": 1, "loss.1": 2.0}
    assert metrics_of(None, "acc") == metrics_of("0.5", "acc") == metrics_of([[1]], "acc") == {}
    assert math.isnan(metrics_of(math.nan, "acc")["acc"])


def test_the_yaml_files_of_an_app_belong_to_it(tmp_path: Path) -> None:
    (tmp_path / "src" / "conf" / "model").mkdir(parents=True)
    script = tmp_path / "src" / "app.py"
    script.write_text("import hydra\n\n@hydra.main(config_path='conf')\ndef main(cfg): ...\n")
    yamls = [tmp_path / "src/conf/config.yaml", tmp_path / "src/conf/model/big.yml"]
    for path in (*yamls, tmp_path / "other.yaml", tmp_path / "src/conf/notes.txt"):
        path.write_text("x: 1\n")

    assert files_of({"app": "src/app.py"}, tmp_path) == [script, *yamls]
    assert files_of({"app": "none.py"}, tmp_path) == files_of({}, tmp_path) == []
    script.write_text("def (")
    assert files_of({"app": "src/app.py"}, tmp_path) == [script]


APP = """
    from dataclasses import dataclass

    import hydra
    from hydra.core.hydra_config import HydraConfig

    from helper import twice


    @hydra.main(version_base="1.3", config_path="conf", config_name="config")
    def main(cfg):
        import agilml

        print("lr is", cfg.lr)
        agilml.current_run().log(step=0, width=cfg.model.width)
        if cfg.lr > 1:
            raise ValueError("too large")
        return {"val_acc": twice(cfg.lr), "deep": {"loss": 0.5}, "name": HydraConfig.get().job.name}


    if __name__ == "__main__":
        main()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name, text in {
        "agil.toml": "",
        "src/app.py": APP,
        "src/helper.py": "def twice(x):\n    return 2 * x\n",
        "src/conf/config.yaml": "defaults: [{model: small}, _self_]\nlr: 0.1\n",
        "src/conf/model/small.yaml": "width: 8\n",
        "src/conf/model/big.yaml": "width: 64\n",
        "src/no_job.py": "print('hi')\n",
        "src/exits.py": "raise SystemExit(3)\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def agil(project: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "agilml", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_an_app_is_swept_without_a_change(project: Path) -> None:
    words = (
        "sweep",
        "conf=hydra_app",
        "app=src/app.py",
        "+args.lr=0.1,0.2,9",
        "+groups.model=small,big",
    )
    agil(project, *words, code=4)

    runs = {
        (run["params"]["args.lr"], run["params"]["groups.model"]): run
        for run in json.loads(agil(project, "runs", "--json"))
    }
    assert {key: run["state"] for key, run in runs.items()} == {
        (lr, model): "succeeded" if lr < 1 else "failed"
        for lr in (0.1, 0.2, 9)
        for model in ("small", "big")
    }
    assert runs[0.2, "big"]["metrics"] == {"val_acc": 0.4, "deep.loss": 0.5, "width": 64}
    assert "lr is 0.2" in agil(project, "logs", runs[0.2, "big"]["run"])
    shown = json.loads(agil(project, "show", runs[9, "big"]["run"], "--json"))
    assert "ValueError: too large" in json.dumps(shown)
    # Every run has Hydra's files in a folder of its own.
    assert len(list(project.glob(".agil/runs/*/hydra/.hydra/overrides.yaml"))) == 6
    assert not (project / "outputs").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "more"), [("16,32", ()), ("interval(4,64)", ("budget.trials=4",))]
)
def test_a_group_and_a_key_below_it_are_tried_together(
    project: Path, width: str, more: tuple[str, ...]
) -> None:
    words = ("+groups.model=small,big", f"+args.model.width={width}", "executor.slots=1", *more)
    agil(project, "sweep", "conf=hydra_app", "app=src/app.py", *words)

    runs = json.loads(agil(project, "runs", "--json"))
    assert len(runs) == 4
    assert {run["params"]["groups.model"] for run in runs} == {"small", "big"}
    for run in runs:
        assert run["metrics"]["width"] == run["params"]["args.model.width"]


@pytest.mark.slow
def test_a_key_is_tried_with_the_only_option_that_has_it(project: Path) -> None:
    (project / "src/conf/model/big.yaml").write_text("width: 64\ndepth: 1\n")
    depth = "+args.model.depth=when(groups.model=big,interval(1,4))"
    words = ("+groups.model=small,big", depth, "executor.slots=1", "budget.trials=4")
    agil(project, "sweep", "conf=hydra_app", "app=src/app.py", *words)

    # Hydra refuses `model.depth` where the option `small` is chosen.
    runs = json.loads(agil(project, "runs", "--json"))
    assert {run["state"] for run in runs} == {"succeeded"}
    assert {run["params"]["groups.model"] for run in runs} == {"small", "big"}
    assert all(
        (run["params"].get("args.model.depth") is not None)
        == (run["params"]["groups.model"] == "big")
        for run in runs
    )


@pytest.mark.slow
def test_code_of_the_app_makes_new_trials_and_nothing_else_does(project: Path) -> None:
    words = ("sweep", "conf=hydra_app", "app=src/app.py", "+args.lr=0.1", "--json")

    def new() -> int:
        plan = json.loads(agil(project, *words).splitlines()[0])
        return int(plan["total"] - plan["kept"])

    assert new() == 1
    (project / "src" / "no_job.py").write_text("")
    assert new() == 0
    (project / "src" / "helper.py").write_text("def twice(x):\n    return x + x\n")
    assert new() == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("app=src/none.py",), "no Python file"),
        (("app=src/app.py", "+args.rate=1"), "rate"),
        (("app=src/app.py", "overrides='lr=1 model=none'"), "none"),
        (("app=src/no_job.py",), "ran no job"),
        (("app=src/exits.py",), "exited with 3"),
    ],
)
def test_what_cannot_run_says_why(project: Path, words: tuple[str, ...], told: str) -> None:
    agil(project, "run", "conf=hydra_app", *words, code=4)

    (run,) = json.loads(agil(project, "runs", "--json"))
    assert told in agil(project, "show", run["run"])


def test_a_missing_app_is_refused_before_anything_runs(tmp_path: Path) -> None:
    config = {"app": "none.py", "args": {}, "overrides": [], "metric": "val_acc"}

    with pytest.raises(ConfigError, match=r"no Python file .*none\.py"):
        hydra_app.train(Config(config), handle(tmp_path / "a"))


def test_a_script_without_hydra_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "plain.py"
    script.write_text("import sys\nassert 'lr=1' in sys.argv\n")
    monkeypatch.setattr(sys, "argv", ["pytest"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    config = {"app": str(script), "args": {"lr": 1}, "overrides": "", "metric": "val_acc"}

    with pytest.raises(RecipeError, match="ran no job"):
        hydra_app.train(Config(config), handle(tmp_path / "a"))
