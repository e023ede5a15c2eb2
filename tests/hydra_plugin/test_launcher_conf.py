from __future__ import annotations

from dataclasses import fields
from typing import Any

from agilml.hydra_launcher.settings import LauncherSettings
from hydra_plugins.agilml_launcher import _conf


def declared(conf: Any) -> dict[str, Any]:
    return {item.name: item.default for item in fields(conf) if item.name != "_target_"}


def test_hydra_is_shown_the_settings_that_the_launcher_has_with_the_same_defaults() -> None:
    # Written twice, because Hydra's scan of plug-ins shall import nothing of ours.
    (shown,) = [
        found
        for found in vars(_conf).values()
        if isinstance(found, type) and found.__module__ == _conf.__name__
    ]
    assert declared(shown) == declared(LauncherSettings)
