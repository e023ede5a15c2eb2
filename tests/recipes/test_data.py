from __future__ import annotations

import gzip
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.errors import ConfigError
from agilml.recipes.data import digest, images, load, table
from agilml.recipes.data.dataset import Dataset, split, standardised

SHARES = {"val": 0.15, "test": 0.2, "seed": 0}


def bytes_of(dataset: Dataset) -> bytes:
    parts = (dataset.train, dataset.val, dataset.test)
    return b"".join(part.x.tobytes() + part.y.tobytes() for part in parts)


def test_digits_are_the_real_ones_and_fully_used() -> None:
    data = images({"name": "digits", "split": SHARES})
    sizes = [len(part) for part in (data.train, data.val, data.test)]
    assert sum(sizes) == 1797
    assert data.train.x.dtype == np.uint8
    assert data.train.x.shape[1:] == (1, 8, 8)
    assert data.train.x.max() == 16
    assert len(data.classes) == 10


def test_digits_are_read_without_importing_scikit_learn() -> None:
    code = (
        "import sys; from agilml.recipes.data import digest, load; digest({'name': 'digits'});"
        "assert 'numpy' not in sys.modules; load({'name': 'digits'}); assert 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "items", "features", "classes"),
    [
        ("digits", 1797, 64, 10),
        ("iris", 150, 4, 3),
        ("wine", 178, 13, 3),
        ("breast_cancer", 569, 30, 2),
        ("diabetes", 442, 10, 0),
    ],
)
def test_bundled_tables_have_their_known_sizes(
    name: str, items: int, features: int, classes: int
) -> None:
    data = table({"name": name, "split": SHARES})
    assert sum(len(part) for part in (data.train, data.val, data.test)) == items
    assert data.train.x.shape[1] == features
    assert len(data.classes) == classes
    assert data.train.x.dtype == np.float32


@given(
    counts=st.lists(st.integers(8, 60), min_size=2, max_size=5),
    val=st.sampled_from([0.1, 0.15, 0.3]),
    test=st.sampled_from([0.1, 0.2, 0.4]),
    seed=st.integers(0, 2**32),
)
def test_a_split_is_disjoint_complete_and_keeps_the_share_of_every_class(
    counts: list[int], val: float, test: float, seed: int
) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    x = np.arange(len(y))
    data = split(x, y, tuple(map(str, counts)), {"val": val, "test": test, "seed": seed})
    parts = (data.train, data.val, data.test)
    assert sorted(np.concatenate([part.x for part in parts])) == list(x)
    assert all((y[part.x] == part.y).all() for part in parts)
    for n, count in enumerate(counts):
        assert abs((data.test.y == n).sum() - test * count) <= 1
        assert abs((data.val.y == n).sum() - val * count) <= 2


def test_a_split_depends_on_its_own_seed_only() -> None:
    one = load({"name": "digits", "split": SHARES})
    assert bytes_of(one) == bytes_of(load({"name": "digits", "split": SHARES}))
    assert bytes_of(one) != bytes_of(load({"name": "digits", "split": {**SHARES, "seed": 1}}))


@pytest.mark.parametrize(
    "shares", [{"val": 0.5, "test": 0.5}, {"val": 0, "test": 0.2}, {"test": 1.5}]
)
def test_impossible_shares_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        load({"name": "digits", "split": {**SHARES, **shares}})


def test_statistics_come_from_the_training_part_alone() -> None:
    data = standardised(table({"name": "wine"}))
    assert np.allclose(data.train.x.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(data.train.x.std(axis=0), 1, atol=1e-4)
    assert abs(data.test.x.mean()) > 1e-3


def test_a_digest_names_the_bytes_and_not_the_place(tmp_path: Path) -> None:
    for place, content in (("a", b"x,y\n1,2\n"), ("b", b"x,y\n1,2\n"), ("c", b"x,y\n1,3\n")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "rows.csv").write_bytes(content)
    one, two, other = (digest({"name": "csv", "path": tmp_path / p / "rows.csv"}) for p in "abc")
    assert one == two != other
    assert digest({"name": "digits"}) != digest({"name": "iris"})
    assert digest({"name": "something of a project"}) is None


def test_an_unknown_data_set_gets_the_closest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean digits"):
        load({"name": "digit"})


@pytest.mark.parametrize(
    ("name", "key"), [("csv", "path"), ("folder", "root"), ("cifar10", "root")]
)
def test_a_missing_path_is_asked_for(tmp_path: Path, name: str, key: str) -> None:
    with pytest.raises(ConfigError, match=f"data.{key}, and it is not set"):
        load({"name": name, key: None})
    with pytest.raises(ConfigError, match="does not exist"):
        digest({"name": name, key: str(tmp_path / "absent")})


def cifar(root: Path, name: str, records: int = 20) -> dict[str, Any]:
    labels, classes = (1, 10) if name == "cifar10" else (2, 100)
    files = [f"data_batch_{n}.bin" for n in range(1, 6)] + ["test_batch.bin"]
    rng = np.random.default_rng(0)
    for file in files if name == "cifar10" else ["train.bin", "test.bin"]:
        rows = rng.integers(0, 256, (records, labels + 3072), dtype=np.uint8)
        rows[:, :labels] = 0
        rows[:, labels - 1] = np.arange(records) % 2 + classes - 2
        rows[:, labels] = rows[:, labels - 1]
        rows.tofile(root / file)
    return {"name": name, "root": str(root), "split": {"val": 0.1, "seed": 0}}


@pytest.mark.parametrize(("name", "trained"), [("cifar10", 100), ("cifar100", 20)])
def test_cifar_is_read_from_its_binary_files(tmp_path: Path, name: str, trained: int) -> None:
    data = images(cifar(tmp_path, name))
    assert len(data.train) + len(data.val) == trained
    assert len(data.test) == 20
    assert data.train.x.shape[1:] == (3, 32, 32)
    # The first pixel of every record repeats its label.
    assert (data.train.x[:, 0, 0, 0] == data.train.y).all()


def test_a_cut_cifar_file_is_refused(tmp_path: Path) -> None:
    config = cifar(tmp_path, "cifar10")
    os.truncate(tmp_path / "data_batch_3.bin", 4000)
    with pytest.raises(ConfigError, match=r"data_batch_3\.bin is not a whole file"):
        load(config)


class Trap:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch trapped",)


def test_a_cifar_pickle_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ConfigError) as caught:
        load({"name": "cifar10", "root": str(tmp_path)})
    assert "binary" in caught.value.next
    assert not (tmp_path / "trapped").exists()


def picture_folder(root: Path) -> dict[str, Any]:
    image = pytest.importorskip("PIL.Image")
    for value, name in enumerate(("cat", "dog")):
        (root / name / "deep").mkdir(parents=True)
        for n in range(10):
            place = root / name / ("deep" if n % 2 else ".")
            image.new("RGB", (5 + n, 9), (value * 200, 0, n)).save(place / f"{n}.png")
    (root / "cat" / "notes.txt").write_text("no image")
    return {"name": "folder", "root": str(root), "size": 8, "channels": 3, "split": SHARES}


def test_an_image_folder_has_one_class_per_subfolder(tmp_path: Path) -> None:
    data = images(picture_folder(tmp_path))
    assert data.classes == ("cat", "dog")
    assert data.train.x.shape[1:] == (3, 8, 8)
    assert sum(len(part) for part in (data.train, data.val, data.test)) == 20
    assert ((data.train.x[:, 0, 0, 0] > 100) == (data.train.y == 1)).all()


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    config = picture_folder(tmp_path)
    (tmp_path / "dog" / "broken.png").write_bytes(b"not a png")
    with pytest.raises(ConfigError, match=r"broken\.png cannot be read"):
        load(config)


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    config = picture_folder(tmp_path)
    shutil.rmtree(tmp_path / "dog")
    with pytest.raises(ConfigError, match="1 classes"):
        load(config)


def csv_config(path: Path, text: str, **more: Any) -> Mapping[str, Any]:
    path.write_text(text)
    given = {"name": "csv", "path": str(path), "target": "y", "task": "classification"}
    return {**given, "split": SHARES, **more}


def rows(n: int = 40) -> str:
    lines = [f"{i / 10},{'red' if i % 3 else 'blue'},{'yes' if i % 2 else 'no'}" for i in range(n)]
    return "\n".join(["age,colour,y", *lines])


def test_a_csv_gives_numbers_and_one_feature_per_text_value(tmp_path: Path) -> None:
    data = table(csv_config(tmp_path / "t.csv", rows()))
    assert data.classes == ("no", "yes")
    assert data.train.x.shape[1] == 3
    assert set(np.unique(data.train.x[:, 1:])) == {0.0, 1.0}


def test_a_packed_csv_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    config = csv_config(path, "")
    path.write_bytes(gzip.compress(rows().encode()))
    assert table(config).classes == ("no", "yes")


def test_a_missing_number_becomes_the_training_mean(tmp_path: Path) -> None:
    text = rows() + "\n" + "\n".join(["NA,red,yes"] * 10)
    data = table(csv_config(tmp_path / "t.csv", text))
    assert np.isfinite(data.train.x).all()
    assert np.isfinite(data.test.x).all()


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("a,b\n1,2\n", {}, "no column 'y'"),
        ("a,why\n1,2\n", {"target": "whi"}, "did you mean why"),
        ("a,y\n1,2\n1\n", {}, "row 3 has 1 cells"),
        ("a,y\n", {}, "no rows"),
        ("", {}, "not a csv file"),
        ("a,a,y\n1,2,3\n", {}, "two columns of one name"),
        ("y\n1\n2\n", {}, "no column besides"),
        ("a,y\n1,x\n2,\n", {}, "missing in some rows"),
        ("a,y\n1,x\n2,x\n", {}, "one value in all rows"),
        ("a,y\n1,x\n2,z\n", {"task": "regression"}, "not all numbers"),
        ("a,y\n1,x\n2,z\n", {"task": "ranking"}, "data.task is 'ranking'"),
        ("a,y\n" + "\n".join(f"id{n},{n % 2}" for n in range(99)), {}, "99 different values"),
    ],
)
def test_a_csv_that_does_not_fit_is_explained(
    tmp_path: Path, text: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        load(csv_config(tmp_path / "t.csv", text, **more))


def test_a_csv_of_other_bytes_is_refused_not_crashed_on(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    config = csv_config(path, "")
    path.write_bytes(b"\xff\xfe\x00y,\x00")
    with pytest.raises(ConfigError):
        load(config)


def test_a_table_is_no_image() -> None:
    with pytest.raises(ConfigError, match="needs images"):
        images({"name": "iris"})
