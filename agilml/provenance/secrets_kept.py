"""Secrets that stand in a configuration: kept on this machine, recorded as a reference to them.

A secret belongs into the environment (``${oc.env:NAME}``). One that was written into a conf, or typed on
the command line, is replaced by ``${agil.secret:<mark>}`` before anything is composed of it, so that plan,
ledger, trial ids and screens know the reference alone. The trial gets the value: the controller reads it
from ``secrets.json`` in the state folder (0600), which is never synced.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agilml.provenance.secrets import SECRET, scrub, scrub_json
from agilml.provenance.secrets_environment import environment_secrets
from agilml.provenance.secrets_named import argument_value, keeps_secret

FILE = "secrets.json"
SHORTEST = 6
"""Characters of a secret below which it is not searched for: it would be found where it is not."""

_REFERENCE = re.compile(r"\$\{agil\.secret:(k[0-9a-f]{12})\}")
_CALL = re.compile(r"(choice|shuffle)\((.*)\)", re.DOTALL)
_QUOTES = "'\""
_AXES = "sweep."


class KeptSecrets:
    """The secrets of one project's configurations.

    Args:
        state: the project's state folder.

    A mark is an HMAC under a key of this machine: equal values have equal marks, so that a trial is
    recognised again, and nobody who reads a ledger can try passwords against it.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / FILE
        stored = _read(self._path)
        self._key = str(stored.get("key") or secrets.token_hex(32))
        self._stored: dict[str, str] = dict(stored.get("values") or {})
        self._new: dict[str, str] = {}
        self._environment = environment_secrets()

    @property
    def values(self) -> tuple[str, ...]:
        """Every secret kept here, for whoever scrubs a text that is about to leave."""
        return _searchable([*self._stored.values(), *self._new.values()])

    def conceal(self, secret: str) -> str:
        """Return the reference to ``secret``, which :meth:`save` will keep."""
        digest = hmac.new(
            self._key.encode(), secret.encode("utf-8", "surrogatepass"), hashlib.sha256
        )
        # A letter first: OmegaConf would read twelve digits as a number.
        mark = f"k{digest.hexdigest()[:12]}"
        if mark not in self._stored:
            self._new[mark] = secret
        return f"${{agil.secret:{mark}}}"

    def config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a composed config with a reference in the place of every secret."""
        return {key: self._node(key, item) for key, item in config.items()}

    def words(self, words: Sequence[str]) -> list[str]:
        """Return the words of a command line with a reference in the place of every secret."""
        return [self._word(word) for word in words]

    def save(self) -> None:
        """Keep what was concealed; on disk when this returns."""
        if not self._new:
            return
        with _locked(self._path):
            stored = _read(self._path)
            key = str(stored.get("key") or self._key)
            if key != self._key:
                # Another process made the first key a moment ago: marks under ours mean nothing there,
                # but they are what the plan says, and values are looked up by mark alone.
                self._key = key
            values = {**(stored.get("values") or {}), **self._new}
            _write(self._path, {"key": key, "values": values})
        self._stored, self._new = values, {}

    def _node(self, path: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._node(f"{path}.{key}", item) for key, item in value.items()}
        name = path.rpartition(".")[2]
        if path.startswith(_AXES) and isinstance(value, str):
            parts = [
                scrub_json(part, self._environment, self.conceal, name) for part in value.split(",")
            ]
            return ",".join(parts)
        return scrub_json(value, self._environment, self.conceal, name)

    def _word(self, word: str) -> str:
        span = argument_value(word)
        name, _, value = word.partition("=")
        if span is None or "${" in word or not keeps_secret(name, value):
            return scrub(word, self._environment, self.conceal)
        call = _CALL.fullmatch(value)
        if call:
            return f"{name}={call[1]}({self._values(call[2])})"
        return f"{name}={self._values(value)}"

    def _values(self, text: str) -> str:
        # Several values make an axis; a comma inside of quotes is part of one value.
        parts = [text] if text[:1] in _QUOTES and text.count(text[0]) == 2 else text.split(",")
        return ",".join(self.conceal(_unquoted(part)) for part in parts)


def reveal(config: Any, state: Path) -> Any:
    """Return ``config`` with the value of every secret that this machine keeps in place of its reference.

    A reference to a secret of another machine stays, and whoever reads that value is told.
    """
    # Most projects keep none, and a controller asks for every attempt.
    if not (state / FILE).exists() or not _refers(config):
        return config
    return _revealed(config, dict(_read(state / FILE).get("values") or {}))


def kept_values(state: Path) -> tuple[str, ...]:
    """Return the secrets of this project by value: those it keeps, and those of the environment."""
    kept = map(str, (_read(state / FILE).get("values") or {}).values())
    return tuple({*_searchable(kept), *environment_secrets()})


def scrub_provenance(seen: Mapping[str, Any], values: tuple[str, ...]) -> dict[str, Any]:
    """Return what :func:`~agilml.provenance.capture.capture` found without what the values say.

    The patch, the one large text in it, was searched for secrets by their looks before.
    """
    git = dict(seen.get("git") or {})
    patch = git.pop("patch", None)
    told: dict[str, Any] = scrub_json({**seen, "git": git} if "git" in seen else dict(seen), values)
    for value in sorted(values, key=len, reverse=True) if patch else ():
        patch = patch.replace(value, SECRET)
    if seen.get("git"):
        told["git"]["patch"] = patch
    elif "git" in seen:
        told["git"] = seen["git"]
    return told


def forget(state: Path, text: str) -> int:
    """Take every kept secret that holds ``text`` out of the file; return how many there were."""
    path = state / FILE
    if not path.exists():
        return 0
    with _locked(path):
        stored = _read(path)
        values = dict(stored.get("values") or {})
        left = {mark: value for mark, value in values.items() if text not in value}
        if len(left) < len(values):
            _write(path, {**stored, "values": left})
    return len(values) - len(left)


def _searchable(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values long enough to be searched for; of ``user:password`` the password, too."""
    found = {part for value in values for part in (value, value.partition(":")[2])}
    return tuple(value for value in found if len(value) >= SHORTEST)


def _unquoted(text: str) -> str:
    quoted = len(text) >= 2 and text[0] in _QUOTES and text[-1] == text[0]
    return text[1:-1] if quoted else text


def _refers(value: Any) -> bool:
    if isinstance(value, str):
        return "${agil.secret:" in value
    if isinstance(value, Mapping):
        return any(map(_refers, value.values()))
    return isinstance(value, list | tuple) and any(map(_refers, value))


def _revealed(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {key: _revealed(item, values) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_revealed(item, values) for item in value]
    return value


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8", "surrogatepass"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    part = path.with_name(f"{path.name}.part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
