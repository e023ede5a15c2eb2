"""The completion scripts, and where they go."""

from __future__ import annotations

import os
import sys
from importlib import resources
from pathlib import Path

from agilml.errors import AgilError, Exit, UsageError
from agilml.text import safe_text

SHELLS = ("bash", "zsh", "fish")


def show(shell: str | None) -> int:
    """Print the script for ``shell``, by default the one that the user logs in with."""
    print(_script(_checked(shell)), end="")
    return Exit.DONE


def install(shell: str | None) -> int:
    """Write the script where the shell will find it; a second time changes nothing.

    bash and zsh get one line at the end of their start file; fish looks into a folder by itself.
    """
    name = _checked(shell)
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    try:
        if name == "fish":
            made = [_write(config / "fish" / "completions" / "agil.fish", _script(name))]
        else:
            script = _write(data / "agil" / f"completion.{name}", _script(name))
            start = Path(os.environ.get("ZDOTDIR") or Path.home()) if name == "zsh" else Path.home()
            made = [script, _add_line(start / f".{name}rc", f'source "{script}"')]
    except OSError as error:
        raise AgilError(
            f"completion cannot be installed: {error}",
            next=f"agil --show-completion {name}, and put that where {name} reads it",
        ) from error
    for path in made:
        print(f"wrote {path}", file=sys.stderr)
    print(f"next: exec {name}", file=sys.stderr)
    return Exit.DONE


def _checked(shell: str | None) -> str:
    name = shell or os.path.basename(os.environ.get("SHELL", ""))
    if name in SHELLS:
        return name
    raise UsageError(
        f"no completion for the shell `{safe_text(name)}`",
        next=f"agil --install-completion {'|'.join(SHELLS)}",
    )


def _script(shell: str) -> str:
    return resources.files("agilml.cli").joinpath(f"completion.{shell}").read_text("utf-8")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _add_line(path: Path, line: str) -> Path:
    text = path.read_text("utf-8", "surrogateescape") if path.exists() else ""
    if line not in text.splitlines():
        gap = "" if not text or text.endswith("\n") else "\n"
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{gap}{line}\n")
    return path
