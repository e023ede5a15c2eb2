"""The usual forms of ``agil runs``, understood without typer."""

from __future__ import annotations

from collections.abc import Sequence


def runs(words: Sequence[str]) -> int | None:
    """List runs and return the exit code, or return None where typer shall read the words."""
    from agilml.cli.listing import Listing, list_runs

    wanted = Listing()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--json":
            wanted.as_json = True
        elif word == "--all":
            wanted.everything = True
        elif word == "--limit" and rest and _is_count(rest[0]):
            wanted.limit = int(rest.pop(0))
        elif word.startswith("--limit=") and _is_count(word[8:]):
            wanted.limit = int(word[8:])
        elif word == "--where" and rest:
            wanted.where = rest.pop(0)
        elif word.startswith("--where="):
            wanted.where = word[8:]
        elif wanted.address is None and word and not word.startswith("-"):
            wanted.address = word
        else:
            return None
    return list_runs(wanted)


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10 and int(word) > 0
