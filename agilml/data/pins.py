"""``data.toml``: the version of each data set that this checkout of the project means.

A short text beside ``agil.toml``, in Git, so that a change of the data is seen in a pull request as a change
of the code is. It is written by ``agil data add`` only.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.config.suggest import did_you_mean, listing
from agilml.data.manifest import Kind, Level, Manifest
from agilml.data.names import check_name
from agilml.data.shares import DEV, LEVELS, TEST
from agilml.errors import ConfigError
from agilml.store.partial import partial
from agilml.text import safe_text

NAME = "data.toml"
_HEAD = "# Versions of this project's data. Written by `agil data add`; keep it in Git.\n"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Pin:
    """One data set.

    Attributes:
        digest: sha256 of its manifest.
        source: where its files lie: relative to the project, absolute, or an address.
        kind: what samples are made of, ``files`` or ``rows``.
        stored: whether its files are blobs of the project too.
        levels: what each level holds.
    """

    name: str
    digest: str
    source: str
    kind: Kind
    stored: bool
    levels: Mapping[str, Level]

    @property
    def shares(self) -> dict[str, str]:
        """The shares of the levels that are samples."""
        return {level: self.levels[level].share for level in (DEV, TEST)}


def pin_of(name: str, manifest: Manifest, source: str, *, stored: bool) -> Pin:
    """Return the pin of a version of a data set."""
    levels = {level.name: level for level in manifest.levels()}
    return Pin(name, manifest.digest, source, manifest.kind, stored, levels)


def read_pins(root: Path) -> dict[str, Pin]:
    """Return the data sets of the project at ``root``, by name; none where it has no ``data.toml``.

    Raises:
        ConfigError: the file is not in the form that is written.
    """
    path = root / NAME
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _pin(check_name(name), node) for name, node in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path} cannot be read: {safe_text(error)}",
            next=f"git checkout {NAME}, or agil data add NAME SOURCE",
        ) from error


def find_pin(root: Path, name: str) -> Pin:
    """Return the pin of the data set ``name``.

    Raises:
        ConfigError: the project has no such data set.
    """
    pins = read_pins(root)
    if name not in pins:
        raise ConfigError(
            f"{NAME} has no data set `{safe_text(name, 80)}`{did_you_mean(name, pins)};"
            f" there are: {listing(pins)}",
            next="agil data add NAME FOLDER",
        )
    return pins[name]


def write_pin(root: Path, pin: Pin) -> None:
    """Put a pin into ``data.toml``, in the place of the one of that name; the others stay as they are."""
    pins = {**read_pins(root), pin.name: pin}
    text = _HEAD + "".join(_text(pins[name]) for name in sorted(pins))
    with partial(root) as file:
        file.write(text.encode())
        file.publish(root / NAME, mode=0o644)


def _pin(name: str, node: Mapping[str, Any]) -> Pin:
    levels = {level: _level(level, node[level]) for level in LEVELS}
    if node["items"] not in ("files", "rows") or not isinstance(node["source"], str):
        raise ValueError(f"[{name}] is not in the form that agil writes")
    return Pin(
        name, _sha256(node["digest"]), node["source"], node["items"], bool(node["stored"]), levels
    )


def _level(name: str, node: Mapping[str, Any]) -> Level:
    files, size, items = (int(node[key]) for key in ("files", "size", "items"))
    return Level(name, str(node["share"]), _sha256(node["digest"]), files, size, items)


def _sha256(value: Any) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError("a digest is 64 hex digits")
    return value


def _text(pin: Pin) -> str:
    lines = [
        f"\n[{pin.name}]",
        f"digest = {_quoted(pin.digest)}",
        f"source = {_quoted(pin.source)}",
        f"items = {_quoted(pin.kind)}",
        f"stored = {str(pin.stored).lower()}",
    ]
    for name in LEVELS:
        level = pin.levels[name]
        values = ", ".join(
            (
                f"share = {_quoted(level.share)}",
                f"files = {level.files}",
                f"items = {level.items}",
                f"size = {level.size}",
                f"digest = {_quoted(level.digest)}",
            )
        )
        lines.append(f"{name} = {{ {values} }}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return ``text`` as a basic string of TOML, whose escapes are those of JSON but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
