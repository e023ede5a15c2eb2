from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import ConfigError, RecipeError, UnknownRecipe
from agilml.executors.local import _gpus, resources_of, slot_count
from agilml.model import Resources
from agilml.text import clock, number, safe_text
from agilml.worker import logs, probes, recipe
from agilml.worker.config import Config
from agilml.worker.probes import Gpu, Machine
from agilml.worker.spool import SpoolReader, SpoolWriter


def test_a_config_is_read_by_attribute_and_by_key() -> None:
    cfg = Config({"model": {"depth": 8}, "layers": [1, {"n": 2}], "name": "x"})
    assert 8 == cfg.model.depth == cfg["model"]["depth"]
    assert 2 == cfg.layers[1].n
    assert "name" in cfg
    assert 5 == cfg.get("epochs", 5)
    assert {"model": {"depth": 8}, "layers": [1, {"n": 2}], "name": "x"} == cfg.to_dict()


def test_a_config_cannot_be_changed_and_names_the_keys_it_has() -> None:
    cfg = Config({"lr": 0.1})
    with pytest.raises(AttributeError, match="read-only"):
        cfg.lr = 3
    with pytest.raises(AttributeError, match="no key `lrr`; there are: lr"):
        _ = cfg.lrr


def test_the_environment_is_read_only_when_the_trial_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hush")
    assert "a-hush" == Config({"t": "a-${oc.env:TOKEN}"}).t
    assert "none" == Config({"t": "${oc.env:ABSENT,none}"}).t
    monkeypatch.setenv("NUMBER", "3")
    assert 3 == Config({"n": "${oc.decode:${oc.env:NUMBER}}"}).n
    assert "hush" == Config({"n": "${oc.decode:${oc.env:TOKEN}}"}).n
    with pytest.raises(KeyError, match="ABSENT"):
        Config({"t": "${oc.env:ABSENT}"})


def test_half_a_line_is_not_read_until_it_is_whole(tmp_path: Path) -> None:
    writer, reader = SpoolWriter(tmp_path), SpoolReader(tmp_path)
    line = json.dumps({"e": "log", "t": 0, "step": 0, "m": {"a": 1}}).encode() + b"\n"
    os.write(writer.fd, line[:10])
    assert reader.read().empty
    os.write(writer.fd, line[10:] + line[:5])
    assert 1 == reader.read().points
    os.write(writer.fd, line[5:])
    assert 1 == reader.read().points
    assert 2 * len(line) == reader.offset
    reader.close()
    os.close(writer.fd)


@pytest.mark.parametrize(
    "line",
    [
        '{"e":"log","t":0,"step":0,"m":{"a":[1,2]}}',
        '{"e":"log","t":0,"step":0,"m":{"a":NaN}}',
        '{"e":"log","t":0,"step":1e400,"m":{"a":1}}',
        '{"e":"log","t":0,"step":0,"m":[1]}',
        '{"e":"log","t":0,"step":0,"m":{"a":"high"}}',
        '{"e":"ckpt","step":0}',
        '{"e":"ckpt","step":0,"dir":7,"sha256":"x","size":1}',
        '{"e":"start","pid":"1","pid_started":2,"isolation":"fork"}',
        '{"e":"end","state":"failed","cause":"magic"}',
        "[" * 100_000,
        "7",
    ],
)
def test_a_line_that_makes_no_sense_is_left_out_with_one_warning(tmp_path: Path, line: str) -> None:
    (tmp_path / "events.jsonl").write_text(f"{line}\n{line}\n")
    reader = SpoolReader(tmp_path)
    batch = reader.read()
    reader.close()
    assert ["a line of the spool could not be read and was left out"] == batch.warnings
    assert not any((batch.series, batch.checkpoints, batch.start, batch.end))


@given(st.lists(st.binary(max_size=60), max_size=8), st.integers(1, 7))
def test_any_bytes_in_a_spool_are_survived(chunks: list[bytes], every: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        writer, reader = SpoolWriter(Path(folder)), SpoolReader(Path(folder))
        good = b'{"e":"log","t":0,"step":1,"m":{"a":1}}\n'
        points = 0
        for i, chunk in enumerate(chunks):
            os.write(writer.fd, chunk + b"\n")
            if i % every == 0:
                os.write(writer.fd, good)
                points += reader.read().points
        points += reader.read().points
        assert sum(i % every == 0 for i in range(len(chunks))) == points
        reader.close()
        os.close(writer.fd)


def test_a_line_longer_than_the_window_is_read_whole(tmp_path: Path) -> None:
    writer, reader = SpoolWriter(tmp_path), SpoolReader(tmp_path)
    writer.write({"e": "warn", "text": "x" * (3 << 20)})
    writer.write({"e": "beat", "n": 1})
    batch = reader.read()
    assert [1000] == [len(text) for text in batch.warnings]
    assert reader.offset > 3 << 20
    reader.close()
    os.close(writer.fd)


def test_a_log_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    with (tmp_path / logs.NAME).open("ab", buffering=0) as log:
        for i in range(1000):
            log.write(b"%05d\n" % i)
            logs.cap_log(tmp_path, cap=600, keep=120)
    assert logs.tail(tmp_path, 1) == ["00999"]
    assert (tmp_path / logs.HEAD).read_text().startswith("00000\n00001\n")
    assert "left out here" in (tmp_path / logs.NAME).read_text()
    assert (tmp_path / logs.NAME).stat().st_size < 1000


def test_a_project_recipe_goes_before_a_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    mine = tmp_path / "recipes" / "resnet.py"
    mine.write_text("def train(cfg, run): pass\n")
    assert mine == recipe.source_file("resnet", tmp_path)
    assert "resnet" in recipe.names(tmp_path)


@pytest.mark.parametrize(
    "name", ["nope", "../etc/passwd", "a b", "os:system:x", "no.such:thing", ""]
)
def test_a_recipe_that_does_not_exist_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownRecipe, match="no recipe"):
        recipe.source_file(name, tmp_path)


def test_a_recipe_without_its_function_says_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "empty_one.py").write_text("x = 1\n")
    with pytest.raises(RecipeError, match="no function `train`"):
        recipe.load("empty_one", tmp_path)


EIGHT = Machine(8, 64, tuple(Gpu(i, "gpu", 80) for i in range(4)))


@pytest.mark.parametrize(
    ("each", "asked", "count"),
    [
        (Resources(1), None, 8),
        (Resources(2), None, 4),
        (Resources(0.5), None, 16),
        (Resources(1, 1), None, 4),
        (Resources(1, 0.5), None, 8),
        (Resources(1, 2), None, 2),
        (Resources(1, 0, 20), None, 3),
        (Resources(1), 100, 100),
        (Resources(1, 1), 100, 4),
    ],
)
def test_resources_decide_how_many_slots_there_are(
    each: Resources, asked: int | None, count: int
) -> None:
    assert count == slot_count(EIGHT, each, asked)


def test_a_trial_that_does_not_fit_is_refused() -> None:
    for each in (Resources(9), Resources(1, 5), Resources(1, 0, 100)):
        with pytest.raises(ConfigError, match="asks for more"):
            slot_count(EIGHT, each, None)


def test_gpus_are_given_out_whole_or_in_shares() -> None:
    assert [(0, 1), (2, 3)] == [_gpus(i, EIGHT, Resources(1, 2)) for i in range(2)]
    assert [(0,), (0,), (1,), (1,)] == [_gpus(i, EIGHT, Resources(1, 0.5)) for i in range(4)]
    assert () == _gpus(0, EIGHT, Resources(1))


def test_gpus_null_is_one_gpu_where_there_is_one() -> None:
    assert 1 == resources_of({"gpus": None}, EIGHT).gpus
    assert 0 == resources_of({"gpus": None}, Machine(8, 64, ())).gpus
    assert Resources(2, 0.5, 3) == resources_of({"cpus": 2, "gpus": 0.5, "memory_gb": 3}, EIGHT)


def test_this_machine_has_cpus_and_memory() -> None:
    here = probes.machine()
    assert here.cpus > 0
    assert here.memory_gb > 0
    assert probes.out_of_memory_kills() >= 0


@given(st.text())
def test_safe_text_lets_nothing_through_that_moves_a_cursor(text: str) -> None:
    shown = safe_text(text)
    assert shown.isprintable()
    assert len(shown) <= 200


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.44, "0.4s"), (58, "58s"), (1475, "24m35"), (11220, "3h07")],
)
def test_durations_are_said_the_way_people_say_them(seconds: float | None, text: str) -> None:
    assert text == clock(seconds)


@pytest.mark.parametrize(
    ("value", "text"), [(0.98765, "0.9877"), (1e-5, "1.000e-05"), (float("nan"), "nan"), (7, "7")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert text == number(value)


def test_a_log_call_costs_microseconds(tmp_path: Path) -> None:
    """A sanity check against accidents of a hundredfold; bench measures the real figure."""
    from agilml.worker.run import Run
    from tests.worker.test_run import order

    writer = SpoolWriter(tmp_path)
    run = Run(order(tmp_path), writer)
    began = time.perf_counter()
    for step in range(1000):
        run.log(step=step, loss=0.5)
    assert time.perf_counter() - began < 1.0
    os.close(writer.fd)


@pytest.mark.slow
def test_gathering_memory_changes_no_value() -> None:
    from agilml.worker.hugepages import gather_memory

    values = bytearray(os.urandom(64)) * (1 << 18)
    before = hash(bytes(values))
    assert 0 <= gather_memory()
    assert before == hash(bytes(values))
