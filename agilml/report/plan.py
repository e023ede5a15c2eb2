"""The text of a dry run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agilml.model import short
from agilml.report.warm_start import warm_start_text
from agilml.sweep.estimate import estimate_text
from agilml.text import plural, safe_text

SHOWN = 20
FILES = 8


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
        f"{_trials(plan)}: {', '.join(_counts(plan))}",
        *_search(plan),
        f"executor {where}: {plural(executor['slots'], 'slot')} of {_resources(executor)}, {cost}",
    ]
    lines += [_dimension(one) for one in _varying(plan)]
    if plan["to_run"] is not None:
        may_end_early = plan["stopper"]["name"] != "none"
        lines.append(estimate_text(plan["estimate"], at_most=may_end_early))
    lines.append(_code(plan["code"]))
    for run in plan["runs"][:SHOWN]:
        params = " ".join(f"{safe_text(k)}={safe_text(v, 40)}" for k, v in run["params"].items())
        lines.append(f"  {short(run['run'])}  {run['state']:9}  {params}")
    if len(plan["runs"]) > SHOWN:
        lines.append(f"  … {len(plan['runs']) - SHOWN:,} more (--json lists all)")
    lines.append("nothing was started")
    return "\n".join(lines)


def _code(code: Mapping[str, Any]) -> str:
    names, more = code["files"][:FILES], len(code["files"]) - FILES
    text = f"code {code['digest'][:12]}: {', '.join(map(safe_text, names))}"
    return f"{text} and {more:,} more" if more > 0 else text


def _trials(plan: Mapping[str, Any]) -> str:
    """Return how many trials there are, or will be at most."""
    search = plan["search"]
    if search is None:
        return plural(plan["trials"], "trial")
    if plan["trials"] is None:
        return "as many trials as the budget allows"
    each = f" of {search['repeats']} repetitions" if search["repeats"] > 1 else ""
    candidates = plural(plan["budget"]["trials"], "candidate")
    return f"at most {plural(plan['trials'], 'trial')}, {candidates}{each}"


def _search(plan: Mapping[str, Any]) -> list[str]:
    """Return how trials are chosen and ended, in one line, and what nobody said."""
    parts = [f"sampler {safe_text(plan['sampler']['name'])}"]
    parts.append(f"stopper {safe_text(plan['stopper']['name'])}")
    limits = {name: v for name, v in plan["budget"].items() if v is not None}
    parts += [f"budget.{safe_text(name)}={safe_text(value)}" for name, value in limits.items()]
    search = plan["search"] or {}
    if search.get("enqueued"):
        parts.append(f"{plural(search['enqueued'], 'point')} enqueued")
    if search.get("warm_start"):
        parts.append(warm_start_text(search))
    return ["  ".join(parts), *(f"assumed {safe_text(text)}" for text in plan["assumed"])]


def _varying(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if plan["search"] is not None:
        found: list[Mapping[str, Any]] = plan["search"]["dimensions"]
        return found
    return [{"name": name, "choices": values} for name, values in plan["axes"].items()]


def _dimension(one: Mapping[str, Any]) -> str:
    name = safe_text(one["name"])
    if "choices" not in one:
        scale = ", log scale" if one["log"] else ""
        whole = ", whole numbers" if one["integer"] else ""
        text = f"  {name} from {one['low']:g} to {one['high']:g}{scale}{whole}"
    else:
        values = one["choices"]
        shown = ", ".join(safe_text(value, 40) for value in values[:8])
        more = f" … ({len(values):,} values)" if len(values) > 8 else ""
        text = f"  {name} = {shown}{more}"
    return f"{text}  where {safe_text(one['when'], 60)}" if one.get("when") else text


def _counts(plan: Mapping[str, Any]) -> list[str]:
    words = {
        "to_run": "to run",
        "kept": "already done",
        "running": "running",
        "failed": "failed before",
    }
    if plan["search"] is not None:
        return _proposed(plan, words)
    found = [f"{plan[name]:,} {word}" for name, word in words.items()]
    return [*found, f"{plan['excluded']:,} excluded"] if plan["excluded"] else found


def _proposed(plan: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    """Return how far a search has come, in candidates and in trials."""
    proposed, limit = plan["search"]["proposed"], plan["budget"]["trials"]
    if not proposed:
        return ["chosen one by one"]
    parts = [f"{proposed:,} proposed before"]
    if limit is not None:
        to_go = max(0, limit - proposed)
        parts.append(f"{to_go:,} to go")
        unfinished = plan["to_run"] - to_go * plan["search"]["repeats"]
        if unfinished:
            parts.append(f"{plural(unfinished, 'trial')} to finish")
    known = [f"{plan[name]:,} {words[name]}" for name in words if name != "to_run" and plan[name]]
    return [*parts, *known]


def _resources(executor: Mapping[str, Any]) -> str:
    each = executor.get("resources") or {}
    parts = [f"{each.get('cpus', 1):g} CPU"]
    if each.get("gpus"):
        parts.append(f"{each['gpus']:g} GPU")
    if each.get("memory_gb"):
        parts.append(f"{each['memory_gb']:g} GiB")
    return " + ".join(parts)
