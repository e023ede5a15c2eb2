"""A peer that tracks runs, on its own documented API: ``tracker.py TOOL WORK [N [PACE]]`` in an empty folder.

``log N PACE``  one run, one metric a call; prints the microseconds of the median call and of the 99th
``die N PACE``  the same, then SIGKILL
``finals N``    N runs with ten parameters and twenty final metrics each
``count``       points that can be read back
``curve``       milliseconds to read the one run's curve, the median of five reads
``top``         the ten best of the runs of ``finals``, with their parameters
"""

# ruff: noqa: D102 - every tracker answers what the first class asks

from __future__ import annotations

import json
import logging
import math
import os
import signal
import sqlite3
import statistics
import struct
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROJECT = "bench"
Log = Callable[[dict[str, float], int], object]


def value(step: int) -> float:
    """Return a value with as many digits as a real one has, the same for every tracker."""
    return math.exp(-step / 4000) + 0.05 * math.sin(0.37 * step)


def finals(run: int) -> dict[str, float]:
    """Return twenty final metrics of a run, ``val_acc`` among them."""
    return {f"m{i}": value(run + i) for i in range(19)} | {"val_acc": run * 7919 % 10007 / 10007}


def parameters(run: int) -> dict[str, float]:
    """Return ten parameters of a run."""
    return {f"p{i}": (run * 7919 + i * 31) % 1000 / 1000 for i in range(10)}


class Tracker(ABC):
    """What is asked of each of them; a query that a tracker has no way to answer offline is not there."""

    @abstractmethod
    def open(self, name: str, config: dict[str, float]) -> tuple[Log, Callable[[], object]]:
        """Start a run; return how it logs metrics at a step, and how it ends."""

    @abstractmethod
    def curve(self) -> list[tuple[int, float]]:
        """Return the points of the only run's ``loss``."""

    def count(self) -> int:
        """Return the points of all runs."""
        return len(self.curve())

    def top(self) -> list[Any]:
        """Return the ten best runs with their parameters."""
        raise SystemExit(f"{type(self).__name__} answers no query without its server")


class TensorBoard(Tracker):
    """Event files through torch's SummaryWriter."""

    def open(self, name: str, config: dict[str, float]) -> tuple[Log, Callable[[], object]]:
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(f"events/{name}")
        if config:
            writer.add_hparams(config, {"hparam/x": 0.0}, run_name=".")

        def log(metrics: dict[str, float], step: int) -> None:
            for key, number in metrics.items():
                writer.add_scalar(key, number, step)

        return log, writer.close

    def curve(self) -> list[tuple[int, float]]:
        (folder,) = Path("events").iterdir()
        return [(event.step, event.value) for event in _scalars(folder, "loss")]

    def count(self) -> int:
        return sum(len(_scalars(folder, "loss")) for folder in Path("events").iterdir())

    def top(self) -> list[Any]:
        found = [
            (_scalars(folder, "val_acc")[-1].value, folder) for folder in Path("events").iterdir()
        ]
        best = sorted(found, reverse=True, key=lambda pair: pair[0])[:10]
        return [(number, _hparams(folder)) for number, folder in best]


def _accumulator(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder), {"scalars": 0})
    accumulator.Reload()
    return accumulator


def _scalars(folder: Path, name: str) -> list[Any]:
    return _accumulator(folder).Scalars(name)


def _hparams(folder: Path) -> dict[str, float]:
    from tensorboard.plugins.hparams import plugin_data_pb2

    content = _accumulator(folder).SummaryMetadata("_hparams_/session_start_info")
    data = plugin_data_pb2.HParamsPluginData.FromString(content.plugin_data.content)
    return {name: one.number_value for name, one in data.session_start_info.hparams.items()}


class MLflow(Tracker):
    """The SQLite store without a server, logging synchronously as it does by default."""

    def __init__(self) -> None:
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        import mlflow

        logging.disable(logging.WARNING)
        self.mlflow = mlflow
        mlflow.set_tracking_uri(f"sqlite:///{Path.cwd()}/mlflow.db")
        mlflow.set_experiment(PROJECT)

    def open(self, name: str, config: dict[str, float]) -> tuple[Log, Callable[[], object]]:
        self.mlflow.start_run(run_name=name)
        if config:
            self.mlflow.log_params(config)

        def log(metrics: dict[str, float], step: int) -> None:
            if len(metrics) == 1:
                ((key, number),) = metrics.items()
                self.mlflow.log_metric(key, number, step=step)
            else:
                self.mlflow.log_metrics(metrics, step=step)

        return log, self.mlflow.end_run

    def curve(self) -> list[tuple[int, float]]:
        (run,) = self.mlflow.search_runs(experiment_names=[PROJECT], output_format="list")
        points = self.mlflow.MlflowClient().get_metric_history(run.info.run_id, "loss")
        return [(point.step, point.value) for point in points]

    def count(self) -> int:
        with sqlite3.connect("mlflow.db") as db:
            return int(db.execute("SELECT count(*) FROM metrics WHERE key = 'loss'").fetchone()[0])

    def top(self) -> list[Any]:
        runs = self.mlflow.search_runs(
            experiment_names=[PROJECT],
            order_by=["metrics.val_acc DESC"],
            max_results=10,
            output_format="list",
        )
        return [(run.data.metrics["val_acc"], run.data.params) for run in runs]


class Wandb(Tracker):
    """Offline mode, system metrics and console capture off; there is no query without its server."""

    def open(self, name: str, config: dict[str, float]) -> tuple[Log, Callable[[], object]]:
        os.environ |= {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}
        import wandb

        settings = wandb.Settings(
            console="off", x_disable_stats=True, x_disable_meta=True, silent=True
        )
        run = wandb.init(
            project=PROJECT, name=name, mode="offline", settings=settings, config=config, dir="."
        )
        return lambda metrics, step: run.log(metrics, step=step), run.finish

    def curve(self) -> list[tuple[int, float]]:
        return [point for path in _wandb_files() for point in _wandb_points(path)]


def _wandb_files() -> list[Path]:
    return sorted(Path("wandb").glob("offline-run-*/*.wandb"))


def _wandb_points(path: Path) -> list[tuple[int, float]]:
    """Return the points of a transaction log; the package has no reader of its own any more."""
    from wandb.proto import wandb_internal_pb2

    points: list[tuple[int, float]] = []
    for raw in _leveldb_records(path.read_bytes()[7:], 7):
        record = wandb_internal_pb2.Record.FromString(raw)
        points += [
            (record.history.step.num, float(json.loads(item.value_json)))
            for item in record.history.item
            if "loss" in (item.key, *item.nested_key)
        ]
    return points


def _leveldb_records(data: bytes, skipped: int) -> Iterator[bytes]:
    """Yield the whole records of a LevelDB log of which the first ``skipped`` bytes are a header."""
    at, parts = 0, []
    while at + 7 <= len(data):
        left = 32768 - (at + skipped) % 32768
        if left < 7:
            at += left
            continue
        length, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        parts.append(data[at + 7 : at + 7 + length])
        if kind not in (1, 2, 3, 4) or len(parts[-1]) < length:
            return
        at += 7 + length
        if kind in (1, 4):
            yield b"".join(parts)
            parts = []


class Trackio(Tracker):
    """Its local SQLite files."""

    def open(self, name: str, config: dict[str, float]) -> tuple[Log, Callable[[], object]]:
        import trackio

        trackio.init(project=PROJECT, name=name, config=config)
        return lambda metrics, step: trackio.log(metrics, step=step), trackio.finish

    def _logs(self) -> list[tuple[str, Any]]:
        from trackio.sqlite_storage import SQLiteStorage

        runs = SQLiteStorage.get_runs(PROJECT)
        return [(run, SQLiteStorage.get_logs(PROJECT, run)) for run in runs]

    def curve(self) -> list[tuple[int, float]]:
        ((_, logs),) = self._logs()
        return [(entry["step"], entry["loss"]) for entry in logs]

    def count(self) -> int:
        return sum("loss" in entry for _, logs in self._logs() for entry in logs)

    def top(self) -> list[Any]:
        from trackio.sqlite_storage import SQLiteStorage

        best = sorted(((logs[-1]["val_acc"], run) for run, logs in self._logs()), reverse=True)[:10]
        return [(number, SQLiteStorage.get_run_config(PROJECT, run)) for number, run in best]


TOOLS: dict[str, type[Tracker]] = {
    "tensorboard": TensorBoard,
    "mlflow": MLflow,
    "wandb": Wandb,
    "trackio": Trackio,
}


def _log(
    tracker: Tracker, n: int, pace: float, *, die: bool, name: str = "run"
) -> dict[str, float]:
    log, end = tracker.open(name, {})
    taken = []
    for step in range(n):
        number = value(step)
        began = time.perf_counter_ns()
        log({"loss": number}, step)
        taken.append(time.perf_counter_ns() - began)
        if pace:
            time.sleep(pace)
    if die:
        os.kill(os.getpid(), signal.SIGKILL)
    end()
    taken.sort()
    return {"p50_us": taken[len(taken) // 2] / 1e3, "p99_us": taken[len(taken) * 99 // 100] / 1e3}


def _finals(tracker: Tracker, n: int) -> int:
    for run in range(n):
        log, end = tracker.open(f"run{run}", parameters(run))
        log(finals(run), 0)
        end()
    return n


def _curve_ms(tracker: Tracker) -> dict[str, float]:
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        points = tracker.curve()
        taken.append(1e3 * (time.perf_counter() - began))
    return {"ms": statistics.median(taken), "points": len(points)}


def main(words: list[str]) -> None:
    """Do what is asked and print the answer as JSON."""
    tool, work, *rest = words
    n, pace = int(rest[0]) if rest else 0, float(rest[1]) if len(rest) > 1 else 0.0
    tracker = TOOLS[tool]()
    if work in ("log", "die"):
        name = f"run-{os.getpid()}"
        answer: Any = _log(tracker, n, pace, die=work == "die", name=name)
    elif work == "finals":
        answer = _finals(tracker, n)
    elif work == "count":
        answer = tracker.count()
    elif work == "curve":
        answer = _curve_ms(tracker)
    else:
        answer = tracker.top()
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
