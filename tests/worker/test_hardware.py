from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.testing.nvml import MadeUpGpu, MadeUpNvml
from agilml.worker.energy import CpuPackages, Energy
from agilml.worker.gpu_sensors import GpuSensors
from agilml.worker.hardware import HardwareUse, Meter
from agilml.worker.machine_counters import Passed
from agilml.worker.process_tree import ProcessTree
from agilml.worker.series import LONGEST, BoundedSeries

BUSY = "while True: pass"
PARENT = """
import os, sys, time
held = bytearray(30_000_000)
if os.fork() == 0:
    while True: pass
if len(sys.argv) > 1:
    with open(sys.argv[1], "wb") as file:
        file.write(bytes(2_000_000)); file.flush(); os.fsync(file.fileno())
print("ready", flush=True)
time.sleep(60)
"""


@contextmanager
def running(program: str, *words: str) -> Iterator[int]:
    """Run a Python program in a session of its own, as an attempt is; end all of it behind the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        if program == PARENT:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        # A process that the kernel has only begun to make has no memory yet.
        eventually(lambda: ProcessTree(process.pid).used() is not None)
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()


def eventually(found: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def measured(
    pid: int, looks: int = 3, gpus: tuple[int, ...] = (), nvml: MadeUpNvml | None = None
) -> HardwareUse:
    """Return what a meter with a very short interval says of ``pid`` after a few looks."""
    meter = Meter(0.02, lambda: GpuSensors(nvml or MadeUpNvml(dead=True)))
    began = time.monotonic() - 1
    try:
        assert meter.look("a", pid, gpus, began) is None
        series = meter._watched["a"].series
        eventually(lambda: len(series.values.get("cpu_percent", ())) >= looks)
    finally:
        meter.close()
    use = meter.end("a", 3600.0)
    assert use is not None
    return use


def test_cpu_memory_and_disk_of_all_descendants_are_seen(tmp_path: Path) -> None:
    with running(PARENT, str(tmp_path / "file")) as pid:
        tree = ProcessTree(pid)
        eventually(lambda: (used := tree.used()) is not None and used.cpu_seconds > 0.1)
        used = tree.used()
    assert used is not None
    assert used.rss > 30_000_000
    # Some file systems of containers are memory, and nothing is ever written to a disk.
    assert used.written in range(2_000_000, 3_000_000) or used.written == 0
    assert tree.used() is None


def test_a_child_that_has_ended_keeps_counting() -> None:
    program = "import os, time\nif os.fork() == 0:\n t = time.process_time()\n"
    program += " while time.process_time() - t < 0.2: pass\n os._exit(0)\nos.wait()\ntime.sleep(60)"
    with running(program) as pid:
        tree = ProcessTree(pid)
        eventually(lambda: (used := tree.used()) is not None and used.cpu_seconds >= 0.15)


def test_an_attempt_is_measured_beside_its_training() -> None:
    with running(BUSY) as pid:
        use = measured(pid)
    assert use.interval == 0.02
    assert use.seconds == 3600.0
    assert {"cpu_percent", "rss_mb", "disk_read_mb", "disk_write_mb", "net_in_mb"} <= set(
        use.series
    )
    assert max(use.series["cpu_percent"]) > 5
    assert 1 < use.series["rss_mb"][-1] < 500
    assert not [name for name in use.series if name.startswith(("gpu", "energy_gpu"))]


def test_gpus_are_numbered_as_the_attempt_sees_them() -> None:
    nvml = MadeUpNvml(MadeUpGpu(), MadeUpGpu(percent=7), MadeUpGpu(watts=100.0, celsius=30))
    with running(BUSY) as pid:
        series = measured(pid, gpus=(1, 2), nvml=nvml).series
    assert set(series["gpu0_percent"]) == {7.0}
    assert set(series["gpu0_memory_mb"]) == {2000.0}
    assert set(series["gpu1_watts"]) == {100.0}
    assert set(series["gpu1_celsius"]) == {30.0}
    assert "gpu2_percent" not in series
    # 300 W and 100 W for an hour, measured over a few hundredths of a second.
    assert series["energy_gpu_wh"] == [pytest.approx(400, rel=0.5)]
    assert series["energy_wh"][0] >= series["energy_gpu_wh"][0]
    assert not nvml.open


class StillMeter(Meter):
    """A meter that looks when it is told to."""

    def __init__(self, nvml: MadeUpNvml) -> None:
        super().__init__(0.0)
        self._nvml = nvml

    def _begin(self) -> None:
        pass

    def pass_over_all(self, machine: Passed) -> None:
        with GpuSensors(self._nvml) as sensors:
            self._look_at_all(sensors, machine)


def test_attempts_on_one_gpu_share_its_energy() -> None:
    meter = StillMeter(MadeUpNvml(MadeUpGpu()))
    with running(BUSY) as one, running(BUSY) as other:
        for attempt, pid in (("one", one), ("other", other)):
            meter.look(attempt, pid, (0,), time.monotonic())
        meter.pass_over_all(Passed())
    for attempt in ("one", "other"):
        use = meter.end(attempt, 3600.0)
        assert use is not None
        assert use.series["energy_gpu_wh"] == [pytest.approx(150)]
        assert use.series["gpu0_watts"] == [300.0]


def test_the_energy_of_cpus_goes_by_the_time_that_an_attempt_kept_them_busy() -> None:
    meter = StillMeter(MadeUpNvml())
    with running(BUSY) as pid:
        meter.look("a", pid, (), time.monotonic())
        meter.pass_over_all(Passed(5.0, 10, 20, cpu_seconds=1e6, joules=1e9))
        used = meter._watched["a"].used.cpu_seconds
        eventually(lambda: _cpu_seconds(pid) > used + 0.05)
        meter.pass_over_all(Passed(5.0, 10, 20, cpu_seconds=1e6, joules=1e9))
        energy = meter._watched["a"].cpu_energy
    # The first look covers more than one pass of the machine, and is left out.
    assert 0.04 < energy.joules / 1e3 < 1
    use = meter.end("a", 10.0)
    assert use is not None
    assert use.series["energy_wh"] == use.series["energy_cpu_wh"]
    assert use.series["net_out_mb"] == [0.0, 0.0]


def _cpu_seconds(pid: int) -> float:
    used = ProcessTree(pid).used()
    return 0.0 if used is None else used.cpu_seconds


def test_without_a_counter_there_is_no_energy() -> None:
    meter = StillMeter(MadeUpNvml())
    with running(BUSY) as pid:
        meter.look("a", pid, (0,), time.monotonic())
        meter.pass_over_all(Passed())
    use = meter.end("a", 10.0)
    assert use is not None
    assert not [name for name in use.series if "energy" in name or "gpu" in name]
    assert Passed(5.0, cpu_seconds=0.0, joules=1.0).share(1.0) is None


def test_an_attempt_shorter_than_one_interval_is_never_looked_at() -> None:
    meter = Meter(5.0)
    assert meter.look("a", os.getpid(), (), time.monotonic() - 4.9) is None
    assert meter.end("a", 4.95) is None
    assert meter._thread is None
    meter.close()


def test_a_process_that_is_gone_is_no_trouble() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    meter = StillMeter(MadeUpNvml())
    meter.look("a", process.pid, (), time.monotonic())
    meter.pass_over_all(Passed())
    assert meter.end("a", 1.0) is None


def test_long_attempts_are_told_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = StillMeter(MadeUpNvml())
    now, told = time.monotonic(), []
    with running(BUSY) as pid:
        for minutes in range(0, 300, 5):
            monkeypatch.setattr(time, "monotonic", lambda m=minutes: now + 60 * m)
            if meter.look("a", pid, (), now) is not None:
                told.append(minutes)
            meter.pass_over_all(Passed())
    assert told == [10, 20, 40, 80, 140, 200, 260]


def test_a_gpu_that_does_not_tell_is_asked_once() -> None:
    silent = {"nvmlDeviceGetUtilizationRates", "nvmlDeviceGetTotalEnergyConsumption"}
    nvml = MadeUpNvml(MadeUpGpu(mig=True, silent=silent))
    with GpuSensors(nvml) as sensors:
        for _ in range(3):
            assert set(sensors.read(0)) == {"memory_mb", "watts", "celsius"}
        assert sensors.read(5) == {}
    assert [nvml.asked[name] for name in sorted(silent)] == [1, 1]
    assert not nvml.open


def test_without_a_driver_nothing_is_read_and_nothing_raised() -> None:
    nvml = MadeUpNvml(dead=True)
    with GpuSensors(nvml) as sensors:
        assert sensors.read(0) == sensors.read(1) == {}
    assert nvml.asked == {"nvmlInit": 1}


def test_the_energy_of_cpus_is_read_from_the_kernels_counters(tmp_path: Path) -> None:
    for folder, name in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "name").write_text(name)
        (tmp_path / folder / "energy_uj").write_text("900000")
        (tmp_path / folder / "max_energy_range_uj").write_text("1000000")
    packages = CpuPackages(tmp_path)
    assert packages.joules() == 0
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("100000")
    assert packages.joules() == pytest.approx(0.2)
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert packages.joules() is None
    assert CpuPackages(tmp_path / "none").joules() is None


def test_energy_is_extended_to_the_time_that_was_not_covered() -> None:
    energy = Energy()
    assert energy.watt_hours(10) is None
    energy.add(3600.0, 60.0)
    assert energy.watt_hours(120) == 2.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000))
def test_a_series_never_has_more_than_its_limit_and_keeps_its_mean(samples: list[float]) -> None:
    series = BoundedSeries()
    for sample in samples:
        series.add({"x": sample})
    values = series.values.get("x", [])
    assert len(values) < LONGEST
    whole = len(values) * series.every
    assert len(samples) - series.every < whole <= len(samples)
    mean = sum(samples[:whole]) / whole if whole else 0.0
    assert sum(values) / max(1, len(values)) == pytest.approx(mean, abs=1e-6 * 1e6)


def test_a_value_that_is_missing_at_times_does_not_disturb_the_others() -> None:
    series = BoundedSeries()
    for n in range(1000):
        series.add({"a": 1.0} if n % 3 else {"a": 1.0, "b": 2.0})
    assert set(series.values["a"]) == {1.0}
    assert set(series.values["b"]) == {2.0}
    assert len(series.values["b"]) <= len(series.values["a"])
