"""Slots on this machine: plain processes, no daemon, no port."""

from __future__ import annotations

import math
import select
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agilml.errors import ExecutorError
from agilml.model import Resources
from agilml.worker.order import Order
from agilml.worker.probes import Machine, machine
from agilml.worker.slot import Report, Slot
from agilml.worker.warm import WarmTemplate

TAIL_SECONDS = 0.25
MAX_DEATHS = 3


class LocalExecutor:
    """As many slots as the machine's CPUs, memory and GPUs allow, or as many as asked for."""

    name = "local"

    def __init__(
        self, settings: Mapping[str, Any], recipe: str, project: Path, folder: Path
    ) -> None:
        wanted = settings.get("resources") or {}
        self._resources = Resources(**wanted)
        self._count: int | None = settings.get("slots")
        self._recipe = recipe
        self._project = project
        self._folder = folder
        self._template: WarmTemplate | None = None
        self._slots: list[Slot] = []
        self._tailed = 0.0
        self._deaths = 0

    def adopt(self, template: WarmTemplate) -> None:
        """Use a template that was started ahead of the slots, while the plan was being made."""
        self._template = template

    def quote(self) -> int:
        """Return how many slots there would be; free of charge.

        Raises:
            ExecutorError: not even one trial fits on this machine.
        """
        return slot_count(machine(), self._resources, self._count)

    def up(self) -> list[Slot]:
        """Bring the slots up; see :class:`~agilml.executors.base.Executor`."""
        here = machine()
        count = slot_count(here, self._resources, self._count)
        if self._template is None:
            self._template = WarmTemplate(self._recipe, self._project, self._folder)
        threads = max(1, math.floor(self._resources.cpus))
        self._slots = [
            Slot(f"{self.name}:{i}", self._template, threads, _gpus(i, here, self._resources))
            for i in range(count)
        ]
        return self._slots

    def start(self, slot: Slot, order: Order) -> None:
        """Execute ``order`` in ``slot``."""
        slot.start(order)

    def poll(self, seconds: float) -> list[Report]:
        """Wait for news; the spools of running attempts are looked at four times a second."""
        assert self._template is not None
        if not self._template.gone:
            select.select([self._template], [], [], seconds)
        elif seconds:
            time.sleep(seconds)
        reports = [
            report for message in self._template.messages() for report in self._heard(message)
        ]
        if self._template.failed is not None:
            text = f"the recipe cannot be loaded: {self._template.failed}"
            reports += [slot.exited({"error": text, "fatal": True}) for slot in self._busy()]
        now = time.monotonic()
        if now - self._tailed >= TAIL_SECONDS:
            self._tailed = now
            for slot in self._slots:
                if slot.order is not None:
                    reports.append(Report(slot.name, slot.order.attempt, slot.tail()))
        return reports

    def end(self, slot: Slot, *, gentle: bool) -> None:
        """Ask the attempt in ``slot`` to end, or end it."""
        slot.end(gentle)

    def down(self) -> None:
        """End the template and with it every attempt."""
        if self._template is not None:
            self._template.close()
            self._template = None

    def _heard(self, message: Mapping[str, Any]) -> list[Report]:
        kind = message["is"]
        if kind == "gone":
            return self._template_died()
        slot = self._slot_of(message.get("attempt"))
        if slot is None:
            return []
        if kind == "forked":
            slot.forked(message["pid"])
        if kind == "exited":
            return [slot.exited(message)]
        return []

    def _template_died(self) -> list[Report]:
        """Report every attempt it held as killed, and start another template for the next ones."""
        reports = [slot.exited({"code": -9}) for slot in self._busy()]
        self._deaths += 1
        if self._deaths <= MAX_DEATHS:
            assert self._template is not None
            self._template.close()
            self._template = WarmTemplate(self._recipe, self._project, self._folder)
            for slot in self._slots:
                slot.template = self._template
        return reports

    def _busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.busy]

    def _slot_of(self, attempt: str | None) -> Slot | None:
        for slot in self._slots:
            if slot.order is not None and slot.order.attempt == attempt:
                return slot
        return None


def slot_count(here: Machine, each: Resources, asked: int | None) -> int:
    """Return how many slots of ``each`` fit on ``here``; never more than ``asked``.

    Raises:
        ExecutorError: not even one fits.
    """
    limits: dict[str, float] = {"CPUs": here.cpus / each.cpus if each.cpus else math.inf}
    if each.gpus:
        limits["GPUs"] = _gpu_slots(here, each.gpus)
    if each.memory_gb:
        limits["GiB of memory"] = here.memory_gb / each.memory_gb
    short, fits = min(limits.items(), key=lambda item: item[1])
    # An explicit number of slots may share CPUs; memory and GPUs cannot be shared so.
    hard = min((value for name, value in limits.items() if name != "CPUs"), default=math.inf)
    count = math.floor(min(asked, hard)) if asked else math.floor(fits)
    if count < 1:
        raise ExecutorError(
            f"a trial asks for more {short} than this machine has",
            kept="the sweep is planned",
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
