"""Secrets by value: what variables of the environment hold whose names say that it is secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from agilml.provenance.secrets_named import keeps_secret

SHORTEST = 8
"""A shorter value would be found in texts that have nothing to do with it."""

_NOT_SECRET = re.compile(r"/[\w./-]+|\d+|(?:changeme|secret|password)s?", re.ASCII)
_WORD = re.compile(r"[a-z]+(?:[_-][a-z]+)*", re.ASCII)
_PASSWORD = re.compile(r"(?i).*(?:pass(?:word|wd|phrase|code)|pwd|secret)")


def environment_secrets(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the values of variables with a telling name, and the passwords in URLs, longest first.

    Paths, numbers and short values are left out, and so are plain words but for those of a password.
    """
    environment = os.environ if environment is None else environment
    found: set[str] = set()
    for name, value in environment.items():
        if "://" in value:
            found.update(_passwords(value))
        elif keeps_secret(name, value) and (
            _PASSWORD.fullmatch(name) or not _WORD.fullmatch(value)
        ):
            found.add(value.strip())
    return tuple(sorted(filter(_is_telling, found), key=lambda text: (-len(text), text)))


def known(text: str, values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where one of ``values`` stands in ``text``."""
    for value in values:
        at = text.find(value)
        while at >= 0:
            yield at, at + len(value)
            at = text.find(value, at + len(value))


def _is_telling(value: str) -> bool:
    return len(value) >= SHORTEST and not _NOT_SECRET.fullmatch(value)


def _passwords(value: str) -> Iterator[str]:
    from urllib.parse import urlsplit

    try:
        password = urlsplit(value).password
    except ValueError:
        return
    if password:
        yield password
