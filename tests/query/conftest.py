from __future__ import annotations

from tests.cli.conftest import _sample, agil, sample

__all__ = ["_sample", "agil", "sample"]
