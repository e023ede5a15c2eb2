"""Several writers and one bucket, a third of whose requests go wrong."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from unittest.mock import patch

from agilml.errors import AgilError
from agilml.events import NoteSet
from agilml.ledger.ledger import Ledger
from agilml.ledger.refold import digest_of_tables
from agilml.project import Project
from agilml.store.base import Remote
from agilml.store.errors import RemoteError
from agilml.store.opening import open_remote
from agilml.store.retry import Retry
from agilml.sync import push, segments
from agilml.sync.keys import segment_of
from agilml.sync.segments import decode
from agilml.sync.syncing import sync
from agilml.testing.s3 import ENVIRONMENT, S3Server, moto_server, seaweed_server, weed
from agilml.testing.s3faults import KINDS, Faults, fault_proxy
from bench.faults.finding import Finding

SHARE = 1 / 3
BURST = 12
"""Facts that a writer records at most before it syncs; each of them is a segment of its own here."""

QUICK = Retry(tries=3, first=0.002, most=0.02)
HASTY = Retry(tries=1)
USUAL = Retry(tries=6, first=0.002, most=0.02)
MANY = 1_000
"""Segments from which credentials do not expire (to load them anew takes boto3 a third of a second), and a
request is given up as late as elsewhere: after three tries no listing of thousands comes to its end."""

SIZES = (10, 300, 3_000, 20_000)


def measure(
    folder: Path, seed: int, count: int, writers: int = 3, *, believe: bool = False
) -> Finding:
    """Let ``writers`` send ``count`` segments; compare all ledgers and the bucket, fact by fact.

    Args:
        folder: where the writers' projects are made.
        seed: of the faults and of what is written.
        count: segments in all.
        writers: clones that write and sync at the same time.
        believe: the control: a push that takes every put for one that was stored.
    """
    finding = Finding("sync under faults", seed, {"segments": count, "writers": writers})
    with _environment(), _server(folder) as server, fault_proxy(server, seed) as proxy:
        kinds = KINDS if count < MANY else tuple(kind for kind in KINDS if kind != "expired")
        proxy.faults = Faults(share=SHARE, slow_seconds=0.005, kinds=kinds)
        projects = [_project(folder / f"writer-{n}") for n in range(writers)]
        with ExitStack() as planted:
            planted.enter_context(patch.object(segments, "CUT_FACTS", 1))
            if believe:
                planted.enter_context(patch.object(push, "_put", _believing))
            retry = HASTY if believe else QUICK if count < MANY else USUAL
            remotes = [_remote(proxy.server, retry) for _ in projects]
            _write_all(projects, remotes, seed, count // writers, finding)
        finding.figures["requests"] = proxy.requests
        finding.figures["of them hurt"] = sum(proxy.hurt.values())
        proxy.heal()
        for project in (*projects, *projects):
            outcome = sync(project, _remote(proxy.server))
            finding.violations += [f"{item.key}: {item.what}" for item in outcome.problems]
        _compare(projects, finding)
        _check_bucket(server, projects, finding)
        finding.figures["requests of one more sync"] = sync(projects[0], _remote(server)).requests
    return finding


@contextmanager
def _environment() -> Iterator[None]:
    with patch.dict(os.environ, ENVIRONMENT):
        yield


def _server(folder: Path) -> AbstractContextManager[S3Server]:
    """Return a real S3 server where there is one, and an imitation elsewhere."""
    return moto_server() if weed() is None else seaweed_server(folder / "s3")


def _project(root: Path) -> Project:
    root.mkdir(parents=True)
    project = Project(root, root / ".agil", {})
    project.make_state()
    with Ledger.open(project.ledger):
        return project


def _remote(server: S3Server, retry: Retry = QUICK) -> Remote:
    return open_remote(server.address("team"), {**server.settings, "retry": retry})


def _write_all(
    projects: Sequence[Project], remotes: Sequence[Remote], seed: int, each: int, finding: Finding
) -> None:
    broken: Counter[str] = Counter()
    failures: list[BaseException] = []

    def write(n: int) -> None:
        try:
            _write(projects[n], remotes[n], random.Random(seed * 100 + n), each, broken)
        except BaseException as error:  # noqa: BLE001  a thread's failure is the finding's
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(len(projects))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finding.violations += [f"a writer died: {error!r}" for error in failures]
    finding.figures["syncs broken off and repeated"] = broken.total()


def _write(
    project: Project, remote: Remote, rng: random.Random, count: int, broken: Counter[str]
) -> None:
    left = count
    while left:
        burst = min(left, rng.randint(1, BURST))
        with Ledger.open(project.ledger) as ledger:
            for _ in range(burst):
                text = rng.randbytes(rng.choice(SIZES)).hex()
                ledger.record(NoteSet(f"t-{rng.randrange(50)}", text, "ada", rng.random()))
        left -= burst
        try:
            sync(project, remote)
        except RemoteError as error:
            broken[type(error).__name__] += 1
    for _ in range(200):
        with contextlib.suppress(RemoteError):
            sync(project, remote)
            return
    raise AgilError("two hundred syncs in a row were broken off")


_put = push._put  # noqa: SLF001  what the control believes in


def _believing(exchange, remote, facts, pushed):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Record a segment as stored whatever its put answers."""
    try:
        return _put(exchange, remote, facts, pushed)
    except RemoteError:
        for row in exchange.segments(exchange.own.id):
            if row.state == "prepared":
                exchange.record(row._replace(state="stored"))
        return facts[-1].seq


Facts = dict[tuple[str, int], str]


def _facts(project: Project) -> tuple[str, Facts, str]:
    """Return the project's origin, the digests of all facts that it holds, and that of its tables."""
    with Ledger.open(project.ledger) as ledger:
        rows = ledger.db.execute("SELECT origin, seq, digest FROM fact")
        found = {(str(origin), int(seq)): str(digest) for origin, seq, digest in rows}
        return ledger.origin, found, digest_of_tables(ledger.db)


def _compare(projects: Sequence[Project], finding: Finding) -> None:
    """Compare what each holds with what each wrote."""
    held = [_facts(project) for project in projects]
    truth = {
        key: digest for own, facts, _ in held for key, digest in facts.items() if key[0] == own
    }
    lost = alien = wrong = 0
    for _, facts, _ in held:
        lost += len(truth.keys() - facts.keys())
        alien += len(facts.keys() - truth.keys())
        wrong += sum(truth[key] != facts[key] for key in truth.keys() & facts.keys())
    for name, found in (("lost", lost), ("alien", alien), ("wrong", wrong)):
        finding.figures[name] = found
        if found:
            finding.violations.append(f"{found} facts {name}")
    digests = {digest for _, _, digest in held}
    finding.figures["digests of the merged ledgers"] = len(digests)
    if len(digests) != 1:
        finding.violations.append(f"{len(digests)} different ledgers from the same facts")


def _check_bucket(server: S3Server, projects: Sequence[Project], finding: Finding) -> None:
    """Read every segment past the proxy; together they are what the writers wrote, each fact once."""
    truth: Facts = {}
    for project in projects:
        with closing(sqlite3.connect(project.ledger)) as db:
            rows = db.execute(
                "SELECT f.origin, f.seq, f.digest FROM fact f JOIN origin o ON o.id = f.origin WHERE o.own"
            )
            truth |= {(str(origin), int(seq)): str(digest) for origin, seq, digest in rows}
    seen: Counter[tuple[str, int]] = Counter()
    with _remote(server) as remote:
        for entry in remote.list("ledger/"):
            named = segment_of(entry.key)
            assert named is not None
            for fact in decode(remote.get(entry.key), *named).facts:
                seen[fact.origin, fact.seq] += 1
                if truth.get((fact.origin, fact.seq)) != fact.digest:
                    finding.violations.append(f"{entry.key} holds what nobody wrote")
    if seen.keys() != truth.keys() or set(seen.values()) != {1}:
        finding.violations.append("the bucket does not hold every fact exactly once")
