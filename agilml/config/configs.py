"""Configurations by name, and what each composes to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.config.fit import check_finite
from agilml.config.identity import flatten
from agilml.config.layers import groups_in, layers, primary_names
from agilml.config.suggest import did_you_mean, listing
from agilml.errors import ConfigError, UsageError
from agilml.model import digest
from agilml.points import Structure
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.config.session import Composed, Conceal


class Configs:
    """The layered search path: a project's ``conf/`` over the packaged ``agilml.conf``.

    Args:
        project_conf: the project's folder; skipped where it is missing or is the packaged one.
        conceal: takes the secrets out of whatever is composed.
        shared: folders of configuration between the project's and the packaged one.
    """

    def __init__(
        self,
        project_conf: Path | None,
        conceal: Conceal | None = None,
        shared: Sequence[Path] = (),
    ) -> None:
        self.folders = layers(project_conf, *shared)
        self._conceal = conceal

    def names(self) -> list[str]:
        """Return the primary configs that can stand after ``conf=``."""
        return primary_names(self.folders)

    def groups(self) -> dict[str, list[str]]:
        """Return the options of every config group, both layers merged."""
        return dict(self._groups)

    @cached_property
    def _groups(self) -> dict[str, list[str]]:
        return groups_in(self.folders)

    def check(self, conf: str) -> None:
        """Return if ``conf`` exists.

        Raises:
            ConfigError: it does not; the message lists those that do.
        """
        safe = conf and not conf.startswith("/") and ".." not in conf.split("/")
        if safe and any((folder / f"{conf}.yaml").is_file() for folder in self.folders):
            return
        names = self.names()
        cause = f"no conf `{safe_text(conf)}`{did_you_mean(conf, names)}"
        raise ConfigError(cause, next=f"conf= one of: {listing(names)}")

    def read(self, conf: str, words: Sequence[str] = ()) -> Composed:
        """Return ``conf`` with ``words``, plain, whether or not its interpolations resolve."""
        from agilml.config.session import compose
        from agilml.config.translation import UnknownKey

        self.check(conf)
        try:
            return compose(self.folders, conf, words, self._conceal)
        except UnknownKey as error:
            known = [path for path, _ in flatten(compose(self.folders, conf, ()).unresolved)]
            raise unknown_key(error.key, conf, known) from error

    def compose(self, conf: str, overrides: Sequence[str] = ()) -> Structure:
        """Return the structure that ``conf`` and the override words compose to.

        Raises:
            ConfigError: the conf does not exist or cannot be composed.
            UsageError: a word is a sweep.
        """
        from agilml.config.words import parse_word

        for word in overrides:
            if parse_word(word, ["*"]).sweep is not None:
                raise UsageError(
                    f"`{safe_text(word)}` is a sweep",
                    next=f"agil sweep conf={conf} {safe_text(word)}",
                )
        composed = self.read(conf, overrides)
        if composed.resolved is None:
            raise composed.problem or ConfigError(f"conf={safe_text(conf)} cannot be resolved")
        return structure(conf, composed)


def unknown_key(key: str, where: str, known: Sequence[str]) -> ConfigError:
    """Return the error for a key that ``where`` does not have, with the nearest ``known`` one."""
    tops = {path.partition(".")[0] for path in known}
    return ConfigError(
        f"no key `{safe_text(key)}` in conf={safe_text(where)}{did_you_mean(key, known)}",
        next=f"its keys: {listing(tops)}",
    )


def structure(conf: str, composed: Composed) -> Structure:
    """Return the stored form of a composition.

    Raises:
        ConfigError: a number in it is not finite.
    """
    for path, value in flatten(composed.unresolved):
        check_finite(path, value)
    for path, value in flatten(composed.resolved or {}):
        check_finite(path, value)
    choices = dict(composed.choices)
    return Structure(
        id=digest({"conf": conf, "choices": choices, "unresolved": composed.unresolved}),
        conf=conf,
        choices=choices,
        unresolved=composed.unresolved,
        resolved=composed.resolved or {},
    )
