"""The limits of a sweep: what they allow, how much of them is used, and when to refuse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from agilml.config.suggest import did_you_mean
from agilml.errors import AgilError, ConfigError, UsageError
from agilml.sweep.estimate import Estimate
from agilml.sweep.spending import Spending
from agilml.text import plural, safe_text

WARN, SPENT = 0.8, 1.0
"""Shares of a limit at which it is worth a word."""

KEYS = ("trials", "hours", "slot_hours", "usd", "target")


@dataclass(frozen=True, slots=True)
class Notice:
    """A limit of which a share is used.

    Attributes:
        name: its key below ``budget``.
        share: 0.8 or 1.0.
        used: in the unit of the limit; the best value for a target.
        limit: what was allowed, or aimed at.
    """

    name: str
    share: float
    used: float
    limit: float

    @property
    def drains(self) -> bool:
        """Whether nothing more shall start. Used-up ``trials`` only end the search: what is planned runs."""
        return self.share >= SPENT and self.name != "trials"

    @property
    def remedy(self) -> str:
        """The word that lets the sweep go on: twice what is used or allowed, or no target."""
        if self.name == "target":
            return "budget.target=null"
        return f"budget.{self.name}={_above(2 * max(self.used, self.limit)):g}"

    def text(self) -> str:
        """Return one clause for people."""
        if self.name == "target":
            return f"the target is reached: {self.used:g}, budget.target is {self.limit:g}"
        percent = math.floor(100 * self.used / self.limit)
        return f"{percent} % of budget.{self.name} used: {_amount(self.name, self.used)} of {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a sweep may use up. None is no limit.

    Attributes:
        trials: candidates that a sampler may propose.
        hours: time in which at least one of its attempts runs.
        slot_hours: hours of all its attempts together.
        usd: slot-hours times the executor's price of one.
        target: value of the metric that is good enough.
        mode: ``max`` or ``min``: which side of the target is better.
    """

    trials: int | None = None
    hours: float | None = None
    slot_hours: float | None = None
    usd: float | None = None
    target: float | None = None
    mode: str = "max"

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> Self:
        """Return the budget in a sweep's recorded ``spec``.

        ``trials`` limits a search only: a fixed plan was cut to it when it was made.
        """
        node = {**(spec.get("budget") or {})}
        if not spec.get("search"):
            node["trials"] = None
        return cls(**{key: node.get(key) for key in KEYS}, mode=str(spec.get("mode") or "max"))

    @property
    def limited(self) -> bool:
        """Whether there is any limit; without one nobody needs to know what is spent."""
        return any(getattr(self, key) is not None for key in KEYS)

    def state(self, spending: Spending) -> list[Notice]:
        """Return a notice for each limit of which 0.8 or all is used; the higher share where both are."""
        found = []
        for name, limit, used in self._limits(spending):
            reached = [share for share in (SPENT, WARN) if used >= share * limit]
            if reached:
                found.append(Notice(name, reached[0], used, limit))
        best = spending.best
        if self.target is not None and best is not None and self._good_enough(best):
            found.append(Notice("target", SPENT, best, self.target))
        return found

    def refuse(self, spending: Spending, sweep: str) -> None:
        """Return if something is left of every limit.

        Raises:
            AgilError: going on with ``sweep`` would start nothing; names the limit and how to raise it.
        """
        for notice in self.state(spending):
            if notice.drains:
                raise AgilError(
                    f"{sweep} has spent its budget: {notice.text()}",
                    kept="every result so far",
                    next=f"agil resume {sweep} {notice.remedy}",
                )

    def refuse_plan(self, expected: Estimate, spent: Spending | None = None) -> None:
        """Return if a fixed plan fits into the budget, as far as anything is known about its length.

        Raises:
            UsageError: what is expected, on top of what is ``spent``, is above ``usd`` or ``slot_hours``.
        """
        before = spent or Spending()
        limits = {
            "usd": (self.usd, expected.usd, before.usd),
            "slot_hours": (self.slot_hours, expected.slot_hours, before.slot_hours),
        }
        for name, (limit, more, used) in limits.items():
            if limit is None or more is None or used + more <= limit:
                continue
            already = f" on top of {_amount(name, used)} already spent" if used else ""
            raise UsageError(
                f"these {plural(expected.trials, 'trial')} would take about {_amount(name, more)}{already},"
                f" going by {plural(expected.runs, 'run')} so far, and budget.{name} is {limit:g}",
                next=f"fewer values, or budget.{name}={_above(used + more):g}",
            )

    def _limits(self, spending: Spending) -> list[tuple[str, float, float]]:
        pairs = {
            "trials": (self.trials, float(spending.trials)),
            "hours": (self.hours, spending.hours),
            "slot_hours": (self.slot_hours, spending.slot_hours),
            "usd": (self.usd, spending.usd),
        }
        return [
            (name, float(limit), used) for name, (limit, used) in pairs.items() if limit is not None
        ]

    def _good_enough(self, best: float) -> bool:
        assert self.target is not None
        return best <= self.target if self.mode == "min" else best >= self.target


def check_budget(node: Any) -> None:
    """Return if ``node``, the config below ``budget``, makes sense.

    Raises:
        ConfigError: it does not; the message names the key.
    """
    if node is None:
        return
    if not isinstance(node, Mapping):
        raise ConfigError(
            f"budget is {', '.join(KEYS)}; not `{safe_text(node)}`", next="budget.hours=4"
        )
    for key, value in node.items():
        if key not in KEYS:
            raise ConfigError(
                f"no limit `budget.{safe_text(key)}`{did_you_mean(str(key), KEYS)}",
                next=f"one of {', '.join(f'budget.{name}' for name in KEYS)}",
            )
        wrong = None if value is None else _wrong(key, value)
        if wrong:
            raise ConfigError(
                f"budget.{key} is {wrong}, or null; not {safe_text(value)}",
                next=f"budget.{key}=null",
            )


def _wrong(key: str, value: Any) -> str | None:
    """Return what a limit is, where ``value`` is something else."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if key == "target":
        return None if number else "a number"
    if key == "trials":
        whole = number and value == int(value) and value >= 1
        return None if whole else "a whole number, at least 1"
    return None if number and value > 0 else "more than 0"


def _amount(name: str, value: float) -> str:
    if name == "usd":
        return f"${value:.2f}"
    unit = {"trials": "trials", "hours": "hours", "slot_hours": "slot-hours"}[name]
    return f"{value:.3g} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def _above(value: float) -> float:
    """Return ``value`` rounded up to two digits, so that a limit can be typed."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.ceil(round(value / unit, 6)) * unit
