from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import agilml
from agilml.cli.failures import answer_to
from agilml.cli.globals import Globals
from agilml.errors import AgilError, LedgerDamaged, UsageError
from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil

THREE_LINES = re.compile(r"\Aerror: .+\n kept: .+\n next: .+\n\Z")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["rnus"], 2, "did you mean `runs`?"),
        (["promote"], 2, "no verb `promote`"),
        (["conf=resnet"], 2, "agil sweep conf=resnet"),
        (["runs", "--jsn"], 2, "--json"),
        (["runs", "--limit", "0"], 2, "--limit"),
        (["runs", "--limit", "many"], 2, "--limit"),
        (["show"], 2, "show wants a run"),
        (["--wat", "runs"], 2, "--wat"),
        (["--project"], 2, "--project wants a folder"),
        (["--project", "/no/such/place", "runs"], 2, "cannot be entered"),
        (["show", "latest"], 1, "no ledger"),
        (["\x1b[2J"], 2, "\\x1b[2J"),
    ],
)
def test_every_failure_has_three_lines_and_its_code(
    agil: Agil, words: list[str], code: int, said: str
) -> None:
    answer = agil(*words)
    assert answer.code == code
    assert answer.out == ""
    assert THREE_LINES.match(answer.err), answer.err
    assert said in answer.err


def test_a_damaged_ledger_is_an_error_and_stays_as_it_is(agil: Agil, sample: SampleSweep) -> None:
    ledger = Path(".agil/ledger.db")
    data = bytearray(ledger.read_bytes())
    data[100:] = os.urandom(len(data) - 100)
    ledger.write_bytes(data)
    said = agil("runs")
    assert said.code == 1
    assert THREE_LINES.match(said.err), said.err
    assert ledger.read_bytes() == data


def test_something_unexpected_leaves_its_traceback_in_a_file(
    agil: Agil, sample: SampleSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError("a bug \x1b[2J")

    monkeypatch.setattr("agilml.cli.listing.list_runs", fail)
    said = agil("runs")
    assert said.code == 1
    assert THREE_LINES.match(said.err), said.err
    assert "\x1b" not in said.err
    match = re.search(r"the traceback is in (.+\.txt)", said.err)
    assert match
    kept = Path(match.group(1))
    assert kept.parent == Path(".agil/errors").absolute()
    assert "ZeroDivisionError: a bug" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0
    debugged = agil("runs", "--debug")
    assert "Traceback (most recent call last)" in debugged.err
    assert len(list(kept.parent.iterdir())) == 1


def test_a_kept_traceback_holds_no_secret(
    agil: Agil, sample: SampleSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError("not with ghp_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

    monkeypatch.setattr("agilml.cli.listing.list_runs", fail)
    agil("runs", "--tag", "ghp_abcdefghijklmnopqrstuvwxyz0123456789")
    (kept,) = Path(".agil/errors").iterdir()
    assert "ZeroDivisionError" in kept.read_text()
    assert "ghp_" not in kept.read_text()


def test_debug_shows_where_an_expected_error_comes_from(agil: Agil, sample: SampleSweep) -> None:
    assert "Traceback" not in agil("show", "nothing").err
    assert "Traceback" in agil("--debug", "show", "nothing").err


def test_the_project_can_be_another_folder(
    agil: Agil, sample: SampleSweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(Path.cwd())
    for words in (["--project", root, "runs", "--json"], ["runs", f"--project={root}", "--json"]):
        monkeypatch.chdir(tmp_path)
        assert len(agil(*words).json) == 12
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGIL_PROJECT", root)
    assert len(agil("runs", "--json").json) == 12


def test_a_missing_extra_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    missing = ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")
    assert answer_to(missing, ["run"], Globals()) == 1
    assert "next: pip install 'agilml[torch]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AgilError("x"), 1),
        (UsageError("x"), 2),
        (LedgerDamaged("x"), 1),
        (KeyboardInterrupt(), 130),
        (SystemExit(), 0),
        (SystemExit(3), 3),
        (MemoryError(), 1),
    ],
)
def test_every_kind_of_error_has_its_exit_code(
    error: BaseException, code: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer_to(error, ["runs"], Globals()) == code


def test_an_interrupt_ends_with_130_and_no_traceback(project: Path) -> None:
    # A shell that puts us in the background lets its children ignore the signal; a terminal does not.
    code = "import agilml.cli.main as m, os, signal\nsignal.signal(2, signal.default_int_handler)\n"
    code += "m._dispatch = lambda *_: os.kill(os.getpid(), 2)\n"
    done = _python(code + "raise SystemExit(m.main(['runs']))")
    assert (done.returncode, done.stderr) == (130, "")


def test_a_reader_that_has_read_enough_is_no_failure(sample: SampleSweep) -> None:
    command = f"set -o pipefail; {sys.executable} -m agilml runs --json | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, '[{"run": "', "")


def test_any_text_can_be_written_to_any_encoding(
    sample: SampleSweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = _python("from agilml.cli.main import main; raise SystemExit(main(['runs']))")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2713 t-" in done.stdout


def test_a_checkout_without_links_says_how_to_get_them(tmp_path: Path) -> None:
    package = Path(agilml.__file__).parent
    shutil.copytree(package, tmp_path / "agilml", ignore=_links_and_caches)
    for name in ("executors", "conf", "recipes"):
        (tmp_path / "agilml" / name).write_text(f"../{name}")
    command = [sys.executable, "-m", "agilml", "runs"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "next: git config core.symlinks true && git checkout -- agilml" in done.stderr


def _links_and_caches(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__" or Path(folder, name).is_symlink()}


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
