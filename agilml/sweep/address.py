"""Addresses: how people name a sweep or a run.

==============  =========================================================================
``s-…``         a sweep, by its id or any unique prefix of it
``t-…``         a run, by its id or any unique prefix of it
``latest``      the newest sweep
``@branch``     the newest sweep that was planned on that branch of Git
``best@SWEEP``  the best run of a sweep by its own metric; with repetitions, the best run of the best
                candidate; SWEEP is any address of a sweep
``NAME``        what carries that tag
==============  =========================================================================
"""

from __future__ import annotations

import sqlite3

from agilml.errors import UsageError
from agilml.ledger import queries, queries_find
from agilml.model import short
from agilml.project import Project
from agilml.sweep.standing import best_run
from agilml.text import plural, safe_text

LATEST = "latest"
_LISTED = 8
_KINDS = {"s": "sweep", "t": "run"}


def find(project: Project, address: str) -> str:
    """Return the full id of the one sweep or run that ``address`` names.

    Raises:
        UsageError: it names nothing, or several things; the message lists what it could be.
    """
    with queries.reader(project.ledger) as db:
        return one(address, resolve(db, address))


def find_sweep(project: Project, address: str) -> str:
    """Return the full id of the sweep that ``address`` names; a run stands for the sweep it ran in."""
    with queries.reader(project.ledger) as db:
        found = one(address, resolve(db, address))
        if found.startswith("s-"):
            return found
        row = queries.run(db, found)
    if row is None:
        raise _unknown(db, address)
    return row.sweep


def find_run(project: Project, address: str) -> str:
    """Return the full id of the run that ``address`` names; a sweep of one run stands for its run.

    Raises:
        UsageError: it is a sweep of several runs.
    """
    with queries.reader(project.ledger) as db:
        found = one(address, resolve(db, address))
        if found.startswith("t-"):
            return found
        rows = queries.runs_of_sweep(db, found, limit=2)
        if len(rows) == 1:
            return rows[0].run
        count = sum(queries.counts(db, found).values())
    raise UsageError(
        f"{short(found)} is a sweep of {plural(count, 'run')}, and one run is wanted",
        kept="nothing was changed",
        next=f"agil runs {short(found)}, or name best@{short(found)}",
    )


def resolve(db: sqlite3.Connection, address: str) -> list[str]:
    """Return the full ids that ``address`` names: one, or several where a tag is on several things.

    Raises:
        UsageError: nothing is named so, or a prefix is not unique.
    """
    if address.startswith("best@"):
        return [_best(db, address.removeprefix("best@"))]
    if address.startswith("@"):
        return [_on_branch(db, address.removeprefix("@"))]
    if address == LATEST:
        newest = queries_find.newest_sweep(db)
        if newest is None:
            raise UsageError("there is no sweep yet", next="agil sweep conf=resnet")
        return [newest]
    if address.startswith(("s-", "t-")):
        return [_by_prefix(db, address)]
    tagged = queries_find.tagged(db, address)
    if tagged:
        return tagged
    raise _unknown(db, address)


def check_tag(tag: str) -> str:
    """Return ``tag`` if it can be typed as an address without being mistaken for another kind.

    Raises:
        UsageError: it cannot.
    """
    reason = ""
    if not tag or len(tag) > 100:
        reason = "has 1 to 100 characters"
    elif tag != safe_text(tag) or any(char.isspace() for char in tag):
        reason = "has no spaces or invisible characters"
    elif tag.startswith(("s-", "t-", "-")) or tag == LATEST or set(tag) & set("@=,"):
        reason = "is no other address: no s-, t- or - in front, no @ = or comma, not `latest`"
    if reason:
        raise UsageError(
            f"`{safe_text(tag, 60)}` cannot be a tag: a tag {reason}",
            kept="nothing was changed",
            next="agil tag best@latest baseline",
        )
    return tag


def one(address: str, found: list[str]) -> str:
    """Return the only id of ``found``, or raise and list them all."""
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"`{safe_text(address)}` names {len(found):,} things: {_listing(found)}",
        kept="nothing was changed",
        next="type one of them",
    )


def _by_prefix(db: sqlite3.Connection, address: str) -> str:
    found = queries_find.with_prefix(db, address, limit=_LISTED + 1)
    if address in found:
        return address
    if not found:
        raise _unknown(db, address)
    if len(found) > 1:
        raise UsageError(
            f"`{safe_text(address)}` is the beginning of several ids: {_listing(found)}",
            kept="nothing was changed",
            next="type more of it",
        )
    return found[0]


def _on_branch(db: sqlite3.Connection, branch: str) -> str:
    found = queries_find.newest_sweep(db, branch)
    if found is not None:
        return found
    known = queries_find.branches(db)
    raise UsageError(
        f"no sweep was planned on the branch `{safe_text(branch)}`{_close(branch, known)}",
        kept="nothing was changed",
        next="agil runs",
    )


def _best(db: sqlite3.Connection, sweep_address: str) -> str:
    sweep = one(sweep_address, resolve(db, sweep_address))
    if not sweep.startswith("s-"):
        raise UsageError(
            f"`best@` wants a sweep, and `{safe_text(sweep_address)}` is a run",
            kept="nothing was changed",
            next=f"agil show {short(sweep)}",
        )
    row = queries.sweep(db, sweep)
    best = best_run(db, row) if row is not None else None
    if best is not None:
        return best.run
    raise UsageError(
        f"no run of {short(sweep)} has logged `{safe_text(row.metric if row else 'metric')}` yet",
        kept="nothing was changed",
        next=f"agil runs {short(sweep)}",
    )


def _unknown(db: sqlite3.Connection, address: str) -> UsageError:
    kind, dash, _ = address.partition("-")
    shown = f"`{safe_text(address)}`"
    next_command = "agil runs"
    if dash and kind in _KINDS:
        near = _nearest_ids(db, address)
        hint = f"; the nearest are {_listing(near)}" if near else ""
        cause = f"no {_KINDS[kind]} {shown}{hint}"
    elif "@" in address:
        channel = address.split("@")[1 if address.startswith("champion@") else 0]
        cause = f"no channel `{safe_text(channel)}`, so {shown} names nothing"
    else:
        known = [LATEST, *(tag.tag for tag in queries_find.all_tags(db))]
        cause = f"nothing is tagged {shown}{_close(address, known)}"
        next_command = "agil tag --list, or agil runs"
    return UsageError(cause, kept="nothing was changed", next=next_command)


def _nearest_ids(db: sqlite3.Connection, address: str) -> list[str]:
    """Return known ids that share the longest beginning with ``address``: one typing error away."""
    for size in range(len(address) - 1, 3, -1):
        found = queries_find.with_prefix(db, address[:size], limit=3)
        if found:
            return found
    return []


def _close(word: str, known: list[str]) -> str:
    from agilml.config.suggest import did_you_mean

    return did_you_mean(word, known)


def _listing(ids: list[str]) -> str:
    shown = ", ".join(safe_text(one) for one in ids[:_LISTED])
    return f"{shown}, …" if len(ids) > _LISTED else shown
