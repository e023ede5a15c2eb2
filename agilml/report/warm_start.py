"""Which earlier sweeps a search starts from, and how many of their trials tell it something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agilml.model import short
from agilml.text import plural, safe_text


def warm_start_fits(search: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Return ``sweep``, ``trials`` and ``fit`` for each, from a recorded search; none where not recorded."""
    return list((search or {}).get("warm_start_fit") or ())


def warm_start_text(search: Mapping[str, Any] | None) -> str:
    """Return ``warm start from s-31d7235c (12 of 24 trials fit)``; nothing where a search has none."""
    names = (search or {}).get("warm_start") or ()
    fits = {
        one["sweep"]: f" ({one['fit']:,} of {plural(one['trials'], 'trial')} fit)"
        for one in warm_start_fits(search)
    }
    told = ", ".join(f"{safe_text(short(name))}{fits.get(name, '')}" for name in names)
    return f"warm start from {told}" if told else ""


def useless_warm_starts(fits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a warning for each sweep that tells the search nothing."""
    for one in fits:
        if one["fit"]:
            continue
        name, count = short(one["sweep"]), one["trials"]
        if not count:
            yield f"no trial of {name} has a result yet, so nothing is learnt from it"
            continue
        yield (
            f"0 of {plural(count, 'trial')} of {name} fit this search, so nothing is learnt from it:"
            " each has no value for a key that is searched here, or one that is not in its range"
        )
