"""What a harness found: figures, and every way in which a promise was broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_SHOWN = 5


@dataclass(slots=True)
class Finding:
    """One harness, one seed.

    Attributes:
        name: the harness, as on the command line.
        seed: repeats the run as far as chance is the harness's own; the scheduler's is not.
        figures: what was counted, in the order to print.
        violations: one line for each broken promise; none is what is wanted.
        skipped: why the harness could not run here, or an empty string.
    """

    name: str
    seed: int
    figures: dict[str, int | float | str] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    skipped: str = ""

    def count(self, name: str, by: int = 1) -> None:
        """Add ``by`` to a figure that is a count."""
        self.figures[name] = int(self.figures.get(name, 0)) + by

    def line(self) -> str:
        """Return the one line that a person reads."""
        if self.skipped:
            return f"{self.name}: skipped, {self.skipped}"
        said = ", ".join(f"{_number(value)} {name}" for name, value in self.figures.items())
        verdict = "ok" if not self.violations else f"{len(self.violations)} VIOLATIONS"
        return f"{self.name} (seed {self.seed}): {said}: {verdict}"

    def details(self) -> list[str]:
        """Return the first few violations, and how many more there are."""
        more = len(self.violations) - MOST_SHOWN
        return [*self.violations[:MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]


def merged(parts: Mapping[int, Finding], name: str) -> Finding:
    """Return one finding for several seeds: counts added up, violations in a row."""
    whole = Finding(name, min(parts, default=0))
    for seed, part in parts.items():
        whole.violations += [f"seed {seed}: {line}" for line in part.violations]
        whole.skipped = whole.skipped or part.skipped
        for key, value in part.figures.items():
            held = whole.figures.get(key, 0)
            if isinstance(value, str) or isinstance(held, str):
                whole.figures[key] = value
            else:
                whole.figures[key] = held + value
    return whole


def _number(value: float | str) -> str:
    return (
        value
        if isinstance(value, str)
        else f"{value:,.4g}"
        if value != int(value)
        else f"{int(value):,}"
    )
