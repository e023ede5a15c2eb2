"""An existing ``@hydra.main`` app: ``agil sweep conf=hydra_app app=train.py +args.lr=0.05,0.2``."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.errors import ConfigError, RecipeError
from agilml.recipes.program.overrides import choices_of, overrides_of
from agilml.recipes.program.returned import metrics_of
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.worker.config import Config
    from agilml.worker.run import Run

COLLECTOR = "hydra_plugins.agilml_launcher._collector"


def train(cfg: Config, run: Run) -> None:
    """Run the app ``cfg.app`` once, as ``python app.py`` would, and log what its function returns.

    ``cfg.groups``, ``cfg.args`` and ``cfg.overrides`` are what is typed behind its name. Hydra's own
    files go to ``hydra`` in the run's folder, unless an override says otherwise. The app needs no
    import of AgilML; ``agilml.current_run()`` is this run.

    Raises:
        ConfigError: there is no such file, or a value cannot be spelled as an override.
        RecipeError: the app ended without having run its function, or with an exit code.
        Exception: whatever the app raised.
    """
    script = _script(str(cfg.app))
    config = cfg.to_dict()
    # A sweep that was planned before there were groups has none in its conf.
    chosen = choices_of(config.get("groups") or {})
    words = [*chosen, *overrides_of(config["args"] or {}, cfg.overrides or ())]
    sys.argv[:] = [str(script), *_ours(words, run.folder / "hydra"), *words]
    sys.path.insert(0, str(script.parent))
    # Hydra would print what the app raised and exit; raised, it says why the run failed.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as error:
        if error.code not in (None, 0):
            raise RecipeError(
                f"{script.name} exited with {safe_text(repr(error.code))}",
                kept="what it logged",
                next="agil logs RUN",
            ) from error
    collector = sys.modules.get(COLLECTOR)
    if collector is None or not collector.returned:
        raise RecipeError(
            f"{script.name} ended and Hydra ran no job in it",
            kept="what it logged",
            next=f"call its @hydra.main function when {script.name} is run as a script",
        )
    run.log(metrics_of(collector.returned[-1], str(cfg.metric)))


def _script(name: str) -> Path:
    script = Path(name).resolve()
    if script.suffix != ".py" or not script.is_file():
        raise ConfigError(f"no Python file {safe_text(script)}", next="app=train.py")
    return script


def _ours(words: list[str], folder: Path) -> list[str]:
    """Return the overrides that make one job of it, hear its result, and keep runs apart."""
    added = {
        "hydra.mode": "RUN",
        "hydra.callbacks.agil._target_": f"{COLLECTOR}.Collector",
        "hydra.run.dir": str(folder),
    }
    given = {word.partition("=")[0].lstrip("+~") for word in words}
    missing = {key: value for key, value in added.items() if key not in given}
    return [("+" if "callbacks" in word else "") + word for word in overrides_of(missing)]
