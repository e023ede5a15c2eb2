"""What facts become when they are to say nothing any more: same kind, same number, same digest.

States, times and the configuration stay, so that the tables can be folded as before and an id goes on to
mean what it meant. Metrics, texts, files and where it all came from go. A run that had ended is cancelled
afterwards: who asks for it again gets it run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agilml import events as e
from agilml.purge.needle import PURGED

Body = dict[str, Any]
_TERMINAL = ("succeeded", "failed", "pruned")


def emptied(kind: str, body: Mapping[str, Any]) -> Body | None:
    """Return the body of a fact about one run without what it said; None where it said nothing."""
    make = _OF_RUN.get(kind)
    new = make(dict(body)) if make else dict(body)
    return new if new != body else None


def sweep_emptied(body: Mapping[str, Any]) -> Body:
    """Return the body of ``sweep.planned`` without who planned it where, and the patch.

    The digests of code and data stay: with the configuration they are what the ids of its trials mean.
    """
    kept = {
        name: body["provenance"][name] for name in ("code", "data") if name in body["provenance"]
    }
    return {**body, "provenance": kept, "spec": {**body["spec"], "words": []}}


def artifact_emptied(body: Mapping[str, Any]) -> Body:
    """Return the body of ``artifact.stored`` without the blob that was deleted."""
    return {**body, "sha256": "", "size": 0}


def _ended(body: Body) -> Body:
    if body["trial_state"] in _TERMINAL:
        body |= {"state": "cancelled", "trial_state": "cancelled"}
    return {**body, "error": None, "exit_code": None, "signal": None}


def _saved(body: Body) -> Body:
    # A checkpoint that drops itself leaves no row.
    return {**body, "folder": PURGED, "sha256": "", "value": None, "dropped": [PURGED]}


_OF_RUN: dict[str, Callable[[Body], Body]] = {
    e.MetricsLogged.kind: lambda body: {**body, "series": {}},
    e.HardwareSampled.kind: lambda body: {**body, "series": {}},
    e.CheckpointSaved.kind: _saved,
    e.StopDecided.kind: lambda body: {**body, "value": None, "reason": PURGED},
    e.AttemptWarned.kind: lambda body: {**body, "text": PURGED},
    e.AttemptEnded.kind: _ended,
    e.LateRefused.kind: lambda body: {**body, "what": PURGED},
    e.NoteSet.kind: lambda body: {**body, "text": ""},
    e.ArtifactStored.kind: artifact_emptied,
    e.TrialCancelled.kind: lambda body: {**body, "reason": PURGED},
}
