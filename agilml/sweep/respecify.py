"""Other limits and other slots for a sweep that stays the same sweep: ``agil resume s-… budget.hours=8``."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from agilml.config.fit import fit
from agilml.config.suggest import did_you_mean
from agilml.config.words import parse_word
from agilml.errors import UsageError
from agilml.ledger.ledger import CHANGEABLE
from agilml.points import leaves
from agilml.sweep.budget import KEYS
from agilml.sweep.settings import ATTEMPTS, check_settings
from agilml.text import safe_text

_KEYS = {"budget": KEYS, "attempts": tuple(ATTEMPTS)}


def changes(spec: Mapping[str, Any], words: Sequence[str]) -> dict[str, Any]:
    """Return what ``words`` replace in ``spec``: whole nodes, by name.

    Raises:
        UsageError: a word changes what would make it another sweep, or is no plain ``key=value``.
        ConfigError: the key does not exist, or the value does not fit.
    """
    nodes = {name: copy.deepcopy(spec.get(name) or {}) for name in CHANGEABLE}
    for name, keys in _KEYS.items():
        # A sweep that an earlier version planned has not heard of them all.
        nodes[name] = {**dict.fromkeys(keys), **nodes[name]}
    known = leaves(nodes)
    changed: set[str] = set()
    for word in words:
        parsed = parse_word(word)
        key, value = parsed.setting.key, parsed.setting.value
        top = key.partition(".")[0]
        if parsed.sweep is not None or parsed.setting.op:
            raise UsageError(
                f"`{safe_text(word)}` is no plain value", next="agil resume … budget.hours=8"
            )
        if top not in CHANGEABLE:
            raise UsageError(
                f"`{safe_text(key)}` belongs to what the sweep is; {', '.join(CHANGEABLE)} can change",
                next=f"agil sweep … {safe_text(word)}, which is another sweep",
            )
        if key not in known:
            raise UsageError(f"no setting `{safe_text(key)}`" + did_you_mean(key, known))
        _set(nodes, key, fit(key, known[key], value))
        changed.add(top)
    found = {name: nodes[name] for name in changed}
    check_settings({**spec, **found})
    return found


def _set(nodes: dict[str, Any], key: str, value: Any) -> None:
    *parents, leaf = key.split(".")
    node: Any = nodes
    for part in parents:
        node = node[part]
    node[leaf] = value
