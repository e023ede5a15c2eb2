"""One run or one sweep, as text for people; drawn from the same fields that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agilml.ledger.queries_search import Ending, StopRow
from agilml.model import SweepState, TrialState, attempt_number, short
from agilml.points import leaves
from agilml.report.candidates import best_text
from agilml.report.endings import ending_sentence
from agilml.report.search_text import budget_text, objectives_text, search_text, used_text
from agilml.report.show_sections import sections, size_text
from agilml.report.table import Column, table
from agilml.report.words import (
    COLOURS,
    SIGNS,
    metric_text,
    params_text,
    state_counts,
    value_text,
)
from agilml.text import clock, plural, safe_text

LABEL = 12
VALUE = 300
TAIL = 12


def run_text(
    run: Mapping[str, Any], log: Sequence[str], *, width: int | None = None, colour: bool = False
) -> list[str]:
    """Return the lines about one run; ``log`` holds the last lines that it wrote, if they shall be seen."""
    state = TrialState(run["state"])
    sign = f"\x1b[{COLOURS[state]}m{SIGNS[state]}\x1b[0m" if colour else SIGNS[state]
    spent = f" after {clock(run['seconds'])}" if run["seconds"] is not None else ""
    lines = [f"{sign} {run['run']}  {state}{spent}"]
    if run["error"]:
        cause = f" ({run['cause']})" if run["cause"] else ""
        lines.append(_labelled("error", f"{run['error']}{cause}"))
    lines += [
        *_optional("why", ending_sentence(state, _ending(run))),
        _labelled("sweep", f"{run['sweep']}  conf={run['conf']}  recipe {run['recipe']}"),
        _labelled("params", params_text(run["params"], VALUE, exact=True) or "none"),
        *_optional("tags", ", ".join(run["tags"])),
        *_optional("note", run["note"] or ""),
    ]
    lines += _provenance(run["provenance"])
    lines += _metrics(run, width)
    lines += _attempts(run["attempts_list"], width)
    lines += _checkpoints(run["checkpoints"], width)
    lines += sections(run, width)
    if run["warnings"]:
        lines += ["", f"{plural(len(run['warnings']), 'warning')}:"]
        lines += [f"  {safe_text(text)}" for text in run["warnings"][-TAIL:]]
    lines += _config(run)
    if log:
        lines += ["", "last lines of the log"]
        lines += [f"  {safe_text(line)}" for line in log]
    return lines


def sweep_text(sweep: Mapping[str, Any]) -> list[str]:
    """Return the lines about one sweep; the table of its runs is not part of them."""
    counts = {TrialState(state): n for state, n in sweep["counts"].items()}
    lines = [
        f"{sweep['sweep']}  {sweep['state']}  {plural(sweep['total'], 'run')}: {state_counts(counts)}"
    ]
    lines += _optional("best", best_text(sweep))
    best = sweep["best"]
    if best:
        value = f"{best['metric']} {metric_text(_number(best['value']))}"
        label = "best run" if sweep["candidates"] else "best"
        lines.append(_labelled(label, f"{value}  {best['run']}  {params_text(best['params'])}"))
    lines += [
        _labelled("conf", f"{sweep['conf']}  recipe {sweep['recipe']}"),
        _labelled("best by", objectives_text(sweep)),
        _labelled("varies", ", ".join(sweep["varying"]) or "nothing"),
        *_optional("search", search_text(sweep)),
        _labelled("executor", f"{sweep['executor']}{_settings(sweep['spec'].get('executor'))}"),
        _labelled("budget", budget_text(sweep["budget"], adaptive=sweep["search"]["adaptive"])),
        *_optional("used", used_text(sweep["budget"])),
        _labelled("controller", _controller(sweep["controller"])),
        _labelled("planned", _times(sweep)),
    ]
    if sweep["kept"]:
        # A search keeps runs that were pruned, too.
        how = "ended" if sweep["search"]["adaptive"] else "succeeded"
        lines.append(_labelled("kept", f"{plural(sweep['kept'], 'run')} had {how} before"))
    lines += _optional("tags", ", ".join(sweep["tags"]))
    lines += _optional("note", sweep["note"] or "")
    return [*lines, *_provenance(sweep["provenance"])]


def next_line(fields: Mapping[str, Any]) -> str:
    """Return what to type next after this run or sweep was shown."""
    sweep = short(fields["sweep"])
    if "run" in fields:
        failed = fields["state"] == TrialState.FAILED
        return f"agil logs {short(fields['run'])}" if failed else f"agil runs {sweep}"
    if fields["state"] == SweepState.INTERRUPTED:
        return f"agil resume {sweep}"
    busy = fields["state"] in (SweepState.RUNNING, SweepState.PLANNED)
    return f"agil watch {sweep}" if busy else f"agil runs {sweep}"


def _labelled(label: str, text: str) -> str:
    return f"  {label:<{LABEL}}{safe_text(text, VALUE)}"


def _optional(label: str, text: str) -> list[str]:
    return [_labelled(label, text)] if text else []


def _ending(run: Mapping[str, Any]) -> Ending:
    stopped = run["stopped"]
    return Ending(StopRow(**stopped) if stopped else None, run["reason"])


def _settings(values: Mapping[str, Any] | None) -> str:
    shown = {k: v for k, v in (values or {}).items() if k != "name" and v is not None}
    return "".join(f" {name}={value_text(value)}" for name, value in shown.items())


def _controller(controller: Mapping[str, Any]) -> str:
    if controller["host"] is None:
        return "none yet"
    life = {True: "alive", False: "gone", None: "of another clone"}[controller["alive"]]
    return f"{controller['host']} pid {controller['pid']} ({life})"


def _times(sweep: Mapping[str, Any]) -> str:
    ended = f", ended {sweep['ended']}" if sweep["ended"] else ""
    return f"{sweep['planned']}{ended}"


def _provenance(seen: Mapping[str, Any]) -> Iterator[str]:
    git = seen.get("git") or {}
    if git.get("commit"):
        dirty = ", with changes that are not committed" if git.get("dirty") else ""
        yield _labelled(
            "git", f"{str(git['commit'])[:12]} on {git.get('branch') or 'no branch'}{dirty}"
        )
    code = seen.get("code") or {}
    if code.get("digest"):
        files = plural(len(code.get("files") or {}), "file")
        yield _labelled("code", f"{str(code['digest'])[:12]} ({files})")
    packages = seen.get("packages") or {}
    made_with = [f"agilml {seen.get('agilml', '?')}", str(seen.get("python", ""))]
    made_with += [f"{name} {packages[name]}" for name in ("torch", "numpy") if name in packages]
    yield _labelled("made with", " · ".join(part for part in made_with if part))
    yield _labelled("by", f"{seen.get('user', '?')} on {seen.get('host', '?')}")
    if seen.get("argv"):
        yield _labelled("command", " ".join(map(str, seen["argv"])))


def _metrics(run: Mapping[str, Any], width: int | None) -> list[str]:
    rows = sorted(
        run["metric_details"], key=lambda row: (row["name"] != run["metric"], row["name"])
    )
    if not rows:
        return []
    columns = [
        Column("metric"),
        Column("last", right=True),
        Column("step", right=True),
        Column("lowest", right=True, keep=1),
        Column("at", right=True, keep=1),
        Column("highest", right=True, keep=1),
        Column("at", right=True, keep=1),
        Column("points", right=True, keep=2),
    ]
    cells = [
        [
            row["name"],
            metric_text(_number(row["last"])),
            _step(row["last_step"]),
            metric_text(row["low"]),
            _step(row["low_step"]),
            metric_text(row["high"]),
            _step(row["high_step"]),
            f"{row['n']:,}",
        ]
        for row in rows
    ]
    lines = ["", *table(columns, cells, width=width)]
    if run["best"]:
        value = metric_text(_number(run["best"]["value"]))
        step = run["best"]["step"]
        where = "" if step is None else f" at step {_step(step)}"
        lines.append(f"best {safe_text(run['metric'])} {value}{where}")
    return lines


def _attempts(attempts: Sequence[Mapping[str, Any]], width: int | None) -> list[str]:
    if not attempts:
        return []
    columns = [
        Column("attempt", right=True),
        Column("state"),
        Column("cause"),
        Column("slot", keep=3),
        Column("host", keep=2),
        Column("started", keep=1),
        Column("time", right=True),
        Column("from step", right=True, keep=3),
        Column("error", keep=2),
    ]
    cells = [
        [
            str(item["n"]),
            item["state"],
            item["cause"] or "",
            item["slot"],
            item["host"] or "",
            (item["started"] or "")[:19],
            clock(item["seconds"]),
            _step(item["resumed_step"]),
            item["error"] or "",
        ]
        for item in attempts
    ]
    return ["", *table(columns, cells, width=width)]


def _checkpoints(checkpoints: Sequence[Mapping[str, Any]], width: int | None) -> list[str]:
    if not checkpoints:
        return []
    columns = [
        Column("checkpoint"),
        Column("attempt", right=True),
        Column("size", right=True),
        Column("value", right=True),
        Column("sha256", keep=1),
    ]
    cells = [
        [
            f"step {item['step']}",
            str(attempt_number(item["attempt"])),
            size_text(item["size"]),
            metric_text(_number(item["value"])),
            item["sha256"][:12],
        ]
        for item in checkpoints
    ]
    return ["", *table(columns, cells, width=width)]


def _config(run: Mapping[str, Any]) -> Iterator[str]:
    """Yield every value of the config; a star marks what the sweep changed in the composed one."""
    unresolved, values = leaves(run["config_unresolved"]), leaves(run["config"])
    changed = {name for name in run["config_delta"] if values.get(name) != unresolved.get(name)}
    size = max((len(safe_text(name)) for name in values), default=0)
    yield ""
    yield f"config  (* differs from conf={safe_text(run['conf'])} as composed)"
    for name in sorted(values):
        before = unresolved.get(name)
        note = ""
        if isinstance(before, str) and "${" in before and before != values[name]:
            note = f"   from {before}"
        elif name in changed and name in unresolved:
            note = f"   was {value_text(before)}"
        star = "*" if name in changed else " "
        text = safe_text(value_text(values[name]) + note, VALUE)
        yield f"{star} {safe_text(name):<{size}}  {text}"


def _step(step: int | None) -> str:
    return "" if step is None else str(step)


def _number(value: Any) -> float | int | None:
    return float(value) if isinstance(value, str) else value
