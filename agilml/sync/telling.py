"""What a sync, a status, a repair and a collection say to a person."""

from __future__ import annotations

from collections.abc import Iterator

from agilml.sync.errors import Problem
from agilml.sync.garbage import Collected
from agilml.sync.rebuild import Report
from agilml.sync.repair import Repaired
from agilml.sync.status import OriginStatus, Status, iso
from agilml.sync.syncing import Outcome
from agilml.text import clock, plural, safe_text

MOST_SHOWN = 20


def outcome_lines(outcome: Outcome) -> Iterator[str]:
    """Yield what a sync did and found."""
    pushed, pulled = outcome.pushed, outcome.pulled
    sent = f"sent {plural(pushed.facts, 'fact')} ({size(pushed.bytes)})"
    if outcome.blobs[0]:
        sent += f" and {plural(outcome.blobs[0], 'blob')} ({size(outcome.blobs[1])})"
    taken = f"took {plural(pulled.facts, 'fact')} ({size(pulled.bytes)})"
    if pulled.origins:
        taken += f" of {plural(len(pulled.origins), 'origin')}"
    asked = f"{plural(outcome.requests, 'request')}, {clock(outcome.seconds)}"
    yield f"{sent}, {taken} · {safe_text(outcome.address)} · {asked}"
    yield from problem_lines(outcome.problems)


def problem_lines(problems: list[Problem]) -> Iterator[str]:
    """Yield a line for each object that is not what it should be, and what helps."""
    for problem in problems[:MOST_SHOWN]:
        yield f"damaged: {safe_text(problem.key)}: {safe_text(problem.what)}"
    if len(problems) > MOST_SHOWN:
        yield f"damaged: {len(problems) - MOST_SHOWN:,} more"
    if problems:
        yield "next: agil sync repair, here or on a machine that holds these facts"


def status_lines(found: Status) -> Iterator[str]:
    """Yield how ledger and remote stand to each other."""
    yield f"remote   {safe_text(found.address)}"
    if found.unreachable:
        yield f"         cannot be asked: {safe_text(found.unreachable)}"
    yield f"to send  {plural(found.unsent, 'fact')}"
    for origin in found.origins:
        yield _origin_line(origin)
    yield from problem_lines(found.damaged)


def _origin_line(origin: OriginStatus) -> str:
    who = safe_text(f"{origin.user}@{origin.host}", 40) if origin.host or origin.user else "?"
    behind = {None: "", 0: ""}.get(origin.behind, f", {origin.behind or 0:,} to take")
    seen = "" if origin.last is None else f", last at {iso(origin.last) or '?'}"
    mine = " (this folder)" if origin.own else ""
    facts = plural(origin.facts, "fact")
    return f"origin   {origin.id[:6]} {who}{mine}: {facts}{behind}{seen}"


def collected_lines(found: Collected, *, dry_run: bool) -> Iterator[str]:
    """Yield what a collection did, or would do."""
    would = "would be " if dry_run else ""
    yield (
        f"{plural(found.blobs, 'blob')}, {found.needed:,} needed; {len(found.marked):,} {would}marked,"
        f" {found.waiting:,} waiting, {len(found.deleted):,} {would}deleted ({size(found.bytes)})"
    )


def repaired_lines(found: Repaired) -> Iterator[str]:
    """Yield what a repair looked at and put back, and what it could not."""
    read = f"{plural(found.checked, 'segment')} and {plural(found.blobs, 'blob')} read"
    yield f"{read}, {plural(len(found.put_back), 'object')} put back"
    yield from problem_lines(found.problems)


def rebuilt_lines(report: Report) -> Iterator[str]:
    """Yield what a rebuilt ledger consists of, and what nobody holds any more."""
    facts = plural(report.facts, "fact")
    yield f"rebuilt with {facts}, {report.salvaged:,} of them from the damaged file alone"
    if report.aside:
        yield f"the damaged file is {safe_text(report.aside)}"
    if report.unreachable:
        yield f"the remote could not be asked: {safe_text(report.unreachable)}; agil sync brings the rest"
    for origin, n in report.lost.items():
        yield f"lost: the last {plural(n, 'fact')} of origin {safe_text(origin)}"
    yield from problem_lines(report.problems)


def size(n: int) -> str:
    """Return a number of bytes the way people say it."""
    value = float(n)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024 or unit == "GiB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError
