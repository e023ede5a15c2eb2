"""The file that an export makes: whole under its name, or not there at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agilml.errors import AgilError, UsageError
from agilml.text import safe_text

FORMATS = (".csv", ".jsonl", ".parquet")


def check(path: Path, *, force: bool) -> None:
    """Raise UsageError unless ``path`` ends in a known format, and is new or may be replaced (``force``)."""
    if path.suffix not in FORMATS:
        raise UsageError(
            f"the name `{safe_text(path.name)}` ends in no format that is known",
            kept="nothing was written",
            next=f"a name that ends in {', '.join(FORMATS)}",
        )
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(
            f"{safe_text(path)} cannot be a file", kept="nothing was written", next="another name"
        )
    if path.exists() and not force:
        raise UsageError(
            f"{safe_text(path)} is there already",
            kept="the file is unchanged",
            next="--force replaces it, or choose another name",
        )


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``path`` that takes its place when the block ends well.

    Raises:
        AgilError: it cannot be written.
    """
    try:
        fd, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    temporary = Path(name)
    try:
        os.fchmod(fd, 0o666 & ~_umask())
        os.close(fd)
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _unwritable(path: Path, error: OSError) -> AgilError:
    return AgilError(
        f"{safe_text(path)} cannot be written: {error.strerror or error}",
        kept="what was there before",
        next=f"df -h {safe_text(path.parent)}",
    )
