"""Random state: seeded before a recipe starts, saved with its checkpoints, restored on resume."""

from __future__ import annotations

import random
import sys
from typing import Any


def seed_everything(seed: int) -> None:
    """Seed Python's generator, and those of numpy and torch where they are imported."""
    random.seed(seed)
    if "numpy" in sys.modules:
        import numpy

        numpy.random.seed(seed % 2**32)
    if "torch" in sys.modules:
        import torch

        if torch.cuda.is_available():
            torch.manual_seed(seed)
        else:
            # The same for a CPU; manual_seed would also prepare for devices that are not there (3 ms).
            torch.default_generator.manual_seed(seed)


def random_state() -> dict[str, Any]:
    """Return the state of every generator in use, as values a checkpoint can hold."""
    version, internal, gauss = random.getstate()
    state: dict[str, Any] = {"python": [version, list(internal), gauss]}
    if "numpy" in sys.modules:
        import numpy

        name, keys, position, has_gauss, cached = numpy.random.get_state(legacy=True)
        words = numpy.asarray(keys).tolist()
        state["numpy"] = [str(name), words, int(position), int(has_gauss), float(cached)]
    if "torch" in sys.modules:
        import torch

        state["torch"] = torch.get_rng_state()
        if torch.cuda.is_initialized():
            state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def restore_random_state(state: dict[str, Any]) -> None:
    """Continue every generator from where :func:`random_state` saw it."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    if "numpy" in state:
        import numpy

        name, keys, position, has_gauss, cached = state["numpy"]
        numpy.random.set_state(
            (name, numpy.asarray(keys, dtype=numpy.uint32), position, has_gauss, cached)
        )
    if "torch" in state:
        import torch

        torch.set_rng_state(state["torch"])
        if "cuda" in state and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["cuda"])
