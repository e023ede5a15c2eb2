"""What makes two configurations the same trial.

The identity of a configuration is the sha256 of its leaves, as canonical JSON of one flat mapping
from dotted path to value, without the keys that say *how* to run rather than *what*. Lists are
leaves. Flattening makes the digest cheap: the text of leaves that never change is written once.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from json.encoder import encode_basestring
from typing import Any

from agilml.errors import ConfigError
from agilml.model import canonical, digest

NOT_IDENTITY = (
    "executor",
    "sampler",
    "stopper",
    "budget",
    "attempts",
    "sweep",
    "gate",
    "metric",
    "mode",
    "objectives",
    "identity",
)
"""Top-level keys that say how a sweep is run, searched or judged."""


def config_digest(config: Mapping[str, Any]) -> str:
    """Return the hex digest of a resolved ``config`` without the keys excluded from identity."""
    exclude = excluded_keys(config)
    return digest({path: v for path, v in flatten(config) if not is_excluded(path, exclude)})


def excluded_keys(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the dotted keys kept out of the digest: the built-in ones and ``identity.exclude``.

    Raises:
        ConfigError: ``identity.exclude`` is not a list of keys.
    """
    node = config.get("identity")
    own = (node.get("exclude") if isinstance(node, Mapping) else None) or []
    if not isinstance(own, list) or not all(isinstance(key, str) for key in own):
        raise ConfigError(
            "`identity.exclude` is a list of dotted keys", next="identity.exclude=[log_every]"
        )
    return (*NOT_IDENTITY, *own)


def is_excluded(path: str, exclude: Iterable[str]) -> bool:
    """Return whether ``path`` is one of the excluded keys or lies below one."""
    return any(path == key or path.startswith(f"{key}.") for key in exclude)


def flatten(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``(path, value)`` for every leaf; lists and empty mappings are leaves.

    A dot or backslash inside a key is escaped by a backslash, so no two configs share their leaves.
    """
    for key, value in config.items():
        path = prefix + key.replace("\\", "\\\\").replace(".", "\\.")
        if isinstance(value, Mapping) and value:
            yield from flatten(value, f"{path}.")
        else:
            yield path, value


def value_text(value: Any) -> str:
    """Return the canonical JSON of one leaf's value, the common types without a new encoder."""
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return repr(value)
    return canonical(value)


def digest_of_text(text: str) -> bytes:
    """Return the sha256 (32 bytes) of canonical JSON text put together from leaf texts."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
