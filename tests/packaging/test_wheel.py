from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LINKS = ("conf", "executors", "recipes")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Built from a copy: a build in the checkout would leave its traces there.
    source = tmp_path_factory.mktemp("source") / "agilml"
    source.mkdir()
    files = ("pyproject.toml", "README.md", "LICENSE", ".gitignore")
    for name in ("agilml", "hydra_plugins", *LINKS, "docs", "tests", "bench", *files):
        origin = ROOT / name
        if origin.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", ".venvs")
            shutil.copytree(origin, source / name, symlinks=True, ignore=ignore)
        elif origin.exists():
            shutil.copy(origin, source)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("*.whl")
    return built


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_what_the_links_point_at(wheel: Path) -> None:
    inside = contents(wheel)
    for name in LINKS:
        real = {
            f"agilml/{path.relative_to(ROOT)}"
            for path in (ROOT / name).rglob("*")
            if path.suffix in {".py", ".yaml"}
        }
        assert real <= inside
    assert "agilml/executors/local.py" in inside
    assert "agilml/conf/resnet.yaml" in inside
    assert "agilml/recipes/resnet.py" in inside
    assert "agilml/py.typed" in inside


def test_the_wheel_claims_no_other_top_level_name(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in contents(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "agilml",
        "hydra_plugins",
    }
    # A namespace that other distributions share: a file of that name would end it.
    assert "hydra_plugins/__init__.py" not in contents(wheel)
    assert "hydra_plugins/agilml_launcher/launcher.py" in contents(wheel)


def test_the_wheel_carries_the_licence_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "agil = agilml.cli.main:main" in archive.read(entry_points).decode()
        assert any(name.endswith("licenses/LICENSE") for name in names)


@pytest.mark.parametrize("name", LINKS)
def test_the_real_folders_refuse_to_be_imported_by_their_own_name(name: str) -> None:
    command = [sys.executable, "-c", f"import {name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"this package is `agilml.{name}`" in done.stderr


@pytest.mark.parametrize("name", LINKS)
def test_the_links_are_relative_so_that_a_clone_carries_them(name: str) -> None:
    assert os.readlink(ROOT / "agilml" / name) == f"../{name}"


@pytest.mark.slow
def test_the_wheel_works_without_extras_and_tools_of_development(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip_settings: dict[str, str]
) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pins = tmp_path / "pins.txt"
    lock = (ROOT / "requirements" / "lock.txt").read_text()
    pins.write_text("\n".join(re.findall(r"^[^#\s].*?(?= \\$)", lock, flags=re.MULTILINE)))
    python = environment / "bin" / "python"
    # Everything but the user's pip settings is as clean as in any other test.
    monkeypatch.delenv("PYTHONPATH")
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(pins), str(wheel)],
        check=True,
        env={**os.environ, **pip_settings},
    )
    agil = [str(environment / "bin" / "agil"), "--help"]
    done = subprocess.run(agil, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "sweep" in done.stdout
