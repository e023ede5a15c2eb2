"""Where slots come from: one module per executor."""

from __future__ import annotations

if __name__ != "agilml.executors":
    raise ImportError(
        "this package is `agilml.executors`; import it by that name, not as `executors`"
    )

from importlib import import_module
from typing import Any

from agilml.plugins import plugged_in

BUILT_IN = {"local": "agilml.executors.local:LocalExecutor"}


def executor_class(name: str) -> Any:
    """Return the class of the executor ``name``: built in, or added by a plug-in.

    Plug-ins (entry points in the group ``agilml.executors``) add names; they never replace a built-in.

    Raises:
        ConfigError: nobody offers that name.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return getattr(import_module(module), attribute)
    return plugged_in("agilml.executors", "executor", name, BUILT_IN, instead="local")
