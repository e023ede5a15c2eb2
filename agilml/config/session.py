"""Hydra, used for composition only, one call at a time, leaving no global state behind."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from agilml.config.layers import PACKAGED
from agilml.config.resolution import resolve
from agilml.config.translation import translated
from agilml.errors import ConfigError

if TYPE_CHECKING:
    from omegaconf import DictConfig

Conceal: TypeAlias = Callable[[dict[Any, Any]], dict[Any, Any]]
"""Given a plain config, returns it with a reference in the place of every secret."""

_LOCK = threading.Lock()
_lower_layers: list[str] = []


@dataclass(frozen=True, slots=True)
class Composed:
    """What Hydra made of a conf and some words.

    Attributes:
        choices: option chosen for each config group of the defaults list.
        unresolved: plain config, interpolations as text.
        resolved: plain config with interpolations resolved, or None where that failed.
        problem: why it failed; an override may still cure it (a ``???`` that others refer to).
    """

    choices: Mapping[str, str]
    unresolved: Mapping[str, Any]
    resolved: Mapping[str, Any] | None
    problem: ConfigError | None = None


def compose(
    folders: tuple[Path, ...], conf: str, words: Sequence[str], conceal: Conceal | None = None
) -> Composed:
    """Return ``conf`` composed with the override ``words``; ``conceal`` takes the secrets out.

    Raises:
        ConfigError: Hydra refuses; the message is in AgilML's words.
    """
    with _LOCK, warnings.catch_warnings(), translated(conf), _initialised(folders):
        # A defaults list without `_self_` is fine: the file itself comes last, as documented.
        warnings.filterwarnings("ignore", message=".*missing `_self_`.*")
        from hydra import compose as hydra_compose

        config = hydra_compose(conf, overrides=list(words), return_hydra_config=True)
        choices = _choices(config)
        _drop_hydra(config)
        return _plain(config, choices, conceal)


@contextmanager
def _initialised(folders: tuple[Path, ...]) -> Iterator[None]:
    """Keep a Hydra that the surrounding program may have initialised, and put it back."""
    from hydra import initialize_config_dir, initialize_config_module
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.plugins import Plugins

    host = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    Plugins.instance().register(_search_path_plugin())
    top, *lower = folders
    try:
        _lower_layers[:] = [
            "pkg://agilml.conf" if folder == PACKAGED else f"file://{folder}" for folder in lower
        ]
        if top == PACKAGED:
            initialised: Any = initialize_config_module("agilml.conf", version_base="1.3")
        else:
            initialised = initialize_config_dir(str(top), version_base="1.3")
        with initialised:
            yield
    finally:
        _lower_layers.clear()
        GlobalHydra.instance().clear()
        if host is not None:
            GlobalHydra.instance().initialize(host)


@cache
def _search_path_plugin() -> Any:
    """Return the plug-in that puts the packaged layer below the project's, for primary configs too.

    Hydra looks for a primary config in the initial search path only; `hydra.searchpath` comes too
    late for it, and would put a project's groups below the packaged ones where the primary is one
    of the packaged.
    """
    from hydra.core.config_search_path import ConfigSearchPath
    from hydra.plugins.search_path_plugin import SearchPathPlugin

    class PackagedLayer(SearchPathPlugin):
        def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
            for path in _lower_layers:
                search_path.append(provider="agilml", path=path)

    return PackagedLayer


def _choices(config: DictConfig) -> dict[str, str]:
    chosen = config.hydra.runtime.choices
    return {
        str(group): ",".join(option) if isinstance(option, list) else str(option)
        for group, option in _container(chosen).items()
        if not str(group).startswith("hydra/")
    }


def _drop_hydra(config: DictConfig) -> None:
    from omegaconf import open_dict

    with open_dict(config):
        del config["hydra"]


def _plain(config: DictConfig, choices: dict[str, str], conceal: Conceal | None) -> Composed:
    unresolved = _container(config)
    if conceal is not None and (concealed := conceal(unresolved)) != unresolved:
        from omegaconf import OmegaConf

        # What refers to a secret has to resolve to the reference, too.
        unresolved, config = concealed, OmegaConf.create(concealed)
    unresolved = _text_keys(unresolved)
    try:
        return Composed(choices, unresolved, _text_keys(resolve(config)))
    except ConfigError as problem:
        return Composed(choices, unresolved, None, problem)


def _container(config: DictConfig) -> dict[Any, Any]:
    from omegaconf import OmegaConf

    plain = OmegaConf.to_container(config, resolve=False)
    assert isinstance(plain, dict)
    return plain


def _text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _text_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_text_keys(item) for item in value]
    return value
