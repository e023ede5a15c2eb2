"""A tool under measurement, and how several of them are run in turn."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.command import Sample, environment, run
from bench.options import Options


def _nothing(_folder: Path) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One tool doing a sweep of ``n`` trials in an empty folder.

    Attributes:
        name: what the table calls it.
        package: distribution whose version is printed.
        python: interpreter of the venv it lives in.
        argv: command line for a folder and a number of trials.
        stored: how many results the tool's own store in that folder holds.
        prepare: what a user would have done long before (a project, a Git repository); not timed.
        env: variables it needs.
        note: what makes it not quite the same thing.
        sizes: numbers of trials to run, one sweep each.
    """

    name: str
    package: str
    python: Path
    argv: Callable[[Path, int], Sequence[str]]
    stored: Callable[[Path], int]
    prepare: Callable[[Path], None] = _nothing
    env: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    sizes: tuple[int, ...] = (1,)

    def run(self, n: int, timeout: float) -> Sample:
        """Run ``n`` trials in a fresh folder; one that did not store ``n`` results is an error."""
        scratch = Path(tempfile.mkdtemp(prefix="agil-bench-"))
        try:
            folder = scratch / "work"
            folder.mkdir()
            env = environment(scratch, self.env)
            self.prepare(folder)
            sample = run(self.argv(folder, n), folder, env, timeout)
            stored = self.stored(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if not sample.error and stored != n:
            return replace(sample, error=f"{stored} of {n} results in its store")
        return sample


Samples = dict[int, list[Sample]]


def interleave(cases: Sequence[Case], options: Options) -> dict[str, Samples]:
    """Run all cases in turn, again and again; return their samples by name and number of trials.

    A case that has used its share of time, or has failed, is left out of further rounds.
    """
    samples: dict[str, Samples] = {case.name: {n: [] for n in case.sizes} for case in cases}
    for turn in range(options.repeats):
        for case in cases:
            mine = samples[case.name]
            done = [sample for several in mine.values() for sample in several]
            if (
                any(sample.error for sample in done)
                or sum(s.wall_s for s in done) >= options.seconds
            ):
                continue
            for n in case.sizes:
                sample = case.run(n, options.timeout)
                mine[n].append(sample)
                _say(case.name, n, turn, sample)
                if sample.error:
                    break
    return samples


def median(samples: Sequence[Sample], name: str) -> float:
    """Return the median of one attribute of ``samples``."""
    return statistics.median(float(getattr(sample, name)) for sample in samples)


def slope(samples: Samples, name: str) -> float | None:
    """Return what one more trial adds to ``name``: the slope between the two outermost medians."""
    small, large = min(samples), max(samples)
    if small == large or not samples[small] or not samples[large]:
        return None
    return (median(samples[large], name) - median(samples[small], name)) / (large - small)


def first_error(samples: Samples) -> str:
    """Return why a case failed, or an empty string."""
    return next((s.error for several in samples.values() for s in several if s.error), "")


def _say(name: str, n: int, turn: int, sample: Sample) -> None:
    what = sample.error or f"{sample.wall_s:.2f} s, {sample.cpu_s:.2f} CPU s"
    print(f"  {name}, n={n}, run {turn + 1}: {what}", file=sys.stderr, flush=True)
