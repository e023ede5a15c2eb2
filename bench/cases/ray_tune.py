"""Ray Tune, two trials at once: ``ray_tune.py N [restore]``; results go to the folder ``tune``."""

from __future__ import annotations

import os
import sys
from typing import Any

import ray
from ray import tune


def trainable(config: dict[str, Any]) -> dict[str, float]:
    """Run one trial; Ray Tune stores what it returns."""
    from trial import score

    return {"score": score(config["x"])}


def tuner(n: int, restore: bool) -> tune.Tuner:
    """Return a grid of ``n`` values, or the one that was interrupted."""
    one_cpu = tune.with_resources(trainable, {"cpu": 1})
    if restore:
        path = os.path.join(os.getcwd(), "tune")
        return tune.Tuner.restore(path, one_cpu, resume_unfinished=True, restart_errored=True)
    return tune.Tuner(
        one_cpu,
        param_space={"x": tune.grid_search(list(range(n)))},
        tune_config=tune.TuneConfig(max_concurrent_trials=2),
        run_config=tune.RunConfig(storage_path=os.getcwd(), name="tune", verbose=0),
    )


def main(n: int, restore: bool) -> None:
    """Run the grid."""
    # A bare init() would join any cluster that somebody else runs on this machine.
    ray.init(
        "local", num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False
    )
    results = tuner(n, restore).fit()
    ray.shutdown()
    sys.exit(1 if results.errors else 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), "restore" in sys.argv[2:])
