from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import UsageError
from agilml.ledger.ledger import Ledger
from agilml.project import find_project
from agilml.sweep.address import check_tag, find, find_run, find_sweep
from agilml.testing.ledgers import PROVENANCE, SampleSweep, plan_sample
from tests.cli.conftest import Agil


def test_every_kind_of_address_finds_its_thing(sample: SampleSweep) -> None:
    project = find_project()
    best = find(project, f"best@{sample.id}")
    assert best == "t-0c397dd8bfa540ef"
    for address in (sample.id, sample.id[:6], "latest", "@main"):
        assert find(project, address) == sample.id
        assert find_sweep(project, address) == sample.id
    for address in (sample.trials[0], sample.trials[0][:10], "baseline"):
        assert find(project, address) == sample.trials[0]
    assert find(project, "best@latest") == best
    assert find(project, "best@@main") == best
    assert find_sweep(project, "baseline") == sample.id
    assert find_run(project, "baseline") == sample.trials[0]


def test_a_branch_means_its_newest_sweep(project: Path) -> None:
    (project / ".agil").mkdir()
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        sweeps = [
            plan_sample(ledger, [{"x": i}], name=str(i), provenance=_on(branch))
            for i, branch in enumerate(("main", "feature/a=b", "feature/a=b"))
        ]
    assert find(find_project(), "@feature/a=b") == sweeps[2].id
    assert find(find_project(), "@main") == sweeps[0].id
    assert find(find_project(), "latest") == sweeps[2].id


def test_a_sweep_of_one_run_stands_for_its_run(project: Path) -> None:
    (project / ".agil").mkdir()
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        made = plan_sample(ledger, [{"x": 1}])
    assert find_run(find_project(), "latest") == made.trials[0]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("t-", "the beginning of several ids: t-0c397dd8bfa540ef"),
        ("t-ffffffff", "no run `t-ffffffff`"),
        ("t-0c397dd8bfa540ee", "the nearest are t-0c397dd8bfa540ef"),
        ("s-0", "no sweep `s-0`"),
        ("@mian", "did you mean `main`?"),
        ("baselin", "did you mean `baseline`?"),
        ("champion@digits", "no channel `digits`"),
        ("digits@14", "no channel `digits`"),
        ("best@baseline", "wants a sweep"),
        ("best@nothing", "nothing is tagged `nothing`"),
        ("", "nothing is tagged ``"),
        ("s-%", "no sweep"),
        ("\x1b[2J", "`\\x1b[2J`"),
    ],
)
def test_an_address_of_nothing_says_what_there_is(
    agil: Agil, sample: SampleSweep, address: str, said: str
) -> None:
    answer = agil("show", "--", address)
    assert answer.code == 2
    assert said in answer.err
    assert " kept: nothing was changed" in answer.err


def test_a_tag_cannot_hide_an_id(agil: Agil, sample: SampleSweep) -> None:
    with Ledger.open(find_project().ledger) as ledger:
        ledger.tag(sample.id, sample.trials[0], on=True, by="mallory")
    assert find(find_project(), sample.trials[0]) == sample.trials[0]


def test_best_of_a_sweep_without_values_says_so(project: Path, agil: Agil) -> None:
    (project / ".agil").mkdir()
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        plan_sample(ledger, [{"x": 1}])
    said = agil("show", "best@latest")
    assert said.code == 2
    assert "`val_acc`" in said.err


def test_an_empty_ledger_has_no_newest_sweep(project: Path, agil: Agil) -> None:
    (project / ".agil").mkdir()
    Ledger.open(project / ".agil" / "ledger.db").close()
    assert "there is no sweep yet" in agil("show", "latest").err


@pytest.mark.parametrize(
    "tag",
    ["", "a b", "s-1", "t-1", "-x", "latest", "a@b", "k=v", "a,b", "x\n", "\u202ex", "y" * 101],
)
def test_a_tag_that_could_be_something_else_is_refused(tag: str) -> None:
    with pytest.raises(UsageError):
        check_tag(tag)


@given(st.text(max_size=20))
def test_a_tag_that_is_accepted_is_one_plain_word(tag: str) -> None:
    try:
        check_tag(tag)
    except UsageError:
        return
    assert tag.isprintable()
    assert tag.split() == [tag]
    assert not set(tag) & set("@=,")


def _on(branch: str) -> dict[str, object]:
    return {**PROVENANCE, "git": {"commit": "0" * 40, "branch": branch, "dirty": False}}
