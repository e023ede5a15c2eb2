"""How a sweep searches and what it has used up, as text for people; drawn from the fields of its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agilml.report.endings import method_text
from agilml.report.warm_start import warm_start_text
from agilml.text import clock, plural

HOUR = 3600.0


def search_text(sweep: Mapping[str, Any]) -> str:
    """Return ``tpe + asha, 40 candidates``; nothing for a sweep that plainly tries everything."""
    method = method_text(sweep["spec"])
    if method and sweep["search"]["adaptive"]:
        method += f", {plural(sweep['search']['candidates'], 'candidate')}"
        method += "".join(f", {text}" for text in _known(sweep["spec"]["search"]))
    return method


def objectives_text(sweep: Mapping[str, Any]) -> str:
    """Return ``val_acc (max), size_mb (min), with size_mb <= 10``."""
    search = sweep["search"]
    text = ", ".join(f"{metric} ({mode})" for metric, mode in search["objectives"].items())
    kept = " and ".join(search["constraints"])
    return f"{text}, with {kept}" if kept else text


def budget_text(budget: Mapping[str, Any], *, adaptive: bool) -> str:
    """Return ``hours 1.63/2 (80 % used)`` for every limit that there is, or ``none``."""
    reached = {notice["name"]: notice["share"] for notice in budget["notices"]}
    limits = {
        name: limit
        for name, limit in budget.items()
        if name not in ("used", "notices") and limit is not None
    }
    return ", ".join(_limits(limits, budget["used"], reached, adaptive=adaptive)) or "none"


def used_text(budget: Mapping[str, Any]) -> str:
    """Return ``24m10 of slot time in 12m05, $0.21``; nothing before the first run."""
    used = budget["used"]
    if not used["slot_hours"]:
        return ""
    text = f"{clock(used['slot_hours'] * HOUR)} of slot time in {clock(used['hours'] * HOUR)}"
    return f"{text}, ${used['usd']:.{2 if used['usd'] >= 1 else 4}f}" if used["usd"] else text


def _known(search: Mapping[str, Any]) -> Iterator[str]:
    if search.get("enqueue"):
        yield f"{plural(len(search['enqueue']), 'point')} enqueued"
    if search.get("warm_start"):
        yield warm_start_text(search)


def _limits(
    limits: Mapping[str, Any],
    used: Mapping[str, Any],
    reached: Mapping[str, float],
    *,
    adaptive: bool,
) -> Iterator[str]:
    for name, limit in limits.items():
        spent = used.get(name)
        if spent is None or (name == "trials" and not adaptive):
            # A fixed plan was cut to so many trials when it was made.
            yield f"{name} {limit:g}" if isinstance(limit, int | float) else f"{name} {limit}"
            continue
        told = {1.0: " (reached)" if name in ("target", "trials") else " (used up)"}
        yield f"{name} {float(spent):.3g}/{limit:g}{told.get(reached.get(name, 0.0), '')}"
