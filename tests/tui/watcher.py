"""What a test starts on a pseudo-terminal: ``python -m tests.tui.watcher PROJECT SWEEP``."""

from __future__ import annotations

import fcntl
import sys
import termios
from pathlib import Path

from agilml.tui.follow import follow, reporter_for
from tests.tui.sweeps import project_at


def main(root: str, sweep: str) -> int:
    """Follow a sweep on the terminal that is our standard input; 130 after Ctrl-C."""
    # A signal for Ctrl-C goes to the session that the terminal controls.
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdout.write("$ agil watch\n")
    sys.stdout.flush()
    reporter = reporter_for(sys.stderr.isatty(), json=False, quiet=False)
    try:
        follow(project_at(Path(root)), sweep, reporter, ended=lambda: False)
    except KeyboardInterrupt:
        sys.stdout.write("stopped watching\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
