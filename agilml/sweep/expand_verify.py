"""The check that every sweep makes on itself: random points composed by Hydra for real."""

from __future__ import annotations

import random
from collections.abc import Sequence

from agilml.config import Configs, config_digest
from agilml.config.identity import flatten
from agilml.config.suggest import listing
from agilml.errors import ConfigError
from agilml.model import canonical
from agilml.points import Point, materialise
from agilml.sweep.expand_assembly import Assembly, Combination, fitted
from agilml.sweep.expand_patch import Patch
from agilml.sweep.expand_points import Points


def verify_points(configs: Configs, points: Points, count: int) -> None:
    """Compose ``count`` random points in full and return if each equals its patched form.

    Raises:
        ConfigError: one does not; nothing may be started from such an expansion.
    """
    for index in random.sample(range(len(points)), min(count, len(points))):
        _verify(configs, points, index)


def _verify(configs: Configs, points: Points, index: int) -> None:
    assembly, rows = points.origin(index)
    if assembly.whole is not None:
        return  # Composed by Hydra already, word for word.
    patches = assembly.frame.patches(assembly.block, rows)
    verify_point(configs, assembly, points[index], words(rows, patches))


def words(rows: Combination, patches: Sequence[Patch]) -> list[str]:
    """Return the override words of a combination, values in the type of the base."""
    return [setting.word for setting in fitted(rows, patches)]


def verify_point(configs: Configs, assembly: Assembly, point: Point, words: Sequence[str]) -> None:
    """Compose ``words`` in full and return if they make ``point``.

    Raises:
        ConfigError: they do not.
    """
    conf = assembly.frame.conf
    composed = configs.read(conf, words).resolved or {}
    wanted = {path: canonical(value) for path, value in flatten(composed)}
    made = materialise(assembly.structure.resolved, point.delta)
    got = {path: canonical(value) for path, value in flatten(made)}
    if wanted != got or config_digest(composed) != point.digest:
        differing = [
            path for path in wanted.keys() | got.keys() if wanted.get(path) != got.get(path)
        ]
        raise ConfigError(
            f"a patched config differs from Hydra's own at: {listing(differing)}",
            next=f"report this as a bug with the words: conf={conf} {' '.join(words)}",
        )
