"""What a remote answers when it does not do what it was asked.

AgilError
└── RemoteError           1   base: something about a remote
    ├── Exists            1   the key is taken; nothing was overwritten
    ├── Missing           1   the key is not there
    ├── DamagedObject     1   the bytes are not the recorded ones
    ├── UnsafeKey         1   a name that must not become a path
    ├── RemoteUnavailable 1   no answer after several tries; later may help
    └── RemoteRefused     1   an answer that stays no until a person changes something
"""

from __future__ import annotations

from agilml.errors import AgilError
from agilml.text import safe_text

_RETRY = "agil sync"


class RemoteError(AgilError):
    """Something about a remote."""


class Exists(RemoteError):
    """The key is taken; what is there was left as it is.

    Attributes:
        key: the key.
    """

    def __init__(self, key: str, where: str):
        super().__init__(
            f"{safe_text(key)} is already in {safe_text(where)}",
            kept="what is there was not touched",
            next="agil sync status",
        )
        self.key = key


class Missing(RemoteError):
    """The key is not there."""

    def __init__(self, key: str, where: str):
        super().__init__(f"{safe_text(key)} is not in {safe_text(where)}", next="agil sync status")
        self.key = key


class DamagedObject(RemoteError):
    """The bytes are not the ones whose digest was recorded."""

    def __init__(self, key: str, where: str, why: str):
        super().__init__(
            f"{safe_text(key)} in {safe_text(where)} is damaged: {why}",
            kept="the damaged bytes were not used",
            next="agil sync repair",
        )
        self.key = key


class UnsafeKey(RemoteError):
    """A name that must not become a path; it is refused, never cleaned."""


class RemoteUnavailable(RemoteError):
    """No answer after several tries; the same may work later."""

    def __init__(self, cause: str, *, kept: str = "everything here is kept and goes out later"):
        super().__init__(cause, kept=kept, next=_RETRY)


class RemoteRefused(RemoteError):
    """An answer that stays no until a person changes something; ``next`` says what."""

    def __init__(self, cause: str, *, next: str):
        super().__init__(cause, kept="everything here is kept; nothing was overwritten", next=next)
