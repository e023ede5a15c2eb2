"""A thousand secrets, none of which may be left, and a great deal of text that holds none."""

from __future__ import annotations

import hashlib
import random
import time
import uuid
from pathlib import Path

import pytest

from agilml.provenance.secrets import SECRET, scrub, scrub_json, secrets_in
from agilml.provenance.secrets_environment import environment_secrets
from tests.provenance.planted import KINDS, PLACES, Planted, planted, with_forms

ROOT = Path(__file__).parent.parent.parent


def _left(item: Planted, text: str) -> bool:
    return item.secret in text or item.secret.replace("/", "\\/") in text


def test_of_a_thousand_planted_secrets_none_is_left_in_any_place() -> None:
    places = list(PLACES.items())
    left = []
    for i, item in enumerate(planted(7, 1000)):
        name, place = places[(i // len(KINDS) + i) % len(places)]
        text = place(item.text)
        assert item.secret.splitlines()[0] in text
        if _left(item, scrub(text, ())):
            left.append((name, item.kind, scrub(text, ())))
    assert left == []


def test_every_kind_is_found_in_every_place() -> None:
    left = [
        (name, item.kind)
        for item in planted(11, len(KINDS))
        for name, place in PLACES.items()
        if _left(item, scrub(place(item.text), ()))
    ]
    assert left == []
    assert len(KINDS) >= 60


def test_a_secret_taken_out_stays_taken_out() -> None:
    for item in planted(3, len(KINDS)):
        once = scrub(item.text, ())
        assert SECRET in once
        assert scrub(once, ()) == once


def test_the_control_that_a_scanner_without_forms_would_fail() -> None:
    # If scrub() did nothing, the tests above had to fail: the secrets are there to be found.
    assert all(item.secret in item.text for item in planted(7, 1000))


def test_this_repository_holds_nothing_that_looks_like_a_secret() -> None:
    found = []
    for pattern in ("agilml/**/*.py", "docs/**/*.md", "conf/**/*.yaml", "recipes/**/*.py", "*.md"):
        for path in ROOT.glob(pattern):
            # Credentials of servers that tests start are made up.
            text = "" if "testing" in path.parts else path.read_text()
            found += [f"{path}: {text[a:b]}" for a, b in secrets_in(text, ())]
    assert found == []


def test_digests_ids_and_uuids_are_no_secrets() -> None:
    rng = random.Random(5)
    for _ in range(2000):
        raw = rng.randbytes(32)
        for text in (
            hashlib.sha256(raw).hexdigest(),
            hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
            str(uuid.UUID(bytes=raw[:16])),
            f"GPU-{uuid.UUID(bytes=raw[:16])}",
            f"t-{raw[:8].hex()}.1-{raw[:3].hex()}",
            f"s-{raw[:6].hex()}",
            f"sha256:{raw.hex()}",
            f"blobs/{raw[:1].hex()}/{raw.hex()}",
        ):
            assert scrub(text, ()) == text


def test_names_of_code_are_no_unknown_tokens() -> None:
    for text in (
        "test_MrvTestCase_page47_ex3_21_with_a_long_name",
        "hipStreamBatchMemOpWaitValue32",
        "Mean_Acc1298_Mean_Mem40_MFCC_10",
        "/opt/conda/lib/python3.11/site-packages/torch/_C.cpython-311-x86_64-linux-gnu.so",
        "torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "sha512-7Qx1bD3vJmZt0Z8l1pU5o2k9w4Yc6Rr8Tt2Vv5Xx7Zz1Aa3Bb5Cc7Dd9Ee==",
        "efficientnet_b0_rwightman-7f5810bc.pth",
        "resnet50d_ra2-464e36ba.pth/vit_base_patch16_224_in21k",
    ):
        assert scrub(text, ()) == text


def test_values_of_telling_variables_are_found_wherever_they_stand() -> None:
    environment = {
        "WANDB_API_KEY": "0f" * 20,
        "DB_PASSWORD": "correcthorse",
        "MODE_TOKEN": "production",
        "TOKENIZERS_PARALLELISM": "false",
        "SSH_AUTH_SOCK": "/tmp/agent.1234",
        "DATABASE_URL": "postgres://me:longpassword@db/x",
        "AWS_SECRET_ACCESS_KEY": "a/b+c1234567890",
        "HOME": "/home/somebody",
    }
    values = environment_secrets(environment)
    assert set(values) == {"0f" * 20, "correcthorse", "longpassword", "a/b+c1234567890"}
    text = f"x {'0f' * 20}, correcthorse; longpassword a/b+c1234567890 production"
    assert scrub(text, values) == f"x {SECRET}, {SECRET}; {SECRET} {SECRET} production"


def test_json_hides_what_a_telling_key_holds_and_leaves_the_rest_as_it_is() -> None:
    held = {
        "db": {"password": "abc", "user": "me", "hosts": ["a", "b"]},
        "api_keys": 3,
        "tokens": ["a", "b"],
        "pad_token": "[PAD]",
        "token": "mean",
        "secret_key": "${oc.env:KEY}",
    }
    told = scrub_json(held, ())
    assert told["db"] == {"password": SECRET, "user": "me", "hosts": ["a", "b"]}
    del held["db"], told["db"]
    assert told == held


@pytest.mark.slow
def test_a_patch_of_a_mebibyte_takes_less_than_a_tenth_of_a_second() -> None:
    text = "".join(path.read_text() for path in sorted(ROOT.glob("agilml/**/*.py")))
    text = (text * (1 + (1 << 20) // len(text)))[: 1 << 20]
    scrub(text[:1000])
    took = []
    for _ in range(5):
        started = time.process_time()
        scrub(text)
        took.append(time.process_time() - started)
    # Twice what was measured on a slow machine; what counts is that it does not grow tenfold.
    assert min(took) < 0.2


def test_secrets_known_by_form_are_found_without_anything_beside_them() -> None:
    assert [item.kind for item in with_forms(2, 200) if scrub(item.secret, ()) != SECRET] == []
