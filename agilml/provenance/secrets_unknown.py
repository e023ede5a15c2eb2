"""Tokens of no known form: words that only a generator of random characters writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST, LONGEST = 28, 256
"""Words of so many characters are looked at; longer ones are data, such as an image in base64."""

_RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{SHORTEST},}}={{0,2}}")
_PART = re.compile(rf"[A-Za-z0-9+_-]{{{SHORTEST},}}={{0,2}}")
_KINDS = re.compile(r"[a-z]+|[A-Z]+|[0-9]+|[+/_-]+")

# Digests that package managers, ssh and containers write in base64 with their name before them.
_DIGEST = re.compile(r"(?:sha\d{1,3}|md5|h1)[-:=]", re.IGNORECASE)
_DATA = ";base64,"
_PATH = re.compile(r"[a-z]{3,}/|/[a-z]{3,}|[a-z]{6,}|[A-Z]{6,}")
_PIECE = re.compile(r"[A-Za-z0-9]{16}")
_DIGITS = re.compile(r"[0-9]+")

CHANGES = 0.42
"""Share of characters behind which the kind of character changes: 0.6 in random text, 0.2 in names."""


def unknown(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a word stands that looks drawn at random from letters of both cases and digits.

    Digests, ids and UUIDs are hexadecimal and never yielded; so is base64 of data, by its length, and a
    digest in base64, by the name before it.
    """
    for found in _RUN.finditer(text):
        # A slash may be one of base64, or stand between a name and a secret: `loss/…`.
        words = [found] if "/" not in found[0] else [found, *_PART.finditer(text, *found.span())]
        for word in words:
            start, end = word.span()
            if end - start <= LONGEST and _is_random(word[0]) and not _is_data(text, start):
                yield start, end


def _is_random(word: str) -> bool:
    kinds = _KINDS.findall(word)
    if len(kinds) < CHANGES * len(word):
        return False
    digits = sum(len(kind) for kind in kinds if kind.isdigit())
    upper = sum(len(kind) for kind in kinds if kind.isupper())
    lower = sum(len(kind) for kind in kinds if kind.islower())
    marks = len(word) - digits - upper - lower
    return (
        min(digits, upper, lower) >= max(2, len(word) // 14)
        and len(_DIGITS.findall(word)) >= 3
        and _PIECE.search(word) is not None
        and marks <= len(word) // 6
        and len(set(word)) >= len(word) // 3
        and not _PATH.search(word)
    )


def _is_data(text: str, start: int) -> bool:
    # The name is a part of the word where a dash stands between them.
    return text.endswith(_DATA, 0, start) or bool(
        _DIGEST.search(text, max(0, start - 8), start + 8)
    )
