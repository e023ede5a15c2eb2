"""How long and how often to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What a person chose on the command line of ``python -m bench``.

    Attributes:
        repeats: most runs of one case; a case also stops once it has used ``seconds``.
        seconds: wall time after which one case of one section is not started again.
        crashes: how often each tool is killed and resumed.
        trials: size of the sweep of trivial trials that is timed as a whole command.
        torch_trials: the same for recipes that import torch.
        full: give the slowest peers (a second or more a trial) as many trials as the others.
        only: run only cases whose name contains this text; AgilML always runs.
        timeout: seconds after which a single run is ended and counted as failed.
    """

    repeats: int = 3
    seconds: float = 12.0
    crashes: int = 2
    trials: int = 100
    torch_trials: int = 20
    full: bool = False
    only: str = ""
    timeout: float = 900.0
