from __future__ import annotations

import multiprocessing
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from agilml.data.cache import Cache, open_cache, parse_size
from agilml.data.checking import verify_staged
from agilml.data.finding import blobs_of, find
from agilml.data.names import Reference
from agilml.data.pins import Pin
from agilml.data.progress import Progress
from agilml.data.recording import add
from agilml.data.sources import Changed
from agilml.data.staging import Staged, stage
from agilml.errors import AgilError, UsageError
from agilml.project import Project, find_project


def pin(project: Project, source: Path, name: str = "set", *, store: bool = False) -> Pin:
    return add(project, name, str(source), shares={}, store=store).pin


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def staged(project: Project, level: str = "prod", name: str = "set") -> Staged:
    return stage(project, Reference(name), level)


def test_a_staged_level_holds_its_files_and_nothing_else(here: Project, images: Path) -> None:
    one = pin(here, images)
    everything = files(images)
    assert files(staged(here).path) == everything
    dev = files(staged(here, "dev").path)
    assert len(dev) == one.levels["dev"].files
    assert dev.items() <= everything.items()


def test_a_table_is_staged_as_its_sample(here: Project, table: Path) -> None:
    one = pin(here, table)
    dev = files(staged(here, "dev").path)["table.csv"].splitlines()
    assert dev[0] == b"x,y"
    assert len(dev) == one.levels["dev"].items + 1
    assert set(dev) <= set(table.read_bytes().splitlines())


def test_nobody_should_write_into_a_staged_folder(here: Project, images: Path) -> None:
    pin(here, images)
    path = staged(here).path
    for inner in (path, *path.rglob("*")):
        assert not stat.S_IMODE(inner.stat().st_mode) & 0o222


def test_staging_twice_reads_the_source_once(here: Project, images: Path) -> None:
    pin(here, images)
    first = staged(here).path
    for path in images.rglob("*.png"):
        path.unlink()
    assert staged(here).path == first


def test_a_source_that_changed_is_refused_by_name(here: Project, images: Path) -> None:
    pin(here, images)
    (images / "dog" / "000.png").write_bytes(b"another")
    with pytest.raises(Changed, match=r"dog/000\.png in images is not what was added"):
        staged(here)
    assert not list((open_cache().root / "folders").glob("[0-9a-f]*"))


def test_stored_files_need_no_source(here: Project, images: Path, table: Path) -> None:
    pin(here, images, store=True)
    pin(here, table, "rows", store=True)
    everything = files(images)
    for path in images.rglob("*.png"):
        path.unlink()
    table.unlink()
    assert files(staged(here).path) == everything
    assert files(staged(here, "dev", "rows").path)["table.csv"].startswith(b"x,y\n")


def test_a_damaged_blob_is_not_staged(here: Project, images: Path) -> None:
    pin(here, images, store=True)
    blob = next(path for path in blobs_of(here).root.rglob("*") if path.stat().st_size == 7)
    blob.chmod(0o600)
    blob.write_bytes(b"imagine")
    with pytest.raises(AgilError, match=r"the blob [0-9a-f]{64} is damaged"):
        staged(here)


def test_another_clone_of_the_project_stages_from_its_own_copy(
    here: Project, images: Path, tmp_path: Path
) -> None:
    pin(here, images)
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("agil.toml", "data.toml"):
        (clone / name).write_bytes((here.root / name).read_bytes())
    other = find_project(clone)
    with pytest.raises(AgilError, match="the manifest of set@"):
        staged(other)
    images.rename(clone / "images")
    assert len(files(staged(other).path)) == 300


def test_staging_that_was_cut_off_goes_on_with_what_it_had(
    here: Project, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(here, images)
    broken = images / "dog" / "000.png"
    kept = broken.read_bytes()
    broken.unlink()
    with pytest.raises(Changed):
        staged(here)
    broken.write_bytes(kept)
    objects = {path.name for path in (open_cache().root / "objects").rglob("*") if path.is_file()}
    assert objects
    read: list[str] = []
    install = Cache.install

    def heard(self: Cache, sha256: str, write: Callable[[Path], None]) -> None:
        read.append(sha256)
        install(self, sha256, write)

    monkeypatch.setattr(Cache, "install", heard)
    staged(here)
    assert not objects & set(read)


def test_a_leftover_that_is_damaged_is_fetched_again(here: Project, images: Path) -> None:
    pin(here, images)
    _, manifest = find(here, Reference("set"))
    item = manifest.items[0]
    leftover = open_cache().object(item.sha256)
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"\0" * item.size)
    assert files(staged(here).path)[item.path] == (images / item.path).read_bytes()


@pytest.mark.slow
def test_what_was_not_used_for_longest_goes_first(here: Project, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "small", 2_500)
    names: list[str] = []
    for number in range(4):
        source = here.root / f"d{number}"
        source.mkdir()
        (source / "file.bin").write_bytes(bytes([number]) * 1_000)
        pin(here, source, f"d{number}")
    for number in (0, 1, 0, 2):
        found = stage(here, Reference(f"d{number}"), "prod", cache=cache)
        found.held.release()
        os.utime(cache.root / "used" / found.digest, (1e9 + len(names),) * 2)
        names.append(found.digest)
    left = {path.name for path in (cache.root / "folders").iterdir()}
    assert left == {names[0], names[3]}
    assert sum(path.stat().st_size for path in (cache.root / "objects").rglob("*.*")) == 0
    assert len([p for p in (cache.root / "objects").rglob("*") if p.is_file()]) == 2


@pytest.mark.slow
def test_what_is_in_use_stays_and_what_does_not_fit_is_refused(
    here: Project, images: Path, tmp_path: Path
) -> None:
    pin(here, images)
    big = here.root / "big"
    big.mkdir()
    (big / "file.bin").write_bytes(b"x" * 5_000)
    pin(here, big, "big")
    cache = Cache(tmp_path / "small", 6_000)
    held = stage(here, Reference("set"), "prod", cache=cache)
    with pytest.raises(AgilError, match="left beside what is in use"):
        stage(here, Reference("big"), "prod", cache=cache)
    assert len(files(held.path)) == 300
    held.held.release()
    stage(here, Reference("big"), "prod", cache=cache)
    assert not held.path.exists()


def test_a_full_disk_is_told_before_anything_is_fetched(here: Project, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 1 << 80)
    with pytest.raises(AgilError, match="free"):
        cache.make_room(1 << 70, "set (prod)")


def _stage_in_process(root: str, turn: int) -> str:
    os.chdir(root)
    read = Progress()
    found = stage(find_project(), Reference("set"), "prod", progress=read)
    return f"{found.path}"


@pytest.mark.slow
def test_processes_that_ask_together_get_one_folder(here: Project, images: Path) -> None:
    pin(here, images)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        paths = pool.starmap(_stage_in_process, [(str(here.root), n) for n in range(12)])
    assert len(set(paths)) == 1
    assert len(files(Path(paths[0]))) == 300
    left = [p for p in open_cache().root.rglob("*") if p.name.startswith(".")]
    assert not left


def test_verify_names_what_differs_in_a_staged_folder(here: Project, images: Path) -> None:
    pin(here, images)
    _, manifest = find(here, Reference("set"))
    assert verify_staged(open_cache(), manifest, "dev", Progress()) is None
    path = staged(here).path
    assert verify_staged(open_cache(), manifest, "prod", Progress()) == []
    for folder in (path, path / "dog"):
        folder.chmod(0o755)
    victim = path / "dog" / "000.png"
    victim.chmod(0o644)
    victim.write_bytes(b"altered")
    (path / "dog" / "002.png").unlink()
    (path / "extra").write_text("x")
    problems = verify_staged(open_cache(), manifest, "prod", Progress())
    assert problems is not None
    assert {(one.path, one.what) for one in problems} == {
        ("dog/000.png", "changed"),
        ("dog/002.png", "missing"),
        ("extra", "new"),
    }


@pytest.mark.parametrize(
    ("text", "size"), [("1000", 1000), ("1kB", 1000), ("1.5GB", 1_500_000_000), ("2T", 2 * 10**12)]
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1X", "one", "inf", "nan"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


def test_an_unknown_level_is_refused(here: Project, images: Path) -> None:
    pin(here, images)
    with pytest.raises(UsageError, match="there is no level `staging`"):
        staged(here, "staging")


def test_a_file_that_is_nowhere_any_more_says_where_it_was_looked_for() -> None:
    from agilml.data.manifest import Item
    from agilml.data.staging import _nowhere
    from agilml.errors import AgilError

    item = Item("cats/1.png", "ab" * 32, 3)
    said = _nowhere(item, AgilError("cats/1.png is gone", next=""), AgilError("no blob", next=""))
    assert (
        said.cause
        == "cats/1.png cannot be had. at its source: cats/1.png is gone; in the remote: no blob"
    )
    assert "agil sync repair" in said.next
