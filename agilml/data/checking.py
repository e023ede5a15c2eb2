"""Is what lies there what was recorded; and what differs between two versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agilml.data.cache import Cache
from agilml.data.hashing import digest_of_file, in_threads
from agilml.data.manifest import Item, Level, Manifest
from agilml.data.progress import Progress
from agilml.data.shares import LEVELS
from agilml.data.sources import Found, Source
from agilml.errors import AgilError


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that is not as it was recorded: ``changed``, ``missing`` or ``new``."""

    path: str
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What one version has and another has not.

    Attributes:
        moved: new path by old path, of files whose content is the same.
        levels: what each level holds in the one and in the other.
    """

    added: Sequence[Item]
    removed: Sequence[Item]
    changed: Sequence[tuple[Item, Item]]
    moved: Mapping[str, str]
    levels: Mapping[str, tuple[Level, Level]]

    @property
    def same(self) -> bool:
        """Whether the files are the same, under the same names, with the same levels."""
        if self.added or self.removed or self.changed or self.moved:
            return False
        return all(before == after for before, after in self.levels.values())


def verify_source(source: Source, manifest: Manifest, progress: Progress) -> list[Problem]:
    """Return what differs between a source and a manifest; every file is read again.

    Raises:
        AgilError: the source cannot be listed.
    """
    here = {found.path: found for found in source.listing()}
    recorded = {item.path: item for item in manifest.items}
    both = [(item, here[item.path]) for item in manifest.items if item.path in here]
    progress.begin("verifying", len(both), sum(found.size for _, found in both))

    def look(pair: tuple[Item, Found]) -> Problem | None:
        item, found = pair
        same = found.size == item.size and _digest(source, found, progress) == item.sha256
        progress.add(files=1)
        return None if same else Problem(item.path, "changed")

    problems = [problem for problem in in_threads(look, both) if problem is not None]
    problems += [Problem(path, "missing") for path in recorded if path not in here]
    problems += [Problem(path, "new") for path in here if path not in recorded]
    return sorted(problems, key=lambda problem: problem.path)


def verify_staged(
    cache: Cache, manifest: Manifest, level: str, progress: Progress
) -> list[Problem] | None:
    """Return what differs between a staged level and its manifest; None where it is not staged here."""
    held = cache.hold(manifest.level(level).digest)
    if held is None:
        return None
    entries = manifest.entries(level)
    progress.begin("verifying", len(entries), sum(entry.size for entry in entries))
    problems = []
    try:
        for entry in entries:
            path = held.path / entry.path
            if not path.is_file():
                problems.append(Problem(entry.path, "missing"))
            elif digest_of_file(path, lambda size: progress.add(size=size)) != entry.sha256:
                problems.append(Problem(entry.path, "changed"))
            progress.add(files=1)
        expected = {entry.path for entry in entries}
        files = (path for path in held.path.rglob("*") if not path.is_dir())
        names = (path.relative_to(held.path).as_posix() for path in files)
        problems += [Problem(name, "new") for name in sorted(names) if name not in expected]
    finally:
        held.release()
    return problems


def difference(before: Manifest, after: Manifest) -> Difference:
    """Return what differs from one version to the other."""
    old = {item.path: item for item in before.items}
    new = {item.path: item for item in after.items}
    removed = {path: item for path, item in old.items() if path not in new}
    added = {path: item for path, item in new.items() if path not in old}
    moved: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for path, item in added.items():
        places.setdefault(item.sha256, []).append(path)
    for path, item in removed.items():
        if places.get(item.sha256):
            moved[path] = places[item.sha256].pop(0)
    arrived = set(moved.values())
    return Difference(
        added=[item for path, item in added.items() if path not in arrived],
        removed=[item for path, item in removed.items() if path not in moved],
        changed=[
            (item, new[path])
            for path, item in old.items()
            if path in new and new[path].sha256 != item.sha256
        ],
        moved=moved,
        levels={name: (before.level(name), after.level(name)) for name in LEVELS},
    )


def _digest(source: Source, found: Found, progress: Progress) -> str | None:
    try:
        return source.digest(found, lambda size: progress.add(size=size))
    except AgilError:
        return None
