"""Text cut at its top level: outside of quotes, brackets, braces, parentheses and ``${…}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\(")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def call(text: str) -> tuple[str, str] | None:
    """Return ``(function, arguments)`` if ``text`` is one function call and nothing else."""
    found = _CALL.match(text)
    if not found:
        return None
    closing = next((at for at, depth, char in _walk(text) if depth == 0 and char == ")"), None)
    if closing is None or text[closing + 1 :].strip():
        return None
    return found.group(1), text[found.end() : closing]


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """Return the pieces of ``text`` between top-level separators, without outer blanks.

    At most ``limit`` cuts are made if it is not negative. Empty text has no pieces.
    """
    cuts = [at for at, depth, char in _walk(text) if depth == 0 and char == separator]
    if limit >= 0:
        cuts = cuts[:limit]
    starts, ends = [0, *(at + 1 for at in cuts)], [*cuts, len(text)]
    pieces = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return [] if pieces == [""] else pieces


def unquoted(text: str) -> str | None:
    """Return what stands between the quotes if ``text`` is one quoted text, else None."""
    quote = text[:1]
    if len(text) < 2 or quote not in {"'", '"'} or text[-1] != quote:
        return None
    if next((at for at, _, _ in _walk(text)), None) is not None:
        return None
    return text[1:-1].replace(f"\\{quote}", quote)


def _walk(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield ``(position, depth, character)`` outside of quotes; brackets have the outer depth."""
    expected: list[str] = []
    quote = ""
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _CLOSING:
            yield at, len(expected), char
            expected.append(_CLOSING[char])
        else:
            if expected and char == expected[-1]:
                expected.pop()
            yield at, len(expected), char
        at += 1
