"""The text of a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agilml.model import short
from agilml.text import plural, safe_text

SHOWN = 20


def plan_text(plan: Mapping[str, Any]) -> str:
    """Return the plan for a person: what varies, what would run, where, and what it would cost."""
    executor = plan["executor"]
    where, cost = safe_text(executor.get("name", "local")), f"${plan['cost']['usd']:.2f}"
    lines = [
        "  ".join(
            (
                short(plan["sweep"]),
                f"conf={safe_text(plan['conf'])}",
                f"recipe {safe_text(plan['recipe'])}",
                f"best by {safe_text(plan['metric'])} ({plan['mode']})",
            )
        ),
        f"{plural(plan['trials'], 'trial')}: {', '.join(_counts(plan))}",
        f"executor {where}: {plural(executor['slots'], 'slot')} of {_resources(executor)}, {cost}",
    ]
    for name, values in plan["axes"].items():
        shown = ", ".join(safe_text(value, 40) for value in values[:8])
        more = f" … ({len(values):,} values)" if len(values) > 8 else ""
        lines.append(f"  {safe_text(name)} = {shown}{more}")
    lines.append(
        f"code {plan['code']['digest'][:12]}: {', '.join(map(safe_text, plan['code']['files'][:8]))}"
    )
    for run in plan["runs"][:SHOWN]:
        params = " ".join(f"{safe_text(k)}={safe_text(v, 40)}" for k, v in run["params"].items())
        lines.append(f"  {short(run['run'])}  {run['state']:9}  {params}")
    if len(plan["runs"]) > SHOWN:
        lines.append(f"  … {len(plan['runs']) - SHOWN:,} more (--json lists all)")
    lines.append("nothing was started")
    return "\n".join(lines)


def _counts(plan: Mapping[str, Any]) -> list[str]:
    words = {
        "to_run": "to run",
        "kept": "already done",
        "running": "running",
        "failed": "failed before",
    }
    found = [f"{plan[name]:,} {word}" for name, word in words.items()]
    return [*found, f"{plan['excluded']:,} excluded"] if plan["excluded"] else found


def _resources(executor: Mapping[str, Any]) -> str:
    each = executor.get("resources") or {}
    parts = [f"{each.get('cpus', 1):g} CPU"]
    if each.get("gpus"):
        parts.append(f"{each['gpus']:g} GPU")
    if each.get("memory_gb"):
        parts.append(f"{each['memory_gb']:g} GiB")
    return " + ".join(parts)
