"""A composed configuration as YAML, with what else could have been chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agilml.points import Structure
from agilml.text import safe_text


def conf_text(structure: Structure, groups: Mapping[str, Sequence[str]]) -> str:
    """Return the config, interpolations unresolved, under comments that name the choices of its groups."""
    import yaml

    lines = [f"# conf={safe_text(structure.conf)}"]
    for group, option in structure.choices.items():
        others = ", ".join(safe_text(name) for name in groups.get(group, ()))
        lines.append(f"# {safe_text(group)}={safe_text(option)}  (of {others})")
    # The dumper escapes what is not printable, and width keeps long values on one line.
    body = yaml.safe_dump(dict(structure.unresolved), sort_keys=False, width=10_000)
    return "\n".join([*lines, body.rstrip()])
