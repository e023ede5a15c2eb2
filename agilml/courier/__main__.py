"""``python -m agilml.courier PROJECT STATE``: serve one project, then end."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from agilml.courier.serving import Courier, step_back
from agilml.errors import AgilError
from agilml.project import Project, find_project


def main(root: Path, state: Path) -> int:
    """Serve the project with this state folder; 1 where its settings cannot be meant."""
    step_back()
    # `agil stop` and a terminal's Ctrl-C are meant for controllers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    try:
        found = find_project(root)
        settings = found.settings if found.root == root.resolve() else {}
        courier = Courier(Project(root, state, settings))
        signal.signal(signal.SIGTERM, lambda *_: courier.leave())
        courier.serve()
    except AgilError as error:
        sys.stderr.write(f"error: {error.cause}\nnext: {error.next}\n")
        return 1
    return 0


if __name__ == "__main__":
    code = main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stderr.flush()
    # An upload that was given up is cut off here; Python itself would wait for its threads.
    os._exit(code)
