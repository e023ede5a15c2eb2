"""A manifest and files as one file: a tar, sorted and without times, compressed with zstd.

The first member is ``manifest.json``; ``changes.patch``, for people to read, is the second where there is
one; every other is ``files/`` and the path of a file. Equal code gives equal bytes with one version of zstd.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agilml.provenance.snapshot.manifest import DamagedBundle, File, Manifest

MANIFEST = "manifest.json"
PATCH = "changes.patch"
FILES = "files/"
LEVEL = 6
MOST_BYTES = 512 << 20
"""What a bundle may unpack to, in bytes; more is no bundle of ours but a trap."""
MOST_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was read: every file's bytes are those that its manifest promises.

    Attributes:
        patch: what differs from the commit, as Git shows it, without what looked secret.
        contents: stored bytes of every file that is no link, by path.
    """

    manifest: Manifest
    patch: str | None
    contents: Mapping[str, bytes]


def pack(manifest: Manifest, contents: Mapping[str, bytes], patch: str | None) -> bytes:
    """Return the bytes of a bundle; the same arguments always give the same bytes."""
    import zstandard

    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, MANIFEST, manifest.encoded())
        if patch:
            _add(tar, PATCH, patch.encode("utf-8", "backslashreplace"))
        for file in sorted(manifest.files):
            if file.link is None:
                _add(tar, FILES + file.path, contents[file.path], executable=file.executable)
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    return compressor.compress(raw.getvalue())


def unpack(path: Path) -> Bundle:
    """Return the bundle in the file ``path``, every file of it verified.

    Raises:
        DamagedBundle: it is cut, changed, too large, or was never one.
        OSError: the file cannot be read.
    """
    import zstandard

    try:
        with (
            path.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as raw,
            tarfile.open(fileobj=_Limited(raw), mode="r|") as tar,
        ):
            return _read(tar)
    except (tarfile.TarError, zstandard.ZstdError, EOFError, UnicodeError) as error:
        raise DamagedBundle(str(error)) from error


def _add(tar: tarfile.TarFile, name: str, content: bytes, *, executable: bool = False) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o755 if executable else 0o644
    tar.addfile(member, io.BytesIO(content))


def _read(tar: tarfile.TarFile) -> Bundle:
    manifest: Manifest | None = None
    wanted: dict[str, File] = {}
    contents: dict[str, bytes] = {}
    patch: str | None = None
    for number, member in enumerate(tar):
        if number > MOST_MEMBERS or not member.isreg():
            raise DamagedBundle("it holds what no bundle holds")
        source = tar.extractfile(member)
        content = b"" if source is None else source.read()
        if manifest is None:
            if member.name != MANIFEST:
                raise DamagedBundle("it does not begin with a manifest")
            manifest = Manifest.decode(content)
            wanted = {FILES + file.path: file for file in manifest.files if file.link is None}
        elif member.name == PATCH:
            patch = content.decode("utf-8", "backslashreplace")
        else:
            contents[_verified(member.name, content, wanted)] = content
    if manifest is None:
        raise DamagedBundle("it is empty")
    missing = [file.path for file in wanted.values() if file.path not in contents]
    if missing:
        raise DamagedBundle(f"{missing[0]} is not in it")
    return Bundle(manifest, patch, contents)


def _verified(name: str, content: bytes, wanted: Mapping[str, File]) -> str:
    """Return the path of a member whose bytes are those that the manifest promises."""
    file = wanted.get(name)
    if file is None:
        raise DamagedBundle(f"{name} is not in its manifest")
    if hashlib.sha256(content).hexdigest() != (file.stored or file.sha256):
        raise DamagedBundle(f"{file.path} is not what was stored")
    return file.path


class _Limited(io.RawIOBase):
    """A stream that refuses to go on behind :data:`MOST_BYTES`."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._left = MOST_BYTES

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes; raise where there have been too many."""
        found = self._raw.read(size if size >= 0 else self._left + 1)
        self._left -= len(found)
        if self._left < 0:
            raise DamagedBundle(f"it unpacks to more than {MOST_BYTES >> 20} MiB")
        return found
