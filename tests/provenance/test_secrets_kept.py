from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from agilml.config import Configs
from agilml.provenance.secrets_kept import (
    FILE,
    KeptSecrets,
    forget,
    kept_values,
    reveal,
    scrub_provenance,
)
from agilml.worker.config import Config

PASSWORD = "correct-horse-battery"
TOKEN = "s" + "k-" + "a1b2c3d4e5f6g7h8i9j0k1l2"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / ".agil"
    folder.mkdir()
    return folder


def test_what_was_concealed_is_revealed_and_nothing_else_changes(state: Path) -> None:
    kept = KeptSecrets(state)
    config = {
        "db": {"password": PASSWORD, "url": f"postgresql://me:{PASSWORD}@host/x", "port": 5432},
        "note": f"use {TOKEN} for now",
        "lr": 0.1,
        "layers": [1, 2],
    }
    told = kept.config(config)
    assert PASSWORD not in json.dumps(told)
    assert TOKEN not in json.dumps(told)
    assert (told["lr"], told["layers"], told["db"]["port"]) == (0.1, [1, 2], 5432)
    kept.save()
    assert reveal(told, state) == config
    assert stat.S_IMODE(os.stat(state / FILE).st_mode) == 0o600


def test_equal_secrets_have_equal_marks_here_and_others_elsewhere(
    state: Path, tmp_path: Path
) -> None:
    first = KeptSecrets(state)
    mark = first.conceal(PASSWORD)
    first.save()
    assert KeptSecrets(state).conceal(PASSWORD) == mark
    assert KeptSecrets(state).conceal(PASSWORD + "x") != mark
    assert KeptSecrets(tmp_path).conceal(PASSWORD) != mark


def test_references_and_placeholders_stay_as_they_are(state: Path) -> None:
    kept = KeptSecrets(state)
    told = kept.config(
        {"db": {"password": PASSWORD}, "api_key": "${oc.env:KEY}", "token": "[MASK]"}
    )
    assert kept.config(told) == told
    assert (told["api_key"], told["token"]) == ("${oc.env:KEY}", "[MASK]")


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        (f"db.password={PASSWORD}", "db.password=#"),
        (f"db.password='{PASSWORD}'", "db.password=#"),
        ("++api_key=abc123def,ghi456jkl", "++api_key=#,#"),
        ("api_key=choice(abc123def,ghi456jkl)", "api_key=choice(#,#)"),
        ("url=https://me:pa55word@host/x", "url=https://#@host/x"),
        (f"note={TOKEN}", "note=#"),
        ("lr=1e-3,1e-2", "lr=1e-3,1e-2"),
        ("pad_token=[PAD]", "pad_token=[PAD]"),
        ("pooling_token=mean", "pooling_token=mean"),
        ("api_key=${oc.env:KEY}", "api_key=${oc.env:KEY}"),
    ],
)
def test_words_keep_their_shape(state: Path, word: str, shape: str) -> None:
    import re

    (told,) = KeptSecrets(state).words([word])
    assert re.sub(r"\$\{agil\.secret:k[0-9a-f]{12}\}", "#", told) == shape


def test_a_conf_with_secrets_composes_to_references_wherever_they_are_used(project: Path) -> None:
    (project / "conf" / "toy.yaml").write_text(
        f"recipe: toy\ndb:\n  password: {PASSWORD}\n  url: postgresql://me:${{db.password}}@host/x\n"
        "sweep:\n  api_key: abc123def,ghi456jkl\napi_key: null\n"
    )
    kept = KeptSecrets(project)
    structure = Configs(project / "conf", kept.config).compose("toy")
    mark = kept.conceal(PASSWORD)
    assert structure.resolved["db"] == {
        "password": mark,
        "url": f"postgresql://me:{mark}@host/x",
    }
    assert structure.unresolved["db"]["url"] == "postgresql://me:${db.password}@host/x"
    assert structure.resolved["sweep"]["api_key"].count("${agil.secret:") == 2
    kept.save()
    assert reveal(structure.resolved, project)["db"]["url"] == f"postgresql://me:{PASSWORD}@host/x"


def test_a_secret_of_another_machine_is_named_when_it_is_read(state: Path, tmp_path: Path) -> None:
    told = KeptSecrets(state).config({"password": PASSWORD})
    with pytest.raises(KeyError, match="only the machine which planned the sweep"):
        Config(reveal(told, tmp_path))


def test_kept_secrets_are_searched_for_in_what_leaves_but_not_short_ones(state: Path) -> None:
    kept = KeptSecrets(state)
    kept.config({"password": "abc", "db": {"url": "postgresql://me:long-enough@h/x"}})
    kept.save()
    assert "long-enough" in kept_values(state)
    assert "abc" not in kept_values(state)


def test_a_secret_can_be_forgotten(state: Path) -> None:
    kept = KeptSecrets(state)
    told = kept.config({"password": PASSWORD, "api_key": "another-one-1"})
    kept.save()
    assert forget(state, PASSWORD) == 1
    assert PASSWORD not in (state / FILE).read_text()
    assert reveal(told, state)["api_key"] == "another-one-1"
    assert forget(state, PASSWORD) == 0


def test_two_plans_at_once_keep_both_secrets(state: Path) -> None:
    one, two = KeptSecrets(state), KeptSecrets(state)
    first, second = one.conceal("first-secret"), two.conceal("second-secret")
    one.save()
    two.save()
    assert reveal({"a": first, "b": second}, state) == {"a": "first-secret", "b": "second-secret"}


def test_a_damaged_file_is_no_file(state: Path) -> None:
    (state / FILE).write_text("{")
    kept = KeptSecrets(state)
    told = kept.config({"password": PASSWORD})
    kept.save()
    assert reveal(told, state) == {"password": PASSWORD}


def test_the_patch_loses_what_the_conf_held(state: Path) -> None:
    seen = {"git": {"commit": "abc", "patch": f"+  password: {PASSWORD}\n"}, "argv": ["agil"]}
    told = scrub_provenance(seen, (PASSWORD,))
    assert told == {"git": {"commit": "abc", "patch": "+  password: «secret»\n"}, "argv": ["agil"]}
    assert scrub_provenance({"git": None}, (PASSWORD,)) == {"git": None}


def test_nothing_is_written_before_it_is_saved(state: Path) -> None:
    KeptSecrets(state).config({"password": PASSWORD})
    assert not (state / FILE).exists()
