"""What a candidate must keep to be of use: ``size_mb <= 10``."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agilml.errors import ConfigError
from agilml.text import safe_text

_FORM = re.compile(
    r"\s*(?P<metric>[^\s<>=!]+(?: [^\s<>=!]+)*)\s*(?P<sign><=|<|>=|>)"
    r"\s*(?P<bound>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound on a metric.

    Attributes:
        sign: ``<=``, ``<``, ``>=`` or ``>``.
    """

    metric: str
    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.metric} {self.sign} {self.bound:g}"

    def violation(self, metrics: Mapping[str, float | None]) -> float:
        """Return how far the bound is missed, in the metric's unit; 0 or less where it is kept.

        A metric that is missing or no finite number misses every bound, infinitely far.
        """
        value = metrics.get(self.metric)
        if value is None or not math.isfinite(value):
            return math.inf
        missed = value - self.bound if self.sign[0] == "<" else self.bound - value
        if missed == 0 and self.sign in ("<", ">"):
            return sys.float_info.min
        return missed


def parse(texts: str | Sequence[str]) -> list[Constraint]:
    """Return the constraints written in ``texts``, one in each.

    Raises:
        ConfigError: one of them is not ``metric sign number``.
    """
    return [_constraint(text) for text in ([texts] if isinstance(texts, str) else texts)]


def _constraint(text: object) -> Constraint:
    found = _FORM.fullmatch(text) if isinstance(text, str) and len(text) <= 1_000 else None
    if found is None or not math.isfinite(float(found["bound"])):
        raise ConfigError(
            f"`{safe_text(str(text)[:100])}` is not a constraint",
            next='write it like: sampler.constraints=["size_mb <= 10"]',
        )
    return Constraint(found["metric"], found["sign"], float(found["bound"]))
