"""A project full of secrets, swept, failed, shown and synced: no byte that is kept or sent holds one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
import zstandard

from tests.conftest import processes_of_this_test
from tests.provenance.planted import Planted, notebook, planted, with_forms

pytestmark = pytest.mark.slow

RECIPE = """
import json, os
import notes

def train(cfg, run):
    said = json.load(open(os.environ["LEAKS"]))
    for text in said["log"] + [os.environ[name] for name in said["environment"]]:
        print("connecting with", text)
    print(cfg.to_dict())
    for text in said["warning"]:
        run.warn(f"{text} is deprecated")
    for step in range(2):
        run.log({f"loss/{text}": 0.5 for text in said["metric"]}, step=step)
    (run.folder / "notebook.ipynb").write_text(said["notebook"])
    seen = json.dumps(cfg.to_dict())
    missing = [text for text in said["config"] if json.dumps(text)[1:-1] not in seen]
    run.log(val_acc=len(missing))
    if cfg.x:
        raise ValueError("cannot connect with " + said["error"][cfg.x])
"""


class Leaks:
    """A thousand secrets, by where they are left."""

    def __init__(self) -> None:
        pool: Iterator[Planted] = planted(2026, 620)
        forms: Iterator[Planted] = iter(with_forms(4711, 400))

        def some(source: Iterator[Planted], n: int) -> list[Planted]:
            return [next(source) for _ in range(n)]

        self.log = some(pool, 200)
        self.patch = some(pool, 200)
        self.notebook = some(pool, 100)
        self.warning = some(pool, 60)
        self.error = some(pool, 10)
        self.config = some(forms, 200)
        self.metric = some(forms, 60)
        self.argv = some(forms, 60)
        self.listed = some(forms, 5)
        self.named = {f"password{n}": f"correct horse {n} battery" for n in range(50)}
        self.environment = {
            f"SERVICE_{n}_TOKEN": f"zebra{n:03}quagga-{n * 7919}" for n in range(60)
        }

    def secrets(self) -> list[str]:
        found = [
            item.secret
            for items in (
                *(self.log, self.patch, self.notebook, self.warning, self.error),
                *(self.config, self.metric, self.argv, self.listed),
            )
            for item in items
        ]
        return [*found, *self.named.values(), *self.environment.values()]


def _project(root: Path, leaks: Leaks) -> None:
    (root / "recipes" / "leaky.py").write_text(RECIPE)
    notes = root / "notes.py"
    notes.write_text("A = 1\n")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run(["git", *words], cwd=root, check=True)
    lines = [f"# {line}" for item in leaks.patch for line in item.text.splitlines()]
    notes.write_text("\n".join(["A = 2", *lines]) + "\n")
    conf = {
        "recipe": "leaky",
        "x": 0,
        "metric": "val_acc",
        "mode": "max",
        "services": {f"s{n}": item.text for n, item in enumerate(leaks.config)},
        "accounts": {f"a{n}": {"password": value} for n, value in enumerate(leaks.named.values())},
        "tokens": {name.lower(): f"${{oc.env:{name}}}" for name in leaks.environment},
    }
    (root / "conf" / "leaky.yaml").write_text(yaml.safe_dump(conf))


def _agil(root: Path, environment: dict[str, str], *words: str) -> str:
    said = subprocess.run(
        [sys.executable, "-m", "agilml", *words],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode in (0, 4), said.stderr
    return said.stdout + said.stderr


def _wait_for_the_courier(seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while processes_of_this_test() and time.monotonic() < end:
        time.sleep(0.1)


def _bytes(*places: Path) -> Iterator[tuple[str, bytes]]:
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                raw = path.read_bytes()
                yield str(path), raw
                if raw[:4] == b"\x28\xb5\x2f\xfd":
                    yield str(path), zstandard.ZstdDecompressor().stream_reader(raw).read()


def _found(secrets: Sequence[str], haystack: Sequence[tuple[str, bytes]]) -> list[tuple[str, str]]:
    spelled = [(secret, secret.encode()) for secret in secrets]
    spelled += [(secret, json.dumps(secret)[1:-1].encode()) for secret in secrets]
    return [(secret, name) for name, raw in haystack for secret, text in spelled if text in raw]


def test_of_a_thousand_secrets_none_is_kept_in_the_ledger_sent_or_shown(
    project: Path, tmp_path: Path
) -> None:
    leaks = Leaks()
    _project(project, leaks)
    said = {
        "log": [item.text for item in leaks.log],
        "warning": [item.text for item in leaks.warning],
        "metric": [item.text for item in leaks.metric],
        "error": [item.text for item in leaks.error],
        "notebook": notebook(leaks.notebook),
        "config": [item.text for item in leaks.config] + list(leaks.named.values()),
        "environment": list(leaks.environment),
    }
    (tmp_path / "leaks.json").write_text(json.dumps(said))
    environment = {
        **leaks.environment,
        "LEAKS": str(tmp_path / "leaks.json"),
        "XLA_FLAGS": " ".join(item.text for item in leaks.listed),
    }
    words = [f'+typed.w{n}="{item.text}"' for n, item in enumerate(leaks.argv)]
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    environment["AGIL_REMOTE"] = f"file://{bucket}"
    shown = [_agil(project, environment, "sweep", "conf=leaky", "x=0,1,2", *words)]
    _wait_for_the_courier()
    shown.append(_agil(project, environment, "sync", "--remote", f"file://{bucket}"))
    runs = json.loads(_agil(project, {}, "runs", "--json"))
    assert sorted(run["state"] for run in runs) == ["failed", "failed", "succeeded"]
    # The recipe saw every one of them, as it stands in the conf.
    assert {run["metrics"]["val_acc"] for run in runs} == {0}
    for run in runs:
        shown += [_agil(project, environment, "show", run["run"], *way) for way in ([], ["--json"])]
        shown.append(_agil(project, environment, "show", run["run"], "--provenance", "--verify"))
    shown.append(_agil(project, {}, "show", "latest", "--json"))
    shown.append(_agil(project, {}, "show", "conf=leaky"))
    shown.append(_agil(project, {}, "compare", runs[0]["run"], runs[1]["run"], "--json"))
    shown.append(_agil(project, {}, "compare", runs[0]["run"], runs[1]["run"]))

    state = project / ".agil"
    kept = [*state.glob("ledger.db*"), state / "blobs", state / "tensorboard", bucket]
    haystack = [*_bytes(*kept), *(("screen", text.encode()) for text in shown)]
    secrets = leaks.secrets()
    assert len(set(secrets)) >= 1000
    found = _found(secrets, haystack)
    assert sorted({secret for secret, _ in found}) == []
    assert found == []
    sent = b"".join(raw for name, raw in haystack if name.startswith(str(bucket)))
    # What is searched was there: the logs and the notebooks were sent.
    assert sent.count(b"connecting with") >= 3 * len(leaks.log)
    assert b'"nbformat"' in sent
    # The control: the log of this machine, which is not sent as it is, holds those that were printed.
    local = list(_bytes(state / "runs", state / "secrets.json"))
    assert len({secret for secret, _ in _found(secrets, local)}) > 500
