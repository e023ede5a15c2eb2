"""What a job leaves behind: one JSON file in its attempt's folder. No pickle, whatever the app returns."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NAME = "job.json"
LONGEST_REPR = 10_000
_FLOAT, _TUPLE = "$float", "$tuple"


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of one job.

    Attributes:
        output_dir: Hydra's folder of the job (absolute).
        working_dir: where the app's function ran.
        task_name: Hydra's name of the app.
        value: what the function returned, as :func:`encode` has it, or its ``repr``.
        plain: whether ``value`` is the value itself.
        error: the exception that ended the function, if one did; see
            :mod:`agilml.hydra_launcher.failures`.
    """

    output_dir: str
    working_dir: str
    task_name: str
    value: Any = None
    plain: bool = True
    error: Mapping[str, Any] | None = None

    def write(self, folder: Path) -> None:
        """Put the result into ``folder``, complete or not at all."""
        path = folder / f"{NAME}.new"
        with path.open("w") as file:
            json.dump(asdict(self), file, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        path.replace(folder / NAME)

    @classmethod
    def read(cls, folder: Path) -> JobResult | None:
        """Return the result in ``folder``, or None where there is none that can be read."""
        try:
            return cls(**json.loads((folder / NAME).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def returned(self) -> Any:
        """What the function returned; a text where that could not be kept."""
        return decode(self.value) if self.plain else self.value


def encode(value: Any) -> Any:
    """Return ``value`` as strict JSON that :func:`decode` turns back.

    Numbers, texts, None, lists, tuples and mappings with text keys come back as they were; scalars of
    numpy and torch as plain numbers, OmegaConf's containers as plain ones.

    Raises:
        TypeError: it holds anything else.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {_FLOAT: str(value)}
    if type(value) is list:
        return [encode(item) for item in value]
    if type(value) is tuple:
        return {_TUPLE: [encode(item) for item in value]}
    if type(value) is dict:
        if not all(type(key) is str and not key.startswith("$") for key in value):
            raise TypeError("a mapping with other keys than texts")
        return {key: encode(item) for key, item in value.items()}
    if getattr(value, "ndim", None) == 0 and callable(getattr(value, "item", None)):
        return encode(value.item())
    if _is_omegaconf(value):
        from omegaconf import OmegaConf

        return encode(OmegaConf.to_container(value, resolve=True))
    raise TypeError(f"a {type(value).__name__}")


def decode(value: Any) -> Any:
    """Return what :func:`encode` was given."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if _FLOAT in value:
            return float(value[_FLOAT])
        if _TUPLE in value:
            return tuple(decode(item) for item in value[_TUPLE])
        return {key: decode(item) for key, item in value.items()}
    return value


def encode_or_repr(value: Any) -> tuple[Any, bool]:
    """Return ``value`` encoded and True, or its ``repr`` and False where JSON cannot hold it."""
    try:
        encoded = encode(value)
        json.dumps(encoded, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return _repr(value), False
    return encoded, True


def _is_omegaconf(value: Any) -> bool:
    module = sys.modules.get("omegaconf")
    return module is not None and module.OmegaConf.is_config(value)


def _repr(value: Any) -> str:
    text = f"<{type(value).__name__}>"
    with contextlib.suppress(Exception):
        # A repr is the app's code, and may raise anything.
        text = repr(value)
    return text[:LONGEST_REPR]
