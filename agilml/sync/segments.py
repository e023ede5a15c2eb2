"""Facts of one origin as the bytes of an immutable segment, and back.

A segment is one zstd frame around JSON lines: a header, then a line for each fact. ``zstdcat`` and ``jq``
read it. What a reader accepts is exactly what :func:`encode` writes; anything else is damage, by name.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import zstandard

from agilml.ledger.encoding import encode as encode_json
from agilml.ledger.exchange import FactRow, Origin
from agilml.ledger.facts import chain
from agilml.sync.errors import SegmentDamaged
from agilml.sync.keys import is_origin

FORMAT = "agilml-segment"
VERSION = 1
CUT_BYTES = 1 << 20
"""JSON text from which a segment is complete."""
CUT_FACTS = 10_000
MOST_BYTES = 64 << 20
"""Bytes of JSON text, and of the object, above which nothing is read: a frame can promise anything."""

_LEVEL = 9
_MOST_HEADER = 4096
_MOST_NAME = 200
_BODY = ',"body":'
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z][a-z_.]{0,63}")
_HEADER_FIELDS = (
    *("format", "version", "origin", "host", "user", "created", "first", "last", "count"),
    *("before", "after", "sha256"),
)


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive facts of one origin.

    Attributes:
        origin: who wrote them.
        before: digest of the fact before the first; empty when there is none.
        facts: at least one, without gaps, each with the digest that follows from the one before.
    """

    origin: Origin
    before: str
    facts: Sequence[FactRow]

    @property
    def first(self) -> int:
        """Number of the first fact."""
        return self.facts[0].seq

    @property
    def last(self) -> int:
        """Number of the last fact."""
        return self.facts[-1].seq

    @property
    def after(self) -> str:
        """Digest of the last fact."""
        return self.facts[-1].digest

    def encode(self) -> bytes:
        """Return the bytes of the segment; the same facts give the same bytes with the same zstd."""
        content = _bytes("".join(_line(fact) for fact in self.facts))
        header = _header(self, hashlib.sha256(content).hexdigest())
        text = _bytes(header) + content
        if len(text) > MOST_BYTES:
            raise ValueError(f"facts {self.first} to {self.last} are too large for a segment")
        return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(text)


def cut(facts: Iterable[FactRow]) -> Iterator[list[FactRow]]:
    """Yield the facts in runs of about :data:`CUT_BYTES`, at most :data:`CUT_FACTS`."""
    held: list[FactRow] = []
    size = 0
    for fact in facts:
        held.append(fact)
        size += len(fact.body) + len(fact.subject) + 80
        if size >= CUT_BYTES or len(held) >= CUT_FACTS:
            yield held
            held, size = [], 0
    if held:
        yield held


def decode(data: bytes, origin: str, first: int) -> Segment:
    """Return the segment that the object of this origin's fact ``first`` holds.

    Raises:
        SegmentDamaged: anything about it is not as :meth:`Segment.encode` writes it: the frame, the header,
            a digest, a number, or a fact that does not follow from its predecessor.
    """
    text = _unpacked(data)
    at = text.find(b"\n") + 1
    if not 0 < at <= _MOST_HEADER:
        raise SegmentDamaged("it has no header line")
    header = _read_header(text[:at], origin, first)
    content = text[at:]
    if hashlib.sha256(content).hexdigest() != header["sha256"]:
        raise SegmentDamaged("its content does not have the digest that its header names")
    writer = Origin(origin, header["host"], header["user"], header["created"])
    segment = Segment(writer, header["before"], _facts(content, header))
    if segment.after != header["after"]:
        raise SegmentDamaged("its facts do not lead to the digest that its header names")
    return segment


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _header(segment: Segment, sha256: str) -> str:
    origin = segment.origin
    values = (
        *(FORMAT, VERSION, origin.id, origin.host, origin.user, origin.created),
        *(segment.first, segment.last, len(segment.facts), segment.before, segment.after, sha256),
    )
    return encode_json(dict(zip(_HEADER_FIELDS, values, strict=True))) + "\n"


def _line(fact: FactRow) -> str:
    """Return the line of a fact: its body stands there as the text that its digest is of.

    A digest is written only where the body is not what it was: it follows from the facts otherwise.
    """
    if "\n" in fact.body:
        raise ValueError(f"the body of fact {fact.seq} of origin {fact.origin} is not one line")
    fields: dict[str, Any] = {"time": fact.time, "kind": fact.kind, "subject": fact.subject}
    if fact.purged:
        fields["digest"] = fact.digest
    return f"{encode_json(fields)[:-1]}{_BODY}{fact.body}}}\n"


def _unpacked(data: bytes) -> bytes:
    """Return the content of exactly one frame of an allowed size."""
    if len(data) > MOST_BYTES:
        raise SegmentDamaged(f"it is larger than {MOST_BYTES >> 20} MiB")
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= MOST_BYTES:
            raise SegmentDamaged("it does not say its size, or unpacks to more than is allowed")
        unpack = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        return unpack.decompress(data, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise SegmentDamaged(f"it is no zstd frame: {error}") from error


def _parsed(text: str) -> Any:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise SegmentDamaged(f"a line is not JSON: {error}") from error


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise SegmentDamaged(f"it is not text: {error}") from error


def _read_header(data: bytes, origin: str, first: int) -> dict[str, Any]:
    text = _text(data)
    header = _parsed(text)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise SegmentDamaged("it is no segment")
    if header.get("version") != VERSION:
        raise SegmentDamaged(
            f"it has version {header.get('version')!r}, this AgilML reads {VERSION}"
        )
    if tuple(header) != _HEADER_FIELDS or f"{encode_json(header)}\n" != text:
        raise SegmentDamaged("its header is not written as headers are")
    if header["origin"] != origin or header["first"] != first or not is_origin(origin):
        raise SegmentDamaged("its header names another origin or another fact than its key")
    if not _plausible(header):
        raise SegmentDamaged("its header holds impossible values")
    return header


def _plausible(header: dict[str, Any]) -> bool:
    first, last, count = (header[name] for name in ("first", "last", "count"))
    numbers = all(type(n) is int for n in (first, last, count))
    names = all(
        isinstance(header[name], str) and len(header[name]) <= _MOST_NAME
        for name in ("host", "user")
    )
    digests = all(isinstance(header[name], str) for name in ("before", "after", "sha256"))
    return (
        numbers
        and names
        and digests
        and _is_time(header["created"])
        and last == first + count - 1
        and count >= 1
        and (header["before"] == "") == (first == 1)
    )


def _is_time(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _facts(content: bytes, header: dict[str, Any]) -> list[FactRow]:
    lines = _text(content).split("\n")
    if lines.pop() != "" or len(lines) != header["count"]:
        raise SegmentDamaged(f"it holds {len(lines)} facts, its header names {header['count']}")
    previous, found = header["before"], []
    for seq, line in enumerate(lines, header["first"]):
        fact = _fact(line, header["origin"], seq, previous)
        found.append(fact)
        previous = fact.digest
    return found


def _fact(line: str, origin: str, seq: int, previous: str) -> FactRow:
    # `,"body":` cannot stand inside of a JSON string, where a quote has a backslash before it.
    head, found, body = line.partition(_BODY)
    fields = _parsed(f"{head}}}")
    body = body[:-1]
    names = ("time", "kind", "subject")
    if not found or not isinstance(fields, dict) or tuple(fields)[:3] != names:
        raise SegmentDamaged(f"the line of fact {seq} is none")
    at, kind, subject = (fields[name] for name in names)
    purged = fields.get("digest", "")
    well_made = (
        _is_time(at)
        and isinstance(kind, str)
        and isinstance(subject, str)
        and _KIND.fullmatch(kind)
        and (len(fields) == 3 or (isinstance(purged, str) and _DIGEST.fullmatch(purged)))
        and isinstance(_parsed(body), dict)
    )
    if not well_made:
        raise SegmentDamaged(f"the line of fact {seq} is none")
    digest = purged or chain(previous, origin, seq, at, kind, subject, body)
    fact = FactRow(origin, seq, at, kind, subject, body, digest, bool(purged))
    if _line(fact) != f"{line}\n":
        raise SegmentDamaged(f"the line of fact {seq} is not written as facts are")
    return fact
