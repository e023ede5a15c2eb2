"""The words after ``agil sweep``: ``conf=`` and ``exclude=`` taken off, shell damage explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agilml.config.suggest import listing
from agilml.config.words import Interval, parse_word, unbalanced
from agilml.errors import ConfigError, UsageError
from agilml.text import safe_text


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed.

    Attributes:
        confs: names of primary configs.
        words: the other words, in order.
        exclude: expressions, or None where no ``exclude=`` was typed.
    """

    confs: tuple[str, ...]
    words: tuple[str, ...]
    exclude: tuple[str, ...] | None


def read(words: Sequence[str], confs: Sequence[str]) -> Typed:
    """Return the words sorted by purpose; ``confs`` are the primary configs that exist.

    Raises:
        UsageError: a word is no ``key=value``, or shows that a shell took it apart.
        ConfigError: there is no ``conf=``.
    """
    _check_shell(words)
    chosen: list[str] = []
    exclude: list[str] = []
    others: list[str] = []
    for word in words:
        key, _, text = word.partition("=")
        if key == "conf":
            chosen.append(word)
        elif key == "exclude":
            exclude.append(_expression(text))
        elif key.lstrip("+") == "sweep" or key.lstrip("+").startswith("sweep."):
            axis = word.lstrip("+").removeprefix("sweep.")
            raise UsageError(
                f"`{safe_text(word)}`: axes are typed without `sweep.`", next=safe_text(axis)
            )
        else:
            others.append(word)
    return Typed(_confs(chosen, confs), tuple(others), tuple(exclude) or None)


def _confs(chosen: list[str], confs: Sequence[str]) -> tuple[str, ...]:
    if not chosen:
        raise ConfigError("conf= is missing", next=f"conf= one of: {listing(confs)}")
    if len(chosen) > 1:
        names = ",".join(word.partition("=")[2] for word in chosen)
        raise UsageError("conf= was given twice", next=f"conf={safe_text(names)}")
    parsed = parse_word(chosen[0], list(confs))
    if isinstance(parsed.sweep, Interval):
        raise UsageError("conf= is a name or several", next=f"conf= one of: {listing(confs)}")
    found = parsed.sweep.items if parsed.sweep else (parsed.setting.value,)
    names_found = [
        item for value in found for item in (value if isinstance(value, list) else [value])
    ]
    if not all(isinstance(name, str) and name for name in names_found):
        raise UsageError(
            f"`{safe_text(chosen[0])}` is no name", next=f"conf= one of: {listing(confs)}"
        )
    return tuple(dict.fromkeys(str(name) for name in names_found))


def _expression(text: str) -> str:
    stripped = text.strip()
    if (
        stripped[:1] in {"'", '"'}
        and stripped[-1:] == stripped[:1]
        and stripped[:1] not in stripped[1:-1]
    ):
        return stripped[1:-1]
    return stripped


def _check_shell(words: Sequence[str]) -> None:
    for before, word in zip(["", *words], words, strict=False):
        if "=" not in word and not word.startswith("~"):
            _refuse_bare(before, word)
        if _braces_split(before, word):
            key = safe_text(word.partition("=")[0])
            raise UsageError(
                f"`{safe_text(before)}` and `{safe_text(word)}` look like one word: "
                "a shell took its braces apart",
                next=f"quote the braces: '{key}={{a:1,b:2}}'",
            )


def _refuse_bare(before: str, word: str) -> None:
    if unbalanced(before):
        raise UsageError(
            f"`{safe_text(before)}` and `{safe_text(word)}` look like one word, cut at a blank",
            next=f"quote the whole word: '{safe_text(before)} {safe_text(word)}'",
        )
    raise UsageError(
        f"`{safe_text(word)}` has no `=`", next="write key=value; see agil sweep --help"
    )


def _braces_split(before: str, word: str) -> bool:
    """Whether two neighbours read ``x=a:1 x=b:2``, which is what shells make of ``x={a:1,b:2}``."""
    key, sign, value = before.partition("=")
    other, _, second = word.partition("=")
    mapping = ":" in value and ":" in second and not any(mark in value + second for mark in "/'\"{")
    return bool(sign) and key == other and mapping
