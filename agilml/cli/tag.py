"""``agil tag``: names for runs and sweeps that people choose themselves, and notes about them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import AgilError, Exit, UsageError
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.project import Project

Address = Annotated[
    str | None, typer.Argument(help="A run or a sweep: t-…, s-…, best@s-…, latest, @branch, a tag.")
]
Tags = Annotated[list[str] | None, typer.Argument(metavar="TAG…", help="One or more names.")]
Remove = Annotated[bool, typer.Option("--remove", help="Take the tags off.")]
Note = Annotated[
    str | None,
    typer.Option(
        "--note", metavar="TEXT", help="Write a note about it; an empty one takes it off."
    ),
]
List = Annotated[bool, typer.Option("--list", "-l", help="List all tags.")]

LONGEST_NOTE = 10_000
SHOWN = 200
"""Characters of a note that are printed when it was written."""


def tag(
    address: Address = None,
    tags: Tags = None,
    remove: Remove = False,
    note: Note = None,
    list_all: List = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Put tags on a run or a sweep, take them off, or list them; write a note about it."""
    if list_all:
        if address is not None or note is not None:
            raise UsageError("--list takes no address", next="agil tag --list")
        return _list(as_json, quiet)
    if address is None or not (tags or note is not None):
        raise UsageError(
            "tag wants an address, and a name or a note", next="agil tag best@latest baseline"
        )
    if remove and not tags:
        raise UsageError("--remove is about tags", next=f"agil tag {address} --note ''")
    from agilml.ledger.ledger import Ledger
    from agilml.project import find_project, user
    from agilml.sweep.address import check_tag, find

    names = [check_tag(name) for name in tags or ()]
    text = None if note is None else _checked(note)
    project = find_project()
    target = find(project, address)
    if remove:
        _check_carried(project, target, names)
    with Ledger.open(project.ledger) as ledger:
        for name in names:
            ledger.tag(target, name, on=not remove, by=user())
        if text is not None:
            ledger.note(target, text, by=user())
    return _print_tags(target, as_json=as_json, quiet=quiet)


def _checked(note: str) -> str:
    from agilml.provenance.secrets import scrub

    text = scrub(note.strip())
    if len(text) > LONGEST_NOTE or _unwritable(text):
        raise UsageError(
            f"a note has {LONGEST_NOTE:,} characters at most, all of them text",
            kept="nothing was changed",
            next="keep long texts in a file of the project",
        )
    return text


def _unwritable(text: str) -> bool:
    return any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)


def _check_carried(project: Project, target: str, names: list[str]) -> None:
    """Refuse to take off what is not on, before anything is taken off."""
    from agilml.config.suggest import did_you_mean
    from agilml.ledger import queries

    with queries.reader(project.ledger) as db:
        carried = queries.tags(db, target)
    for name in names:
        if name not in carried:
            raise AgilError(
                f"{target} does not carry the tag `{name}`{did_you_mean(name, carried)}",
                next="agil tag --list",
            )


def _print_tags(target: str, *, as_json: bool, quiet: bool) -> int:
    from agilml.ledger import queries, queries_notes
    from agilml.project import find_project

    with queries.reader(find_project().ledger) as db:
        names, noted = queries.tags(db, target), queries_notes.note(db, target)
    if as_json:
        from agilml.report.fields import to_json

        text = noted.text if noted else None
        print(to_json({"target": target, "tags": names, "note": text}))
    elif not quiet:
        print(f"{target}: {', '.join(names) or 'no tags'}", file=sys.stderr)
        if noted:
            print(f"note: {safe_text(noted.text, SHOWN)}", file=sys.stderr)
    return Exit.DONE


def _list(as_json: bool, quiet: bool) -> int:
    from agilml.cli.screen import screen_width
    from agilml.ledger import queries, queries_find
    from agilml.project import find_project
    from agilml.report.fields import iso_time, to_json
    from agilml.report.table import Column, table

    project = find_project()
    found: list[queries_find.Tagged] = []
    if project.ledger.exists():
        with queries.reader(project.ledger) as db:
            found = queries_find.all_tags(db)
    if as_json:
        print(to_json([{**item._asdict(), "at": iso_time(item.at)} for item in found]))
    elif found:
        rows = [[item.tag, item.target, item.by, (iso_time(item.at) or "")[:19]] for item in found]
        columns = [Column("tag"), Column("on"), Column("by", keep=1), Column("since", keep=1)]
        print("\n".join(table(columns, rows, width=screen_width())))
    elif not quiet:
        print("no tags · agil tag best@latest baseline puts one on", file=sys.stderr)
    return Exit.DONE
