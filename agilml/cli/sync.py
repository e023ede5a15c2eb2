"""``agil sync``: bring this ledger and the remote to the union of both."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import Exit, UsageError
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.project import Project
    from agilml.store.base import Remote

ACTIONS = ("status", "gc", "repair")
WATCH_SECONDS = 30.0

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[status | gc | repair]",
        help="status: what is behind. gc: delete blobs that no ledger needs."
        " repair: put damaged or missing segments and blobs back.",
        show_default=False,
    ),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Go on until Ctrl-C, every 30 seconds or as many as follow."),
]
Address = Annotated[
    str | None,
    typer.Option("--remote", metavar="ADDRESS", help="s3://…, file:///… or ssh://…; remembered."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="gc: only say what would be deleted.")]
TensorBoard = Annotated[
    bool,
    typer.Option("--tensorboard", help="Write event files of everybody's runs as well."),
]


def sync(
    words: Words = None,
    watch: Watch = False,
    remote: Address = None,
    dry_run: DryRun = False,
    tensorboard: TensorBoard = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Send new facts to the remote and take the others'; with a word, look at the remote or tidy it."""
    from agilml.project import find_project
    from agilml.sync.joining import remote_for

    given = words or []
    seconds = _seconds(given) if watch else 0.0
    action = "" if watch or not given else given[0]
    _check_words(given, action, watch=watch)
    _check_options(action, watch=watch, dry_run=dry_run, tensorboard=tensorboard)
    project, place = remote_for(find_project(), remote)
    with place:
        if watch:
            return _watch(project, place, seconds, as_json, quiet)
        act = {"": _sync, "status": _status, "gc": _gc, "repair": _repair}[action]
        code = act(project, place, as_json, quiet, dry_run)
    if tensorboard:
        _write_event_files(project, quiet=quiet)
    return code


def _check_words(given: list[str], action: str, *, watch: bool) -> None:
    if watch or not given:
        return
    if action not in ACTIONS or len(given) > 1:
        raise UsageError(
            f"sync knows {', '.join(ACTIONS)}, and not `{safe_text(' '.join(given))}`",
            next="agil sync --help",
        )


def _check_options(action: str, *, watch: bool, dry_run: bool, tensorboard: bool) -> None:
    """Refuse an option that would be passed over: a dry run that sends is none."""
    if dry_run and action != "gc":
        raise UsageError("--dry-run belongs to gc", next="agil sync gc --dry-run")
    if tensorboard and (watch or action):
        raise UsageError(
            "--tensorboard belongs to a sync that ends", next="agil sync --tensorboard"
        )


def _seconds(given: list[str]) -> float:
    if not given:
        return WATCH_SECONDS
    try:
        seconds = float(given[0])
    except ValueError:
        seconds = 0.0
    if len(given) > 1 or not 0.1 <= seconds <= 86_400:
        raise UsageError("--watch wants a number of seconds", next="agil sync --watch 30")
    return seconds


def _sync(project: Project, remote: Remote, as_json: bool, quiet: bool, _: bool) -> int:
    from agilml.sync import syncing, telling

    tell = _tell(quiet=quiet)
    blobs, size = _deliver(project, remote, tell)
    outcome = syncing.sync(project, remote, tell=tell)
    as_dict = {**outcome.as_json(), "shipped": {"blobs": blobs, "bytes": size}}
    _say(telling.outcome_lines(outcome), as_dict, as_json, quiet)
    return Exit.FAILED if outcome.problems else Exit.DONE


def _deliver(project: Project, remote: Remote, tell: Any) -> tuple[int, int]:
    """Ship logs, checkpoints and results that no courier has shipped; their facts go out with the sync."""
    from agilml.courier.delivery import deliver
    from agilml.sync.telling import size as size_text
    from agilml.text import plural

    blobs, size = deliver(project, remote)
    if blobs:
        tell(f"shipped {plural(blobs, 'blob')} ({size_text(size)}) of runs that have ended")
    return blobs, size


def _write_event_files(project: Project, *, quiet: bool) -> None:
    from agilml.courier.board import FOLDER
    from agilml.courier.delivery import show_everyone
    from agilml.text import plural

    runs = show_everyone(project)
    place = project.state / FOLDER
    _tell(quiet=quiet)(
        f"event files of {plural(runs, 'attempt')} written: tensorboard --logdir {place}"
    )


def _status(project: Project, remote: Remote, as_json: bool, _quiet: bool, _: bool) -> int:
    from agilml.courier.status import courier_lines, courier_status
    from agilml.sync import syncing, telling
    from agilml.sync.status import status

    with syncing.looking(project, remote) as here:
        found = status(here.exchange, remote, here.seen)
    courier = courier_status(project)
    if as_json:
        print(json.dumps({**found.as_json(), "courier": courier}))
    else:
        print("\n".join([*telling.status_lines(found), *courier_lines(courier)]))
    return Exit.FAILED if found.damaged or found.unreachable else Exit.DONE


def _gc(project: Project, remote: Remote, as_json: bool, quiet: bool, dry_run: bool) -> int:
    from agilml.sync import syncing, telling

    tell = _tell(quiet=quiet)
    with syncing.place(project, remote, tell=tell) as here:
        found = syncing.collect(here, dry_run=dry_run, tell=tell)
    as_dict = {
        "remote": remote.address,
        "dry_run": dry_run,
        "blobs": found.blobs,
        "needed": found.needed,
        "marked": found.marked,
        "waiting": found.waiting,
        "deleted": found.deleted,
        "bytes": found.bytes,
    }
    _say(telling.collected_lines(found, dry_run=dry_run), as_dict, as_json, quiet)
    return Exit.DONE


def _repair(project: Project, remote: Remote, as_json: bool, quiet: bool, _: bool) -> int:
    from agilml.sync import syncing, telling

    tell = _tell(quiet=quiet)
    with syncing.place(project, remote, tell=tell) as here:
        found = syncing.repair(here, tell=tell)
    as_dict = {
        "remote": remote.address,
        "checked": found.checked,
        "blobs": found.blobs,
        "put_back": found.put_back,
        "problems": [problem.as_json() for problem in found.problems],
    }
    _say(telling.repaired_lines(found), as_dict, as_json, quiet)
    return Exit.FAILED if found.problems else Exit.DONE


def _watch(project: Project, remote: Remote, seconds: float, as_json: bool, quiet: bool) -> int:
    """Sync until Ctrl-C; a line only when something changed, or what stands in the way did."""
    from agilml.store.errors import RemoteUnavailable
    from agilml.sync import syncing, telling

    tell, told = _tell(quiet=quiet), ""
    tell(f"syncing with {safe_text(remote.address)} every {seconds:g} s; Ctrl-C ends it")
    try:
        while True:
            try:
                _deliver(project, remote, tell)
                outcome = syncing.sync(project, remote, tell=tell)
            except RemoteUnavailable as error:
                if error.cause != told:
                    tell(f"{safe_text(error.cause)}; trying again")
                told = error.cause
            else:
                wrong = "\n".join(telling.problem_lines(outcome.problems))
                if outcome.changed or wrong != told:
                    _say(telling.outcome_lines(outcome), outcome.as_json(), as_json, quiet)
                told = wrong
            time.sleep(seconds)
    except KeyboardInterrupt:
        return Exit.DONE


def _say(lines: Iterable[str], as_dict: dict[str, Any], as_json: bool, quiet: bool) -> None:
    """Print the result: JSON on standard output, or lines for a person on standard error."""
    if as_json:
        print(json.dumps(as_dict), flush=True)
    elif not quiet:
        for line in lines:
            print(line, file=sys.stderr, flush=True)


def _tell(*, quiet: bool) -> Any:
    def tell(line: str) -> None:
        if not quiet:
            print(safe_text(line, 500), file=sys.stderr, flush=True)

    return tell
