"""One override word, read by Hydra's own parser and written back in Hydra's own spelling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from agilml.config.fit import check_finite
from agilml.config.suggest import listing
from agilml.errors import ConfigError, UsageError
from agilml.model import JSON
from agilml.text import safe_text

if TYPE_CHECKING:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import Override, RangeSweep

_DICT_KEY_SPECIAL = re.compile(r"([\\()\[\]{}:=, \t])")


MOST_POINTS = 2_000_000
"""The most points of a sweep, and so the most values of one key."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key set to one value.

    Attributes:
        key: dotted key or config group, with ``@package`` where one was typed.
        value: plain value; ignored for a delete without a value.
        op: ``""`` changes, ``+`` adds, ``++`` adds or changes, ``~`` deletes.
    """

    key: str
    value: JSON = None
    op: str = ""

    @property
    def word(self) -> str:
        """The override word that Hydra reads back as this setting."""
        if self.op == "~" and self.value is None:
            return f"~{self.key}"
        return f"{self.op}{self.key}={spell(self.value)}"

    @property
    def name(self) -> str:
        """The name shown for it: as typed, without the ``+`` that only says the key is new."""
        return f"~{self.key}" if self.op == "~" else self.key


@dataclass(frozen=True, slots=True)
class Values:
    """A finite list of values to go through; ``shuffled`` if their order was drawn by chance."""

    items: tuple[JSON, ...]
    shuffled: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """An open range ``[low, high]`` that only a sampler can draw from.

    Attributes:
        integer: whole numbers only.
        tags: words of ``tag(…)``; ``log`` asks for a logarithmic scale.
    """

    low: float
    high: float
    integer: bool = False
    tags: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Word:
    """A parsed word: one plain setting, or a key with several values."""

    setting: Setting
    sweep: Values | Interval | None = None


def parse_word(word: str, options: Sequence[str] | None = None) -> Word:
    """Return the parsed ``word``.

    Args:
        word: an override in Hydra's grammar.
        options: what ``glob()`` chooses from; None where the key has no options.

    Raises:
        UsageError: the word is not in Hydra's grammar; the message says what to quote.
    """
    override = _parse(word)
    if not override.key_or_group and override.package is None:
        raise UsageError(f"`{safe_text(word)}` has no key before the `=`", next="write key=value")
    prefix = override.get_key_element()
    op = prefix[: len(prefix) - len(prefix.lstrip("+~"))]
    setting = Setting(prefix.lstrip("+~"), op=op)
    check_key(setting.key)
    if override.is_sweep_override():
        return Word(setting, _sweep(override, word, options))
    value = _plain(override.value()) if override.value_type is not None else None
    check_finite(setting.key, value)
    return Word(Setting(setting.key, value, op))


def check_key(key: str) -> None:
    """Return if ``key`` can be a key of a trial.

    Raises:
        ConfigError: it belongs to Hydra's own settings, which no trial ever sees.
    """
    if top_of(key) == "hydra":
        raise ConfigError(
            f"no key `{safe_text(key)}`: Hydra only composes here, its settings are no config of a trial",
            next="agil sweep --help",
        )


def top_of(key: str) -> str:
    """Return the first part of a dotted key, or the group of ``group@package`` and ``group/sub``."""
    return re.split(r"[./@]", key, maxsplit=1)[0]


def refuse_many(shown: str, count: int | None = None) -> NoReturn:
    """Raise the error for a sweep of more than :data:`MOST_POINTS` points."""
    made = "more points than" if count is None else f"{count:,} points, more than"
    raise ConfigError(
        f"{shown}: {made} the {MOST_POINTS:,} that one sweep may have",
        next="fewer values, or interval(low,high) with sampler=random budget.trials=100",
    )


@cache
def _parser() -> OverridesParser:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create()


def _parse(word: str) -> Override:
    from hydra.errors import HydraException

    try:
        return _parser().parse_overrides([word])[0]
    except (HydraException, ValueError) as error:
        _explain(word, error)


def _sweep(override: Override, word: str, options: Sequence[str] | None) -> Values | Interval:
    from hydra.core.override_parser.types import Glob, IntervalSweep, RangeSweep

    value: Any = override.value()
    if isinstance(value, IntervalSweep):
        return _interval(value, word)
    if isinstance(value, Glob):
        if not options:
            raise ConfigError(f"`{safe_text(word)}`: glob() works on config groups and on conf=")
        items = tuple(value.filter(list(options)))
        if not items:
            raise ConfigError(f"`{safe_text(word)}` matches none of: {listing(options)}")
        return Values(items)
    key = override.key_or_group
    if isinstance(value, RangeSweep):
        _check_range(value, key, word)
    found = tuple(_plain(item) for item in _enumerate(override, word))
    for item in found:
        check_finite(key, item)
    if not found:
        raise ConfigError(
            f"`{safe_text(word)}` is an empty range", next="range(start,stop) with start < stop"
        )
    return Values(found, shuffled=bool(getattr(value, "shuffle", False)))


def _check_range(value: RangeSweep, key: str, word: str) -> None:
    """Refuse a range before any of its values exists."""
    start, stop, step = value.start or 0, value.stop or 0, value.step
    for number in (start, stop, step):
        check_finite(key, number)
    try:
        many = step != 0 and abs(stop - start) > MOST_POINTS * abs(step)
    except OverflowError:
        many = True
    if many and (stop > start) == (step > 0):
        refuse_many(f"`{safe_text(word)}`")


def _enumerate(override: Override, word: str) -> list[Any]:
    from hydra.errors import HydraException

    try:
        return list(override.sweep_iterator())
    except (HydraException, ValueError) as error:
        raise ConfigError(
            f"`{safe_text(word)}`: {safe_text(error)}", next="range(start,stop,step)"
        ) from None


def _interval(value: Any, word: str) -> Interval:
    for end in (value.start, value.end):
        check_finite(word.partition("=")[0], end)
    integer = isinstance(value.start, int) and isinstance(value.end, int)
    if not value.start < value.end:
        raise ConfigError(
            f"`{safe_text(word)}`: the interval is empty", next="interval(low,high), low < high"
        )
    return Interval(value.start, value.end, integer, frozenset(value.tags))


def _plain(value: Any) -> JSON:
    """Return the parser's value without its quoting marks, keys as text."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    text = getattr(value, "text", None)
    if isinstance(text, str):
        return text
    plain: JSON = value
    return plain


def spell(value: JSON) -> str:
    """Return ``value`` as Hydra's parser reads it back, text always in quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        from hydra.core.override_parser.types import Quote, QuotedString

        return QuotedString(value, Quote.single).with_quotes()
    if isinstance(value, list):
        return "[" + ",".join(map(spell, value)) + "]"
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{_spell_key(key)}:{spell(item)}" for key, item in value.items()) + "}"
        )
    return repr(value)


def _spell_key(key: str) -> str:
    """Return a mapping key, special characters escaped: Hydra's grammar has no quoted keys."""
    return _DICT_KEY_SPECIAL.sub(r"\\\1", key)


_PAIRS = (("[", "]"), ("{", "}"), ("(", ")"))


def unbalanced(word: str) -> str | None:
    """Return the kind of bracket that ``word`` opens and closes unequally often, or None."""
    for left, right in _PAIRS:
        if word.count(left) != word.count(right):
            return left + right
    return None


def _explain(word: str, error: Exception) -> NoReturn:
    """Raise what helps: nearly every unreadable word was changed by a shell or needs quotes."""
    shown = safe_text(word)
    key, equals, value = word.partition("=")
    quoted = f"'{safe_text(key)}=\"{safe_text(value)}\"'"
    pair = unbalanced(word)
    text = str(error)
    if not equals:
        raise UsageError(
            f"`{shown}` has no `=`", next="write key=value; quote values that hold spaces"
        )
    if pair:
        raise UsageError(
            f"`{shown}` has unequal {pair}", next=f"quote the whole word: '{safe_text(key)}=…'"
        )
    if "Unknown function" in text:
        raise UsageError(f"`{shown}` calls a function that does not exist", next=_FUNCTIONS)
    inner = re.search(r"while evaluating '.*?': (.*)", text)
    if inner:
        raise UsageError(f"`{shown}`: {safe_text(inner.group(1))}", next=_FUNCTIONS)
    if not value.isascii():
        raise UsageError(f"`{shown}` holds a character that must be in quotes", next=quoted)
    raise UsageError(f"`{shown}` cannot be read as key=value", next=f"quote the value: {quoted}")


_FUNCTIONS = (
    "choice range interval glob sort shuffle tag int float str bool zip product concat when repeat"
    "; quote the value to mean text"
)
