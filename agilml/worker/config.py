"""The composed configuration as a recipe sees it: read-only, by attribute or by key."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

_FROM_ENVIRONMENT = re.compile(r"\$\{oc\.env:\s*([A-Za-z_]\w*)\s*(?:,\s*([^}]*?)\s*)?\}")

_DECODE = re.compile(r"\$\{oc\.decode:\s*(.*?)\s*\}\Z", re.DOTALL)


class Config(Mapping[str, Any]):
    """A read-only mapping with attribute access: ``cfg.model.depth`` is ``cfg["model"]["depth"]``.

    Nested mappings are wrapped on the way out; lists are plain tuples. ``cfg.to_dict()`` gives an
    independent plain copy. ``${oc.env:NAME}`` is read from this process's environment, now.

    Raises:
        AttributeError: no such key; the message names the keys there are.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(
            self, "_values", {str(key): _frozen(item) for key, item in values.items()}
        )

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, key: str) -> Any:
        try:
            return self._values[key]
        except KeyError:
            raise AttributeError(f"no key `{key}`; there are: {', '.join(self._values)}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        raise AttributeError(f"the config is read-only (tried to set `{key}`)")

    def __repr__(self) -> str:
        return f"Config({self.to_dict()!r})"

    def __reduce__(self) -> tuple[type[Config], tuple[dict[str, Any]]]:
        return (Config, (self.to_dict(),))

    def to_dict(self) -> dict[str, Any]:
        """Return an independent plain copy."""
        return {key: _plain(item) for key, item in self._values.items()}


def _frozen(value: Any) -> Any:
    if isinstance(value, Config):
        return value
    if isinstance(value, Mapping):
        return Config(value)
    if isinstance(value, list | tuple):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, str) and "${agil.secret:" in value:
        raise KeyError(
            "the config holds a secret that only the machine which planned the sweep keeps;"
            " write ${oc.env:NAME} in its place"
        )
    if isinstance(value, str) and "${oc.env:" in value:
        return _decoded(_FROM_ENVIRONMENT.sub(_environment, value))
    return value


def _decoded(text: str) -> Any:
    """Read ``${oc.decode:…}`` around what came from the environment: a JSON value, or else the text."""
    match = _DECODE.match(text)
    if match is None:
        return text
    try:
        return _frozen(json.loads(match.group(1)))
    except ValueError:
        return match.group(1)


def _environment(match: re.Match[str]) -> str:
    name, default = match.group(1), match.group(2)
    found = os.environ.get(name, default)
    if found is None:
        raise KeyError(f"the config reads the environment variable {name}, which is not set")
    return found.strip("'\"") if name not in os.environ else found


def _plain(value: Any) -> Any:
    if isinstance(value, Config):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
