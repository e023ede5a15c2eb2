"""``python -m bench [section …]``: measure, print Markdown, write JSON with ``--json FILE``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench import machine
from bench.options import Options
from bench.peers import venvs
from bench.result import Result
from bench.sections import (
    cli,
    courier,
    crash,
    expand,
    first_step,
    ledger,
    log,
    makespan,
    scale,
    search,
    start,
    sweeps,
)
from bench.tree import become_subreaper

SECTIONS: dict[str, Callable[[Options], Result]] = {
    "cli": cli.measure,
    "expand": expand.measure,
    "ledger": ledger.measure,
    "log": log.measure,
    "scale": scale.measure,
    "search": search.measure,
    "start": start.measure,
    "first_step": first_step.measure,
    "courier": courier.measure,
    "crash": crash.measure,
    "makespan": makespan.measure,
    "torch": sweeps.torch,
    "trials": sweeps.trials,
}
"""Quick ones first, so that a run that is ended early has most of the tables."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the sections asked for; 1 when one of them could not measure AgilML."""
    arguments = _parser().parse_args(words)
    unknown = sorted(set(arguments.section) - set(SECTIONS))
    if unknown:
        _parser().error(f"no such section: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    become_subreaper()
    options = _options(arguments)
    about = machine.describe()
    print(machine.heading(about, _peer_versions()), flush=True)
    results = [_measured(name, options) for name in arguments.section or SECTIONS]
    if arguments.json:
        body = {
            "machine": about,
            "peers": _peer_versions(),
            "sections": [r.as_json() for r in results],
        }
        arguments.json.write_text(json.dumps(body, indent=1) + "\n")
    return 1 if any(result.failed for result in results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("section", nargs="*", help=f"any of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="one run of each case, fewer trials")
    parser.add_argument(
        "--full", action="store_true", help="slow peers get as many trials as the others"
    )
    parser.add_argument("--repeats", type=int, metavar="N", help="most runs of one case")
    parser.add_argument("--trials", type=int, metavar="N", help="trials of a sweep; 100 by default")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only peers whose name contains TEXT"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there as well")
    return parser


def _options(arguments: argparse.Namespace) -> Options:
    options = Options(full=arguments.full, only=arguments.only)
    if arguments.quick:
        options = replace(options, repeats=1, crashes=1, trials=20, torch_trials=8)
    if arguments.trials:
        options = replace(
            options,
            trials=arguments.trials,
            torch_trials=min(arguments.trials, options.torch_trials),
        )
    if arguments.repeats:
        options = replace(options, repeats=arguments.repeats, crashes=arguments.repeats)
    return options


def _measured(name: str, options: Options) -> Result:
    print(f"{name} …", file=sys.stderr, flush=True)
    began, load = time.monotonic(), os.getloadavg()[0]
    result = SECTIONS[name](options)
    after = os.getloadavg()[0]
    result.seconds = time.monotonic() - began
    result.load = (min(load, after), max(load, after))
    print(result.markdown(), flush=True)
    return result


def _peer_versions() -> dict[str, str]:
    named = (
        *("ray", "hydra-core", "submitit", "optuna", "guildai", "dvc", "tensorboard", "torch"),
        *("mlflow", "wandb", "trackio"),
    )
    found = {}
    for venv in filter(venvs.installed, venvs.names()):
        have = venvs.versions(venvs.python(venv))
        found.update({name: have[name] for name in named if name in have})
    return found


if __name__ == "__main__":
    sys.exit(main())
