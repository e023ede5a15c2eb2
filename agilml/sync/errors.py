"""What can be wrong with what others left in a remote."""

from __future__ import annotations

from typing import NamedTuple

from agilml.errors import AgilError


class SegmentDamaged(AgilError):
    """The bytes of a segment or of a head are none that its origin stored.

    Args:
        what: what is wrong, without the name of the object.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            what,
            kept="the ledger is unchanged",
            next="agil sync repair, on a machine that holds these facts",
        )


class Problem(NamedTuple):
    """One object of the remote that is not what it should be: its key, its origin, what is wrong."""

    key: str
    origin: str
    what: str

    def as_json(self) -> dict[str, str]:
        """Return plain JSON."""
        return self._asdict()
