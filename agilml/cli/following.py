"""Watching a sweep from a terminal, a pipe or a script, and what signals mean there."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agilml.errors import Exit
from agilml.model import SweepState, TrialState, short
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.project import Project
    from agilml.sweep.launch import Launch
    from agilml.tui.view import SweepView

SECOND_THOUGHT = 2.0


class Interrupted(Exception):
    """A signal asked us to stop watching."""


def follow_to_end(
    project: Project,
    sweep: str,
    launch: Launch | None,
    *,
    as_json: bool,
    quiet: bool,
    allow_failed: bool = False,
    since: float | None = None,
) -> int:
    """Watch ``sweep`` until it ends; print its result; return the exit code.

    On a terminal Ctrl-C stops watching and the sweep goes on (a second one within two seconds stops the
    sweep). Without a terminal SIGINT and SIGTERM stop the sweep, and we wait for its clean end. Runs that
    ended before ``since`` (Unix seconds; by default now) are not told as news.
    """
    from agilml.tui.follow import follow, reporter_for

    terminal = sys.stderr.isatty()
    ended, wait = _controller_watch(project, sweep, launch)
    reporter = reporter_for(terminal, as_json, quiet)
    try:
        with _signals():
            view = follow(project, sweep, reporter, ended=ended, wait=wait, since=since)
    except Interrupted:
        if terminal and not _second_interrupt(sweep):
            return Exit.INTERRUPTED
        _say_stopped(sweep, stop_and_wait(project, sweep))
        return Exit.INTERRUPTED
    if launch is not None:
        launch.check()
        if launch.taken and view.state is SweepState.INTERRUPTED:
            # The controller that had it was just leaving, and did not see what we had planned.
            return _take_over(
                project, sweep, as_json=as_json, quiet=quiet, allow_failed=allow_failed, since=since
            )
    if not as_json:
        _print_summary(project, sweep, quiet)
    return exit_code(project, view, allow_failed)


def _take_over(
    project: Project,
    sweep: str,
    *,
    as_json: bool,
    quiet: bool,
    allow_failed: bool,
    since: float | None,
) -> int:
    from agilml.sweep.launch import Launch

    with Launch(project) as launch:
        launch.run(sweep)
        return follow_to_end(
            project,
            sweep,
            launch,
            as_json=as_json,
            quiet=quiet,
            allow_failed=allow_failed,
            since=since,
        )


def exit_code(project: Project, view: SweepView, allow_failed: bool) -> int:
    """Return 0, 1 (interrupted: its controller is gone), or 4 (some trials failed, or people cancelled some).

    Trials that a spent budget or a stopper took off the plan are no failure: that is what it was for.
    """
    if view.state is SweepState.INTERRUPTED:
        print(
            f"error: the controller of {short(view.sweep.id)} is gone\n"
            " kept: everything recorded so far\n"
            f" next: agil resume {short(view.sweep.id)}",
            file=sys.stderr,
        )
        return Exit.FAILED
    bad = view.counts[TrialState.FAILED]
    if view.counts[TrialState.CANCELLED]:
        from agilml.ledger import queries
        from agilml.ledger.queries_search import cancelled_by_people

        with queries.reader(project.ledger) as db:
            bad += cancelled_by_people(db, view.sweep.id)
    return Exit.TRIALS_FAILED if bad and not allow_failed else Exit.DONE


def say_detached(sweep: str, *, as_json: bool) -> None:
    """Print the id of a sweep that goes on without us."""
    if as_json:
        print(json.dumps({"event": "detached", "sweep": sweep}))
        return
    print(sweep)
    print(f"agil watch {short(sweep)} shows it, agil stop {short(sweep)} ends it", file=sys.stderr)


def stop_and_wait(project: Project, sweep: str, seconds: float = 60.0) -> bool:
    """Ask for the end of ``sweep`` and wait for what is done about it here.

    A controller is started if none lives to do it. Those of other clones hear of it with the next sync.
    """
    from agilml.ledger import queries
    from agilml.ledger.ledger import Ledger
    from agilml.project import user
    from agilml.sweep.launch import Launch
    from agilml.sweep.liveness import controller_pid

    with Ledger.open(project.ledger) as ledger:
        if not ledger.request_stop(sweep, user()):
            return True
    with queries.reader(project.ledger) as db:
        asked = queries.sweep(db, sweep)
    if asked is None or asked.here is None or asked.here.ended:
        return True
    if controller_pid(project.sweep_folder(sweep)) is None:
        with Launch(project) as launch:
            launch.run(sweep)
    end = time.monotonic() + seconds
    with queries.reader(project.ledger) as db:
        while time.monotonic() < end:
            row = queries.sweep(db, sweep)
            if row is None or row.here is None or row.here.ended:
                return True
            time.sleep(0.05)
    return False


def _say_stopped(sweep: str, over: bool) -> None:
    if over:
        print(
            f"{short(sweep)} was stopped; agil resume {short(sweep)} continues it", file=sys.stderr
        )
    else:
        print(
            f"{short(sweep)} was asked to stop and has not ended yet; agil watch {short(sweep)}",
            file=sys.stderr,
        )


def _controller_watch(
    project: Project, sweep: str, launch: Launch | None
) -> tuple[Callable[[], bool], Callable[[float], None]]:
    """Return how to tell that no controller runs the sweep, and how to wait for news of it."""
    from agilml.ledger import queries
    from agilml.sweep.liveness import controller_pid

    folder = project.sweep_folder(sweep)
    if launch is not None and not launch.taken:
        return _telling_trouble(launch), launch.wait
    with queries.reader(project.ledger) as db:
        row = queries.sweep(db, sweep)
    if row is not None and row.elsewhere and (row.here is None or row.here.ended):
        if not row.state.ended:
            print(
                f"{short(sweep)} runs in another clone; agil sync --watch brings its news",
                file=sys.stderr,
            )
        return (lambda: False), time.sleep
    return (lambda: controller_pid(folder) is None), time.sleep


def _telling_trouble(launch: Launch) -> Callable[[], bool]:
    """Return how to tell that the controller has ended, which also says what keeps it from writing."""

    def ended() -> bool:
        over = launch.ended()
        if launch.trouble:
            print(f"waiting: {safe_text(launch.trouble)}", file=sys.stderr, flush=True)
            launch.trouble = None
        if launch.staging:
            print(f"data: {safe_text(launch.staging)}", file=sys.stderr, flush=True)
            launch.staging = None
        return over

    return ended


@contextmanager
def _signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into :class:`Interrupted` for the length of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def raise_interrupted(*_: object) -> None:
        raise Interrupted

    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    for name in before:
        signal.signal(name, raise_interrupted)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _second_interrupt(sweep: str) -> bool:
    """Say that the sweep goes on, and answer whether a second Ctrl-C asks for more than that."""
    print(
        f"\nstopped watching; {short(sweep)} goes on. ^C again within {SECOND_THOUGHT:g} s stops it\n"
        f"next  agil watch {short(sweep)}\n      agil stop {short(sweep)}",
        file=sys.stderr,
        flush=True,
    )
    try:
        with _signals():
            time.sleep(SECOND_THOUGHT)
    except Interrupted:
        return True
    return False


def _print_summary(project: Project, sweep: str, quiet: bool) -> None:
    from agilml.tui.summary import print_summary

    print_summary(project, sweep, quiet=quiet)
