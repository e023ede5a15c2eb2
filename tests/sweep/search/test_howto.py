"""The plug-in of the how-to page is installed and used, and its contract test is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILE = re.compile(r"^```\w+ title=(\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_sampler_of_the_how_to_works_as_a_plug_in(tmp_path: Path) -> None:
    files = dict(FILE.findall((ROOT / "docs/howto/write-a-sampler.md").read_text()))
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    project = tomllib.loads(files["pyproject.toml"])["project"]
    metadata = tmp_path / "nudging-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: nudging\nVersion: 1.0\n")
    [(group, points)] = project["entry-points"].items()
    lines = [f"{name} = {target}" for name, target in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
    used = (
        "from agilml.sweep.search.samplers import make_sampler\n"
        "from agilml.testing.samplers import ONE, SPACE, drive\n"
        "made = make_sampler({'name': 'nudging', 'seed': 1}, SPACE, ONE)\n"
        "print(len(drive(made, 0, 40)))\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    for words in (
        ["-c", used],
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nudging.py"],
    ):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
