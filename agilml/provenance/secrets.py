"""What looks like a secret, taken out of a text before it is recorded or leaves the machine.

A second line of defence: secrets belong into the environment, which is recorded by an allow list. A
password without a telling name beside it or a telling form is not recognised, unless it is the value of
a variable of this process's environment that has a telling name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from agilml.provenance.secrets_environment import environment_secrets, known
from agilml.provenance.secrets_named import (
    SECRET,
    argument_value,
    is_option,
    keeps_secret,
    named,
)
from agilml.provenance.secrets_tokens import Span, tokens
from agilml.provenance.secrets_unknown import unknown

__all__ = ["SECRET", "environment_secrets", "scrub", "scrub_argv", "scrub_json", "secrets_in"]

_PLAIN = re.compile(r"[\w.+-]{0,19}|[0-9a-f]{20,128}", re.ASCII)
"""A version, a short name, a digest: too short for a token, and with nothing that names a value."""

Conceal = Callable[[str], str]
"""Given a secret, returns what is written in its place."""


def scrub(text: str, values: Iterable[str] | None = None, conceal: Conceal | None = None) -> str:
    """Return ``text`` with everything that looks like a secret replaced by ``«secret»``.

    Args:
        text: any text; a patch of 1 MiB takes less than 100 ms.
        values: secrets by value; by default those of the environment (:func:`environment_secrets`).
        conceal: gives what a secret is replaced by instead.

    Placeholders such as ``${oc.env:TOKEN}`` stay, and so does what text models call a token.
    """
    spans = secrets_in(text, values)
    if not spans:
        return text
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], conceal(text[start:end]) if conceal else SECRET]
        at = end
    return "".join([*parts, text[at:]])


def secrets_in(text: str, values: Iterable[str] | None = None) -> list[Span]:
    """Return where secrets stand in ``text``: disjoint spans in order."""
    values = environment_secrets() if values is None else values
    if _PLAIN.fullmatch(text):
        # Most texts of a record are of this kind, and a search of seventy forms takes forty times as long.
        found = sorted(known(text, values))
    else:
        found = sorted(chain(tokens(text), named(text), unknown(text), known(text, values)))
    disjoint: list[Span] = []
    for start, end in found:
        if disjoint and start < disjoint[-1][1]:
            disjoint[-1] = (disjoint[-1][0], max(disjoint[-1][1], end))
        else:
            disjoint.append((start, end))
    return [span for span in disjoint if text[span[0] : span[1]] != SECRET]


def scrub_argv(argv: Sequence[str], values: Iterable[str] | None = None) -> list[str]:
    """Return the words of a command line, scrubbed; also the value after an option like ``--token``."""
    values = environment_secrets() if values is None else tuple(values)
    scrubbed: list[str] = []
    after_option = False
    for word in argv:
        span = argument_value(word)
        if after_option and not word.startswith("-"):
            scrubbed.append(SECRET)
        elif span:
            scrubbed.append(word[: span[0]] + SECRET)
        else:
            scrubbed.append(scrub(word, values))
        after_option = is_option(word)
    return scrubbed


def scrub_json(
    value: Any, values: Iterable[str] | None = None, conceal: Conceal | None = None, name: str = ""
) -> Any:
    """Return a JSON value with every text in it scrubbed; what a telling key holds is hidden whole.

    Equal values in, equal values out: what holds no secret is returned as it is, keys included.
    """
    values = environment_secrets() if values is None else tuple(values)
    if isinstance(value, str):
        if "${" not in value and keeps_secret(name, value):
            return conceal(value) if conceal else SECRET
        return scrub(value, values, conceal)
    if isinstance(value, dict):
        return {
            scrub(key, values): scrub_json(item, values, conceal, key)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [scrub_json(item, values, conceal, name) for item in value]
    return value
