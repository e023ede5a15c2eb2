"""Secrets to look for afterwards: many kinds, drawn with a seed, and the places where people leave them."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
URLSAFE = ALNUM + "_-"


class Planted(NamedTuple):
    """A text with one secret in it."""

    kind: str
    secret: str
    text: str


def _some(rng: random.Random, characters: str, n: int) -> str:
    # A drawn text without a digit is rarer than one in a thousand, and no service hands it out either.
    found = "".join(rng.choice(characters) for _ in range(n - 1))
    return found + rng.choice("0123456789")


# Prefixes are put together at run time so that no scanner takes this file for a leak.
_PREFIXED: dict[str, tuple[str, str, int]] = {
    "aws-access-key": ("AK" + "IA", UPPER, 16),
    "aws-temporary-key": ("AS" + "IA", UPPER, 16),
    "github-personal": ("gh" + "p_", ALNUM, 36),
    "github-oauth": ("gh" + "o_", ALNUM, 36),
    "github-user": ("gh" + "u_", ALNUM, 36),
    "github-server": ("gh" + "s_", ALNUM, 36),
    "github-refresh": ("gh" + "r_", ALNUM, 36),
    "github-fine-grained": ("github" + "_pat_", ALNUM, 60),
    "gitlab-personal": ("gl" + "pat-", URLSAFE, 20),
    "gitlab-deploy": ("gl" + "dt-", URLSAFE, 20),
    "gitlab-runner": ("gl" + "rt-", URLSAFE, 20),
    "bitbucket": ("AT" + "BB", ALNUM, 32),
    "atlassian": ("ATA" + "TT3", URLSAFE, 80),
    "slack-bot": ("xo" + "xb-", URLSAFE, 48),
    "slack-user": ("xo" + "xp-", URLSAFE, 48),
    "slack-app": ("xa" + "pp-", URLSAFE, 60),
    "sendgrid": ("S" + "G.abcdefghijklmnopqrstu1.", URLSAFE, 43),
    "mailgun": ("ke" + "y-", HEX, 32),
    "stripe-live": ("sk_" + "live_", ALNUM, 24),
    "stripe-restricted": ("rk_" + "live_", ALNUM, 24),
    "stripe-test": ("sk_" + "test_", ALNUM, 24),
    "stripe-webhook": ("wh" + "sec_", ALNUM, 32),
    "shopify": ("sh" + "pat_", HEX, 32),
    "square": ("sq0" + "atp-", URLSAFE, 22),
    "google-api": ("AI" + "za", URLSAFE, 35),
    "google-oauth": ("ya" + "29.", URLSAFE, 60),
    "google-client": ("GOC" + "SPX-", URLSAFE, 28),
    "openai": ("s" + "k-", ALNUM, 48),
    "openai-project": ("s" + "k-proj-", ALNUM, 60),
    "anthropic": ("s" + "k-ant-api03-", URLSAFE, 90),
    "hugging-face": ("h" + "f_", ALNUM, 34),
    "hugging-face-organisation": ("api" + "_org_", ALNUM, 34),
    "replicate": ("r" + "8_", ALNUM, 37),
    "groq": ("gs" + "k_", ALNUM, 52),
    "xai": ("xa" + "i-", ALNUM, 80),
    "perplexity": ("pp" + "lx-", ALNUM, 48),
    "wandb": ("wandb" + "_v1_", URLSAFE, 60),
    "nvidia": ("nv" + "api-", URLSAFE, 64),
    "databricks": ("da" + "pi", HEX, 32),
    "digitalocean": ("dop" + "_v1_", HEX, 64),
    "heroku": ("HR" + "KU-", URLSAFE, 60),
    "supabase": ("sb" + "p_", HEX, 40),
    "planetscale": ("pscale" + "_tkn_", ALNUM, 43),
    "netlify": ("nf" + "p_", ALNUM, 40),
    "npm": ("np" + "m_", ALNUM, 36),
    "pypi": ("py" + "pi-", URLSAFE, 150),
    "rubygems": ("ruby" + "gems_", HEX, 48),
    "docker": ("dckr" + "_pat_", URLSAFE, 27),
    "circleci": ("CC" + "IPAT_", URLSAFE, 60),
    "buildkite": ("bk" + "ua_", HEX, 40),
    "linear": ("lin" + "_api_", ALNUM, 40),
    "notion": ("nt" + "n_", ALNUM, 46),
    "figma": ("fi" + "gd_", URLSAFE, 40),
    "grafana": ("gl" + "c_", ALNUM, 60),
    "new-relic": ("NR" + "AK-", UPPER, 27),
    "sentry": ("snt" + "ryu_", HEX, 64),
    "vault": ("hv" + "s.", URLSAFE, 90),
    "doppler": ("dp" + ".pt.", ALNUM, 43),
    "pulumi": ("pu" + "l-", HEX, 40),
    "age": ("AGE-SECRET" + "-KEY-1", UPPER, 58),
}


def _jwt(rng: random.Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    return f"{head}.{_some(rng, ALNUM, 60)}.{_some(rng, URLSAFE, 42)}x"


def _private_key(rng: random.Random) -> str:
    body = "\n".join(_some(rng, ALNUM + "+/", 64) for _ in range(6))
    return f"-----BEGIN PRIVATE{' '}KEY-----\n{body}\n-----END PRIVATE{' '}KEY-----"


def _unknown(rng: random.Random) -> str:
    # What `secrets.token_urlsafe(30)` draws, but for the few that look like a name.
    from agilml.provenance.secrets_unknown import unknown

    while True:
        found = _some(rng, ALNUM, 40)
        if list(unknown(found)):
            return found


_MADE: dict[str, Callable[[random.Random], str]] = {
    "jwt": _jwt,
    "telegram": lambda rng: f"{rng.randrange(10**8, 10**9)}:AA{_some(rng, ALNUM, 33)}",
    "mailchimp": lambda rng: f"{_some(rng, HEX, 32)}-us{rng.randrange(1, 20)}",
    "unknown-form": _unknown,
}

_NAMED = {
    "password": "password = '{}'",
    "json-secret": '"client_secret": "{}"',
    "dotenv": "\nDB_PASSWORD={}\n",
    "aws-secret": "aws_secret_access_key = {}",
    "azure-account": "AccountName=me;AccountKey={};EndpointSuffix=core",
    "url": "postgresql://me:{}@db.example.org/x",
    "pip-index": "--index-url https://me:{}@pypi.example.org/simple",
    "git-remote": "https://{}@git.example.org/x.git",
    "basic": "Authorization: Basic {}",
    "bearer": "curl -H 'X: Bearer {}'",
    "signed-url": "https://b.example.org/k?X-Amz-Expires=60&X-Amz-Signature={}&x=1",
    "netrc": "machine h.example.org login me password {}",
    "option": "train.py --api-key {} --lr 0.1",
    "cookie": "Cookie: session={}",
}
"""Secrets without a form, and what stands beside them."""


KINDS = (*_PREFIXED, *_MADE, *_NAMED, "private-key")


def alone(rng: random.Random, kind: str) -> str:
    """Return a secret of a kind that is known by its form."""
    if kind in _PREFIXED:
        prefix, characters, n = _PREFIXED[kind]
        return prefix + _some(rng, characters, n)
    return _MADE[kind](rng)


def planted(seed: int, n: int) -> Iterator[Planted]:
    """Yield ``n`` secrets, all kinds in turn, each with what stands beside it."""
    rng = random.Random(seed)
    for i in range(n):
        kind = KINDS[i % len(KINDS)]
        if kind == "private-key":
            key = _private_key(rng)
            yield Planted(kind, key.splitlines()[3], key)
        elif kind in _NAMED:
            secret = _some(rng, ALNUM, rng.randrange(16, 40))
            yield Planted(kind, secret, _NAMED[kind].format(secret))
        else:
            secret = alone(rng, kind)
            yield Planted(kind, secret, secret)


def with_forms(seed: int, n: int) -> list[Planted]:
    """Return ``n`` secrets on one line each that are known by their form alone."""
    rng = random.Random(seed)
    kinds = (*_PREFIXED, *_MADE)
    found = [(kind, alone(rng, kind)) for kind in (kinds[i % len(kinds)] for i in range(n))]
    return [Planted(kind, secret, secret) for kind, secret in found]


def notebook(secrets: Sequence[Planted]) -> str:
    """Return a notebook whose cells printed the secrets."""
    cells = [
        {
            "cell_type": "code",
            "source": ["print(secret)\n"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": [f"{item.text}\n"]}],
            "metadata": {},
            "execution_count": 1,
        }
        for item in secrets
    ]
    return json.dumps(
        {"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}, indent=1
    )


PLACES: dict[str, Callable[[str], str]] = {
    "log": lambda text: f"2026-01-02 10:00:01 INFO connecting, {text} was used\n",
    "traceback": lambda text: f'  File "x.py", line 3, in f\n    raise E\nValueError: {text}\n',
    "patch": lambda text: f"+++ b/x.py\n@@ -1 +1,3 @@\n-a = 1\n+{text}\n+b = 2\n",
    "source": lambda text: f"def f():\n    connect({text!r})\n",
    "yaml": lambda text: f"model:\n  note: {text}\n",
    "shell": lambda text: f"$ agil sweep conf=x {text}\n",
    "notebook": lambda text: notebook([Planted("", text, text)]),
    "html": lambda text: f"<td title=x>{text}</td>",
    "metric": lambda text: f"loss/{text}",
    "warning": lambda text: f"UserWarning: {text} is deprecated",
}
"""What stands around a secret where people leave it."""
