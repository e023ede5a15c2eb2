"""Levels of a data set: ``prod`` is all of it, ``dev`` and ``test`` are samples by content.

An item is in a level when its sha256, read as a fraction of one, is smaller than the level's share. So the
choice needs no list and no random numbers: every clone makes the same one, ``dev`` lies inside ``test`` where
its share is smaller, and items that are added or taken away never change what becomes of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from agilml.errors import UsageError
from agilml.text import safe_text

DEV, TEST, PROD = "dev", "test", "prod"
LEVELS = (DEV, TEST, PROD)
USUAL: Mapping[str, str] = {DEV: "1%", TEST: "10%"}
"""Shares of the levels for which none was given."""
_STEPS = ("1%", "2%", "5%", "10%", "20%", "50%", "100%")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%")


def parse_share(text: str) -> str:
    """Return a share such as ``1%`` or ``0.25%`` in its one spelling.

    Raises:
        UsageError: it is no share above 0 % and up to 100 %.
    """
    match = _SHARE.fullmatch(text.strip())
    value = Decimal(match.group(1)) if match else Decimal(0)
    if not 0 < value <= 100:
        raise UsageError(
            f"`{safe_text(text, 40)}` is no share of a data set", next="--level dev=1%"
        )
    plain = f"{value:f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) + "%"


def parse_levels(words: Sequence[str]) -> dict[str, str]:
    """Return the shares that ``LEVEL=SHARE`` words give.

    Raises:
        UsageError: a word is none, or its level is not ``dev`` or ``test``.
    """
    found: dict[str, str] = {}
    for word in words:
        level, equals, share = word.partition("=")
        if level not in (DEV, TEST) or not equals:
            raise UsageError(
                f"`{safe_text(word, 40)}` gives no share to dev or test (prod is all of the data)",
                next="--level dev=1% --level test=10%",
            )
        found[level] = parse_share(share)
    return found


def check_level(level: str) -> str:
    """Return ``level`` if it is one.

    Raises:
        UsageError: it is not.
    """
    if level not in LEVELS:
        raise UsageError(
            f"there is no level `{safe_text(level, 40)}`", next=f"one of: {', '.join(LEVELS)}"
        )
    return level


def bound(share: str) -> str:
    """Return the hex sha256 below which an item is in a level of this share; ``g…`` is above all."""
    fraction = int(Decimal(share.removesuffix("%")) * 1_000_000)
    limit = (fraction << 256) // 100_000_000
    return f"{limit:064x}" if limit < 1 << 256 else "g"


def smallest_share(digests: Iterable[str], wanted: str) -> str:
    """Return ``wanted``, or the next round share that holds an item at all; ``100%`` where there is none."""
    least = min(digests, default="g")
    steps = [wanted, *(step for step in _STEPS if _size(step) > _size(wanted))]
    return next((step for step in steps if least < bound(step)), "100%")


def _size(share: str) -> Decimal:
    return Decimal(share.removesuffix("%"))
