"""The text of ``agil --help``, kept in ``help.txt`` so that printing it takes no typer.

``python -m agilml.cli.help`` writes it anew (``make docs`` does); a test tells when that was forgotten.
"""

from __future__ import annotations

import os
from pathlib import Path

WIDTH = 100
PATH = Path(__file__).with_name("help.txt")


def help_text() -> str:
    """Return what typer prints for ``agil --help`` on a screen of 100 columns."""
    import typer

    from agilml.cli.app import make_app

    command = typer.main.get_command(make_app())
    context = command.make_context(
        "agil", [], resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    lines = command.get_help(context).rstrip().splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


if __name__ == "__main__":
    temporary = PATH.with_suffix(".new")
    temporary.write_text(help_text(), encoding="utf-8")
    os.replace(temporary, PATH)
