"""Plant a fault in AgilML from outside: Python imports ``sitecustomize`` before anything else.

A harness whose control cannot fail proves nothing. No switch for that is shipped to users.
"""

from __future__ import annotations

from pathlib import Path

from bench.faults.project import ROOT

HOOK = """
import importlib.abc
import importlib.util
import sys


class Planted(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            plant(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Planted())
"""


def plant(folder: Path, module: str, code: str) -> dict[str, str]:
    """Return the environment in which ``code`` is run on ``module`` (its name there) once it is loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    body = "".join(f"    {line}\n" for line in code.strip().splitlines())
    text = f"MODULE = {module!r}\n\n\ndef plant(module):\n{body}\n{HOOK}"
    (folder / "sitecustomize.py").write_text(text)
    return {"PYTHONPATH": f"{folder}:{ROOT}"}


REPEATS_FINISHED_WORK = (
    "agilml.ledger.control",
    """
take = module.Control.take.__func__
def repeat(cls, ledger, sweep, host, pid):
    with ledger.transaction() as tx:
        for (trial,) in ledger.db.execute("SELECT id FROM trial WHERE state = 'succeeded'").fetchall():
            tx.append(module.e.TrialReopened(trial, "planted"))
    return take(cls, ledger, sweep, host, pid)
module.Control.take = classmethod(repeat)
""",
)
"""Every new controller runs everything again, as other tools do."""

SYNC_NORMAL = (
    "agilml.ledger.ledger",
    """
opened = module.Ledger.open.__func__
def open_(cls, path):
    made = opened(cls, path)
    made.db.execute("PRAGMA synchronous = NORMAL")
    return made
module.Ledger.open = classmethod(open_)
""",
)
"""Commits that return before they are on the disk."""

ERRORS_SWALLOWED = (
    "agilml.ledger.ledger",
    """
from contextlib import contextmanager, suppress
real = module.Ledger.transaction
@contextmanager
def transaction(self):
    with suppress(module.LedgerError), real(self) as tx:
        yield tx
module.Ledger.transaction = transaction
""",
)
"""A commit that failed is taken for one that did not."""

TRUSTS_THE_WALL_CLOCK = (
    "agilml.sweep.watching",
    """
import time
from types import SimpleNamespace
from agilml.worker import slot
module.time = slot.time = SimpleNamespace(monotonic=time.time, time=time.time, sleep=time.sleep)
module.Watch._forgive_nap = lambda *_: None
""",
)
"""Silence is measured with a clock that people set."""

NO_LOCK = (
    "agilml.sweep.liveness",
    """
module.ControllerLock.take = lambda self: True
""",
)
"""A second controller that does not see the first."""


def short_patience(folder: Path, seconds: float = 1.0) -> dict[str, str]:
    """Return the environment in which a locked ledger is given up after ``seconds`` instead of 30."""
    return plant(
        folder,
        "agilml.ledger.files",
        f"module.LOCK_SECONDS = {seconds}",
    )
