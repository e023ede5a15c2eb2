"""The entry point of ``agil``.

What a person waits for most often (`--help`, `--version`, `runs`, <TAB>) is answered before typer is
imported, which alone takes longer than all of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from agilml import __version__
from agilml.cli.globals import Globals
from agilml.errors import Exit

COMPLETE = "_AGIL_COMPLETE"
"""Set by the completion scripts to the name of their shell."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``agil`` with these words (by default those of the command line); return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    options = Globals()
    _write_anything()
    try:
        words = options.take_from(words)
        code = _dispatch(words, options)
        _flush()
    except BrokenPipeError:
        # Whoever reads us has read enough.
        _forget_output()
        return Exit.DONE
    except BaseException as error:  # noqa: BLE001  every way to fail ends in one place
        from agilml.cli.failures import answer_to

        return answer_to(error, words, options)
    return code


def _dispatch(words: list[str], options: Globals) -> int:
    if COMPLETE in os.environ:
        from agilml.cli.completion import complete

        return complete(os.environ[COMPLETE])
    if words in ([], ["--help"], ["-h"]):
        return _print_help()
    if words == ["--version"]:
        print(f"agil {__version__}")
        return Exit.DONE
    _check_links()
    options.enter_project()
    if words[0] == "runs":
        from agilml.cli.quick import runs

        code = runs(words[1:])
        if code is not None:
            return code
    from agilml.cli.app import run

    return run(words)


def _print_help() -> int:
    path = os.path.join(os.path.dirname(__file__), "help.txt")
    with open(path, encoding="utf-8") as file:
        print(file.read(), end="")
    return Exit.DONE


def _check_links() -> None:
    """Raise where Git checked the links inside the package out as text files."""
    from agilml.errors import AgilError

    package = os.path.dirname(os.path.dirname(__file__))
    for name in ("executors", "conf", "recipes"):
        if not os.path.isdir(os.path.join(package, name)):
            raise AgilError(
                f"this checkout has no symbolic links: agilml/{name} should lead to {name}/",
                next="git config core.symlinks true && git checkout -- agilml",
            )


def _write_anything() -> None:
    """Let no character stop us from writing, whatever the terminal's encoding is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _forget_output() -> None:
    """Keep Python from complaining about the broken pipe once more when it exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
