from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agilml.cli.main import main
from agilml.testing.ledgers import SampleSweep, sample_ledger


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is not JSON")

        return json.loads(self.out, parse_constant=refuse)


Agil = Callable[..., Said]


@pytest.fixture
def agil(project: Path, capfd: pytest.CaptureFixture[str]) -> Agil:
    """Return a function that runs the command line in this process, inside an empty project."""

    def run(*words: str) -> Said:
        capfd.readouterr()
        code = main(words)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture(scope="session")
def _sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSweep]:
    path = tmp_path_factory.mktemp("sample") / "ledger.db"
    return path, sample_ledger(path)[0]


@pytest.fixture
def sample(project: Path, _sample: tuple[Path, SampleSweep]) -> SampleSweep:
    """Return the sweep in a ledger of the project's own: twelve runs with everything in them."""
    path, sweep = _sample
    (project / ".agil").mkdir()
    shutil.copy(path, project / ".agil" / "ledger.db")
    return sweep
