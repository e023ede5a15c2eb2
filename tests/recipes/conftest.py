from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

Compose = Callable[..., dict[str, Any]]


@pytest.fixture
def composed() -> Compose:
    """Compose a packaged conf with plain Hydra, as plain resolved values."""

    def of(conf: str, *overrides: str) -> dict[str, Any]:
        with initialize_config_module("agilml.conf", version_base="1.3"):
            config = compose(conf, list(overrides))
        GlobalHydra.instance().clear()
        return cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))

    return of
