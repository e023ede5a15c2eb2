"""How a sweep searches, and why a run did not go on to its end, as words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agilml.ledger.queries_search import Ending
from agilml.model import TrialState

_ENDS = {"prune": TrialState.PRUNED, "finish": TrialState.SUCCEEDED}


def method_text(spec: Mapping[str, Any]) -> str:
    """Return ``tpe + asha``: how a sweep searches and stops; nothing where it plainly tries everything."""
    sampler = (spec.get("sampler") or {}).get("name")
    stopper = (spec.get("stopper") or {}).get("name")
    stops = stopper not in (None, "none")
    shown = [str(sampler)] if sampler and (spec.get("search") or stops or sampler != "grid") else []
    return " + ".join(shown + ([str(stopper)] if stops else []))


def ending_text(state: TrialState, ending: Ending | None) -> str:
    """Return why a run that is in ``state`` did not go on to its end, as one clause; nothing if it did."""
    if ending is None:
        return ""
    if state is TrialState.CANCELLED:
        return ending.reason or ""
    stop = ending.stopped
    if stop is None or state is not _ENDS.get(stop.action):
        return ""  # one that failed on its way out did not end as decided
    if stop.step is None:
        return f"{stop.stopper}: {stop.reason}"
    # Most reasons name the step themselves, and once is enough.
    reason = re.sub(rf" at step {stop.step}\b", "", stop.reason, count=1)
    return f"{stop.stopper} at step {stop.step}: {reason}"


def ending_sentence(state: TrialState, ending: Ending | None) -> str:
    """Return the same behind what became of the run: ``pruned by asha at step 9: ranks 12 of 14``."""
    text = ending_text(state, ending)
    if not text:
        return ""
    words = {TrialState.PRUNED: "pruned by", TrialState.SUCCEEDED: "finished early by"}
    return f"{words.get(state, 'cancelled:')} {text}"


def ending_mark(state: TrialState, ending: Ending | None) -> str:
    """Return the same in a few characters: ``asha @9``."""
    if not ending_text(state, ending):
        return ""
    assert ending is not None
    stop = ending.stopped
    if state is TrialState.CANCELLED or stop is None:
        reason = ending.reason or ""
        limit = re.search(r"budget\.\w+", reason)
        return limit[0] if limit else reason.partition(":")[0]
    return stop.stopper if stop.step is None else f"{stop.stopper} @{stop.step}"
