"""What looks like a secret, taken out of a text before it is recorded.

A second line of defence: secrets belong into the environment, which is recorded by an allow list. A
password without a telling name beside it or a telling form is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

SECRET = "«secret»"  # noqa: S105 - what is written in the place of one

_TOKENS = {
    start: re.compile(pattern)
    for start, pattern in {
        "AKIA": r"\bAKIA[A-Z0-9]{16}\b",  # AWS access key ids
        "ASIA": r"\bASIA[A-Z0-9]{16}\b",
        "gh": r"\bgh[oprsu]_[A-Za-z0-9]{36,255}",  # GitHub
        "github_pat_": r"\bgithub_pat_\w{22,255}",
        "glpat-": r"\bglpat-[\w-]{20,255}",  # GitLab
        "xox": r"\bxox[abeoprs]-[\w-]{10,255}",  # Slack
        "hooks.slack.com/": r"(?<=hooks\.slack\.com/services/)[\w/]{20,255}",
        "sk-": r"\bsk-[\w-]{20,255}",  # OpenAI, Anthropic
        "k_live_": r"\b[rs]k_live_\w{16,255}",  # Stripe
        "hf_": r"\bhf_[A-Za-z0-9]{30,255}",  # Hugging Face
        "pypi-": r"\bpypi-[\w-]{50,512}",  # package registries
        "npm_": r"\bnpm_[A-Za-z0-9]{36}",
        "AIza": r"\bAIza[\w-]{35}",  # Google
        "ya29.": r"\bya29\.[\w-]{20,512}",
        "SG.": r"\bSG\.[\w-]{20,64}\.[\w-]{20,64}",  # SendGrid
        "eyJ": r"(?<![\w-])eyJ[\w-]{10,512}\.[\w-]{10,4096}\.[\w-]{10,1024}",  # JSON web tokens
    }.items()
}
"""How tokens with a telling form begin, and what they look like."""

# A key cut off before its end line is still a key: at most 16 KiB after its first line are taken.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----)){0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)

_USERINFO = re.compile(r"(?<=://)(?!git@)[^\s/?#\"'<>«»]{1,512}@")

_AUTHORIZATION = re.compile(
    r"(?i)(\bauthorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:(?:basic|bearer|token)\s{1,4})?)"
    r"[\w+/=.~:-]{8,4096}"
    r"|(\bbearer\s{1,4})(?=[\w+/=.~-]{0,40}\d)[\w+/=.~-]{20,4096}"
)

# How a name that keeps a secret ends. `token` is a word of text models too: see _is_harmless.
_NAME = (
    r"(?:pass(?:word|wd|phrase)s?|secret|credentials?|signature|(?<![a-z])sig"
    r"|(?:api|access|account|auth|encryption|private|secret|signing)[_-]?key(?:[_-]id)?"
    r"|token)"
)
_WORDS = ("pass", "secret", "credential", "sig", "key", "token")
_ASSIGNED = re.compile(
    rf"(?i)(?P<name>{_NAME}[\"']?[ \t]{{0,8}}"
    r"(?:(?::[ \t]{0,4}[\w.\[\] |]{1,40})?={1,2}|:=?)[ \t]{0,8}[bfru]{0,2})"
    r"(?:(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote)).){4,4096}?)(?P=quote)"
    r"|(?P<bare>[\w+/=.~@%!^*#$-]{6,4096})(?P<call>[(\[]?))"
)
_DOTENV = re.compile(
    r"(?m)^(?P<name>[+\- ]?(?:export )?[A-Z0-9_]{0,64}"
    r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIALS?|TOKEN"
    r"|(?:API|ACCESS|ACCOUNT|AUTH|ENCRYPTION|PRIVATE|SECRET|SIGNING)_?KEY)=)"
    r"(?P<value>(?![\"'])[^\s#]{1,4096})$"
)
_ARGUMENT = re.compile(rf"(?is)(?P<name>[-+~]{{0,2}}[\w./@-]{{0,256}}{_NAME}=)(?P<value>.+)")
_OPTION = re.compile(rf"(?i)--?[\w-]{{0,64}}{_NAME}")

_PLACEHOLDER = re.compile(r"\$\{.*\}|\$\w+|\{[^}]*\}|<[^>]*>|\[[^\]]*\]|%\(.*\)s", re.DOTALL)
_NOTHING = re.compile(r"(?i)null|none|true|false")
_NUMBER = re.compile(r"(?i)[-+]?[\d._]+(?:e[-+]?\d+)?")
_SPECIAL_TOKEN = re.compile(r"(?i)(?:bos|cls|end|eos|mask|pad|sep|special|start|stop|unk)_token")


def scrub(text: str) -> str:
    """Return ``text`` with everything that looks like a secret replaced by ``«secret»``.

    Placeholders such as ``${oc.env:TOKEN}`` stay, and so does what text models call a token:
    ``max_token=512``, ``pad_token="xx"``.
    """
    text = _PRIVATE_KEY.sub(SECRET, text)
    for start, token in _TOKENS.items():
        if start in text:
            text = token.sub(SECRET, text)
    text = _USERINFO.sub(f"{SECRET}@", text)
    text = _AUTHORIZATION.sub(lambda match: f"{match[1] or match[2]}{SECRET}", text)
    text = _DOTENV.sub(_valued, text)
    return "\n".join(_assignments(line) for line in text.split("\n"))


def scrub_argv(argv: Sequence[str]) -> list[str]:
    """Return the words of a command line, scrubbed; also the value after an option like ``--token``."""
    scrubbed: list[str] = []
    after_option = False
    for word in argv:
        scrubbed.append(SECRET if after_option and not word.startswith("-") else _argument(word))
        after_option = _OPTION.fullmatch(word) is not None
    return scrubbed


def _argument(word: str) -> str:
    # A word of a command line is no source code: all that follows the name is the value.
    match = _ARGUMENT.fullmatch(word)
    return _valued(match) if match else scrub(word)


def _valued(match: re.Match[str]) -> str:
    if _is_harmless(match["value"], match["name"]):
        return match[0]
    return f"{match['name']}{SECRET}"


def _assignments(line: str) -> str:
    # Looking for these words first makes a patch of 1 MiB ten times faster.
    lowered = line.lower()
    return _ASSIGNED.sub(_assigned, line) if any(w in lowered for w in _WORDS) else line


def _assigned(match: re.Match[str]) -> str:
    name, quote, bare = match["name"], match["quote"] or "", match["bare"]
    # Without quotes, a word without a digit or before a bracket is code rather than a password.
    if bare is not None and (match["call"] or not re.search(r"\d", bare)):
        return match[0]
    before = match.string[max(0, match.start() - 8) : match.start()]
    if _is_harmless(bare or match["quoted"], before + name):
        return match[0]
    return f"{name}{quote}{SECRET}{quote}"


def _is_harmless(value: str, name: str) -> bool:
    """Whether the value is a placeholder, nothing at all, or a thing of text models."""
    if SECRET in value or _PLACEHOLDER.fullmatch(value) or _NOTHING.fullmatch(value):
        return True
    if "token" not in name.lower():
        return False
    return bool(_NUMBER.fullmatch(value) or _SPECIAL_TOKEN.search(name))
