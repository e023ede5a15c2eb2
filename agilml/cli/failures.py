"""The one place that turns a failure into three lines and an exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from agilml.cli.globals import Globals
from agilml.errors import AgilError, Exit, UsageError
from agilml.model import DamagedValue
from agilml.text import safe_text

LONGEST = 2000
EXTRAS = {
    "boto3": "s3",
    "botocore": "s3",
    "onnx": "onnx",
    "ray": "ray",
    "sklearn": "sklearn",
    "torch": "torch",
}
"""What to install where an optional package is missing."""


def answer_to(error: BaseException, words: Sequence[str], options: Globals) -> int:
    """Say on stderr what happened, what is safe and what to type; return the exit code."""
    if isinstance(error, SystemExit):
        return _code_of(error)
    if isinstance(error, KeyboardInterrupt):
        return Exit.INTERRUPTED
    if options.debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, AgilError):
        say(error)
        return error.exit_code
    say(_damage(error) or _unexpected(error, words, options))
    return Exit.FAILED


def _damage(error: BaseException) -> AgilError | None:
    """Return what to say of a ledger that SQLite, or a reader of ours, cannot make sense of."""
    import sqlite3

    broken = type(error) is sqlite3.DatabaseError or isinstance(error, DamagedValue)
    if not broken:
        return None
    return AgilError(
        f"the ledger is not sound: {error}", kept="the file is unchanged", next="agil doctor"
    )


def say(error: AgilError) -> None:
    """Print the three lines of ``error`` on stderr."""
    for label, text in (("error", error.cause), (" kept", error.kept), (" next", error.next)):
        print(f"{label}: {safe_text(text, LONGEST)}", file=sys.stderr)


@contextmanager
def as_usage_errors() -> Iterator[None]:
    """Turn typer's complaints about words into ours."""
    import typer

    # Typer has its own copy of click in newer versions, so its classes are found through its own names.
    usage_error: type[Exception] = typer.BadParameter.__mro__[1]
    try:
        yield
    except usage_error as error:
        context = getattr(error, "ctx", None)
        command = getattr(context, "command_path", "agil")
        message = str(getattr(error, "format_message", error.__str__)())
        raise UsageError(_sentence(message), next=f"{command} --help") from error
    except typer.Abort:
        raise KeyboardInterrupt from None


def _sentence(message: str) -> str:
    text = " ".join(message.split()).rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _unexpected(error: BaseException, words: Sequence[str], options: Globals) -> AgilError:
    extra = (
        EXTRAS.get((error.name or "").partition(".")[0]) if isinstance(error, ImportError) else None
    )
    if extra:
        return AgilError(
            f"this needs a package that is not installed: {error}",
            next=f"pip install 'agilml[{extra}]'",
        )
    what = "".join(_one_line(error))
    again = " ".join(["agil", *words[:6], *(["…"] if len(words) > 6 else [])])
    if options.debug:
        return AgilError(
            what, kept="everything recorded so far", next="report this with the traceback above"
        )
    path = _keep_traceback(error, words)
    kept = (
        f"everything recorded so far; the traceback is in {path}"
        if path
        else "everything recorded so far"
    )
    return AgilError(f"unexpected: {what}", kept=kept, next=f"{again} --debug, or report that file")


def _one_line(error: BaseException) -> list[str]:
    import traceback

    return [line.strip() for line in traceback.format_exception_only(error)]


def _keep_traceback(error: BaseException, words: Sequence[str]) -> Path | None:
    """Write the traceback into the project's state folder, or else a temporary one."""
    import tempfile
    import traceback

    from agilml.project import find_project

    name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + f"-{os.getpid()}.txt"
    folders = [Path(tempfile.gettempdir()) / f"agil-errors-{os.getuid()}"]
    try:
        state = find_project().state
    except (AgilError, OSError):
        state = None
    if state is not None and state.is_dir():
        folders.insert(0, state / "errors")
    text = _shareable(words, "".join(traceback.format_exception(error)), state)
    for folder in folders:
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(fd, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return folder / name
    return None


def _shareable(words: Sequence[str], trace: str, state: Path | None) -> str:
    """Return what a report of the failure says, without secrets: people attach it to issues."""
    from agilml.provenance.secrets import scrub, scrub_argv
    from agilml.provenance.secrets_environment import environment_secrets
    from agilml.provenance.secrets_kept import kept_values

    values = environment_secrets() if state is None else kept_values(state)
    return f"agil {' '.join(scrub_argv(words, values))}\n\n{scrub(trace, values)}"


def _code_of(error: SystemExit) -> int:
    if error.code is None:
        return Exit.DONE
    return error.code if isinstance(error.code, int) else Exit.FAILED
