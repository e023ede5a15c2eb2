"""An argv list from a config, with config values in place of ``{dotted.path}``. No shell is involved."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from agilml.config.identity import flatten
from agilml.config.suggest import did_you_mean
from agilml.errors import ConfigError

_OUR_PYTHON = frozenset({"python", "python3"})
_TOKEN = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w.]*)\}|[{}]")


def argv_of(argv: str | Sequence[Any], values: Mapping[str, Any]) -> list[str]:
    """Return the words of a command with every ``{dotted.path}`` replaced by its value.

    A string is split as a POSIX shell splits words, before values are filled in, so a value with
    spaces or quotes stays one argument. ``{{`` and ``}}`` stand for single braces. ``python`` or
    ``python3`` as the first word is the interpreter that AgilML runs on.

    Raises:
        ConfigError: there is no command, a quote is open, or a path is not in the config.
    """
    try:
        words = shlex.split(argv) if isinstance(argv, str) else [str(word) for word in argv or ()]
    except ValueError as error:
        raise ConfigError(
            f"argv cannot be split into words ({error})", next="close the quote"
        ) from error
    if not words:
        raise ConfigError("argv is empty", next='argv=[python,train.py,--lr,"{optim.lr}"]')
    filled = [fill(word, values) for word in words]
    return [sys.executable if filled[0] in _OUR_PYTHON else filled[0], *filled[1:]]


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return ``text`` with every ``{dotted.path}`` replaced by its value.

    Raises:
        ConfigError: a path is not in the config, names a group, or a brace stands alone.
    """

    def value(match: re.Match[str]) -> str:
        path, token = match.group(1), match.group(0)
        if path is not None:
            return _text(_look_up(path, values), path)
        if len(token) == 1:
            raise ConfigError(f"{text!r} has a single {token}", next="write {{ and }} for braces")
        return token[0]

    return _TOKEN.sub(value, text)


def _look_up(path: str, values: Mapping[str, Any]) -> Any:
    node: Any = values
    for name in path.split("."):
        if not isinstance(node, Mapping) or name not in node:
            raise ConfigError(
                f"argv asks for {{{path}}}, and the config has no {name!r} there"
                + did_you_mean(path, [known for known, _ in flatten(values)]),
                next="correct the path, or write {{ and }} for braces",
            )
        node = node[name]
    return node


def _text(value: Any, path: str) -> str:
    if isinstance(value, Mapping):
        raise ConfigError(f"{{{path}}} is a group of values", next=f"name one value in {path}")
    if isinstance(value, list | tuple):
        return ",".join(_text(item, path) for item in value)
    if value is None or isinstance(value, bool):
        return str(value).lower() if value is not None else ""
    return str(value)
