from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from agilml.provenance import distributions as module
from agilml.provenance import system
from agilml.provenance.capture import capture
from agilml.provenance.distributions import digest_of_record, distributions
from agilml.provenance.environment import environment, lock_files
from agilml.provenance.environment_differences import EnvironmentDifference, differences
from agilml.testing.nvml import MadeUpGpu, MadeUpNvml

RECORD = b"""\
../../../bin/tool,sha256=scripts-name-their-interpreter,200
thing/__init__.py,sha256=aaaa,10
thing/__pycache__/__init__.cpython-311.pyc,,
thing/core.py,sha256=bbbb,20
thing-1.0.dist-info/INSTALLER,sha256=pip-or-uv,4
thing-1.0.dist-info/RECORD,,
"""


def installed(folder: Path, name: str, record: bytes | None, direct_url: Any = None) -> Path:
    metadata = folder / f"{name}.dist-info"
    metadata.mkdir(parents=True)
    if record is not None:
        (metadata / "RECORD").write_bytes(record)
    if direct_url is not None:
        (metadata / "direct_url.json").write_text(json.dumps(direct_url))
    return metadata


def test_a_distribution_is_known_by_the_content_of_its_own_files(tmp_path: Path) -> None:
    lines = RECORD.splitlines(keepends=True)
    reinstalled = b"".join(reversed(lines)).replace(b"pip-or-uv", b"the-other")
    moved = reinstalled.replace(b"name-their-interpreter", b"name-another")
    assert digest_of_record(RECORD) == digest_of_record(moved)
    assert digest_of_record(RECORD) != digest_of_record(RECORD.replace(b"bbbb", b"cccc"))
    installed(tmp_path / "a", "thing-1.0", RECORD)
    installed(tmp_path / "b", "Thing-9.0", b"")
    assert distributions([str(tmp_path / "a"), str(tmp_path / "b")]) == {
        "thing": {"content": digest_of_record(RECORD)}
    }


def test_where_a_distribution_came_from_is_recorded_without_a_password(tmp_path: Path) -> None:
    commit = "f" * 40
    told: dict[str, Any] = {
        "url": "https://ada:hunter22222@example.org/x.git",
        "vcs_info": {"vcs": "git", "commit_id": commit},
    }
    installed(tmp_path, "fromgit-1.0", None, told)
    installed(tmp_path, "local-1.0", None, {"url": "file:///x", "dir_info": {"editable": True}})
    archive = {"url": "https://e.org/x.zip", "archive_info": {"hashes": {"sha256": "abc"}}}
    installed(tmp_path, "zipped-1.0", None, archive)
    found = distributions([str(tmp_path)])
    assert found["fromgit"]["commit"] == commit
    assert "hunter" not in json.dumps(found)
    assert found["local"] == {"url": "file:///x", "editable": True}
    assert found["zipped"]["archive"] == "sha256:abc"


@pytest.mark.parametrize("told", [[], "x", 7, {}, {"url": 1, "vcs_info": []}, {"dir_info": 3}])
def test_metadata_that_makes_no_sense_is_passed_over(tmp_path: Path, told: Any) -> None:
    installed(tmp_path, "odd-1.0", b"\xff\x00,,,\n", told)
    assert set(distributions([str(tmp_path)])["odd"]) == {"content"}


def test_digests_are_taken_again_only_for_what_was_installed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bytes] = []

    def counted(record: bytes) -> str:
        taken.append(record)
        return digest_of_record(record)

    monkeypatch.setattr(module, "digest_of_record", counted)
    place, caches = [str(tmp_path / "lib")], tmp_path / "cache"
    one = installed(tmp_path / "lib", "one-1.0", RECORD) / "RECORD"
    installed(tmp_path / "lib", "two-1.0", RECORD)
    first = distributions(place, caches)
    assert distributions(place, caches) == first
    assert len(taken) == 2
    one.write_bytes(RECORD + b"thing/new.py,sha256=dddd,1\n")
    assert distributions(place, caches)["one"] != first["one"]
    assert len(taken) == 3
    (caches / module.CACHE).write_text('{"x": 3')
    assert distributions(place, caches)["two"] == first["two"]
    (caches / module.CACHE).write_text("[]")
    assert distributions(place, caches)["two"] == first["two"]


def test_what_was_really_installed_has_a_content(tmp_path: Path) -> None:
    found = distributions()
    assert len(str(found["pytest"]["content"])) == 32
    assert sum("content" in one for one in found.values()) > 10


def test_lock_files_are_recorded_by_digest(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    for name in ("uv.lock", "requirements.txt", "requirements-dev.txt", "requirements/lock.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "notes.txt").write_text("x")
    found = lock_files(tmp_path)
    assert list(found) == [
        *("requirements-dev.txt", "requirements.txt", "requirements/lock.txt", "uv.lock")
    ]
    assert all(len(digest) == 64 for digest in found.values())
    assert lock_files(tmp_path / "none") == {}


def test_cuda_is_told_by_the_driver_by_packages_and_by_torchs_own_file(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "version.py").write_text("cuda: Optional[str] = '12.8'\nhip = None\n")
    packages = {"nvidia-cudnn-cu12": "9.10.2", "nvidia-nccl-cu12": "2.27", "nvidia-ml-py": "13"}
    with system.driver(MadeUpNvml(MadeUpGpu())) as nvml:
        assert system.cuda(packages, nvml, [str(tmp_path)]) == {
            "driver": "570.86.15",
            "supports": "12.8",
            "cudnn": "9.10.2",
            "nccl": "2.27",
            "torch": "12.8",
        }
    assert not nvml.open
    assert system.cuda({}, None, [str(tmp_path / "none"), "\0"]) == {}


def test_gpus_are_described_as_far_as_they_tell() -> None:
    silent = {"nvmlDeviceGetMigMode", "nvmlDeviceGetCudaComputeCapability"}
    with system.driver(MadeUpNvml(MadeUpGpu(mig=True), MadeUpGpu("Old", silent=silent))) as nvml:
        first, second = system.gpus(nvml)
    assert first == {
        "index": 0,
        "model": "NVIDIA H200",
        "memory_gb": 140.4,
        "compute": "9.0",
        "mig": True,
    }
    assert second == {"index": 1, "model": "Old", "memory_gb": 140.4, "mig": False}
    with system.driver(MadeUpNvml(dead=True)) as nvml:
        assert nvml is None
        assert system.gpus(nvml) == []


def test_the_cpu_is_the_first_one_that_the_kernel_describes(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    one = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 amx_tile\n\n"
    (tmp_path / "proc" / "cpuinfo").write_text(one + one.replace("Some", "Other") * 500)
    found = system.cpu(tmp_path)
    assert (found["model"], found["instructions"]) == ("Some CPU", ["avx2", "amx_tile"])
    arm = "processor\t: 0\nFeatures\t: fp asimd sve\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n"
    (tmp_path / "proc" / "cpuinfo").write_text(arm)
    found = system.cpu(tmp_path)
    assert (found["model"], found["instructions"]) == ("0x41 0xd4f", ["asimd", "sve"])
    assert system.cpu(tmp_path / "none")["model"] is None


def test_a_container_says_as_much_of_its_image_as_can_be_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert system.container(tmp_path) is None
    (tmp_path / ".dockerenv").touch()
    (tmp_path / "proc" / "self").mkdir(parents=True)
    long = "0123456789abcdef" * 4
    (tmp_path / "proc" / "self" / "mountinfo").write_text(f"1 /docker/containers/{long}/hostname x")
    assert system.container(tmp_path) == {"kind": "docker", "image": None, "id": long}
    monkeypatch.setenv("AGIL_IMAGE", "registry.example.org/train@sha256:abc")
    found = system.container(tmp_path)
    assert found is not None
    assert found["image"] == "registry.example.org/train@sha256:abc"
    monkeypatch.delenv("AGIL_IMAGE")
    (tmp_path / "run").mkdir()
    told = 'engine="podman-4"\nid="77"\nimage="docker.io/x:latest"\nimageid="5e"\n'
    (tmp_path / "run" / ".containerenv").write_text(told)
    assert system.container(tmp_path) == {"kind": "podman", "image": "5e", "id": "77"}


def recorded() -> dict[str, Any]:
    return {
        "python": "CPython 3.11.7",
        "agilml": "0.4",
        "packages": {"numpy": "2.0", "torch": "2.13.0"},
        "distributions": {"numpy": {"content": "a" * 32}, "torch": {"content": "b" * 32}},
        "gpus": ["NVIDIA H200"],
        "devices": [{"index": 0, "model": "NVIDIA H200", "mig": False}],
        "environment": {"CUBLAS_WORKSPACE_CONFIG": ":4096:8", "CI": "1"},
        "locks": {"uv.lock": "c" * 64},
        "build": {"abi": "cpython-311", "compiler": "GCC 12"},
        "cuda": {"driver": "570", "cudnn": "9.10"},
        "cpu": {"model": "EPYC", "instructions": ["avx2"], "count": 8},
        "system": {"libc": "glibc 2.36", "kernel": "6.1", "container": None},
        "determinism": {"hash_seed": "random"},
    }


def test_the_same_environment_has_no_differences() -> None:
    assert differences(recorded(), recorded()) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("python", "CPython 3.12.1", ("Python", "CPython 3.11.7", "CPython 3.12.1", True)),
        ("packages.numpy", "2.1", ("package numpy", "2.0", "2.1", True)),
        ("packages.numpy", None, ("package numpy", "2.0", None, True)),
        ("distributions.torch.content", "d" * 32, (
            "package torch", "2.13.0 bbbbbbbbbbbb", "2.13.0 dddddddddddd", True)),
        ("devices", [], ("GPU 0", "NVIDIA H200", None, True)),
        ("cuda.cudnn", None, ("cuDNN", "9.10", None, True)),
        ("cpu.instructions", ["avx2", "avx512f"], ("CPU instructions", "avx2", "avx2, avx512f", True)),
        ("cpu.count", 4, ("CPUs of the machine", "8", "4", False)),
        ("system.kernel", "6.8", ("kernel", "6.1", "6.8", False)),
        ("system.container", {"image": "x"}, ("container image", None, "x", False)),
        ("environment.CUBLAS_WORKSPACE_CONFIG", None, (
            "variable CUBLAS_WORKSPACE_CONFIG", ":4096:8", None, True)),
        ("environment.CI", None, ("variable CI", "1", None, False)),
        ("locks", {}, ("lock file uv.lock", "c" * 64, None, False)),
    ],
)  # fmt: skip
def test_each_difference_is_named_and_says_whether_it_matters(
    path: str, value: Any, expected: tuple[Any, ...]
) -> None:
    here = recorded()
    *parents, leaf = path.split(".")
    node = here
    for parent in parents:
        node = node[parent]
    if value is None:
        del node[leaf]
    else:
        node[leaf] = value
    assert differences(recorded(), here) == [EnvironmentDifference(*expected)]


def test_what_an_older_release_did_not_record_is_no_difference() -> None:
    old = {key: recorded()[key] for key in ("python", "agilml", "packages", "gpus", "environment")}
    assert differences(old, recorded()) == []
    assert differences({}, recorded()) == []
    changed = copy.deepcopy(recorded())
    changed["devices"][0]["model"] = "NVIDIA L4"
    (only,) = differences(old, changed)
    assert (only.name, only.recorded, only.here) == ("GPU 0", "NVIDIA H200", "NVIDIA L4")


def test_an_environment_does_not_differ_from_itself(tmp_path: Path) -> None:
    first, second = capture(tmp_path, ()), capture(tmp_path, (), caches=tmp_path / "cache")
    assert differences(first, second) == []
    assert json.loads(json.dumps(first["distributions"])) == second["distributions"]
    assert first["determinism"] == {
        "seeded": ["random", "numpy", "torch"],
        "hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
        "cublas_workspace": None,
        "cuda_device_order": "PCI_BUS_ID",
    }
    assert set(environment(tmp_path, {})) <= set(first)
