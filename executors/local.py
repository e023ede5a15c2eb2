"""Slots on this machine: plain processes, no daemon, no port."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.errors import ConfigError
from agilml.executors.base import Quote
from agilml.model import Cause, Resources
from agilml.text import safe_text
from agilml.worker.fresh import FreshProcesses
from agilml.worker.hardware import INTERVAL_SECONDS, Meter
from agilml.worker.order import Order
from agilml.worker.probes import Machine, machine
from agilml.worker.slot import Ending, Report, Slot
from agilml.worker.starter import Starter
from agilml.worker.templates import Templates
from agilml.worker.warm import WarmTemplate

TAIL_SECONDS = 0.25
MANY = 100


class LocalExecutor:
    """As many slots as the machine's CPUs, memory and GPUs allow, or as many as asked for."""

    name = "local"

    def __init__(
        self, settings: Mapping[str, Any], recipe: str, project: Path, folder: Path
    ) -> None:
        self._here = machine()
        self._resources = resources_of(settings.get("resources") or {}, self._here)
        self._count: int | None = settings.get("slots")
        self._price = price_of(settings.get("usd_per_slot_hour"))
        self._meter_seconds = interval_of(settings.get("hardware_seconds", INTERVAL_SECONDS))
        self._isolation = str(settings.get("isolation", "fork"))
        if self._isolation not in ("fork", "spawn"):
            raise ConfigError(
                f"executor.isolation is `fork` or `spawn`, not `{safe_text(self._isolation)}`",
                next="agil sweep … executor.isolation=fork",
            )
        self._recipe = recipe
        self._project = project
        self._folder = folder
        self._first: WarmTemplate | None = None
        self._starter: Starter | None = None
        self._meter: Meter | None = None
        self._slots: list[Slot] = []
        self._tailed = 0.0

    def adopt(self, template: WarmTemplate) -> None:
        """Use a template that was started ahead of the slots, while the plan was being made."""
        self._first = template

    def quote(self) -> Quote:
        """Return how many slots there would be, and what ``executor.usd_per_slot_hour`` says of them.

        Raises:
            ConfigError: not even one trial fits on this machine.
        """
        return Quote(slot_count(self._here, self._resources, self._count), self._price)

    def up(self, wanted: int) -> list[Slot]:
        """Bring the slots up; see :class:`~agilml.executors.base.Executor`."""
        count = self.quote().slots
        self._starter = self._make_starter()
        if wanted >= MANY:
            self._starter.expect_many()
        threads = max(1, math.floor(self._resources.cpus))
        meter = self._meter = Meter(self._meter_seconds) if self._meter_seconds else None
        gpus = [_gpus(i, self._here, self._resources) for i in range(count)]
        self._slots = [
            Slot(f"{self.name}:{i}", self._starter, threads, gpus[i], meter) for i in range(count)
        ]
        return self._slots

    def _make_starter(self) -> Starter:
        if self._isolation == "fork":
            return Templates(self._recipe, self._project, self._folder, self._first)
        if self._first is not None:
            self._first.close()
        return FreshProcesses()

    def start(self, slot: Slot, order: Order) -> None:
        """Execute ``order`` in ``slot``."""
        slot.start(order)

    def poll(self, seconds: float) -> list[Report]:
        """Wait for news; the spools of running attempts are looked at four times a second."""
        assert self._starter is not None
        self._starter.wait(seconds)
        reports = [
            report for message in self._starter.messages() for report in self._heard(message)
        ]
        if self._starter.failed is not None:
            text = f"the recipe cannot be loaded: {self._starter.failed}"
            reports += [slot.exited({"error": text, "fatal": True}) for slot in self._busy()]
        reports += [
            slot.exited({"error": slot.trouble, "cause": Cause.NODE.value})
            for slot in self._busy()
            if slot.trouble
        ]
        for report in reports:
            self._starter.learn(report.batch.imports)
        now = time.monotonic()
        if now - self._tailed >= TAIL_SECONDS:
            self._tailed = now
            reports += [slot.report() for slot in self._busy()]
        return reports

    def end(self, slot: Slot, how: Ending) -> None:
        """Tell the attempt in ``slot`` to end."""
        slot.end(how)

    def down(self) -> None:
        """End the template and with it every attempt."""
        if self._starter is not None:
            self._starter.close()
            self._starter = None
        if self._meter is not None:
            self._meter.close()
            self._meter = None

    def _heard(self, message: Mapping[str, Any]) -> list[Report]:
        slot = self._slot_of(str(message["attempt"]))
        if slot is None:
            return []
        if message["is"] == "exited":
            return [slot.exited(message)]
        slot.forked(message["pid"])
        return []

    def _busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.busy]

    def _slot_of(self, attempt: str) -> Slot | None:
        for slot in self._slots:
            if slot.order is not None and slot.order.attempt == attempt:
                return slot
        return None


def price_of(value: Any) -> float:
    """Return the price of a slot for an hour, in US dollars; null is nothing.

    Raises:
        ConfigError: it is no number from 0 up.
    """
    return _from_zero(value, "usd_per_slot_hour", "a price")


def interval_of(value: Any) -> float:
    """Return the seconds between two looks at the hardware; 0, like null, is never to look.

    Raises:
        ConfigError: it is no number from 0 up.
    """
    return _from_zero(value, "hardware_seconds", "a time")


def _from_zero(value: Any, name: str, what: str) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigError(
            f"executor.{name} is {what} from 0 up, not `{safe_text(value)}`",
            next=f"executor.{name}=0",
        )
    return float(value)


def resources_of(wanted: Mapping[str, Any], here: Machine) -> Resources:
    """Return what one trial occupies; ``gpus: null`` is one GPU on a machine that has any."""
    gpus = wanted.get("gpus")
    if gpus is None:
        gpus = 1.0 if here.gpus else 0.0
    return Resources(wanted.get("cpus", 1), gpus, wanted.get("memory_gb", 0))


def slot_count(here: Machine, each: Resources, asked: int | None) -> int:
    """Return how many slots of ``each`` fit on ``here``; never more than ``asked``.

    Raises:
        ConfigError: not even one fits, or the numbers make no sense.
    """
    limits: dict[str, float] = {"CPUs": here.cpus / each.cpus if each.cpus else math.inf}
    if each.gpus:
        limits["GPUs"] = _gpu_slots(here, each.gpus)
    if each.memory_gb:
        limits["GiB of memory"] = here.memory_gb / each.memory_gb
    if asked is not None and asked < 1:
        raise ConfigError("executor.slots is 1 or more, or null", next="executor.slots=null")
    if min(each.cpus, each.gpus, each.memory_gb) < 0:
        raise ConfigError("executor.resources are not negative", next="executor.resources.cpus=1")
    short, fits = min(limits.items(), key=lambda item: item[1])
    # An explicit number of slots may share CPUs; memory and GPUs cannot be shared so.
    hard = min((value for name, value in limits.items() if name != "CPUs"), default=math.inf)
    count = math.floor(min(asked, hard)) if asked else math.floor(fits)
    if count < 1:
        raise ConfigError(
            f"a trial asks for more {short} than this machine has",
            kept="nothing was started",
            next="lower executor.resources, or choose another executor",
        )
    return count


def _gpu_slots(here: Machine, gpus: float) -> float:
    if gpus >= 1:
        return len(here.gpus) // math.ceil(gpus)
    return len(here.gpus) * math.floor(1 / gpus + 1e-9)


def _gpus(index: int, here: Machine, each: Resources) -> tuple[int, ...]:
    """Return the GPU indices of slot ``index``: whole ones in a row, or its share of one."""
    if not each.gpus:
        return ()
    if each.gpus >= 1:
        n = math.ceil(each.gpus)
        return tuple(gpu.index for gpu in here.gpus[index * n : (index + 1) * n])
    per_gpu = math.floor(1 / each.gpus + 1e-9)
    return (here.gpus[index // per_gpu].index,)
