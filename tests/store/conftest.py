from __future__ import annotations

from collections.abc import Iterator

import pytest

from agilml.store.retry import Retry
from agilml.testing.s3 import ENVIRONMENT, S3Server, moto_server
from agilml.testing.s3faults import FaultProxy, fault_proxy

QUICK = Retry(tries=12, first=0.002, most=0.02)
"""As patient as the default, on a clock for tests."""


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def moto() -> Iterator[S3Server]:
    with moto_server() as server:
        yield server


@pytest.fixture
def proxy(moto: S3Server, credentials: None) -> Iterator[FaultProxy]:
    with fault_proxy(moto, seed=1) as made:
        yield made
