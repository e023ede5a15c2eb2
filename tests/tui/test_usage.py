from __future__ import annotations

import pytest

from agilml.tui import usage
from agilml.tui.usage import UsageMeter, gpu_use
from agilml.worker.probes import Gpu, gpus
from tests.tui.sweeps import LOAD, text_of


def test_this_machine_has_figures() -> None:
    seen = UsageMeter().read()
    assert seen.percent is None
    assert seen.cpus >= 1
    assert 0 < seen.used_gb < seen.memory_gb
    assert len(seen.gpus) == len(gpus())


def test_the_share_of_the_cpus_is_known_from_the_second_look_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(usage, "PAUSE", 0.0)
    meter = UsageMeter()
    percent = meter.read().percent
    assert percent is not None
    assert 0.0 <= percent <= 100.0


def test_looks_are_a_second_apart() -> None:
    meter = UsageMeter()
    assert meter.read() is meter.read()


def test_a_gpu_that_does_not_answer_is_left_out() -> None:
    assert gpu_use((Gpu(99, "none", 1.0),)) == ()


def test_one_line_says_it_all() -> None:
    assert text_of([LOAD.line()]) == (
        "cpu  87% of 8  memory 21.5/64.0 GiB  gpu0  98% 71/80 GiB  gpu1   3% 0/80 GiB\n"
    )
