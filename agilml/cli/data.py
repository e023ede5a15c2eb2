"""``agil data``: versions of data sets, from where they lie to where a run reads them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import Exit, UsageError
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.data.manifest import Kind
    from agilml.data.progress import Progress
    from agilml.project import Project

FORMS = {
    "add": "add NAME SOURCE",
    "ls": "ls",
    "show": "show NAME",
    "get": "get NAME",
    "verify": "verify NAME",
    "diff": "diff NAME [OTHER]",
}
"""What stands behind ``agil data``; a NAME may be NAME@DIGEST but for ``add``."""
OPTIONS = {
    "level": ("add", "get", "verify"),
    "items": ("add",),
    "store": ("add",),
    "staged": ("verify",),
    "limit": ("get",),
}

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="add|ls|show|get|verify|diff [NAME] …",
        help="add NAME SOURCE: record a file, a folder or s3://…, and pin it in data.toml."
        " ls, show NAME: what is pinned. get NAME: stage it on this machine and print the folder."
        " verify NAME: read it again. diff NAME [OTHER]: what differs (from what lies there now).",
    ),
]
Level = Annotated[
    list[str] | None,
    typer.Option(
        "--level", help="add: dev=1% or test=10%, the shares of samples. get, verify: one level."
    ),
]
Items = Annotated[
    str | None,
    typer.Option("--items", help="add: what samples are made of, files or rows (of tables)."),
]
Store = Annotated[
    bool, typer.Option("--store", help="add: keep the files as blobs that sync and teammates get.")
]
Staged = Annotated[
    bool, typer.Option("--staged", help="verify: what was staged here, and not the source.")
]
Limit = Annotated[
    str | None, typer.Option("--limit", help="get: bound of the cache on this machine, as 200GB.")
]


def data(
    words: Words,
    level: Level = None,
    items: Items = None,
    store: Store = False,
    staged: Staged = False,
    limit: Limit = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Record versions of data sets, stage them on this machine, and say what differs."""
    from agilml.project import find_project

    action, *rest = words
    given = {"level": level, "items": items, "store": store, "staged": staged, "limit": limit}
    _check(action, rest, {name for name, value in given.items() if value})
    project = find_project()
    out = _Output(as_json=as_json, quiet=quiet)
    try:
        match action:
            case "add":
                return _add(project, rest[0], rest[1], level or [], items, store, out)
            case "ls":
                return _ls(project, out)
            case "show":
                return _show(project, rest[0], out)
            case "get":
                return _get(project, rest[0], _one(level), limit, out)
            case "verify":
                return _verify(project, rest[0], _one(level), staged, out)
            case _:
                return _diff(project, rest[0], rest[1] if len(rest) > 1 else None, out)
    finally:
        out.ticker.clear()


class _Output:
    """Where results and progress go."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        from agilml.cli.ticker import Ticker

        self.as_json = as_json
        self.quiet = quiet
        self.ticker = Ticker(quiet=quiet)

    def progress(self) -> Progress:
        """Return a count that is shown on standard error."""
        from agilml.data.progress import Progress

        return Progress(self.ticker)

    def print(self, fields: Any, lines: Iterable[str]) -> None:
        """Print the result on standard output: as JSON, or for people."""
        from agilml.report.fields import to_json

        self.ticker.clear()
        if self.as_json:
            print(to_json(fields))
        else:
            for line in lines:
                print(line)

    def hint(self, text: str) -> None:
        """Say on standard error what may come next."""
        self.ticker.clear()
        if not self.quiet:
            sys.stdout.flush()
            print(text, file=sys.stderr)


def _check(action: str, rest: Sequence[str], given: set[str]) -> None:
    from agilml.config.suggest import did_you_mean

    if action not in FORMS:
        raise UsageError(
            f"data knows {', '.join(FORMS)}, and not `{safe_text(action, 40)}`"
            f"{did_you_mean(action, FORMS)}",
            next="agil data --help",
        )
    wanted = FORMS[action].split()[1:]
    least = sum(not word.startswith("[") for word in wanted)
    if not least <= len(rest) <= len(wanted):
        raise UsageError(
            f"{len(rest)} words behind `agil data {action}`", next=f"agil data {FORMS[action]}"
        )
    for name in sorted(given):
        if action not in OPTIONS[name]:
            raise UsageError(
                f"--{name} belongs to {', '.join(OPTIONS[name])}, and not to {action}",
                next=f"agil data {FORMS[action]}",
            )


def _one(levels: list[str] | None) -> str:
    from agilml.data.shares import PROD, check_level

    if levels and len(levels) > 1:
        raise UsageError("--level is one level here", next="agil data get NAME --level dev")
    return check_level(levels[0]) if levels else PROD


def _add(
    project: Project,
    name: str,
    typed: str,
    levels: list[str],
    items: str | None,
    store: bool,
    out: _Output,
) -> int:
    from agilml.data.recording import add
    from agilml.data.shares import parse_levels
    from agilml.report.datasets import added_lines, pin_fields

    kind: Kind | None
    match items:
        case None | "files" | "rows":
            kind = items
        case _:
            raise UsageError(
                f"items are files or rows, and not `{safe_text(items, 40)}`", next="--items files"
            )
    added = add(
        project,
        name,
        typed,
        shares=parse_levels(levels),
        kind=kind,
        store=store,
        progress=out.progress(),
    )
    fields = {
        **pin_fields(added.pin),
        "known": added.known,
        "hashed": added.hashed,
        "notes": list(added.notes),
    }
    out.print(fields, added_lines(added.pin, known=added.known, notes=added.notes))
    if added.written:
        out.hint(f"next: git add data.toml · agil sweep conf=… data.pin={name} data.level=dev")
    return Exit.DONE


def _ls(project: Project, out: _Output) -> int:
    from agilml.cli.screen import screen_width
    from agilml.data.pins import read_pins
    from agilml.report.datasets import list_lines, pin_fields

    pins = read_pins(project.root)
    fields = [pin_fields(pin) for pin in pins.values()]
    out.print(fields, list_lines(pins, screen_width()) if pins else ())
    if not pins:
        out.hint("no data sets · agil data add NAME FOLDER records one")
    return Exit.DONE


def _show(project: Project, text: str, out: _Output) -> int:
    from agilml.cli.screen import screen_width
    from agilml.data.finding import find
    from agilml.data.names import reference
    from agilml.ledger import queries
    from agilml.ledger.queries_data import datasets
    from agilml.report import datasets as report

    wanted = reference(text)
    pin, manifest = find(project, wanted, out.progress())
    rows = []
    if project.ledger.exists():
        with queries.reader(project.ledger) as db:
            rows = datasets(db, pin.name)
    fields = {
        **report.pin_fields(pin),
        "versions": report.version_fields(rows),
        "files": report.file_fields(manifest) if out.as_json else [],
    }
    out.print(fields, report.pin_lines(pin, rows, screen_width()))
    return Exit.DONE


def _get(project: Project, text: str, level: str, limit: str | None, out: _Output) -> int:
    from agilml.data.cache import open_cache
    from agilml.data.names import reference
    from agilml.data.progress import human_size
    from agilml.data.staging import stage
    from agilml.text import plural

    cache = open_cache(limit)
    found = stage(project, reference(text), level, cache=cache, progress=out.progress())
    found.held.release()
    fields = {
        "name": found.pin.name,
        "digest": found.pin.digest,
        "level": level,
        "path": str(found.path),
        "files": found.files,
        "size": found.size,
    }
    out.print(fields, [str(found.path)])
    if not out.as_json:
        out.hint(f"{plural(found.files, 'file')}, {human_size(found.size)}, read-only")
    return Exit.DONE


def _verify(project: Project, text: str, level: str, staged: bool, out: _Output) -> int:
    from agilml.data.cache import open_cache
    from agilml.data.checking import verify_source, verify_staged
    from agilml.data.finding import find
    from agilml.data.names import reference
    from agilml.data.sources import open_source
    from agilml.errors import AgilError
    from agilml.report.datasets import problem_lines
    from agilml.text import plural

    if level != "prod" and not staged:
        raise UsageError(
            "a source is verified as a whole; --level goes with --staged",
            next=f"agil data verify {safe_text(text, 80)} --staged --level {level}",
        )
    progress = out.progress()
    pin, manifest = find(project, reference(text), progress)
    if staged:
        problems = verify_staged(open_cache(), manifest, level, progress)
        if problems is None:
            raise AgilError(
                f"{pin.name} ({level}) is not staged here",
                next=f"agil data get {safe_text(text, 80)} --level {level}",
            )
    else:
        with closing(open_source(project, pin.source)) as source:
            problems = verify_source(source, manifest, progress)
    checked = len(manifest.entries(level))
    fields = {
        "name": pin.name,
        "digest": pin.digest,
        "where": "staged" if staged else "source",
        "checked": checked,
        "problems": [{"path": one.path, "what": one.what} for one in problems],
    }
    out.print(fields, problem_lines(problems))
    files = plural(checked, "file")
    good = f"{files} as recorded" if not problems else f"{len(problems):,} of {files} differ"
    out.hint(f"{pin.name}@{pin.digest[:12]}: {good}")
    return Exit.FAILED if problems else Exit.DONE


def _diff(project: Project, first: str, second: str | None, out: _Output) -> int:
    from agilml.data.adding import make_manifest
    from agilml.data.checking import difference
    from agilml.data.finding import find
    from agilml.data.names import reference
    from agilml.data.sources import open_source
    from agilml.report.datasets import difference_fields, difference_lines

    progress = out.progress()
    pin, before = find(project, reference(first), progress)
    if second is None:
        with closing(open_source(project, pin.source)) as source:
            made = make_manifest(
                project, source, shares=pin.shares, kind=pin.kind, progress=progress
            )
        after = made.manifest
    else:
        _, after = find(project, reference(second), progress)
    found = difference(before, after)
    fields = {"before": before.digest, "after": after.digest, **difference_fields(found)}
    out.print(fields, difference_lines(found))
    return Exit.DONE
