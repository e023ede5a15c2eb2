"""Jobs of a Hydra app, composed before any of them starts, and what identifies each."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agilml.model import JSON, digest, trial_id
from agilml.project import Project
from agilml.provenance.code import Code, code_of

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from omegaconf import DictConfig


@dataclass(frozen=True, slots=True)
class Job:
    """One job of a multirun.

    Attributes:
        num: ``hydra.job.num``.
        overrides: what the sweeper asked for.
        config: the whole composed config, ``hydra`` included.
        plain: the app's own part of it, plain, interpolations as text.
    """

    num: int
    overrides: tuple[str, ...]
    config: DictConfig
    plain: dict[str, JSON]

    @property
    def environment(self) -> dict[str, JSON]:
        """The variables that Hydra sets for the job, interpolations as text."""
        from omegaconf import OmegaConf

        return _plain(OmegaConf.to_container(self.config.hydra.job.env_set, resolve=False))

    @property
    def choices(self) -> dict[str, str]:
        """The option chosen for each config group of the app."""
        found = dict(self.config.hydra.runtime.choices)
        return {
            str(group): str(choice)
            for group, choice in found.items()
            if not str(group).startswith("hydra/")
        }


def compose(
    loader: ConfigLoader, config: DictConfig, job_overrides: Sequence[Sequence[str]], first: int
) -> list[Job]:
    """Return every job, composed as Hydra's own launchers compose it.

    Raises:
        HydraException: one cannot be composed; nothing was started.
    """
    return [
        compose_one(loader, config, overrides, num)
        for num, overrides in enumerate(job_overrides, first)
    ]


def compose_one(
    loader: ConfigLoader, config: DictConfig, overrides: Sequence[str], num: int
) -> Job:
    """Return one job, composed."""
    from omegaconf import OmegaConf, open_dict

    composed = loader.load_sweep_config(config, list(overrides))
    with open_dict(composed):
        composed.hydra.job.id = f"{composed.hydra.job.name}_{num}"
        composed.hydra.job.num = num
    whole = OmegaConf.to_container(composed, resolve=False, enum_to_str=True)
    assert isinstance(whole, dict)
    plain = {key: value for key, value in whole.items() if key != "hydra"}
    return Job(num, tuple(overrides), composed, _plain(plain))


def params(job: Job) -> dict[str, JSON]:
    """Return what the job's overrides say about the app, by key or group."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    found: dict[str, JSON] = {}
    for override in OverridesParser.create().parse_overrides(list(job.overrides)):
        name = override.key_or_group
        if not name.startswith(("hydra.", "hydra/")):
            found[name] = None if override.is_delete() else _json(override.value())
    return found


def trial_ids(jobs: Sequence[Job], code: Code) -> list[str]:
    """Return an id per job: a digest of its config, its environment, and the app's code.

    Jobs that are alike (``x=1,1,1``) are told apart by their order: Hydra runs each of them.
    """
    seen: dict[str, int] = {}
    ids = []
    for job in jobs:
        known = digest(["hydra", job.plain, job.environment, code.digest])
        seen[known] = seen.get(known, 0) + 1
        ids.append(trial_id(digest([known, seen[known]])))
    return ids


def code_of_app(task_function: Any, project: Project) -> Code:
    """Return the code of an app: the module of its function, its main script, what they import.

    A function without a file (typed into an interpreter) has code that nobody can know: it gets a digest
    that will not come again, so that nothing is taken for done.
    """
    source = source_file(task_function)
    if source is None:
        return Code(digest(uuid.uuid4().hex), {})
    script = main_script()
    mine = script is not None and script.is_relative_to(project.root)
    return code_of(source, project.root, [script] if script is not None and mine else [])


def source_file(task_function: Any) -> Path | None:
    """Return the file of the module that defines ``task_function``, if it has one."""
    function = inspect.unwrap(task_function)
    while isinstance(function, functools.partial):
        function = inspect.unwrap(function.func)
    module = getattr(function, "__module__", None) or type(function).__module__
    return _file_of(module)


def main_script() -> Path | None:
    """Return the file that this process was started with, if there is one."""
    return _file_of("__main__")


def _file_of(module: str) -> Path | None:
    name = getattr(sys.modules.get(module), "__file__", None)
    return Path(name).resolve() if name and os.path.isfile(name) else None


def _plain(value: Any) -> dict[str, JSON]:
    found = _json(value)
    return found if isinstance(found, dict) else {}


def _json(value: Any) -> JSON:
    """Return ``value`` as JSON; what an OmegaConf container may hold beyond it becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
