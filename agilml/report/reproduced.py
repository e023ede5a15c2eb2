"""What came of running a run again, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from agilml.model import short
from agilml.report.table import Column, table
from agilml.text import clock, number, plural, safe_text

LISTED = 12
PATCH_LINES = 60
LABEL = 13


def reproduced_text(found: Mapping[str, Any], width: int | None) -> str:
    """Return the outcome of ``agil reproduce`` (its JSON) for people; a dry run has no verdict yet."""
    lines = [_headline(found), ""]
    lines += _code(found["code"], width)
    lines += [f"{'seed':<{LABEL}}{safe_text(found['seed'])}"]
    lines += _differs(found["differs"])
    if found["verdict"] is not None:
        lines += ["", *_metrics(found, width)]
    if found["folder"]:
        lines += ["", f"{'folder':<{LABEL}}{safe_text(found['folder'])}"]
    return "\n".join(lines)


def foreign_text(found: Mapping[str, Any]) -> str:
    """Return what to know of somebody else's code before it runs here."""
    who, where = safe_text(found["by"] or "somebody"), safe_text(found["host"] or "elsewhere")
    remotes = ", ".join(found["remotes"]) or "a repository without a remote"
    commit = (
        f"{str(found['commit'] or 'none')[:12]} on {found['branch'] or 'no branch'} of {remotes}"
    )
    lines = [
        f"{short(found['run'])} was run by {who} on {where}; to reproduce it, their code runs here:",
        f"  commit   {safe_text(commit, 400)}",
        f"  recipe   {safe_text(found['recipe'])}",
    ]
    for label in ("argv", "targets", "files"):
        value = found[label]
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        if text:
            lines.append(f"  {label:<8} {safe_text(text, 400)}")
    patch = str(found["patch"] or "").splitlines()
    lines += [f"  | {safe_text(line, 160)}" for line in patch[:PATCH_LINES]]
    if len(patch) > PATCH_LINES:
        lines.append(f"  | … and {len(patch) - PATCH_LINES:,} more lines of the patch")
    return "\n".join(lines)


def _headline(found: Mapping[str, Any]) -> str:
    name, verdict = short(found["run"]), found["verdict"]
    if verdict is None:
        return f"{name} can be run again"
    points = sum(metric["points"] for metric in found["metrics"])
    what = f"{plural(points, 'point')} of {plural(len(found['metrics']), 'metric')}"
    first = found["first_difference"]
    if first is None:
        return f"{name} is {verdict}: {what}" if found["metrics"] else f"{name}: nothing to compare"
    where = f"{safe_text(first['metric'])} at {_step(first['step'])}"
    return (
        f"{name} is {verdict}; first difference: {where} was {_value(first['was'])} and is"
        f" {_value(first['is'])}"
    )


def _code(code: Mapping[str, Any], width: int | None) -> list[str]:
    commit = f"commit {str(code['commit'])[:12]}" if code["commit"] else "no commit"
    source = f" from {safe_text(code['source'])}" if code["source"] else ""
    whole = "whole" if code["whole"] else "not whole"
    parts = [f"{commit}{source}", f"{plural(code['files'], 'file')} from its snapshot"]
    if code["packaged"]:
        parts.append(f"{plural(code['packaged'], 'file')} of packages")
    line = f"{'code':<{LABEL}}{whole}: {', '.join(parts)}"
    if width is None:
        return [line]
    return textwrap.wrap(line, max(width, 40), subsequent_indent=" " * LABEL)


def _differs(differs: list[Mapping[str, Any]]) -> Iterator[str]:
    if not differs:
        yield f"{'environment':<{LABEL}}as it was"
        return
    label = "differs"
    shown = [item for item in differs if item["matters"]][:LISTED]
    for item in shown:
        was, now = _value(item["was"]), _value(item["is"])
        about = "" if item["kind"] == "environment" else f"{item['kind']} "
        yield f"{label:<{LABEL}}{safe_text(about + item['name'], 80)}: {was} -> {now}"
        label = ""
    if len(differs) > len(shown):
        more = plural(len(differs) - len(shown), "more thing")
        yield f"{label:<{LABEL}}{more} (--json lists all)"


def _metrics(found: Mapping[str, Any], width: int | None) -> list[str]:
    rows = []
    for metric in found["metrics"]:
        first = metric["first_difference"] or {}
        rows.append(
            [
                metric["name"],
                f"{metric['points']:,}",
                metric["verdict"],
                _step(first.get("step")) if first else "",
                _value(first.get("was")) if first else "",
                _value(first.get("is")) if first else "",
            ]
        )
    columns = [
        Column("metric"),
        Column("points", right=True),
        Column("verdict"),
        Column("first at", keep=1),
        Column("was", right=True, keep=1),
        Column("is", right=True, keep=1),
    ]
    lines = table(columns, rows, width=width) if rows else []
    if found["not_compared"]:
        names = safe_text(", ".join(found["not_compared"]))
        lines.append(f"not compared, because they measure time: {names}")
    seconds = found["seconds"]
    lines.append(f"it took {clock(seconds['is'])}; it was {clock(seconds['was'])}")
    return lines


def _step(step: int | None) -> str:
    return "its end" if step is None else f"step {step}"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return repr(value)
    return number(value) if isinstance(value, int) else safe_text(value, 60)
