"""What came of running a run again, as the JSON that is printed, stored and turned into text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agilml.provenance.snapshot.bundle import Bundle
from agilml.provenance.snapshot.checkout import Store
from agilml.reproduce.checks import Difference
from agilml.reproduce.comparing import Comparison
from agilml.reproduce.folder import Place
from agilml.reproduce.recorded import Recorded

ROLE = "reproduction"


def foreign_code(recorded: Recorded, bundle: Bundle) -> dict[str, Any]:
    """Return what a person wants to know before somebody else's code runs: whose, which, what it names."""
    provenance, manifest = recorded.sweep.provenance, bundle.manifest
    return {
        "run": recorded.run.run,
        "by": provenance.get("user"),
        "host": provenance.get("host"),
        "commit": manifest.commit,
        "branch": manifest.branch,
        "remotes": list(manifest.remotes),
        "recipe": recorded.config.get("recipe"),
        "argv": recorded.config.get("argv"),
        "targets": sorted(set(_targets(recorded.config))),
        "files": [file.path for file in manifest.files if file.why in ("changed", "code", "named")],
        "patch": bundle.patch,
    }


def intended(
    recorded: Recorded,
    bundle: Bundle,
    store: Store | None,
    differs: Sequence[Difference],
) -> dict[str, Any]:
    """Return what a dry run says: what would be restored, from where, and what differs here."""
    return {
        **_head(recorded, bundle),
        "verdict": None,
        "code": {
            "snapshot": recorded.snapshot,
            "commit": bundle.manifest.commit,
            "source": None if store is None else str(store.top),
            "whole": not any(item.kind == "code" for item in differs),
            "files": len(bundle.manifest.files),
            "packaged": len(bundle.manifest.outside),
        },
        "differs": [item.as_json() for item in differs],
        "folder": None,
    }


def came_out(
    recorded: Recorded,
    bundle: Bundle,
    place: Place,
    comparison: Comparison,
    differs: Sequence[Difference],
    *,
    tolerance: float,
    seconds: float | None,
) -> dict[str, Any]:
    """Return what a second run showed."""
    source = place.restored.source
    first = comparison.first
    return {
        **_head(recorded, bundle),
        "verdict": comparison.verdict.value,
        "tolerance": tolerance,
        "first_difference": None if first is None else first.as_json(),
        "metrics": [metric.as_json() for metric in comparison.metrics],
        "not_compared": list(comparison.timed),
        "code": {
            "snapshot": recorded.snapshot,
            "commit": bundle.manifest.commit,
            "source": None if source is None else str(source),
            "whole": place.restored.whole,
            "files": place.restored.verified,
            "packaged": len(bundle.manifest.outside),
        },
        "differs": [item.as_json() for item in differs],
        "seconds": {"was": recorded.run.seconds, "is": seconds},
        "folder": str(place.restored.folder),
    }


def _head(recorded: Recorded, bundle: Bundle) -> dict[str, Any]:
    return {
        "run": recorded.run.run,
        "attempt": recorded.attempt,
        "sweep": recorded.sweep.id,
        "own": recorded.own,
        "seed": recorded.config.get("seed"),
        "branch": bundle.manifest.branch,
    }


def _targets(value: Any) -> list[str]:
    """Return every ``_target_`` in a configuration: what it asks to be called."""
    if isinstance(value, dict):
        own = [str(value["_target_"])] if "_target_" in value else []
        return own + [name for item in value.values() for name in _targets(item)]
    if isinstance(value, list):
        return [name for item in value for name in _targets(item)]
    return []
