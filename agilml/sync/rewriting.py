"""Segments written again without what was purged from their facts: numbers and digests stay."""

from __future__ import annotations

from collections.abc import Iterable

from agilml.errors import AgilError
from agilml.ledger.exchange import Exchange
from agilml.store.base import Remote
from agilml.store.digests import sha256_of
from agilml.sync.errors import Problem
from agilml.sync.fetching import fetch_all
from agilml.sync.keys import segment_key
from agilml.sync.listing import list_segments
from agilml.sync.segments import Segment


def rewrite_segments(
    exchange: Exchange, remote: Remote, facts: Iterable[tuple[str, int]]
) -> list[str]:
    """Replace the segments that hold the facts, ``(origin, number)``, by what this ledger says of them now.

    Returns the keys of those in the remote that were replaced; facts that no segment holds yet need none.

    Raises:
        AgilError: a segment is damaged, or holds other facts than the ledger; others were replaced.
        RemoteUnavailable, RemoteRefused: some may have been replaced; the call can be repeated.
    """
    wanted: dict[str, set[int]] = {}
    for origin, seq in facts:
        wanted.setdefault(origin, set()).add(seq)
    replaced: list[str] = []
    wrong: list[Problem] = []
    for origin, numbers in sorted(wanted.items()):
        listed = list_segments(remote, origin, 0, wrong)
        for _, found in fetch_all(remote, origin, listed):
            if isinstance(found, Problem):
                wrong.append(found)
                continue
            segment = found.segment
            if not numbers.intersection(range(segment.first, segment.last + 1)):
                continue
            ours = list(exchange.facts(origin, segment.first, segment.last))
            key = segment_key(origin, segment.first)
            if [fact.digest for fact in ours] != [fact.digest for fact in segment.facts]:
                wrong.append(Problem(key, origin, "it holds other facts than this ledger"))
                continue
            data = Segment(segment.origin, segment.before, ours).encode()
            remote.put(key, data, sha256_of(data))
            replaced.append(key)
    if wrong:
        raise AgilError(
            f"{wrong[0].key}: {wrong[0].what}",
            kept=f"{len(replaced)} segments were rewritten",
            next="agil sync repair, then repeat the command",
        )
    return replaced
