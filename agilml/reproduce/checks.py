"""What is not as it was when a run was recorded: code, configuration, data, packages, machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agilml.config.identity import config_digest
from agilml.errors import AgilError
from agilml.model import JSON
from agilml.points import Point
from agilml.project import Project
from agilml.provenance.capture import capture
from agilml.provenance.environment_differences import differences
from agilml.provenance.snapshot.manifest import Manifest
from agilml.provenance.snapshot.restoring import Restored
from agilml.reproduce.recorded import Recorded
from agilml.sweep.identity import Identities

SETTABLE = (
    *("PYTHONHASHSEED", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE"),
    *("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "TORCH_DETERMINISTIC"),
)
"""Variables that are set as they were: they change results, and can do nothing else."""
_SEED = re.compile(r"\d{1,9}|random")
_WORD = re.compile(r"[\w:.,-]{1,40}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was.

    Attributes:
        kind: ``code``, ``data``, ``identity`` or ``environment``.
        was: what it was; None if it was not there.
        now: what it is; None if it is not there.
        matters: whether other numbers may come of it; the rest explains.
    """

    kind: str
    name: str
    was: JSON
    now: JSON
    matters: bool = True

    def as_json(self) -> dict[str, JSON]:
        """Return plain values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "was": self.was,
            "is": self.now,
            "matters": self.matters,
        }


def environment_differences(recorded: Recorded, project: Project) -> list[Difference]:
    """Return where machine, packages and variables are not those of the recorded run."""
    now = capture(project.root, (), caches=project.state / "cache")
    return [
        Difference("environment", item.name, item.recorded, item.here, item.matters)
        for item in differences(recorded.sweep.provenance, now)
    ]


def variables(recorded: Recorded) -> dict[str, str]:
    """Return the variables to set for the second run."""
    found = recorded.seen("environment")
    return {
        name: str(found[name])
        for name in SETTABLE
        # Python does not start with a seed that is none.
        if name in found and (_SEED if "SEED" in name else _WORD).fullmatch(str(found[name]))
    }


def identity_differences(recorded: Recorded, root: Path) -> list[Difference]:
    """Return what keeps the restored code, config and data from being the trial that was recorded.

    The trial's id is computed again from all three; where it is the same, so are they.
    """
    identities = Identities(root)
    point = Point(
        recorded.structure.id,
        recorded.delta,
        recorded.run.params,
        config_digest(recorded.config),
    )
    try:
        if identities.trial(recorded.structure, point) == recorded.run.run:
            return []
    except AgilError as error:
        return [Difference("identity", "trial", recorded.run.run, error.cause)]
    # A sweep may have had other recipes and other data sets too.
    code, data = recorded.seen("code", "files"), recorded.seen("data")
    now = identities.code.files
    found = [
        *_entries("code", {name: code[name] for name in now if name in code}, now),
        *_entries("data", {name: data.get(name) for name in identities.data}, identities.data),
    ]
    return found or [Difference("identity", "trial", recorded.run.run, "another id")]


def code_differences(restored: Restored) -> list[Difference]:
    """Return the files that could not be restored as they were."""
    return [Difference("code", path, None, why) for path, why in restored.missing]


def code_foreseen(manifest: Manifest, *, found: bool) -> list[Difference]:
    """Return what will not be restored as it was; ``found`` says whether its commit is here."""
    missing = [(item.path, f"not in the snapshot: {item.reason}") for item in manifest.left_out]
    missing += [
        (file.path, "what looked like a secret was taken out of it") for file in manifest.cleaned
    ]
    if not found and not manifest.alone:
        missing.insert(0, ("*", f"no repository here has the commit {str(manifest.commit)[:12]}"))
    return [Difference("code", path, None, why) for path, why in missing]


def _entries(kind: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield where two mappings are not the same."""
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name):
            yield Difference(kind, name, was.get(name), now.get(name))
