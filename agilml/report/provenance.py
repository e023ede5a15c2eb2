"""The chain behind a run as lines of text: what it rests on, and a tick for everything that holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agilml.model import short
from agilml.provenance.proof import Check
from agilml.report.fields import iso_time
from agilml.text import plural, safe_text

LABEL = 13
NARROWEST = 60
_MARKS = {True: "✓", False: "✗", None: "·"}


def provenance_text(
    proof: Mapping[str, Any], checks: Sequence[Check], width: int | None
) -> list[str]:
    """Return the lines: what is recorded, then every check, ``✗`` first where something is wrong."""
    room = max((width or 120), NARROWEST) - LABEL - 2
    lines = [f"{proof['run']}  {proof['state']}  of {short(proof['sweep'])}"]
    for label, text in _recorded(proof):
        lines += _wrapped(label, text, room)
    if checks:
        lines += ["", *checks_text(checks, room)]
    return lines


def next_line(proof: Mapping[str, Any], checks: Sequence[Check]) -> str:
    """Return what to type next."""
    if any(check.ok is False for check in checks):
        return "agil sync repair, or restore what is wrong from another machine"
    run = short(str(proof["run"]))
    if checks:
        return f"agil show {run} --statement FILE"
    return f"agil show {run} --provenance --verify"


def _recorded(proof: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    code, environment = proof["code"], proof["environment"]
    yield (
        "by",
        f"{proof['by'] or '?'} on {proof['host'] or '?'}, {iso_time(proof['planned']) or '?'}",
    )
    yield "command", " ".join(map(str, proof["command"])) or "not recorded"
    yield "git", _git(code)
    yield "code", f"{_digest(code['digest'])} ({plural(code['files'], 'file')})"
    yield "bundle", _digest(code["bundle"])
    gpus = f", {plural(len(environment['gpus'] or ()), 'GPU')}" if environment["gpus"] else ""
    made_with = [f"agilml {environment['agilml']}", environment["python"], environment["platform"]]
    machine = [f"{environment['cpus']} CPUs{gpus}", plural(environment["packages"], "package")]
    yield "environment", " · ".join(map(str, [*made_with, *machine]))
    for name, digest in proof["data"].items():
        yield "data", f"{name} {_digest(digest)}"
    yield "config", _digest(proof["config"])
    yield "seed", str(proof["seed"])
    for item in proof["attempts"]:
        where = f"{item['host'] or '?'} {item['slot']}"
        cause = f" ({item['cause']})" if item["cause"] else ""
        yield f"attempt {item['n']}", f"{item['state']}{cause} on {where}"
    if proof["metrics"]:
        yield "metrics", ", ".join(sorted(proof["metrics"]))
    for item in proof["checkpoints"]:
        yield "checkpoint", f"step {item['step']} {_digest(item['sha256'])}"
    for item in proof["artifacts"]:
        yield "artifact", f"{item['name']} {_digest(item['sha256'])}"
    for item in proof["facts"]:
        gone = f", {item['purged']} purged" if item["purged"] else ""
        numbers = f"{plural(item['facts'], 'fact')}, {item['first']} to {item['last']}"
        writer = f"origin {item['origin'][:12]} ({item['user']} on {item['host']})"
        yield "facts", f"{numbers} of {writer}{gone}"
        yield "", f"its {item['head']['seq']:,} facts end in {_digest(item['head']['digest'])}"


def _git(code: Mapping[str, Any]) -> str:
    if not code["commit"]:
        return "no commit"
    text = f"{str(code['commit'])[:12]} on {code['branch'] or 'no branch'}"
    if code["patch_bytes"]:
        return f"{text}, and a patch of {code['patch_bytes']:,} bytes"
    return f"{text}, and files that it does not hold" if code["dirty"] else text


def checks_text(checks: Sequence[Check], room: int = 100) -> list[str]:
    """Return a line for every check, those that failed first, and how many there are of each kind."""
    return list(_checked(checks, room))


def _checked(checks: Sequence[Check], room: int) -> Iterator[str]:
    for check in sorted(checks, key=lambda check: check.ok is not False):
        what = safe_text(check.what, 40)
        yield f"{_MARKS[check.ok]} {what}: {safe_text(check.told, max(20, room - len(what) + 8))}"
    wrong = sum(check.ok is False for check in checks)
    held = sum(check.ok is True for check in checks)
    unseen = sum(check.ok is None for check in checks)
    rest = f", {unseen} not to be seen from here" if unseen else ""
    holding = f"{held} {'check holds' if held == 1 else 'checks hold'}"
    yield f"{wrong} wrong, {holding}{rest}" if wrong else f"{holding}{rest}"


def _digest(text: str | None) -> str:
    return str(text)[:12] if text else "not recorded"


def _wrapped(label: str, text: str, room: int) -> list[str]:
    """Return the text in lines of at most ``room`` characters behind one label."""
    whole = safe_text(text, 2000)
    lines: list[str] = []
    rest = whole
    while len(rest) > room:
        cut = rest.rfind(" ", 1, room + 1)
        at = cut if cut > room // 2 else room
        lines.append(rest[:at])
        rest = rest[at:].lstrip()
    lines.append(rest)
    first, *more = lines
    return [f"  {label:<{LABEL}}{first}", *(f"  {'':<{LABEL}}{line}" for line in more)]
