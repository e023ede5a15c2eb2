"""The settings of a sampler or a stopper, read key by key; what nobody read is a mistake of the person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from agilml.errors import ConfigError
from agilml.text import safe_text


class Options:
    """The config node ``sampler`` or ``stopper``.

    Args:
        group: ``sampler`` or ``stopper``.
        settings: the node.
        shared: keys that others read.
    """

    def __init__(self, group: str, settings: Mapping[str, Any], shared: Sequence[str] = ()) -> None:
        self._group = group
        self._settings = settings
        self._read = {"name", *shared}

    @property
    def name(self) -> str:
        """The name of the sampler or stopper."""
        return str(self._settings.get("name") or "")

    def integer(self, key: str, default: int, least: int = 0) -> int:
        """Return a whole number of at least ``least``."""
        value = self.maybe_integer(key, least)
        return default if value is None else value

    def maybe_integer(self, key: str, least: int = 0) -> int | None:
        """Return a whole number of at least ``least``, or None."""
        value = self.maybe_number(key, least)
        if value is None:
            return None
        if value != int(value):
            raise self._error(key, "is a whole number", value)
        return int(value)

    def number(
        self, key: str, default: float, least: float = -math.inf, most: float = math.inf
    ) -> float:
        """Return a number from ``least`` to ``most``."""
        value = self.maybe_number(key, least, most)
        return default if value is None else value

    def maybe_number(
        self, key: str, least: float = -math.inf, most: float = math.inf
    ) -> float | None:
        """Return a number from ``least`` to ``most``, or None."""
        value = self._value(key)
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise self._error(key, "is a number", value)
        if not least <= value <= most:
            above = f"at least {least:g}" if value < least else f"at most {most:g}"
            raise self._error(key, f"is {above}", value)
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self._value(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._error(key, "is true or false", value)
        return value

    def word(self, key: str, words: Sequence[str]) -> str:
        """Return one of ``words``; the first is the default."""
        value = self._value(key)
        if value is None:
            return words[0]
        if value not in words:
            raise self._error(key, f"is one of {', '.join(words)}", value)
        return str(value)

    def done(self) -> None:
        """Return if every key was read.

        Raises:
            ConfigError: there is a key that means nothing.
        """
        for key in self._settings:
            if key not in self._read:
                close = get_close_matches(str(key), sorted(self._read), 1)
                known = ", ".join(sorted(self._read - {"name"}))
                raise ConfigError(
                    f"{self._group} `{self.name}` has no setting `{safe_text(str(key))}`",
                    next=f"{self._group}.{close[0]}=…" if close else f"there are: {known}",
                )

    def _value(self, key: str) -> Any:
        self._read.add(key)
        return self._settings.get(key)

    def _error(self, key: str, rule: str, value: object) -> ConfigError:
        return ConfigError(
            f"{self._group}.{key} {rule}, not {safe_text(str(value))}",
            next=f"{self._group}.{key}=…",
        )
