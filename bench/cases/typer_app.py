"""A typer application with three empty verbs: what a command line on typer costs."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command()
def sweep(conf: str, slots: int = 1) -> None:
    """Do nothing."""


@app.command()
def runs(limit: int = 20) -> None:
    """Do nothing."""


@app.command()
def compare(left: str, right: str) -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
