from __future__ import annotations

import re
from importlib import import_module

import pytest
import typer

from agilml import __version__
from agilml.cli.app import make_app
from agilml.cli.help import PAGE, PATH, help_text, reference_page
from agilml.cli.verbs import VERBS
from tests.cli.conftest import Agil


def test_the_kept_help_is_what_typer_would_print() -> None:
    assert PATH.read_text() == help_text(), "python -m agilml.cli.help writes it anew"


def test_the_page_of_the_command_line_is_what_typer_would_print() -> None:
    assert PAGE.read_text() == reference_page(), "python -m agilml.cli.help writes it anew"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_is_printed_at_once(agil: Agil, words: list[str]) -> None:
    said = agil(*words)
    assert (said.code, said.err) == (0, "")
    assert said.out == PATH.read_text()


def test_help_names_every_verb_once_and_no_other() -> None:
    listed = re.findall(r"^  (\w+)  ", PATH.read_text().partition("Commands:")[2], re.MULTILINE)
    assert listed == list(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_exists_and_explains_itself_and_its_options(agil: Agil, name: str) -> None:
    function = getattr(import_module(VERBS[name].module), VERBS[name].function)
    assert function.__doc__
    command = typer.main.get_command(make_app())
    verb = getattr(command, "commands")[name]  # noqa: B009  typer's own type does not tell
    assert not [param.name for param in verb.params if not getattr(param, "help", "")]
    said = agil(name, "--help")
    assert said.code == 0
    assert f"Usage: agil {name}" in said.out


def test_the_version_is_printed(agil: Agil) -> None:
    assert agil("--version").out == f"agil {__version__}\n"
