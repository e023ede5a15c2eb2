"""What an event file of TensorBoard holds: records that follow from an attempt's facts alone.

Made from the same facts, a file has the same records in the same order, so that the number of its records
says how much of an attempt it holds. Framing, messages and hyperparameter summaries are the library's own.
"""

from __future__ import annotations

import importlib
import io
import json
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

VERSION = "brain.Event:2"
"""With it, a reader voids earlier points where a session starts, and nowhere else."""

Series: TypeAlias = Mapping[str, Sequence[Sequence[Any]]]
"""Metric name to steps, values and seconds, as a ``metrics.logged`` fact has them."""

_LIBRARY = (
    "tensorboard.summary.writer.record_writer",
    "tensorboard.plugins.hparams.summary_v2",
)
_ENDED_WELL = ("succeeded", "pruned")
_SECONDS = operator.itemgetter(0)


@dataclass(frozen=True, slots=True)
class About:
    """What the ledger says of an attempt besides its points.

    Attributes:
        began: when its recipe began, in Unix seconds; metrics count from there.
        first: first step that it brings itself; what an earlier attempt logged from there on is void.
        taken: points that it took over from an attempt whose event file lies elsewhere.
    """

    attempt: str
    trial: str
    sweep: str
    began: float
    params: Mapping[str, Any]
    first: int = 0
    taken: Sequence[tuple[Series, float]] = ()


class Records:
    """The records of one attempt's event file, in order: opening, points as they come, closing."""

    def __init__(self, about: About) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._event = Event
        self._session = SessionLog
        self._summary = Summary
        self._about = about
        self._last = about.first
        self._next: dict[str, int] = {}

    def opening(self) -> Iterator[bytes]:
        """Yield what stands before the first point that the attempt logged."""
        about = self._about
        yield self._made(about.began, file_version=VERSION)
        # A session's first step: readers drop what an earlier file of the same run has from there on.
        first = 0 if about.taken else about.first
        start = self._session(status=self._session.START)
        yield self._made(about.began, step=first, session_log=start)
        if about.params:
            yield self._made(about.began, summary=_session_start(about))
        for series, began in about.taken:
            yield from self._points(series, began)

    def points(self, series: Series) -> Iterator[bytes]:
        """Yield the points of one ``metrics.logged`` fact, the values of one call in one record."""
        yield from self._points(series, self._about.began)

    def closing(self, state: str, at: float) -> Iterator[bytes]:
        """Yield what stands behind the last point of a trial that has ended in ``state``."""
        if self._about.params:
            yield self._made(at, summary=_session_end(state in _ENDED_WELL, at))

    def _points(self, series: Series, began: float) -> Iterator[bytes]:
        points = [
            (seconds, name, step, value)
            for name, columns in series.items()
            for step, value, seconds in zip(*columns, strict=True)
        ]
        points.sort(key=_SECONDS)
        calls: dict[tuple[float, int], Any] = {}
        for seconds, name, step, value in points:
            summary = calls.setdefault((seconds, self._step(name, step)), self._summary())
            summary.value.add(tag=_text(name), simple_value=float(value))
        for (seconds, at), summary in calls.items():
            yield self._made(began + seconds, step=at, summary=summary)

    def _step(self, name: str, step: int | None) -> int:
        """Return where a point stands; one without a step at the attempt's last, or behind the metric's."""
        if step is None:
            at = max(self._last, self._next.get(name, 0))
            self._next[name] = at + 1
            return at
        self._last = max(self._last, step)
        return step

    def _made(self, at: float, **content: Any) -> bytes:
        made: bytes = self._event(wall_time=at, **content).SerializeToString()
        return made


def load_library() -> None:
    """Let TensorBoard's library be in memory; it takes a third of a second."""
    for module in _LIBRARY:
        importlib.import_module(module)


def framed(records: Iterable[bytes]) -> bytes:
    """Return the records as they stand in a file, each with its length and two checksums."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    for record in records:
        writer.write(record)
    return buffer.getvalue()


def _session_start(about: About) -> Any:
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb

    params = {_text(name): _plain(value) for name, value in about.params.items()}
    return hparams_pb(params, trial_id=about.trial, start_time_secs=about.began)


def _session_end(well: bool, at: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    status = api_pb2.STATUS_SUCCESS if well else api_pb2.STATUS_FAILURE
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=at)
    about = metadata.create_summary_metadata(
        plugin_data_pb2.HParamsPluginData(session_end_info=end)
    )
    summary = Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG, metadata=about, tensor=metadata.NULL_TENSOR
    )
    return summary


def _plain(value: Any) -> bool | float | str:
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return float(value)
    return _text(value if isinstance(value, str) else json.dumps(value))


def _text(text: str) -> str:
    # Protocol buffers hold no lone surrogates.
    return text.encode("utf-8", "replace").decode()
