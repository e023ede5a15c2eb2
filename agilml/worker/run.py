"""The handle that a recipe gets: log, checkpoint, resume, and the boundary where it can be ended."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, SupportsInt

from agilml.errors import CheckpointError, RecipeError
from agilml.model import parse_metric
from agilml.worker import checkpoints
from agilml.worker.checkpoints import Checkpoint
from agilml.worker.order import Order, SavedCheckpoint
from agilml.worker.reading import content_of
from agilml.worker.rng import random_state
from agilml.worker.spool import SpoolWriter

MAX_NAME = 200
MAX_WARNINGS = 20
MAX_STEP = 1 << 53
ORDER_VARIABLE = "AGIL_ORDER"


class Pruned(Exception):
    """A stopper decided that the trial is not worth going on with."""


class Finished(Exception):
    """A stopper decided that the trial is as good as it needs to be; it has succeeded."""


class Preempted(Exception):
    """The slot is needed, or someone asked for the trial to end; it can go on from its last checkpoint."""


class Run:
    """One attempt, as its recipe sees it.

    Logging never raises, never waits for a lock or a disk, and is safe from then on: every call is one
    append to the spool, which outlives this process.
    """

    def __init__(self, order: Order, spool: SpoolWriter) -> None:
        self._order = order
        self._spool = spool
        self._names: dict[str, str] = {}
        self._warned = 0
        self._last: dict[str, float | int] = {}
        self._saved: list[SavedCheckpoint] = list(order.checkpoints)
        self._first_step = 0
        self._ending: type[Exception] | None = None
        self._read: set[tuple[str, str, str]] = set()
        self.cooperative = False

    @property
    def id(self) -> str:
        """Id of this attempt, ``t-….n``."""
        return self._order.attempt

    @property
    def seed(self) -> int:
        """Seed that every generator was seeded with."""
        return self._order.seed

    @property
    def threads(self) -> int:
        """CPU threads this trial may use."""
        return self._order.threads

    @property
    def gpus(self) -> tuple[int, ...]:
        """GPU indices this trial may use; empty on CPU. ``CUDA_VISIBLE_DEVICES`` is set to the same."""
        return self._order.gpus

    @property
    def folder(self) -> Path:
        """The attempt's own folder."""
        return self._order.path

    def log(
        self,
        values: Mapping[str, Any] | None = None,
        *,
        step: SupportsInt | None = None,
        **metrics: Any,
    ) -> None:
        """Record metric values, as keywords or as a mapping, at ``step`` or (without one) as final values.

        A value is a number or anything with ``.item()``. What is neither is left out with a warning that
        ``agil show`` prints; training goes on.
        """
        if values is not None:
            metrics = {**values, **metrics}
        parts: list[str] = []
        for name, logged in metrics.items():
            value: float | int = logged
            if type(logged) is not float and type(logged) is not int:
                try:
                    value = parse_metric(logged)
                except Exception as error:
                    # Whatever .item() raises, training goes on.
                    self.warn(f"metric {name[:MAX_NAME]!r} was left out: {error}")
                    continue
            # x - x is 0 for every finite x, and JSON has no word for the others.
            text = repr(value) if value - value == 0 else f'"{value}"'
            parts.append(f"{self._names.get(name) or self._name(name)}:{text}")
            self._last[name] = value
        if not parts:
            return
        at = self._spool.seconds()
        where = "null" if step is None else self._step(step)
        line = f'{{"e":"log","t":{at:.4f},"step":{where},"m":{{{",".join(parts)}}}}}\n'
        try:
            os.write(self._spool.fd, line.encode())
        except OSError as error:
            self._lost(error)

    def steps(self, n: int) -> Iterator[int]:
        """Yield the steps still to do, from 0 or from behind the resumed checkpoint up to ``n`` - 1.

        Ends early, as if all were done, when a stopper found the trial as good as it needs to be.

        Raises:
            Pruned: between steps, when a stopper ended the trial.
            Preempted: between steps, when someone asked for the trial to end.
        """
        self.cooperative = True
        for step in range(self._first_step, n):
            if self._ending is Finished:
                return
            self.boundary()
            yield step
        if self._ending is not Finished:
            self.boundary()

    def boundary(self) -> None:
        """Raise :class:`Pruned`, :class:`Finished` or :class:`Preempted` if the trial shall end here."""
        self.cooperative = True
        if self._ending is not None:
            raise self._ending

    def end_at_boundary(self, reason: type[Exception]) -> None:
        """Let the next boundary raise ``reason``."""
        self._ending = reason

    def checkpoint(self, *, step: int, **objects: Any) -> None:
        """Save ``objects`` so that the trial can go on behind ``step``, on this machine or another.

        Complete or invisible. The newest and the best (by the sweep's metric) are kept, others removed.

        Raises:
            CheckpointError: a value cannot be saved.
        """
        root = self.folder / "checkpoints"
        objects = {**objects, checkpoints.RANDOM: random_state()}
        folder, sha256, size = checkpoints.save(root, step, objects)
        value = self._last.get(self._order.metric)
        # The same step saved twice is one folder: the older entry must not take it along.
        self._saved = [item for item in self._saved if item.folder != str(folder)]
        self._saved.insert(0, SavedCheckpoint(self.id, step, str(folder), sha256, _finite(value)))
        drop = self._superseded()
        self._spool.write(
            {
                "e": "ckpt",
                "step": step,
                "dir": str(folder),
                "sha256": sha256,
                "size": size,
                "value": _finite(value),
                "drop": [item.folder for item in drop],
            }
        )
        self._spool.sync()
        for item in drop:
            shutil.rmtree(item.folder, ignore_errors=True)

    def resume(self) -> Checkpoint | None:
        """Return the newest complete checkpoint of this trial, or None; random state goes on from there.

        A damaged one is passed over with a warning, in favour of the one before.
        """
        for saved in self._saved:
            try:
                found = Checkpoint.open(Path(saved.folder), saved.sha256)
            except CheckpointError as error:
                self.warn(error.cause)
                continue
            self._first_step = found.step + 1
            if saved.attempt != self.id:
                self._spool.write({"e": "resume", "attempt": saved.attempt, "step": found.step})
            found.restore_random()
            return found
        return None

    @property
    def best(self) -> Checkpoint | None:
        """The kept checkpoint with the best value of the sweep's metric, or None."""
        best = self._best()
        return Checkpoint.open(Path(best.folder), best.sha256) if best else None

    def read(
        self,
        dataset: str,
        split: str = "",
        *,
        level: str = "",
        path: str | Path | None = None,
        digest: str = "",
        files: int = 0,
        size: int = 0,
    ) -> None:
        """Record that this attempt reads a split of a data set, once however often it is said.

        ``path`` names the file or folder that holds it, which is hashed now; without one, ``digest`` says
        what is in it, in ``files`` files of ``size`` bytes. What cannot be read is told as a warning.
        """
        if (dataset, level, split) in self._read:
            return
        self._read.add((dataset, level, split))
        if path is not None:
            try:
                digest, files, size = content_of(Path(path))
            except OSError as error:
                self.warn(f"the {split} data of {dataset!r} cannot be read: {error}")
                return
        names = {"dataset": str(dataset), "level": str(level), "split": str(split)}
        event = {"e": "data", **names, "digest": digest, "files": files, "size": size}
        try:
            self._spool.write(event)
        except OSError as error:
            self._lost(error)

    def environment(self) -> dict[str, str]:
        """Return the variables through which :func:`current_run` finds this run in a child program."""
        path = self.folder / "order.json"
        if not path.exists():
            path.write_text(json.dumps(self._order.as_json()))
        return {ORDER_VARIABLE: str(path)}

    def warn(self, text: str) -> None:
        """Record a warning that ``agil show`` prints; at most twenty are kept."""
        self._warned += 1
        if self._warned <= MAX_WARNINGS:
            self._spool.write({"e": "warn", "text": text[:1000]})

    def _step(self, step: SupportsInt) -> int | str:
        whole = int(step)
        if -MAX_STEP < whole < MAX_STEP:
            return whole
        self.warn("a step beyond 2^53 was left out")
        return "null"

    def _name(self, name: str) -> str:
        kept = str(name)
        if len(kept) > MAX_NAME:
            kept = kept[: MAX_NAME - 1] + "…"
            if name not in self._names:
                self.warn(f"a metric name of {len(name):,} characters was cut to {kept!r}")
        self._names[name] = quoted = json.dumps(kept)
        return quoted

    def _lost(self, error: OSError) -> None:
        # Training must not end because a disk is full; the count of lost points is all we can keep.
        self._warned += 1
        if self._warned == 1:
            sys.stdout.write(f"agil: metrics cannot be written: {error}\n")

    def _best(self) -> SavedCheckpoint | None:
        rated = [item for item in self._saved if item.value is not None]
        if not rated:
            return None
        sign = 1 if self._order.mode == "max" else -1
        return max(rated, key=lambda item: (sign * (item.value or 0.0), item.step))

    def _superseded(self) -> list[SavedCheckpoint]:
        keep = (self._saved[0], self._best() or self._saved[0])
        drop = [item for item in self._saved if item not in keep]
        self._saved = [item for item in self._saved if item in keep]
        return drop


def _finite(value: float | int | None) -> float | int | None:
    return value if value is not None and value - value == 0 else None


_current: Run | None = None


def set_current_run(run: Run) -> None:
    """Make ``run`` the one that :func:`current_run` returns in this process."""
    global _current
    _current = run


def current_run() -> Run:
    """Return the run this process belongs to, from a recipe or from a program that a recipe started.

    Raises:
        RecipeError: the process was not started by ``agil``.
    """
    if _current is None:
        path = os.environ.get(ORDER_VARIABLE)
        if not path:
            raise RecipeError(
                "this process is not part of a run",
                kept="nothing was recorded",
                next="start it with agil run conf=…",
            )
        order = Order.from_json(json.loads(Path(path).read_text()))
        set_current_run(Run(order, SpoolWriter(order.path)))
    assert _current is not None
    return _current
