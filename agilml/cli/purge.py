"""``agil purge``: take away for good what a run said, or a text that slipped through."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import Exit, UsageError
from agilml.text import plural, safe_text

if TYPE_CHECKING:
    from agilml.project import Project
    from agilml.purge.finding import Found
    from agilml.purge.needle import Needle
    from agilml.purge.taking import Taken
    from agilml.store.base import Remote

LISTED = 12

Address = Annotated[
    str | None, typer.Argument(help="A run or a sweep: t-…, s-…, best@s-…, latest, a tag.")
]
TextFrom = Annotated[
    str | None,
    typer.Option("--text-from", metavar="FILE|-", help="Purge the text in a file, or typed in."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; recorded, and seen by everybody.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken away.")]
Local = Annotated[bool, typer.Option("--local", help="Leave the remote as it is.")]


def purge(
    address: Address = None,
    text_from: TextFrom = None,
    reason: Reason = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    local: Local = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Take away what a run, a sweep or a text left: in ledger, files, blobs and remote."""
    from agilml.project import find_project, user
    from agilml.purge.purging import purging
    from agilml.store.settings import remote_of
    from agilml.sweep.address import find

    if (address is None) == (text_from is None):
        raise UsageError(
            "purge wants a run, a sweep, or a text",
            kept="everything",
            next="agil purge t-…, or agil purge --text-from FILE",
        )
    project = find_project()
    target = find(project, address) if address is not None else _needle(str(text_from))
    if not (yes or dry_run):
        _refuse_without_terminal(text_from)
    remote = None if local else remote_of(project)
    tell = (lambda _: None) if quiet else _say
    with purging(project, remote, target, tell) as here:
        if not as_json or not yes:
            _show(here.found, project, remote)
        taken = None
        if not dry_run and (yes or _agreed()):
            taken = here.take(reason=_without(reason, target), by=user())
    if as_json:
        from agilml.purge.purging import as_json as fields_of
        from agilml.report.fields import to_json

        print(to_json(fields_of(here.found, taken, project.state)))
    elif taken is not None and not quiet:
        _say_taken(taken, here.found, remote)
    return Exit.DONE if dry_run or taken is not None else Exit.FAILED


def _needle(source: str) -> Needle:
    from agilml.purge.needle import Needle

    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text()
        return Needle(text)
    except OSError as error:
        raise UsageError(
            f"{safe_text(source)} cannot be read: {error.strerror}",
            kept="everything",
            next="agil purge --text-from FILE",
        ) from error
    except ValueError as error:
        raise UsageError(str(error), kept="everything", next="give more of the text") from error


def _without(reason: str, target: str | Needle) -> str:
    """Return the reason without the very text that is to go."""
    return reason if isinstance(target, str) else str(target.without(reason))


def _refuse_without_terminal(text_from: str | None) -> None:
    if text_from == "-" or sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "purge asks before it takes anything away, and nobody can answer here",
            kept="everything",
            next="add --yes, or --dry-run to look first",
        )


def _agreed() -> bool:
    return typer.confirm("take it away for good?", default=False, err=True)


def _show(found: Found, project: Project, remote: Remote | None) -> None:
    """Say on standard error what would be taken."""
    what = found.target or "the text"
    runs = f": {plural(len(found.runs), 'run')}" if found.target.startswith("s-") else ""
    _say(f"{what}{runs}")
    if found.kept:
        _say(f"  stays      {plural(len(found.kept), 'run')} that another sweep has too")
    for kind, n in sorted(found.facts.items()):
        _say(f"  facts      {n:,} {kind}")
    for label, paths in (("deleted", found.files), ("blotted", found.blotted)):
        for path in paths[:LISTED]:
            _say(f"  {label:<9}  {safe_text(path.relative_to(project.state))}")
        if len(paths) > LISTED:
            _say(f"  {label:<9}  and {len(paths) - LISTED:,} more")
    _say(f"  blobs      {len(found.blobs):,}")
    where = "not set" if remote is None else safe_text(remote.address)
    _say(f"  remote     {where}")
    if found.nothing:
        searched = "" if remote is None else ", and the remote is searched"
        _say(
            "  nothing holds it on this machine; unused pages of the ledger are overwritten"
            f" anyway{searched}"
        )


def _say_taken(taken: Taken, found: Found, remote: Remote | None) -> None:
    _say(
        f"purged {plural(taken.facts, 'fact')}, {plural(taken.files, 'file')},"
        f" {plural(taken.blobs, 'blob')}"
    )
    if remote is not None:
        _say(
            f"remote: {plural(len(taken.objects), 'object')} deleted,"
            f" {plural(len(taken.segments), 'segment')} written again"
        )
        for key in taken.unread[:LISTED]:
            _say(f"warning: {safe_text(key)} is too large to be searched")
    if found.target.startswith("t-"):
        _say("next: its configuration is still there; --text-from takes a text out of that, too")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
