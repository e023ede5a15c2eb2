"""The pinned data of a sweep's trials: staged on this machine once, before the first of them starts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agilml.data.staging import Staged
    from agilml.project import Project

FIRST_WORD, EVERY_WORD = 2.0, 10.0
"""Seconds of staging before it is spoken of, and between two words about it."""
LOOK_SECONDS = 0.2


class Unwanted(Exception):
    """The sweep was asked to end while its data was being staged."""


@dataclass(frozen=True, slots=True)
class Level:
    """A level of one version of a data set, as it was recorded when the sweep was planned."""

    pin: str
    level: str
    manifest: str
    digest: str
    files: int
    size: int

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.pin.partition("@")[0]

    @property
    def read(self) -> dict[str, Any]:
        """What an attempt that gets this level reads, as a turn records it."""
        return {
            "dataset": self.name,
            "level": self.level,
            "split": "",
            "digest": self.manifest,
            "files": self.files,
            "size": self.size,
        }


class PinnedData:
    """Where the pinned data of one sweep lies on this machine.

    Args:
        root: the project's folder.
        state: its state folder.
        levels: what the sweep's trials read, as its spec says.
    """

    def __init__(
        self,
        root: Path = Path(),
        state: Path = Path(),
        levels: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._root = root
        self._state = state
        self._levels = {(one["pin"], one["level"]): Level(**one) for one in levels}
        self._staged: dict[tuple[str, str], Staged] = {}

    def __bool__(self) -> bool:
        return bool(self._levels)

    def of(self, config: Mapping[str, Any]) -> Level | None:
        """Return the level that a trial with this config reads, or None where none is pinned."""
        if not self._levels:
            return None
        node = config.get("data")
        if not isinstance(node, Mapping) or not node.get("pin"):
            return None
        return self._levels.get((str(node["pin"]), str(node.get("level") or "prod")))

    def into(self, config: dict[str, Any]) -> dict[str, Any]:
        """Return the config that the recipe gets: with ``data.path``, the folder of its pinned data."""
        level = self.of(config)
        if level is None:
            return config
        return {**config, "data": {**config["data"], "path": str(self._stage(level).path)}}

    def stage(self, tell: Callable[[str], None], unwanted: Callable[[], bool]) -> None:
        """Stage all levels, unless ``unwanted`` says meanwhile that nobody waits for them any more.

        Raises:
            AgilError: a level cannot be had; nothing was started.
        """
        if not self._levels:
            return
        stopped, failed = False, []
        said = time.monotonic() + FIRST_WORD - EVERY_WORD

        def hear(text: str) -> None:
            nonlocal said
            if stopped:
                raise Unwanted
            now = time.monotonic()
            if now - said >= EVERY_WORD:
                said = now
                tell(text)

        def work() -> None:
            try:
                for level in self._levels.values():
                    self._stage(level, hear)
            except Unwanted:
                return
            except BaseException as error:  # noqa: BLE001  raised again where it is waited for
                failed.append(error)

        # Beside this thread, which alone may ask the ledger whether the sweep is still wanted.
        thread = Thread(target=work, name="staging", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
            stopped = stopped or unwanted()
        if failed:
            raise failed[0]

    def _stage(self, level: Level, hear: Callable[[str], None] | None = None) -> Staged:
        key = (level.pin, level.level)
        if key not in self._staged:
            from agilml.data.names import Reference
            from agilml.data.progress import Progress
            from agilml.data.staging import stage

            wanted = Reference(level.name, level.manifest)
            self._staged[key] = stage(self._project(), wanted, level.level, progress=Progress(hear))
        return self._staged[key]

    def _project(self) -> Project:
        from dataclasses import replace

        from agilml.project import find_project

        return replace(find_project(self._root), root=self._root, state=self._state)
