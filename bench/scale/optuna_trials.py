"""``python -m bench.scale.optuna_trials FOLDER TRIALS STORAGE``: ask and tell, with nothing between.

STORAGE is ``journal`` or ``sqlite``. Prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.storages.journal import JournalFileBackend


def cpu() -> float:
    """Return the CPU seconds of this process, the kernel's for it included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def storage(kind: str, folder: Path) -> optuna.storages.BaseStorage:
    """Return an empty storage in ``folder``."""
    if kind == "sqlite":
        return optuna.storages.RDBStorage(f"sqlite:///{folder / 'optuna.db'}")
    backend = JournalFileBackend(str(folder / "optuna.log"))
    return optuna.storages.JournalStorage(backend)


def main(words: Sequence[str]) -> int:
    """Run the trials and print the CPU microseconds of one."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder, trials, kind = Path(words[0]), int(words[1]), words[2]
    study = optuna.create_study(
        storage=storage(kind, folder), sampler=optuna.samplers.RandomSampler(seed=0)
    )
    began = cpu()
    for i in range(trials):
        trial = study.ask()
        trial.suggest_float("lr", 1e-4, 1.0, log=True)
        study.tell(trial, i / trials)
    print(json.dumps({"cpu_us": 1e6 * (cpu() - began) / trials}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
