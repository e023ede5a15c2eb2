from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from tests.cli.conftest import Agil

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  as shutil has it


@pytest.mark.parametrize(("free", "level"), [(0.04, "bad"), (1.0, "odd"), (3.0, "good")])
def test_a_disk_is_judged_by_its_free_space(
    agil: Agil, monkeypatch: pytest.MonkeyPatch, free: float, level: str
) -> None:
    usage = Usage(0, 0, int(free * 2**30))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    said = agil("doctor", "--json")
    assert f'"{level}"' in said.out
    assert said.code == (1 if level == "bad" else 0)


def test_a_ledger_of_garbage_is_told_once(agil: Agil, project: Path) -> None:
    (project / ".agil").mkdir()
    (project / ".agil" / "ledger.db").write_text("garbage" * 100)
    said = agil("doctor")
    assert said.code == 1
    assert (said.out + said.err).count("not a sound ledger") == 1


def test_a_repair_where_nothing_is_leaves_nothing(agil: Agil, project: Path) -> None:
    said = agil("doctor", "--repair")
    assert said.code == 1
    assert "there is no ledger here, and no remote to make one from" in said.err
    assert not (project / ".agil").exists()
