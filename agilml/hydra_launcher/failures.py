"""An exception as JSON, and back: what ended a job in its process is raised again in the app's.

Nothing is imported and no ``__init__`` of an app's class is called. A class is looked up among the modules
that are loaded; where it is not found, or would print as something else, :class:`JobFailed` stands in.
"""

from __future__ import annotations

import builtins
import contextlib
import sys
import traceback
from collections.abc import Mapping, Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any

from agilml.errors import AgilError
from agilml.hydra_launcher.results import decode, encode_or_repr

MOST_FRAMES = 200
LONGEST_CHAIN = 10
LONGEST_TEXT = 20_000


class JobFailed(AgilError):
    """A job of a Hydra app failed in a way that has no exception here, or did not come to its end."""


def describe(error: BaseException, most: int = LONGEST_CHAIN) -> dict[str, Any]:
    """Return ``error`` as JSON: type, arguments, text, where it was raised, and what it came from."""
    arguments, plain = encode_or_repr(_arguments(error))
    origin = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {
        "module": type(error).__module__,
        "name": type(error).__qualname__,
        "args": arguments if plain else None,
        "text": _text(error),
        "frames": _frames(error),
        "notes": [str(note) for note in getattr(error, "__notes__", [])],
        "caused": error.__cause__ is not None,
        "origin": describe(origin, most - 1) if origin is not None and most else None,
    }


def one_line(told: Mapping[str, Any]) -> str:
    """Return type and text of a described exception, in one line."""
    lines = str(told["text"]).splitlines()
    return f"{told['name']}: {lines[0]}" if lines else str(told["name"])


def rebuild(told: Mapping[str, Any]) -> Exception:
    """Return the exception that :func:`describe` was given, with its traceback and its origin."""
    error = _made(told)
    error.__traceback__ = _traceback(told["frames"])
    for note in told["notes"]:
        error.add_note(note)
    if told["origin"] is not None:
        origin = rebuild(told["origin"])
        if told["caused"]:
            error.__cause__ = origin
        else:
            error.__context__ = origin
    return error


def _made(told: Mapping[str, Any]) -> Exception:
    cls = _class(told["module"], told["name"])
    if cls is not None and told["args"] is not None:
        # The nearest built-in class sets what it keeps in C; the app's own __init__ is not run.
        base = next(c for c in cls.__mro__ if c.__module__ == builtins.__name__)
        # A class may refuse its arguments, and its text may need what __init__ would have set.
        with contextlib.suppress(Exception):
            arguments = decode(told["args"])
            error: object = cls(*arguments) if base is cls else base.__new__(cls, *arguments)
            if isinstance(error, Exception) and str(error) == told["text"]:
                return error
    return JobFailed(one_line(told), kept="the other jobs and what they returned")


def _arguments(error: BaseException) -> list[Any]:
    """Return what its class is to be called with; an OSError keeps the file's name elsewhere."""
    if isinstance(error, OSError) and len(error.args) == 2 and error.filename is not None:
        return [*error.args, error.filename]
    return list(error.args)


def _class(module: str, name: str) -> type[Exception] | None:
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _text(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST_TEXT]
    except Exception:  # noqa: BLE001 - __str__ is the app's code
        return "<its text cannot be had>"


def _frames(error: BaseException) -> list[tuple[str, str, int]]:
    """Return file, function and line of each frame, from the app's function on."""
    frames = [
        (frame.f_code.co_filename, frame.f_code.co_name, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    app = max((i for i, frame in enumerate(frames) if frame[1] == "run_job"), default=-1)
    return frames[app + 1 :][-MOST_FRAMES:]


def _traceback(frames: Sequence[tuple[str, str, int]]) -> TracebackType | None:
    made: TracebackType | None = None
    for file, name, line in reversed(frames):
        made = TracebackType(made, _frame(file, name), -1, line)
    return made


def _frame(file: str, name: str) -> FrameType:
    """Return a frame that a traceback prints as the one of function ``name`` in ``file``."""
    code: CodeType = compile("frame = frame()", file, "exec").replace(
        co_name=name, co_qualname=name
    )
    space: dict[str, Any] = {"frame": lambda: sys._getframe(1)}  # noqa: SLF001 - documented, if named so
    exec(code, space)  # noqa: S102 - our own three words, under another name
    found: FrameType = space["frame"]
    return found
