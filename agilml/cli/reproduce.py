"""``agil reproduce``: run a recorded run again, and say whether it came out the same."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import AgilError, Exit, UsageError
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.project import Project
    from agilml.provenance.snapshot.bundle import Bundle
    from agilml.reproduce.comparing import Curve
    from agilml.reproduce.folder import Place
    from agilml.reproduce.recorded import Recorded

Address = Annotated[str, typer.Argument(help="A run: t-…, best@s-…, a tag.", metavar="RUN")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", help="Restore the code into this new folder."),
]
Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance", metavar="X", help="How far values may be apart; relative, near 0 absolute."
    ),
]
Repo = Annotated[
    Path | None,
    typer.Option("--repo", metavar="PATH", help="A clone that has the commit (or this project's)."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Run other people's code without asking.")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what would be restored and what differs; run nothing."),
]


def reproduce(
    address: Address,
    folder: Folder = None,
    tolerance: Tolerance = 1e-6,
    repo: Repo = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Restore a run's code, data and configuration, run it again, and compare point by point."""
    from agilml.project import find_project
    from agilml.reproduce.recorded import read_code, read_recorded
    from agilml.sweep.address import find_run

    if not 0 <= tolerance < float("inf"):
        raise UsageError("--tolerance is a number from 0 up", next="--tolerance 1e-6")
    if repo is not None and not repo.is_dir():
        raise UsageError(f"--repo: there is no folder {safe_text(repo)}", next="--repo ../clone")
    project = find_project()
    recorded = read_recorded(project, find_run(project, address))
    bundle = read_code(project, recorded)
    repositories = [repo.absolute()] if repo is not None else []
    if dry_run:
        return _print(_intended(project, recorded, bundle, repositories), as_json=as_json)
    if not recorded.own:
        _ask(recorded, bundle, yes)
    found = _again(project, recorded, bundle, folder, repositories, tolerance, quiet=quiet)
    _keep(project, recorded, found)
    _print(found, as_json=as_json)
    return Exit.FAILED if found["verdict"] == "different" else Exit.DONE


def _intended(
    project: Project, recorded: Recorded, bundle: Bundle, repositories: Sequence[Path]
) -> dict[str, Any]:
    from agilml.provenance.snapshot.restoring import find_commit
    from agilml.reproduce.checks import code_foreseen, environment_differences, variables
    from agilml.reproduce.outcome import intended

    os.environ.update(variables(recorded))
    store = find_commit(bundle.manifest.commit, [*repositories, project.root])
    foreseen = code_foreseen(bundle.manifest, found=store is not None)
    environment = environment_differences(recorded, project)
    return intended(recorded, bundle, store, [*foreseen, *environment])


def _ask(recorded: Recorded, bundle: Bundle, yes: bool) -> None:
    """Return if a person agrees to run what somebody else wrote, having been shown what it is."""
    from agilml.report.reproduced import foreign_text
    from agilml.reproduce.outcome import foreign_code

    print(foreign_text(foreign_code(recorded, bundle)), file=sys.stderr)
    if yes:
        return
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "this run came from another origin, and nobody is here to be asked about its code",
            next="read the above, then agil reproduce … --yes",
        )
    if not typer.confirm("run it?", err=True):
        raise AgilError(
            "not run", kept="everything", next="agil reproduce … --dry-run says what differs"
        )


def _again(
    project: Project,
    recorded: Recorded,
    bundle: Bundle,
    folder: Path | None,
    repositories: Sequence[Path],
    tolerance: float,
    *,
    quiet: bool,
) -> dict[str, Any]:
    from agilml.reproduce import checks
    from agilml.reproduce.comparing import compare
    from agilml.reproduce.folder import prepare
    from agilml.reproduce.outcome import came_out

    place = prepare(project, recorded, bundle, folder, repositories)
    os.environ.update(checks.variables(recorded))
    differs = [
        *checks.code_differences(place.restored),
        *checks.identity_differences(recorded, place.project.root),
        *checks.environment_differences(recorded, place.project),
    ]
    seconds, curves = _run(place, recorded, quiet=quiet)
    comparison = compare(recorded.curves, curves, tolerance, curtailed=recorded.curtailed)
    return came_out(
        recorded, bundle, place, comparison, differs, tolerance=tolerance, seconds=seconds
    )


def _run(
    place: Place, recorded: Recorded, *, quiet: bool
) -> tuple[float | None, Mapping[str, Curve]]:
    """Run the trial to its end in its own project; return how long it took, and its curves."""
    from agilml.ledger.ledger import Ledger
    from agilml.project import user
    from agilml.reproduce.again import plan_again
    from agilml.reproduce.recorded import read_recorded
    from agilml.sweep.companion import courier_lock
    from agilml.sweep.launch import Launch

    project, plan = place.project, plan_again(recorded)
    # A courier would ship the second run to the team's remote as if it were a result.
    with (
        courier_lock(project.state),
        Launch(project) as launch,
        _interruptible(project, plan.sweep),
    ):
        launch.preload(plan.recipe, project.root)
        with Ledger.open(project.ledger) as ledger:
            plan.record(ledger, dict(recorded.sweep.provenance), by=user())
        launch.run(plan.sweep)
        _follow(project, plan.sweep, launch, quiet=quiet)
        launch.check()
    try:
        again = read_recorded(project, recorded.run.run)
    except UsageError as error:
        raise _failed(place, recorded, "it did not end") from error
    if again.run.state is not recorded.run.state and not recorded.curtailed:
        why = again.run.error or "it said no more"
        raise _failed(place, recorded, f"it {again.run.state.value}: {why}")
    return again.run.seconds, again.curves


def _failed(place: Place, recorded: Recorded, why: str) -> AgilError:
    return AgilError(
        f"the second run cannot be compared, {why}",
        kept=f"its folder, {place.restored.folder}",
        next=f"agil --project '{place.project.root}' logs {recorded.run.run}",
    )


def _follow(project: Project, sweep: str, launch: Any, *, quiet: bool) -> None:
    from agilml.tui.follow import follow, reporter_for

    reporter = reporter_for(sys.stderr.isatty(), False, quiet)
    follow(project, sweep, reporter, ended=launch.ended, wait=launch.wait)


@contextmanager
def _interruptible(project: Project, sweep: str) -> Iterator[None]:
    """Let a signal that ends this command end the second run too: nobody else knows of it."""
    from agilml.cli.following import stop_and_wait

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        # Where it was not planned yet, there is nothing to stop.
        with suppress(AgilError):
            stop_and_wait(project, sweep)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _keep(project: Project, recorded: Recorded, found: Mapping[str, Any]) -> None:
    """Record the outcome as an artifact of the attempt that was run again."""
    import time

    from agilml import events as e
    from agilml.ledger.ledger import Ledger
    from agilml.report.fields import to_json
    from agilml.reproduce.outcome import ROLE
    from agilml.store.blobs import Blobs

    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # Where the folder lies is nobody's business but this machine's.
    raw = to_json({**found, "folder": None, "at": now}).encode()
    sha256 = Blobs(project.state / "blobs").add(raw)
    with Ledger.open(project.ledger) as ledger:
        name = f"reproduced {now}"
        ledger.record(e.ArtifactStored(recorded.attempt, name, ROLE, sha256, len(raw)))


def _print(found: Mapping[str, Any], *, as_json: bool) -> int:
    from agilml.cli.screen import screen_width
    from agilml.report.fields import to_json
    from agilml.report.reproduced import reproduced_text

    print(to_json(found) if as_json else reproduced_text(found, screen_width()))
    return Exit.DONE
