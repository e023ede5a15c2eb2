"""Configuration from elsewhere is data: it chooses values, and nothing that is executed or looked up.

Whoever can write to a bucket must not run code on the machines that read it. So a file of such a layer may
not name what is instantiated, called or started, may not touch Hydra's own settings, and sees no variable of
the environment but the few that are recorded anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agilml.errors import ConfigError
from agilml.provenance.capture import ENVIRONMENT
from agilml.text import safe_text

_EXECUTED = frozenset({"argv", "app"})
_SPECIAL = re.compile(r"_(?:target|args|partial|recursive|convert)_")
_PACKAGE = re.compile(r"#\s*@package\s+(\S+)")
_INTERPOLATION = re.compile(
    r"\$\{(?:oc\.(?:decode|create|select|dict\.keys|dict\.values):"
    r"|oc\.env:(?P<name>[A-Za-z_]\w*)\s*[,}]"
    r"|[\w.\[\]-]+\})"
)
"""The interpolations that are let in: of other keys, and through resolvers that only reshape values."""


class _Alias(Exception):
    """A part of the text is written once and meant several times."""


def check_conf(shown: str, name: str, text: bytes) -> None:
    """Return if the file ``name`` of a layer from elsewhere is plain data.

    Args:
        shown: where it lies, for people.
        name: its path in the layer.
        text: its content.

    Raises:
        ConfigError: it is not; the message names the key.
    """
    try:
        content = text.decode()
        node = _yaml(content)
    except _Alias as error:
        raise _refused(shown, "it has an alias (`*name`)") from error
    except Exception as error:
        raise _refused(shown, "it is not YAML") from error
    if not isinstance(node, Mapping | None):
        raise _refused(shown, "it is no mapping")
    package = _package(content, name)
    _check_place(shown, package, "its package")
    defaults = (node or {}).get("defaults")
    for entry in _default_entries(defaults):
        _check_default(shown, entry)
    rest = {key: value for key, value in (node or {}).items() if key != "defaults"}
    for path, value in _leaves(rest, package):
        _check_place(shown, path, f"`{'.'.join(path)}`")
        _check_value(shown, path, value)


def _yaml(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in yaml.parse(text, loader):
        # A few nested aliases make a text of a line as large as one likes.
        if isinstance(event, yaml.AliasEvent):
            raise _Alias
    return yaml.load(text, loader)  # noqa: S506  it is a safe loader


def _package(text: str, name: str) -> tuple[str, ...]:
    """Return the path below which Hydra puts the file's keys."""
    group = tuple(name.split("/")[:-1])
    for line in text.splitlines():
        match = _PACKAGE.match(line.strip())
        if match:
            package = match.group(1).replace("_group_", ".".join(group))
            return tuple(part for part in package.split(".") if part not in ("", "_global_"))
        if line.strip() and not line.lstrip().startswith("#"):
            break
    return group


def _default_entries(defaults: Any) -> Iterator[str]:
    for entry in defaults if isinstance(defaults, list) else ():
        if isinstance(entry, Mapping):
            for key, option in entry.items():
                yield str(key)
                yield from (str(one) for one in (option if isinstance(option, list) else [option]))
        else:
            yield str(entry)


def _check_default(shown: str, entry: str) -> None:
    word = entry.removeprefix("override ").removeprefix("optional ").strip()
    group, _, package = word.partition("@")
    parts = [part for part in re.split(r"[/.:]", f"{group}.{package}") if part]
    if "hydra" in parts or ".." in word:
        raise _refused(shown, f"its defaults list names `{safe_text(entry, 80)}`")
    _check_place(shown, tuple(parts), f"`{safe_text(entry, 80)}` of its defaults list")
    _check_value(shown, ("defaults",), entry)


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(node, list) and node:
        for value in node:
            yield from _leaves(value, path)
    else:
        yield path, node


def _check_place(shown: str, path: tuple[str, ...], what: str) -> None:
    parts = [part for key in path for part in key.split(".")]
    odd = next((part for part in parts if part == "hydra" or _SPECIAL.fullmatch(part)), None)
    # `env` of the recipe `command` are variables, of which some say what else is loaded and run.
    executed = next((part for part in parts if part in _EXECUTED), None)
    if parts[:1] == ["env"]:
        executed = "env"
    if odd or executed:
        why = "is Hydra's own" if odd else "says what is executed"
        raise _refused(shown, f"{safe_text(what, 80)}: `{safe_text(odd or executed)}` {why}")


def _check_value(shown: str, path: tuple[str, ...], value: Any) -> None:
    if not isinstance(value, str):
        return
    if path[-1:] == ("recipe",) and not re.fullmatch(r"[A-Za-z_]\w*", value):
        raise _refused(shown, f"`recipe: {safe_text(value, 80)}` names code")
    for start in re.finditer(r"\$\{", value):
        match = _INTERPOLATION.match(value, start.start())
        name = match.group("name") if match else None
        if match is None or (name is not None and name not in ENVIRONMENT):
            raise _refused(
                shown, f"`{'.'.join(path)}` holds the interpolation {safe_text(value, 80)}"
            )


def _refused(shown: str, why: str) -> ConfigError:
    return ConfigError(
        f"{safe_text(shown, 200)} is not accepted as configuration from elsewhere: {why}",
        next="put what it says into a conf of the project, where it is reviewed as code",
    )
