"""The groups and keys of a conf, read from its files without Hydra: a guess that is good enough for <TAB>.

Interpolated options, ``optional`` entries and search paths are not followed; composing is Hydra's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PACKAGE = "# @package"
_DEPTH = 8


@dataclass(slots=True)
class Outline:
    """What a conf is made of.

    Attributes:
        groups: the groups that its defaults list chooses from, in that order.
        keys: its dotted keys that hold a value.
    """

    groups: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


def outline(folders: tuple[Path, ...], conf: str, chosen: Mapping[str, str]) -> Outline:
    """Return the outline of ``conf`` with the options ``chosen`` by group; empty where unreadable."""
    found = Outline()
    _read(folders, conf, chosen, found, _DEPTH)
    return found


def _read(
    folders: tuple[Path, ...], name: str, chosen: Mapping[str, str], found: Outline, depth: int
) -> None:
    text = _text(folders, name)
    node = _yaml(text)
    folder = name.rpartition("/")[0]
    for group, option in _defaults(node.pop("defaults", None), folder):
        if group and group not in found.groups:
            found.groups.append(group)
        if depth and (chosen_option := chosen.get(group, option)):
            path = f"{group}/{chosen_option}" if group else option
            _read(folders, path, chosen, found, depth - 1)
    found.keys.update(_keys(node, _package(text, folder)))


def _text(folders: tuple[Path, ...], name: str) -> str:
    for folder in folders:
        path = folder / f"{name}.yaml"
        if ".." not in name.split("/") and path.is_file():
            return path.read_text("utf-8", "replace")
    return ""


def _yaml(text: str) -> dict[Any, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.load(text, loader)  # noqa: S506  it is a safe loader
    except (yaml.YAMLError, ValueError):
        return {}
    return node if isinstance(node, dict) else {}


def _defaults(entries: Any, folder: str) -> Iterator[tuple[str, str]]:
    """Yield ``(group, option)``; the group is empty for another file of the same folder."""
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str) and entry != "_self_":
            yield "", f"{folder}/{entry}".lstrip("/")
        elif isinstance(entry, dict):
            for key, option in entry.items():
                word = str(key).removeprefix("override ").partition("@")[0]
                group = word[1:] if word.startswith("/") else f"{folder}/{word}".lstrip("/")
                if " " not in word and not group.startswith("hydra/"):
                    yield group, option if isinstance(option, str) else ""


def _package(text: str, folder: str) -> str:
    for line in text.splitlines():
        if line.startswith(_PACKAGE):
            package = line.removeprefix(_PACKAGE).strip()
            return "" if package == "_global_" else package.replace("_group_", folder)
        if line.strip() and not line.startswith("#"):
            break
    return folder.replace("/", ".")


def _keys(node: Mapping[Any, Any], prefix: str) -> Iterator[str]:
    for key, value in node.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict) and value:
            yield from _keys(value, path)
        else:
            yield path
