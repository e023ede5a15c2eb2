"""Build the peers' venvs: ``python -m bench.peers [ray guild dvc]``."""

from __future__ import annotations

import argparse
import sys

from bench.peers.venvs import build, names


def main() -> int:
    """Build what was asked for; 1 when something could not be built."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("venv", nargs="*", help=f"any of {', '.join(names())}; all by default")
    wanted = parser.parse_args().venv or names()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        parser.error(f"no such venv: {', '.join(unknown)}; there are {', '.join(names())}")
    return 1 if build(wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
