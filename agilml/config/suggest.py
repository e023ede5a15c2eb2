"""What a person probably meant: the closest of the words that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from agilml.text import safe_text

_CUTOFF = 0.6
_SHOWN = 12


def closest(word: str, options: Iterable[str]) -> str | None:
    """Return the option nearest to ``word``, or None.

    ``lr`` finds ``optim.lr``: a person often types the last part of a dotted key only.
    """
    known = list(options)
    ends = [option for option in known if option.rpartition(".")[2] == word]
    if ends:
        return min(ends, key=len)
    near = difflib.get_close_matches(word, known, n=1, cutoff=_CUTOFF)
    if near:
        return near[0]
    tails = {option.rpartition(".")[2]: option for option in reversed(known)}
    near = difflib.get_close_matches(word.rpartition(".")[2], tails, n=1, cutoff=_CUTOFF)
    return tails[near[0]] if near else None


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return ``; did you mean `x`?`` or an empty string."""
    near = closest(word, options)
    return f"; did you mean `{safe_text(near)}`?" if near else ""


def listing(options: Iterable[str]) -> str:
    """Return the options as one line, cut after a dozen."""
    known = sorted(options)
    shown = ", ".join(safe_text(option, 60) for option in known[:_SHOWN])
    more = len(known) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "none"
