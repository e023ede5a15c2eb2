"""Tables in one file, sampled row by row: ``.csv`` and ``.tsv`` with a header line, and ``.jsonl``.

A row is taken by the sha256 of its own bytes, line end left out, so equal rows go together and other rows
never matter. A sample holds the header and the chosen rows, byte for byte and in their order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from agilml.data.shares import bound

SUFFIXES = (".csv", ".tsv", ".jsonl")
_LONGEST_ROW = 16 << 20
_LINE_END = b"\r\n"


class NotATable(Exception):
    """The file cannot be cut into rows; it is one item then."""


class Sample(NamedTuple):
    """What a level holds of a table: its bytes' digest, their number, and the rows without the header."""

    sha256: str
    size: int
    rows: int


class Rows(NamedTuple):
    """What one look at a table finds: how many rows, the smallest of their digests, and its samples."""

    total: int
    least: str
    samples: Mapping[str, Sample]


def is_table(path: str) -> bool:
    """Whether a file of this name is one that is cut into rows."""
    return path.lower().endswith(SUFFIXES)


def look(path: Path, name: str, shares: Mapping[str, str]) -> Rows:
    """Return the rows of the table at ``path`` and what the levels with these shares hold of it.

    Raises:
        NotATable: a quote is never closed, or a row is longer than 16 MiB.
    """
    bounds = {level: bound(share) for level, share in shares.items()}
    whole = {level: hashlib.sha256() for level in shares}
    sizes, taken = dict.fromkeys(shares, 0), dict.fromkeys(shares, 0)
    count, least = 0, "g"
    with path.open("rb") as stream:
        for row, digest in _rows(stream, name):
            for level, limit in bounds.items():
                if digest is None or digest < limit:
                    whole[level].update(row)
                    sizes[level] += len(row)
                    taken[level] += digest is not None
            if digest is not None:
                count += 1
                least = min(least, digest)
    samples = {
        level: Sample(whole[level].hexdigest(), sizes[level], taken[level]) for level in shares
    }
    return Rows(count, least, samples)


def write_sample(path: Path, name: str, share: str, to: IO[bytes]) -> None:
    """Write what a level of this share holds of the table at ``path``.

    Raises:
        NotATable: as :func:`look`.
    """
    limit = bound(share)
    with path.open("rb") as stream:
        for row, digest in _rows(stream, name):
            if digest is None or digest < limit:
                to.write(row)


def _rows(stream: IO[bytes], name: str) -> Iterator[tuple[bytes, str | None]]:
    """Yield every row with its line end, and its digest; the header has none."""
    headed = not name.lower().endswith(".jsonl")
    for row in _records(stream) if headed else stream:
        content = row.rstrip(_LINE_END)
        if headed:
            headed = False
            yield row, None
        elif content.strip():
            yield row, hashlib.sha256(content).hexdigest()


def _records(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield rows of a csv file: a line goes on while it holds an odd number of quotes (RFC 4180)."""
    held: list[bytes] = []
    quotes = size = 0
    for line in stream:
        quotes += line.count(b'"')
        size += len(line)
        held.append(line)
        if quotes % 2 == 0:
            yield b"".join(held)
            held, quotes, size = [], 0, 0
        elif size > _LONGEST_ROW:
            raise NotATable
    if held:
        raise NotATable
