"""From an address to the remote that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from agilml.errors import ConfigError
from agilml.store.base import Remote
from agilml.store.keys import is_key
from agilml.text import safe_text

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_FORMS = "use s3://BUCKET/PREFIX, file:///FOLDER or ssh://USER@HOST/FOLDER"


def open_remote(address: str, settings: Mapping[str, Any] | None = None) -> Remote:
    """Return the remote at ``address``; nothing is asked of it before its first use.

    Args:
        address: ``s3://bucket/prefix``, ``file:///folder`` or ``ssh://user@host:port/folder``.
        settings: ``owner``, ``sse``, ``kms_key``, ``endpoint``, ``region``, ``profile`` (S3),
            ``ssh_config`` (ssh), ``retry`` (an :class:`agilml.store.retry.Retry`).

    Raises:
        ConfigError: the address or a setting cannot be meant.
    """
    given = dict(settings or {})
    retry = given.pop("retry", None)
    scheme, colon, _ = address.partition("://")
    if not colon or address != address.strip() or not address.isprintable():
        raise _unclear(address, "it has no scheme or has blanks around it")
    if scheme == "file":
        from agilml.store.file import FileRemote

        return FileRemote(address, _folder_of(address), retry)
    if scheme == "s3":
        from agilml.store.s3 import S3Remote
        from agilml.store.s3_settings import S3Settings

        return S3Remote(address, *_bucket_of(address), S3Settings.of(given), retry)
    if scheme == "ssh":
        from agilml.store.ssh import SshRemote

        return SshRemote(address, *_host_of(address), given.get("ssh_config"), retry)
    raise _unclear(address, f"`{safe_text(scheme)}` is no kind of remote")


def _folder_of(address: str) -> Path:
    host, slash, rest = address.removeprefix("file://").partition("/")
    if host not in ("", "localhost") or not slash or not rest.strip("/"):
        raise _unclear(address, "a folder's address has three slashes and an absolute path")
    return Path("/" + rest)


def _bucket_of(address: str) -> tuple[str, str]:
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    prefix = prefix.removesuffix("/")
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise _unclear(address, "that is no name of a bucket")
    if prefix and not is_key(prefix):
        raise _unclear(address, "its prefix has parts that no key may have")
    return bucket, prefix


def _host_of(address: str) -> tuple[str, str | None, int | None, str]:
    """Return host, user, port and folder."""
    try:
        parts = urlsplit(address)
        host, user, port = parts.hostname or "", parts.username, parts.port
    except ValueError as error:
        raise _unclear(address, str(error)) from error
    folder = unquote(parts.path)
    if parts.password is not None:
        raise _unclear(address.replace(parts.password, "…"), "it has a password in it; use a key")
    if not _HOST.fullmatch(host) or (user is not None and not _USER.fullmatch(user)):
        raise _unclear(address, "that is no host, or no user")
    if parts.query or parts.fragment or not folder.strip("/") or not folder.isprintable():
        raise _unclear(address, "it has no plain absolute path behind the host")
    return host, user, port, folder


def _unclear(address: str, why: str) -> ConfigError:
    return ConfigError(f"`{safe_text(address)}` is no address of a remote: {why}", next=_FORMS)
