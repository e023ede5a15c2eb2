"""SIGKILL at random moments: the command line, the controller, its template and its children."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bench.faults.finding import Finding
from bench.faults.oracle import History, undisturbed, violations
from bench.faults.project import Process, Project

TRIALS = 16
STEPS = 6
WORDS = (f"x=range({TRIALS})", f"steps={STEPS}", "sleep=0.06", "executor.slots=2")
SWEEP = ("sweep", "conf=fault", *WORDS, "sampler=grid", "stopper=none", "--json")
LIMIT_SECONDS = 600.0
"""Far more than back-offs of up to 30 s and a busy machine need."""

ROLES = {"controller": 8, "child": 8, "template": 3, "cli": 1}
"""How often each kind of process is the one to be killed."""

LIVES = 4
"""Kills of one trial's own processes that we allow ourselves; after six AgilML gives a trial up, rightly."""

TEMPLATES = 3
"""Kills of templates per controller; after four a controller blames the recipe's module, rightly."""


def measure(
    folder: Path,
    seed: int,
    kills: int,
    sweeps: int = 1,
    planted: Mapping[str, str] | None = None,
) -> Finding:
    """Kill ``kills`` times, over at least ``sweeps`` sweeps that are resumed until they are done."""
    finding = Finding("kills", seed)
    rng = random.Random(seed)
    expected = undisturbed(folder, SWEEP)
    done = 0
    while done < kills or int(finding.figures.get("sweeps", 0)) < sweeps:
        root = folder / f"sweep-{finding.figures.get('sweeps', 0)}"
        mission = _Sweep(Project(root, planted), rng, finding)
        done += mission.run(max(1, min(-(-kills // sweeps), kills - done)))
        finding.violations += [
            f"{root.name}: {line}" for line in (mission.broken or mission.judge(expected))
        ]
        finding.count("sweeps")
        if not finding.violations:
            shutil.rmtree(root)
    return finding


class _Sweep:
    def __init__(self, project: Project, rng: random.Random, finding: Finding) -> None:
        self._project = project
        self._rng = rng
        self._finding = finding
        self._history = History()
        self._templates: dict[int, int] = {}
        self._command: subprocess.Popen[bytes] | None = None
        self.broken: list[str] = []

    def run(self, kills: int) -> int:
        """Kill up to ``kills`` times and let the sweep come to its end; return how often it was killed."""
        killed, end = 0, time.monotonic() + LIMIT_SECONDS
        try:
            while not self._over():
                if time.monotonic() > end:
                    self.broken.append(f"no end within {LIMIT_SECONDS:.0f} s")
                    break
                self._pass_time()
                if killed < kills and self._kill():
                    killed += 1
        finally:
            self._project.end_all()
            if self._command is not None:
                self._command.wait()
        return killed

    def judge(self, expected: set[str]) -> list[str]:
        """Return every broken promise."""
        return self._history.broken(self._project) + violations(self._project, expected, STEPS)

    def _pass_time(self) -> None:
        """Wait for a random moment: mostly one at which trials run, sometimes any."""
        if self._rng.random() < 0.2:
            time.sleep(self._rng.uniform(0, 1.0))
            return
        noted = len(self._project.entries())
        self._project.wait_until(
            lambda: len(self._project.entries()) > noted or self._idle(), LIMIT_SECONDS
        )
        time.sleep(self._rng.uniform(0, 0.25))

    def _idle(self) -> bool:
        return self._command is None or self._command.poll() is not None

    def _over(self) -> bool:
        """Whether the sweep is done; a command is typed whenever none is at work."""
        if not self._idle():
            return False
        if self._command is not None and self._command.returncode == 0:
            return True
        self._command = self._project.start(*self._words())
        return False

    def _words(self) -> tuple[str, ...]:
        # A person types `agil resume`, or simply the same line again.
        planned = self._project.rows("SELECT id FROM sweep")
        if planned and self._rng.random() < 0.7:
            self._finding.count("resumes")
            return ("resume", planned[0][0], "--json")
        return SWEEP

    def _kill(self) -> bool:
        # Drawn before anybody looks: what is not there is not killed, the command line least of all.
        role = self._rng.choices(list(ROLES), list(ROLES.values()))[0]
        living = [p for p in self._project.processes() if p.role == role and self._may_die(p)]
        if not living:
            return False
        victim = self._rng.choice(living)
        self._history.note(self._project)
        if not victim.kill():
            return False
        if role == "template":
            self._templates[self._controller()] = self._templates.get(self._controller(), 0) + 1
        self._finding.count("kills")
        self._finding.count(f"of {role}")
        return True

    def _may_die(self, process: Process) -> bool:
        if process.role == "child":
            return self._lost(process.trial) < LIVES
        if process.role == "template":
            deaths = self._templates.get(self._controller(), 0)
            return deaths < TEMPLATES and self._lost("") < LIVES
        return True

    def _lost(self, trial: str) -> int:
        """Return how often a machine has lost the trial, or the unluckiest one that runs."""
        rows = self._project.rows("SELECT max(lost) FROM trial WHERE id LIKE ?", (f"t-{trial}%",))
        return int(rows[0][0] or 0) if rows else 0

    def _controller(self) -> int:
        return next((p.pid for p in self._project.processes() if p.role == "controller"), 0)
