"""Secrets known by what stands beside them: a telling name, a header, the user part of a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator

SECRET = "«secret»"  # noqa: S105 - what is written in the place of one

# How a name that keeps a secret ends. `token` is a word of text models too: see is_harmless.
_NAME = (
    r"(?:pass(?:word|wd|phrase|code)s?|pwd|secret|credentials?|signature|(?<![a-z])sig"
    r"|(?:api|access|account|app|auth|encryption|license|master|private|secret|session|signing)"
    r"[_-]?key(?:[_-]id)?"
    r"|connection[_-]?string|token)"
)
_WORDS = r"pass|pwd|secret|credential|sig|key|token|connection|authorization|bearer|cookie"
_SOME_WORD = re.compile(_WORDS)
_SOME_WORD_ANY_CASE = re.compile(_WORDS, re.IGNORECASE)

_USERINFO = re.compile(r"://(?!git@)(?P<value>[^\s/?#\"'<>«»]{1,512})@")
_AUTHORIZATION = re.compile(
    r"(?i)\bauthorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?:(?:basic|bearer|token)\s{1,4})?"
    r"(?P<header>[\w+/=.~:-]{8,4096})"
    r"|\bbearer\s{1,4}(?P<bearer>(?=[\w+/=.~-]{0,80}\d)[\w+/=.~-]{12,4096})"
)
_COOKIE = re.compile(
    r"(?i)\b(?:set-)?cookie[\"']?\s{0,4}:\s{0,4}[\"']?[\w.-]{1,64}=(?P<value>[\w+/=.%~-]{16,4096})"
)
_NETRC = re.compile(r"(?i)\blogin\s{1,8}\S{1,256}\s{1,8}password\s{1,8}(?P<value>\S{1,512})")
_ASSIGNED = re.compile(
    rf"(?i)(?P<name>{_NAME}(?:\\?[\"'])?[ \t]{{0,8}}"
    r"(?:(?::[ \t]{0,4}[\w.\[\] |]{1,40})?={1,2}|:=?)[ \t]{0,8}[bfru]{0,2})"
    r"(?:(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote)).){4,4096}?)(?P=quote)"
    r"|(?P<bare>[\w+/=.~@%!^*#$-]{6,4096})(?P<call>[(\[]?))"
)
_OPTION = re.compile(rf"(?i)--?[\w-]{{0,64}}{_NAME}")
_OPTION_VALUE = re.compile(
    rf"(?i)(?<![\w-])(?P<name>--[\w-]{{0,64}}{_NAME})[ \t]{{1,8}}"
    r"(?P<value>(?=\S{0,255}\d)[^\s\"'«-][^\s\"'«]{5,255})"
)
_DOTENV = re.compile(
    r"(?m)^(?P<name>[+\- ]?(?:export )?[A-Z0-9_]{0,64}"
    r"(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIALS?|TOKEN"
    r"|(?:API|ACCESS|ACCOUNT|APP|AUTH|ENCRYPTION|PRIVATE|SECRET|SIGNING)_?KEY)=)"
    r"(?P<value>(?![\"'])[^\s#]{1,4096})$"
)
_ARGUMENT = re.compile(rf"(?is)(?P<name>[-+~]{{0,2}}[\w./@-]{{0,256}}{_NAME}=)(?P<value>.+)")
_KEY = re.compile(rf"(?is).{{0,512}}{_NAME}")
_SURE = re.compile(r"(?is).{0,512}(?:pass(?:word|wd|phrase|code)s?|pwd|secret|key|string)")

_PLACEHOLDER = re.compile(r"\$\{.*\}|\$\w+|\{[^}]*\}|<[^>]*>|\[[^\]]*\]|%\(.*\)s", re.DOTALL)
_NO_USER = re.compile(r"(?:[^:]{0,256}:)?(?:\$\{[^}]*\}|\{[^}]*\}|<[^>]*>)+:?")
_NOTHING = re.compile(r"(?i)null|none|true|false")
_NUMBER = re.compile(r"(?i)[-+]?[\d._]+(?:e[-+]?\d+)?")
_SIGNATURE = re.compile(r"(?=.*\d)[\w+/=%.~-]{8,}")
_SPECIAL_TOKEN = re.compile(r"(?i)(?:bos|cls|end|eos|mask|pad|sep|special|start|stop|unk)_token")


def named(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a value stands that something beside it gives away.

    Placeholders such as ``${oc.env:TOKEN}`` are none, nor is what text models call a token:
    ``max_token=512``, ``pad_token="xx"``.
    """
    if "://" in text:
        for found in _USERINFO.finditer(text):
            # Who logs in by ssh is no secret without a password behind it.
            by_ssh = text.endswith(("ssh", "sftp"), 0, found.start())
            only_user = by_ssh and ":" not in found["value"]
            if not only_user and not _NO_USER.fullmatch(found["value"]):
                yield found.span("value")
    for found in _DOTENV.finditer(text):
        if not is_harmless(found["value"], found["name"]):
            yield found.span("value")
    for start, end in _telling_lines(text):
        yield from _of_line(text, start, end)


def argument_value(word: str) -> tuple[int, int] | None:
    """Return where the value of ``password=…`` stands in a word of a command line, or None.

    A word of a command line is no source code: all that follows the name is the value.
    """
    found = _ARGUMENT.fullmatch(word)
    if found is None or is_harmless(found["value"], found["name"]):
        return None
    return found.span("value")


def is_option(word: str) -> bool:
    """Whether ``word`` is an option like ``--token``, whose value is the next word."""
    return _OPTION.fullmatch(word) is not None


def keeps_secret(name: str, value: str) -> bool:
    """Whether the value of a key, a variable or an argument called ``name`` is a secret."""
    if not value or _KEY.fullmatch(name) is None or is_harmless(value, name):
        return False
    # What a `token` or a `signature` is may be a word of models: `pooling_token: mean`.
    return _SURE.fullmatch(name) is not None or (len(value) >= 8 and bool(re.search(r"\d", value)))


def is_harmless(value: str, name: str) -> bool:
    """Whether the value is a placeholder, nothing at all, or a thing of text models."""
    if SECRET in value or _PLACEHOLDER.fullmatch(value) or _NOTHING.fullmatch(value):
        return True
    if "${agil.secret:" in name:
        return True  # what a reference refers to
    lowered = name.lower()
    if "sig" in lowered and not _SIGNATURE.fullmatch(value):
        return True  # of a function
    if "token" not in lowered:
        return False
    return bool(_NUMBER.fullmatch(value) or _SPECIAL_TOKEN.search(name))


def _telling_lines(text: str) -> Iterator[tuple[int, int]]:
    # Looking for the words first makes a patch of 1 MiB ten times faster.
    lowered = text.lower()
    found = (
        _SOME_WORD.finditer(lowered)
        if len(lowered) == len(text)
        else _SOME_WORD_ANY_CASE.finditer(text)
    )
    end = -1
    for word in found:
        if word.start() > end:
            start = text.rfind("\n", 0, word.start()) + 1
            end = text.find("\n", word.start())
            end = len(text) if end < 0 else end
            yield start, end


def _of_line(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _ASSIGNED.finditer(text, start, end):
        value = "quoted" if found["quote"] else "bare"
        # Without quotes, a word without a digit or before a bracket is code rather than a password.
        if value == "bare" and (found["call"] or not re.search(r"\d", found["bare"])):
            continue
        before = text[max(start, found.start() - 8) : found.start()]
        if not is_harmless(found[value], before + found["name"]):
            yield found.span(value)
    for found in _AUTHORIZATION.finditer(text, start, end):
        yield found.span("header" if found["header"] else "bearer")
    for found in _OPTION_VALUE.finditer(text, start, end):
        if not is_harmless(found["value"], found["name"]):
            yield found.span("value")
    for form in (_COOKIE, _NETRC):
        yield from (found.span("value") for found in form.finditer(text, start, end))
