"""Values spelled in Hydra's override grammar, so that an app reads back exactly what was meant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from agilml.errors import ConfigError
from agilml.points import leaves

_BARE = re.compile(r"[A-Za-z_][\w./-]*\Z", re.ASCII)
_RESERVED = frozenset({"null", "true", "false", "inf", "nan"})


def overrides_of(args: Mapping[str, Any], more: str | Sequence[Any] = ()) -> list[str]:
    """Return ``key=value`` for every leaf of ``args``, and then the words in ``more`` as they are.

    A text is split into words as a POSIX shell splits it.

    Raises:
        ConfigError: a quote in ``more`` is open.
    """
    try:
        words = shlex.split(more) if isinstance(more, str) else [str(word) for word in more]
    except ValueError as error:
        raise ConfigError(
            f"overrides cannot be split into words ({error})", next="close the quote"
        ) from error
    return [*(f"{key}={spelled(value)}" for key, value in leaves(args).items()), *words]


def choices_of(groups: Mapping[str, Any]) -> list[str]:
    """Return ``group=option`` for every choice; a group inside another is ``outer/inner=option``."""
    words: list[str] = []
    for name, chosen in groups.items():
        if isinstance(chosen, Mapping):
            words += [f"{name}/{word}" for word in choices_of(chosen)]
        else:
            words.append(f"{name}={spelled(chosen)}")
    return words


def spelled(value: Any) -> str:
    """Return ``value`` (JSON) as Hydra's grammar spells it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = (f"{spelled(str(key))}:{spelled(item)}" for key, item in value.items())
        return "{" + ",".join(inner) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(spelled(item) for item in value) + "]"
    text = str(value)
    if _BARE.match(text) and text.lower() not in _RESERVED:
        return text
    # Backslashes mean themselves, but before a quote, and the last quote is one.
    return "'" + re.sub(r"(\\*)('|\Z)", _escaped, text) + "'"


def _escaped(match: re.Match[str]) -> str:
    slashes, quote = match.groups()
    return slashes * 2 + ("\\'" if quote else "")
