from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.cli.completion import split_line
from agilml.cli.completion_install import install
from agilml.cli.verbs import VERBS
from agilml.model import short
from agilml.testing.ledgers import SampleSweep

CLI = Path(__file__).parents[2] / "agilml" / "cli"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a command `agil` into the PATH that this Python answers."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "agil"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m agilml "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return script


@pytest.fixture
def confs(project: Path) -> None:
    for name in ("model/tiny8", "model/tiny14", "model/big", "toy"):
        path = project / "conf" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text("x: 1\n")
    (project / "conf" / "toy.yaml").write_text("defaults: [_base, {model: tiny8}, _self_]\ny: 1\n")


def bash(line: str) -> list[str]:
    """Return what real bash would offer behind ``line``, as it would insert it."""
    script = (
        f'source "{CLI}/completion.bash"\n'
        "COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=(agil)\n"
        "_agil_complete 2>/dev/null\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", line], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_verbs_are_offered_first(tool: Path) -> None:
    assert bash("agil ") == list(VERBS)
    assert bash("agil sw") == ["sweep"]
    assert bash("agil x") == []


@pytest.mark.usefixtures("tool", "confs")
def test_confs_groups_and_their_options_are_offered_behind_the_equals_sign() -> None:
    assert bash("agil sweep con") == ["conf="]
    assert bash("agil sweep conf=to") == ["toy"]
    assert "model=" in bash("agil sweep conf=toy ")
    assert bash("agil sweep conf=toy mod") == ["model=", "model.x="]
    assert bash("agil run conf=toy model=tin") == ["tiny14", "tiny8"]
    assert bash("agil show conf=to") == ["toy"]


@pytest.mark.usefixtures("tool", "confs")
def test_a_chosen_conf_offers_its_own_groups_and_keys() -> None:
    offered = bash("agil sweep conf=toy ")
    assert {"model=", "model.x=", "y=", "executor=", "seed="} <= set(offered)
    assert not {"data=", "optim=", "budget.trials="} & set(offered)
    assert bash("agil sweep conf=toy budget.") == [
        f"budget.{limit}=" for limit in ("hours", "slot_hours", "target", "trials", "usd")
    ]
    assert bash("agil sweep conf=resnet optim=adamw optim.b") == ["optim.betas="]
    assert bash("agil sweep conf=none ") == []


def test_offering_keys_needs_no_hydra(project: Path) -> None:
    code = (
        "import sys; from agilml.cli.completion_words import arguments;"
        "found = arguments('sweep', ['conf=resnet'], 'optim.');"
        "assert any(one.word == 'optim.momentum=' for one in found), found;"
        "assert not {'hydra', 'omegaconf'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("tool", "confs")
def test_a_list_goes_on_behind_its_comma_without_what_it_holds() -> None:
    assert bash("agil sweep conf=toy model=tiny8,tin") == ["tiny8,tiny14"]
    assert "conf=" not in bash("agil sweep conf=toy ")


@pytest.mark.usefixtures("tool")
def test_runs_sweeps_and_tags_are_offered_where_they_fit(sample: SampleSweep) -> None:
    assert short(sample.id) in bash("agil resume ")
    assert not [word for word in bash("agil resume ") if word.startswith("t-")]
    assert set(bash(f"agil show {sample.trials[0][:6]}")) == {short(sample.trials[0])}
    assert bash("agil compare base") == ["baseline"]
    assert bash("agil logs best@lat") == ["latest"]
    assert bash("agil runs @m") == ["main"]
    assert bash("agil runs --tag b") == ["baseline"]
    assert bash("agil runs --sort val") == ["val_acc"]


@pytest.mark.usefixtures("tool")
def test_options_and_their_values_are_offered(project: Path) -> None:
    assert bash("agil runs --js") == ["--json"]
    assert bash("agil --ver") == ["--version"]
    assert bash("agil runs --state fa") == ["failed"]


@pytest.mark.usefixtures("tool")
def test_nothing_disturbs_typing(project: Path) -> None:
    (project / "agil.toml").write_text("not toml [")
    assert bash("agil show t-") == []
    assert bash('agil sweep conf="') == []


def test_text_from_outside_cannot_reach_the_shell(tool: Path, project: Path) -> None:
    (project / "conf" / "model").mkdir()
    (project / "conf" / "model" / "a\nb.yaml").write_text("x: 1\n")
    assert all("a" != word for word in bash("agil sweep model=a"))


@pytest.mark.slow
@pytest.mark.usefixtures("tool", "confs")
def test_fish_is_told_what_a_word_means(project: Path) -> None:
    if shutil.which("fish") is None:
        pytest.skip("no fish here")
    script = (
        f'source {CLI}/completion.fish; complete -C"agil sw"; complete -C"agil run model=tiny8,t"'
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"sweep\t{VERBS['sweep'].summary}", "model=tiny8,tiny14"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_installing_twice_is_installing_once(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    start = tmp_path / f".{shell}rc"
    start.write_text("# mine, without an end of line")
    install(shell)
    first = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    install(shell)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == first
    if shell != "fish":
        assert start.read_text().splitlines()[0] == "# mine, without an end of line"
        assert start.read_text().splitlines()[1].startswith("source ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_sound(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", str(CLI / f"completion.{shell}")], check=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("agil", ([], "agil")),
        ("agil ", ([], "")),
        ("agil sweep conf=re", (["sweep"], "conf=re")),
        ("agil show 't-1 2' x", (["show", "t-1 2"], "x")),
        ('agil sweep a="b c', (["sweep"], "a=b c")),
        ("agil a\\ b", ([], "a b")),
    ],
)
def test_a_line_is_split_like_a_shell_does(line: str, expected: tuple[list[str], str]) -> None:
    assert split_line(line) == expected


@given(st.text())
def test_any_line_can_be_split(line: str) -> None:
    words, current = split_line(line)
    assert all(isinstance(word, str) for word in [*words, current])
