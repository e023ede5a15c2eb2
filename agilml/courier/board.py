"""Event files of a project below ``.agil/tensorboard``, brought up to date with its ledger.

``.agil/tensorboard/<sweep>/<run>/`` holds one event file per attempt; attempts after the first begin with a
mark that voids what earlier ones logged from that step on. What a recipe wrote itself into the folder
``tensorboard`` of its attempt appears there too, as the run ``<sweep>/<run>/recipe``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from agilml.courier.eventfile import EventFile
from agilml.courier.events import About, Records, Series
from agilml.courier.facts import Bookmark, Fact
from agilml.courier.reading import (
    AttemptRow,
    News,
    attempt_row,
    news_behind,
    origins,
    points_before,
    points_of,
    series_of,
)
from agilml.events import AttemptEnded, AttemptLeased, MetricsLogged
from agilml.model import TrialState
from agilml.project import Project

FOLDER = "tensorboard"
"""Below the state folder: what to give to ``tensorboard --logdir``."""

RECIPE = "recipe"
"""The run beside ours that holds the event files which a recipe wrote itself."""

_BOOKMARK = ".written.json"
_LOCK = ".lock"


class _Writing:
    """An attempt whose event file grows."""

    def __init__(self, path: Path, about: About, theirs: Path) -> None:
        self.file = EventFile(path)
        self.records = Records(about)
        self.theirs = theirs
        self.seq = 0

    def link_theirs(self) -> None:
        """Show what the recipe itself has written into its folder, as a run beside ours."""
        for folder, _, names in os.walk(self.theirs):
            for name in names:
                if "tfevents" in name:
                    inside = os.path.relpath(folder, self.theirs)
                    to = self.file.path.parent / RECIPE / inside / name
                    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                    # A second name of the same file: it grows under both.
                    with contextlib.suppress(FileExistsError):
                        os.link(os.path.join(folder, name), to, follow_symlinks=False)


class Board:
    """Writes the event files of one project; several processes may do so, one after another."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._root = project.state / FOLDER
        self._writing: dict[str, _Writing] = {}

    def catch_up(self, *, everyone: bool = False, seconds: float = math.inf) -> int:
        """Write what the ledger has and the files have not; return how many attempts were touched.

        Args:
            everyone: also of other origins, whose facts came with a sync.
            seconds: time after which the rest is left to the next call.

        Raises:
            OSError: the disk is full or failing.
            LedgerError: there is no ledger, or it cannot be read.
        """
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        touched: set[str] = set()
        end = time.monotonic() + seconds
        with self._alone():
            bookmark = Bookmark(self._root / _BOOKMARK)
            for origin in origins(self._project, everyone=everyone):
                news = news_behind(self._project, origin, bookmark.of(origin))
                while news.last != bookmark.of(origin) and time.monotonic() < end:
                    touched |= self._write(news)
                    bookmark.move(origin, news.last)
                    news = news_behind(self._project, origin, news.last)
            for writing in self._writing.values():
                writing.link_theirs()
        return len(touched)

    def written(self, origin: str) -> int:
        """Return up to which fact of ``origin`` the files are written."""
        return Bookmark(self._root / _BOOKMARK).of(origin)

    def _write(self, news: News) -> set[str]:
        by_attempt: dict[str, list[Fact]] = {}
        for fact in news.facts:
            by_attempt.setdefault(fact.attempt, []).append(fact)
        for attempt, facts in by_attempt.items():
            row = news.attempts.get(attempt)
            if row is None or not all(map(_is_plain, row[:3])):
                continue
            try:
                self._write_attempt(row, facts)
            except BaseException:
                # Whatever stands in the file now, the next look counts it afresh.
                self._writing.pop(attempt, None)
                raise
        return set(by_attempt)

    def _write_attempt(self, row: AttemptRow, news: Sequence[Fact]) -> None:
        if news[-1].kind == AttemptLeased.kind:
            # What it continues from is known when it has something to show.
            return
        writing = self._writing.get(row.id)
        if writing is None or not writing.file.is_as_left():
            writing = self._writing[row.id] = self._begin(row, news)
        for fact in news:
            if fact.seq <= writing.seq:
                continue
            if fact.kind == MetricsLogged.kind:
                writing.file.append(writing.records.points(series_of(fact.stored)))
            elif fact.kind == AttemptEnded.kind:
                self._end(writing, row.id, fact)
            writing.seq = fact.seq

    def _begin(self, row: AttemptRow, news: Sequence[Fact]) -> _Writing:
        """Return an attempt's file, with all in it that the ledger has from before ``news``."""
        taken = list(self._taken(row))
        params = json.loads(row.params)
        about = About(row.id, row.trial, row.sweep, row.began, params, row.first, taken)
        theirs = self._project.runs / Path(row.folder).name / FOLDER
        writing = _Writing(self._path(row), about, theirs)
        writing.file.append(writing.records.opening())
        if news[0].kind != AttemptLeased.kind:
            # It did not begin among these facts, so that earlier points of it may be in the ledger.
            for seq, series in points_of(self._project, row.id):
                if seq >= news[0].seq:
                    break
                writing.file.append(writing.records.points(series))
        writing.seq = news[0].seq - 1
        return writing

    def _path(self, row: AttemptRow) -> Path:
        return self._root / row.sweep / row.trial / event_file_name(row.leased, row.id)

    def _end(self, writing: _Writing, attempt: str, fact: Fact) -> None:
        body = fact.body
        state = str(body.get("trial_state", ""))
        if state and state != TrialState.PENDING:
            writing.file.append(writing.records.closing(state, fact.time))
        writing.link_theirs()
        del self._writing[attempt]

    def _taken(self, row: AttemptRow) -> Iterator[tuple[Series, float]]:
        """Yield what the attempt took over from others whose event files do not lie beside its own."""
        chain: list[tuple[AttemptRow, int]] = []
        first, now = row.first, row
        # Facts of other origins could say that attempts continue each other in a circle.
        while now.source is not None and now.source not in {known.id for known, _ in chain}:
            source = attempt_row(self._project, now.source)
            if source is None or (source.sweep == row.sweep and self._path(source).exists()):
                break
            chain.append((source, first))
            first, now = min(first, source.first), source
        for source, before in reversed(chain):
            for _, series in points_of(self._project, source.id):
                if kept := points_before(series, before):
                    yield kept, source.began

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        fd = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def event_file_name(leased: float, attempt: str) -> str:
    """Return the name of an attempt's event file; readers take a run's files in the order of their names."""
    return f"events.out.tfevents.{leased:017.6f}.{attempt}"


def _is_plain(name: str) -> bool:
    """Whether an id, which may have come from outside, can be the name of a file."""
    return "/" not in name and "\0" not in name and not name.startswith(".") and 0 < len(name) < 100
