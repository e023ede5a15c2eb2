"""N empty Ray tasks: the CPU microseconds of the driver for one, as JSON."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import ray


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@ray.remote(num_cpus=1)
def trial(spec: dict[str, Any]) -> Any:
    return spec["seed"]


if __name__ == "__main__":
    n = int(sys.argv[1])
    ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="ERROR")
    ray.get([trial.remote({"seed": i}) for i in range(50)])
    began = cpu()
    answers = ray.get([trial.remote({"optim.lr": 0.1, "seed": i}) for i in range(n)])
    used = cpu() - began
    if answers != list(range(n)):
        raise RuntimeError("an answer is missing")
    print(json.dumps({"cpu_us": 1e6 * used / n}))
    ray.shutdown()
