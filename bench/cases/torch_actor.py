"""Print how long fresh Ray actors take to their first line after ``import torch``: a list of ms."""

from __future__ import annotations

import json
import sys
import time

import ray


@ray.remote(num_cpus=1)
class Trial:
    """A process of its own."""

    def first_line(self) -> float:
        """Return the time at which a recipe could begin."""
        import torch  # noqa: F401

        return time.monotonic()


PRESTARTED = 2
"""Ray starts a worker for each CPU in advance; the first actors find those."""


def main(n: int) -> None:
    """Ask for ``n`` actors in turn, once the workers started in advance are used up."""
    ray.init(
        "local", num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False
    )
    taken = []
    for _ in range(PRESTARTED + n):
        asked = time.monotonic()  # one clock for all processes of a machine
        actor = Trial.remote()
        taken.append(1000 * (ray.get(actor.first_line.remote()) - asked))
        ray.kill(actor)
    ray.shutdown()
    print(json.dumps(taken[PRESTARTED:]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
