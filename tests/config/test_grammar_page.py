"""The examples of the reference page are true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from agilml.config import NOT_IDENTITY, Configs
from agilml.sweep.expand import expand, studies
from agilml.sweep.grammar import OWN_FUNCTIONS

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "sweep-grammar.md"
OPEN = re.compile(r"^agil sweep (.*?)\s+# open: (.+)$", re.MULTILINE)
EXAMPLE = re.compile(r"^agil sweep (.*?)\s+# (\d+)$", re.MULTILINE)


@pytest.mark.parametrize(("line", "count"), EXAMPLE.findall(PAGE.read_text()))
def test_an_example_expands_to_as_many_trials_as_the_page_says(line: str, count: str) -> None:
    assert len(expand(Configs(None), shlex.split(line), verify=1).points) == int(count)


@pytest.mark.parametrize(("line", "names"), OPEN.findall(PAGE.read_text()))
def test_an_example_is_open_in_the_keys_that_the_page_says(line: str, names: str) -> None:
    (study,) = studies(Configs(None), shlex.split(line))
    assert [one.name for one in study.axes.open] == names.split()


def test_the_page_names_every_function_and_every_key_outside_identity() -> None:
    text = PAGE.read_text()
    assert all(f"{name}(" in text for name in OWN_FUNCTIONS)
    assert " ".join(NOT_IDENTITY) in text.replace("\n", " ")


def test_the_axes_of_the_pages_conf_file_expand(tmp_path: Path) -> None:
    node = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert node
    (tmp_path / "page.yaml").write_text(f"defaults: [resnet, _self_]\n{node.group(1)}")
    found = expand(Configs(tmp_path), ["conf=page"])
    assert len(found.points) == 18
    assert found.excluded == 6
