"""Hydra's own suites for launchers, run against ours."""

from __future__ import annotations

import pytest
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.test_utils.launcher_common_tests import (
    BatchedSweeperTestSuite,
    IntegrationTestSuite,
    LauncherTestSuite,
)

from hydra_plugins.agilml_launcher.launcher import AgilLauncher

# The functions of these suites live inside tests, and no other process could import them.
FORK = "hydra.launcher.isolation=fork"
# They choose the working directory of Hydra 1.1 in a way that Hydra 1.3 warns of.
DEPRECATED = "ignore:.*Future Hydra versions:UserWarning"


def test_hydra_discovers_the_launcher() -> None:
    assert AgilLauncher.__name__ in [x.__name__ for x in Plugins.instance().discover(Launcher)]


@pytest.mark.slow
@pytest.mark.filterwarnings(DEPRECATED)
@pytest.mark.parametrize(("launcher_name", "overrides"), [("agil", [FORK])])
class TestLauncher(LauncherTestSuite):
    pass


@pytest.mark.slow
@pytest.mark.filterwarnings(DEPRECATED)
@pytest.mark.parametrize(
    ("launcher_name", "overrides"),
    [("agil", [FORK, "hydra/sweeper=basic", "hydra.sweeper.max_batch_size=2"])],
)
class TestBatches(BatchedSweeperTestSuite):
    pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task_launcher_cfg", "extra_flags"), [({}, ["-m", "hydra/launcher=agil"])]
)
class TestIntegration(IntegrationTestSuite):
    pass
