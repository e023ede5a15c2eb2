from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import CheckpointError
from agilml.worker import checkpoints
from agilml.worker.checkpoints import Checkpoint


@pytest.mark.slow
def test_a_model_and_its_optimizer_come_back_bit_for_bit(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
    folder, sha256, size = checkpoints.save(tmp_path, 3, {"model": model, "optimizer": optimizer})

    other = torch.nn.Linear(4, 3)
    restored = torch.optim.AdamW(other.parameters(), lr=9.0)
    Checkpoint.open(folder, sha256).load(model=other, optimizer=restored)

    assert size > 0
    assert all(map(torch.equal, model.state_dict().values(), other.state_dict().values()))
    assert str(optimizer.state_dict()) == str(restored.state_dict())


def test_tied_and_strided_tensors_can_be_saved(tmp_path: Path) -> None:
    base = torch.arange(12.0).reshape(3, 4)
    folder, sha256, _ = checkpoints.save(tmp_path, 0, {"a": base, "b": base, "c": base.t()})
    found = Checkpoint.open(folder, sha256)
    assert torch.equal(base, found["b"])
    assert torch.equal(base.t(), found["c"])


def test_arrays_of_numpy_come_back_as_arrays(tmp_path: Path) -> None:
    value: dict[str, Any] = {"x": np.arange(6).reshape(2, 3), "y": [np.float64(0.5), np.int32(3)]}
    folder, sha256, _ = checkpoints.save(tmp_path, 0, {"value": value})
    found = Checkpoint.open(folder, sha256)["value"]
    assert isinstance(found["x"], np.ndarray)
    assert np.array_equal(value["x"], found["x"])
    assert [0.5, 3] == found["y"]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
    ),
)


@pytest.mark.slow
@given(value=plain)
def test_any_json_like_value_comes_back_as_it_was(
    value: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, sha256, _ = checkpoints.save(tmp_path_factory.mktemp("c"), 0, {"value": value})
    assert value == Checkpoint.open(folder, sha256)["value"]


def test_every_damage_is_found(tmp_path: Path) -> None:
    rng = random.Random(5)
    folder, sha256, _ = checkpoints.save(tmp_path, 0, {"w": torch.ones(50), "n": 3})
    originals = {path: path.read_bytes() for path in folder.iterdir()}
    for _ in range(300):
        path = rng.choice(sorted(originals))
        content = bytearray(originals[path])
        if rng.random() < 0.5:
            content = content[: rng.randrange(len(content))]
        else:
            content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
        path.write_bytes(content)
        with pytest.raises(CheckpointError):
            Checkpoint.open(folder, sha256)
        path.write_bytes(originals[path])
    assert 3 == Checkpoint.open(folder, sha256)["n"]


def test_a_name_that_was_not_saved_is_explained(tmp_path: Path) -> None:
    folder, sha256, _ = checkpoints.save(tmp_path, 0, {"model": torch.nn.Linear(1, 1)})
    with pytest.raises(CheckpointError, match="holds no `net`; it holds model"):
        Checkpoint.open(folder, sha256).load(net=torch.nn.Linear(1, 1))


def test_nothing_but_the_checkpoint_is_left_behind(tmp_path: Path) -> None:
    for _ in range(2):
        checkpoints.save(tmp_path, 7, {"n": 1})
    assert ["step-00000007"] == [path.name for path in tmp_path.iterdir()]
