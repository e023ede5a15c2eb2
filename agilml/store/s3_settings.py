"""How a bucket is talked to: ``[remote]`` of ``agil.toml`` for S3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from agilml.errors import ConfigError
from agilml.text import safe_text

_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")


@dataclass(frozen=True, slots=True)
class S3Settings:
    """How a bucket is talked to.

    Attributes:
        owner: AWS account that must own the bucket; every request names it.
        sse: server-side encryption asked for: ``AES256``, ``aws:kms`` or ``aws:kms:dsse``.
        kms_key: key for ``aws:kms``; the account's default key without it.
        endpoint: ``http(s)://host:port`` of a server other than AWS.
        region: region of the bucket.
        profile: section of ``~/.aws/config``.
    """

    owner: str | None = None
    sse: str | None = None
    kms_key: str | None = None
    endpoint: str | None = None
    region: str | None = None
    profile: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return the settings; names that are not S3's are left out, empty texts count as absent.

        Raises:
            ConfigError: a value cannot be meant.
        """
        made = cls(**{name: given.get(name) or None for name in cls.__slots__})
        if made.owner is not None and not re.fullmatch(r"\d{12}", str(made.owner)):
            raise _wrong("owner", made.owner, "the 12 digits of an AWS account")
        if made.sse is not None and made.sse not in _ENCRYPTIONS:
            raise _wrong("sse", made.sse, " or ".join(_ENCRYPTIONS))
        if made.kms_key is not None and not str(made.sse).startswith("aws:kms"):
            raise _wrong("kms_key", made.kms_key, 'for sse = "aws:kms" only')
        if made.endpoint is not None and not re.match(r"https?://[^/@\s]+/?$", made.endpoint):
            raise _wrong("endpoint", made.endpoint, "http://HOST:PORT or https://HOST")
        return made

    def encryption(self) -> dict[str, str]:
        """Return the parameters that ask for the encryption of a new object."""
        asked = {"ServerSideEncryption": self.sse, "SSEKMSKeyId": self.kms_key}
        return {name: value for name, value in asked.items() if value is not None}


def _wrong(name: str, value: object, wanted: str) -> ConfigError:
    return ConfigError(
        f"[remote] {name} in agil.toml is {wanted}, not `{safe_text(value)}`", next="edit agil.toml"
    )
