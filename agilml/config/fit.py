"""Whether a value may stand where another value stands in the base config.

The base config is the only type declaration that people write, so it is taken at its word:

==========================  ==========================================================
what stands in the base     what may replace it
==========================  ==========================================================
nothing (``null``, ``???``)  anything
``true`` / ``false``        a bool
an integer                  an integer; a float without a fraction becomes an integer
a float                     any number; an integer becomes a float
text                        text, a number or a bool (``auto`` next to ``4`` is common)
a list                      a list; integers become floats where the base holds floats only
a mapping                   a mapping, merged into it
==========================  ==========================================================

``null`` may replace everything: it is how a person switches a thing off.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

from agilml.errors import ConfigError
from agilml.model import JSON
from agilml.text import safe_text

MISSING = "???"
"""OmegaConf's mark for a value that must be given."""


def fit(key: str, base: Any, value: Any) -> JSON:
    """Return ``value`` in the type that ``base`` prescribes for ``key``.

    Raises:
        ConfigError: the value is of another kind; the message names key, base and value.
    """
    check_finite(key, value)
    if value == MISSING:
        raise ConfigError(f"`{safe_text(key)}` cannot be set to `???`", next=f"give {key} a value")
    if base is None or base == MISSING or value is None:
        return _plain(value)
    if isinstance(base, bool):
        return value if isinstance(value, bool) else _refuse(key, base, value)
    if isinstance(base, int):
        return _integer(key, base, value)
    if isinstance(base, float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            _refuse(key, base, value)
        return _float(key, value)
    if isinstance(base, str):
        return _refuse(key, base, value) if isinstance(value, list | dict) else _plain(value)
    if isinstance(base, list):
        return _list(base, value) if isinstance(value, list) else _refuse(key, base, value)
    return _plain(value) if isinstance(value, dict) else _refuse(key, base, value)


def _plain(value: Any) -> JSON:
    plain: JSON = value
    return plain


def check_finite(key: str, value: Any) -> None:
    """Return if no number in ``value`` is ``nan`` or infinite: JSON, and so a trial's id, has none.

    Raises:
        ConfigError: one is.
    """
    if isinstance(value, float) and not math.isfinite(value):
        name, shown = safe_text(key), safe_text(value)
        raise ConfigError(
            f"`{name}` cannot be {shown}: a config holds finite numbers only",
            next=f"'{name}=\"{shown}\"' if text is meant, {name}=null to switch it off",
        )
    if isinstance(value, dict):
        for part, item in value.items():
            check_finite(f"{key}.{part}", item)
    elif isinstance(value, list):
        for item in value:
            check_finite(key, item)


def _float(key: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ConfigError(
            f"`{safe_text(key)}` is too large a number", next="give a number below 1.8e308"
        ) from None


def _integer(key: str, base: int, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _refuse(key, base, value)


def _list(base: list[Any], value: list[Any]) -> JSON:
    floats = bool(base) and all(isinstance(item, float) for item in base)
    if floats and all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in value
    ):
        return [float(item) for item in value]
    return value


def kind(value: Any) -> str:
    """Return what a person would call the type of ``value``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    for type_, name in (
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
    ):
        if isinstance(value, type_):
            return name
    return "a mapping"


def _refuse(key: str, base: Any, value: Any) -> NoReturn:
    was, came = safe_text(_shown(base), 60), safe_text(_shown(value), 60)
    raise ConfigError(
        f"`{safe_text(key)}` is {kind(base)} ({was}) and cannot become {kind(value)} ({came})",
        next=_hint(key, base, value),
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower().replace("none", "null")
    return "empty" if value == "" else str(value)


def _hint(key: str, base: Any, value: Any) -> str:
    name = safe_text(key)
    if value == "":
        return f"give {name} a value; a shell drops ${{…}} unless the word is in single quotes"
    if isinstance(base, bool):
        truth = str(value).lower() in {"1", "on", "yes", "y", "true"}
        return f"{name}={str(truth).lower()}"
    if isinstance(base, int) and isinstance(value, float):
        return f"write the base of {name} as {float(base)} in the conf file if fractions are meant"
    if isinstance(base, list):
        return f"'{name}=[{safe_text(_shown(value), 60)}]'"
    if isinstance(base, dict):
        keys = ", ".join(f"{name}.{safe_text(part, 30)}" for part in list(base)[:4])
        return f"set one of its keys: {keys}" if keys else f"{name} is an empty mapping"
    return f"give {name} {kind(base)}, or change what stands in the conf file"
