from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.provenance.secrets import SECRET, scrub, scrub_argv

# Put together here so that no scanner takes this file for a leak.
WORD = "Abc123Def456Ghi789Jkl012Mno345Pqr678St"
KEY_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\n"
PRIVATE = f"-----BEGIN RSA PRIVATE{' '}KEY-----\n{KEY_BODY}-----END RSA PRIVATE{' '}KEY-----"

TOKENS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ASIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + WORD,
    "github_pat_" + WORD,
    "glpat-" + WORD[:20],
    "xoxb-" + WORD,
    "sk-" + WORD,
    "sk-ant-api03-" + WORD,
    "sk_live_" + WORD,
    "hf_" + WORD[:34],
    "pypi-" + WORD * 2,
    "npm_" + WORD[:36],
    "AIza" + WORD[:35],
    "ya29." + WORD,
    f"SG.{WORD[:22]}.{WORD[:30]}",
    f"eyJ{WORD}.{WORD}.{WORD}",
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:6])
@pytest.mark.parametrize("around", ["{}", "x={}", '"{}",', "see {} here", "+\t'{}'"])
def test_tokens_with_a_telling_form_are_taken_out_anywhere(token: str, around: str) -> None:
    assert scrub(around.format(token)) == around.format(SECRET)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("password = 'hunter2'", "hunter2"),
        ('"api_key": "not-a-known-form"', "not-a-known-form"),
        ('password: str = "correct horse"', "correct horse"),
        ("db.password: hunter2x", "hunter2x"),
        ("+  wandb_api_key: 0123456789abcdef", "0123456789abcdef"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI/K7MDENG"),
        ("export HF_TOKEN=onlyletters", "onlyletters"),
        ("+DB_PASSWORD=onlyletters", "onlyletters"),
        ("clientSecret='abcdefgh'", "abcdefgh"),
        ("if token == 'abcdefgh':", "abcdefgh"),
        ("https://h/?X-Amz-Signature=00aa11bb&x=1", "00aa11bb"),
        ("https://h/?sv=1&sig=00aa11bb%3D", "00aa11bb"),
        ("https://user:pa55@host/x", "pa55"),
        ("https://user:p@ss:w@host/x", "p@ss"),
        ("pip install git+https://abcd@github.com/x", "abcd"),
        ("postgresql://me:pw@db:5432/x", "me:pw"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ('{"authorization": "Bearer abcdefghijkl"}', "abcdefghijkl"),
        ("curl -H 'X: bearer abcdefghijklmnop12345'", "abcdefghijklmnop"),
        (f"x\n{PRIVATE}\ny", "BKcw"),
        (PRIVATE.replace("\n", "\n+"), "BKcw"),
        (PRIVATE.replace("\n", "\n-"), "BKcw"),
        (PRIVATE.replace("\n", "\\n"), "BKcw"),
        (PRIVATE[:70], "MIIE"),
    ],
)
def test_secrets_known_by_what_stands_beside_them_are_taken_out(text: str, hidden: str) -> None:
    assert hidden in text
    once = scrub(text)
    assert hidden not in once
    assert SECRET in once
    assert scrub(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "agil sweep conf=resnet lr=1e-3,1e-2 seed=range(3)",
        "tokenizer=bert max_tokens=512 max_token=512 token: 1e5",
        "pad_token='[PAD]' eos_token=\"</s>\" unk_token='unknown1'",
        "api_key=${oc.env:API_KEY} password='${oc.env:PW}' token=\"{token}\"",
        "API_KEY=$API_KEY",
        "password = getpass.getpass()",
        "token = tokens2ids(text)",
        "def f(password: str, secret_key: bytes | None = None, token=None) -> str:",
        "def f(api_key=api_key):",
        "if token in tokens: return signature",
        "git@github.com:me/x.git ssh://git@github.com/x https://h/@me?mail=a@b.org",
        "a very basic misunderstandings of bearer certificates",
        "-----BEGIN CERTIFICATE-----",
        "d5f1e0b7c2a94f0f8f4e7b1a2c3d4e5f60718293  model.safetensors",
        "@@ -1,3 +1,4 @@ class Keyboard:",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert scrub(text) == text


def test_text_around_a_secret_stays() -> None:
    patch = f"+++ b/x.py\n@@ -1 +1,3 @@\n-a = 1\n+token = '{WORD}'\n+b = 2\n"
    assert scrub(patch) == patch.replace(WORD, SECRET)


def test_a_mention_of_a_private_key_does_not_swallow_the_rest() -> None:
    mention = f"'-----BEGIN PRIVATE{' '}KEY-----'\n"
    assert scrub(mention + "x = 1\n" * 10_000).endswith("x = 1\n" * 5_000)


def test_a_command_line_hides_whatever_follows_a_telling_name() -> None:
    argv = [
        *("agil", "sweep", "db.password=onlyletters", "++a.api_key=x y", "--token=t", "lr=1"),
        *("--hf-token", "abc", "--token", "--quiet", "data.password=1234", "pad_token=[PAD]"),
        *("secret=${oc.env:S}", "max_token=512", "note=sk-" + WORD),
    ]
    assert scrub_argv(argv) == [
        *("agil", "sweep", f"db.password={SECRET}", f"++a.api_key={SECRET}", f"--token={SECRET}"),
        *("lr=1", "--hf-token", SECRET, "--token", "--quiet", f"data.password={SECRET}"),
        *("pad_token=[PAD]", "secret=${oc.env:S}", "max_token=512", f"note={SECRET}"),
    ]


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [*TOKENS, PRIVATE, "password=", "token: ", "'", '"', "://", "@", "\n+", SECRET]
    ),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_text_raises_and_no_private_key_is_left(text: str) -> None:
    assert KEY_BODY not in scrub(text)


@given(st.text(max_size=30), st.sampled_from(TOKENS), st.text(max_size=30))
def test_no_text_before_or_after_saves_a_token(before: str, token: str, after: str) -> None:
    assert token not in scrub(f"{before} {token} {after}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["-eyJaaaaaaaaaa", "eyJaaaaaaaaaa.", "token=\"'", "password", "://a:", "A_", "+API_KEY",
     f"-----BEGIN PRIVATE{' '}KEY-----", "a", "token = x\n", "bearer a", "sk-", "-"],
)  # fmt: skip
def test_a_mebibyte_of_anything_takes_a_moment(piece: str) -> None:
    text = piece * ((1 << 20) // len(piece))
    started = time.process_time()
    scrub(text)
    assert time.process_time() - started < 5
