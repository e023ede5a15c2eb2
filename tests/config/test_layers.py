"""Where configurations come from, and what is known of them without Hydra."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agilml.config import Configs
from agilml.config.layers import PACKAGED
from agilml.errors import ConfigError


def test_names_and_groups_need_no_hydra() -> None:
    code = (
        "import sys; from pathlib import Path; from agilml.config import Configs;"
        "c = Configs(Path('conf')); c.names(); c.groups();"
        "sys.exit(any(m in sys.modules for m in ('hydra', 'omegaconf', 'yaml')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_project_adds_its_own_to_the_packaged_names_and_options(conf_folder: Path) -> None:
    both, packaged = Configs(conf_folder), Configs(None)
    assert {"big", "small", *packaged.names()} <= set(both.names())
    assert {"resnet", "mlp", "vit"} <= set(both.groups()["model"])
    assert set(packaged.groups()) <= set(both.groups())


def test_names_with_an_underscore_are_building_blocks(write: object, conf_folder: Path) -> None:
    (conf_folder / "_parts.yaml").write_text("a: 1\n")
    assert "_parts" not in Configs(conf_folder).names()


def test_a_missing_folder_is_no_layer(tmp_path: Path) -> None:
    assert Configs(tmp_path / "conf").folders == (PACKAGED,)


def test_the_packaged_folder_is_one_layer_even_when_it_is_the_projects(tmp_path: Path) -> None:
    link = tmp_path / "conf"
    link.symlink_to(PACKAGED)
    assert Configs(link).folders == (PACKAGED,)


@pytest.mark.parametrize("conf", ["", "../small", "/etc/passwd", "smal", "nothing"])
def test_an_unknown_conf_is_refused_and_the_known_ones_listed(configs: Configs, conf: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configs.compose(conf)
    assert "small" in caught.value.next + caught.value.cause
