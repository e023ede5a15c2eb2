from __future__ import annotations

from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil


def test_tags_are_put_on_and_taken_off(agil: Agil, sample: SampleSweep) -> None:
    assert agil("tag", "best@latest", "paper", "v2", "--json").json["tags"] == ["paper", "v2"]
    run = agil("show", "paper", "--json").json
    assert run["tags"] == ["paper", "v2"]
    assert agil("tag", "paper", "v2", "--remove", "--json").json["tags"] == ["paper"]
    assert agil("show", "v2").code == 2


def test_putting_a_tag_on_twice_changes_nothing(agil: Agil, sample: SampleSweep) -> None:
    agil("tag", "latest", "paper")
    said = agil("tag", "latest", "paper", "--json")
    assert (said.code, said.json["tags"]) == (0, ["paper"])


def test_taking_off_what_is_not_on_is_refused_and_changes_nothing(
    agil: Agil, sample: SampleSweep
) -> None:
    agil("tag", "latest", "paper")
    said = agil("tag", "latest", "paper", "papers", "--remove")
    assert said.code == 1
    assert "does not carry the tag `papers`; did you mean `paper`?" in said.err
    assert agil("show", "latest", "--json").json["tags"] == ["paper"]


def test_all_tags_are_listed(agil: Agil, sample: SampleSweep) -> None:
    agil("tag", sample.id, "a-sweep")
    listed = agil("tag", "--list", "--json").json
    assert [(item["tag"], item["target"]) for item in listed] == [
        ("a-sweep", sample.id),
        ("baseline", sample.trials[0]),
    ]
    assert listed[1]["by"] == "ada"
    assert "baseline" in agil("tag", "--list").out


def test_no_tags_is_no_failure(agil: Agil) -> None:
    assert agil("tag", "--list", "--json").json == []
    assert agil("tag", "--list").code == 0


def test_a_tag_on_several_runs_names_none_of_them(agil: Agil, sample: SampleSweep) -> None:
    for trial in sample.trials[4:6]:
        agil("tag", trial, "group")
    said = agil("show", "group")
    assert said.code == 2
    assert sample.trials[4] in said.err
    assert sample.trials[5] in said.err


def test_a_bad_tag_changes_nothing(agil: Agil, sample: SampleSweep) -> None:
    said = agil("tag", "latest", "good", "not good")
    assert said.code == 2
    assert agil("show", "latest", "--json").json["tags"] == []


def test_words_that_are_missing_are_asked_for(agil: Agil, sample: SampleSweep) -> None:
    assert agil("tag").code == 2
    assert agil("tag", "latest").code == 2
    assert agil("tag", "--list", "latest").code == 2
