from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agilml.data import hashing
from agilml.data.adding import make_manifest
from agilml.data.folders import FolderSource
from agilml.data.hashing import digest_of_file
from agilml.data.pins import read_pins
from agilml.data.recording import Added, add
from agilml.data.sources import Changed, Found, address_of, open_source
from agilml.errors import AgilError, ConfigError, UsageError
from agilml.ledger import queries
from agilml.ledger.queries_data import datasets
from agilml.project import Project


def added(project: Project, source: Path, **given: object) -> Added:
    return add(project, "set", str(source), **{"shares": {}, **given})  # type: ignore[arg-type]


def settle(folder: Path) -> None:
    """Let the files look as if nobody had touched them for a while."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1e9, 1e9))


def test_the_same_files_are_the_same_version_wherever_they_lie(
    here: Project, images: Path, tmp_path: Path
) -> None:
    first = added(here, images)
    copy = tmp_path / "elsewhere"
    images.rename(copy)
    second = added(here, copy)
    assert second.pin.digest == first.pin.digest
    assert second.known
    assert second.pin.source == str(copy)


def test_what_was_hashed_once_is_not_read_again(
    here: Project, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A change of a moment ago cannot be told by times; this test does not wait for them to settle.
    monkeypatch.setattr(hashing, "UNSURE_SECONDS", -1.0)
    assert added(here, images).hashed == 300
    assert added(here, images).hashed == 0
    (images / "dog" / "000.png").write_bytes(b"image 9")
    again = added(here, images)
    assert again.hashed == 1
    assert not again.known


def test_a_change_that_keeps_size_and_time_is_seen(
    here: Project, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "UNSURE_SECONDS", -1.0)
    settle(images)
    first = added(here, images)
    path = images / "dog" / "000.png"
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, (1e9, 1e9))
    assert added(here, images).pin.digest != first.pin.digest


def test_a_file_that_was_changed_a_moment_ago_is_read_again(here: Project, images: Path) -> None:
    assert added(here, images).hashed == 300
    assert added(here, images).hashed == 300


def test_a_damaged_memory_costs_time_and_nothing_else(
    here: Project, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "UNSURE_SECONDS", -1.0)
    first = added(here, images)
    (memory,) = (here.state / "data").iterdir()
    for text in ("{", "[]", '{"dog/000.png": 3}', "\x00"):
        memory.write_text(text)
        assert added(here, images).pin.digest == first.pin.digest


def test_shares_stay_as_they_were_pinned_while_a_data_set_grows(here: Project) -> None:
    root = here.root / "few"
    root.mkdir()
    for number in range(3):
        (root / f"{number}.bin").write_bytes(b"%d" % number)
    first = added(here, root)
    assert first.pin.shares["dev"] != "1%"
    assert first.notes
    for number in range(3, 400):
        (root / f"{number}.bin").write_bytes(b"%d" % number)
    second = added(here, root)
    assert second.pin.shares == first.pin.shares
    assert not second.notes


def test_a_level_that_was_asked_for_and_holds_nothing_is_refused(
    here: Project, images: Path
) -> None:
    with pytest.raises(UsageError, match="level dev would be empty"):
        added(here, images, shares={"dev": "0.000001%"})
    assert read_pins(here.root) == {}


def test_a_table_is_sampled_by_row_and_other_files_as_a_whole(here: Project, table: Path) -> None:
    rows = added(here, table).pin
    assert rows.kind == "rows"
    assert rows.levels["prod"].items == 1000
    assert 0 < rows.levels["dev"].items < rows.levels["test"].items < 200
    files = add(here, "files", str(table), shares={}, kind="files").pin
    assert (files.kind, files.levels["dev"].files, files.shares["dev"]) != ("rows", 1, "1%")


def test_a_table_that_cannot_be_cut_is_one_item_and_that_is_said(here: Project) -> None:
    path = here.root / "odd.csv"
    path.write_text('a\n"open\n')
    found = added(here, path)
    assert found.pin.kind == "files"
    assert "cannot be cut into rows" in found.notes[0]
    with pytest.raises(UsageError, match="cannot be cut into rows"):
        added(here, path, kind="rows")


def test_rows_of_what_is_no_table_are_refused(here: Project, images: Path) -> None:
    with pytest.raises(UsageError, match="is no table"):
        added(here, images, kind="rows")


def test_links_are_followed_inside_and_nowhere_else(here: Project, images: Path) -> None:
    (images / "again.png").symlink_to(images / "dog" / "000.png")
    assert added(here, images).pin.levels["prod"].files == 301
    outside = here.root / "secret.txt"
    outside.write_text("secret")
    (images / "leak.png").symlink_to(outside)
    with pytest.raises(AgilError, match="leads out of"):
        added(here, images)
    (images / "leak.png").unlink()
    for target in (images / "dog", images / "nowhere"):
        (images / "folder").symlink_to(target)
        with pytest.raises(AgilError, match="a link to a folder, or to nothing"):
            added(here, images)
        (images / "folder").unlink()


@pytest.mark.parametrize("name", [b"a\nb", b"a\xffb", b"a\x1bb"])
def test_a_hostile_file_name_is_refused_by_a_name_that_can_be_shown(
    here: Project, images: Path, name: bytes
) -> None:
    with open(os.path.join(os.fsencode(images), name), "wb"):
        pass
    with pytest.raises(AgilError) as told:
        added(here, images)
    assert told.value.cause.isprintable()


def test_what_is_no_file_is_refused_without_being_opened(here: Project, images: Path) -> None:
    os.mkfifo(images / "pipe")
    with pytest.raises(AgilError, match="neither a file nor a folder"):
        added(here, images)


def test_nothing_and_nowhere_are_refused(here: Project) -> None:
    (here.root / "empty").mkdir()
    with pytest.raises(AgilError, match="holds no file"):
        added(here, here.root / "empty")
    with pytest.raises(AgilError, match="there is no file or folder"):
        added(here, here.root / "nowhere")
    with pytest.raises(UsageError, match="is no source of data"):
        open_source(here, "http://example.org/data")


def test_the_state_of_a_project_is_no_data(here: Project) -> None:
    here.make_state()
    with pytest.raises(AgilError, match="holds the state of a project"):
        added(here, here.root)


def test_a_file_that_changes_while_it_is_read_is_noticed(here: Project, table: Path) -> None:
    source = FolderSource(table, "table.csv")
    (found,) = source.listing()

    def touch(_: int) -> None:
        with table.open("a") as file:
            file.write("9,9\n")

    with pytest.raises(Changed, match="changed while it was read"):
        source.digest(found, touch)


def test_a_link_that_turns_outside_after_it_was_listed_is_not_followed(
    here: Project, images: Path
) -> None:
    source = FolderSource(images, "images")
    source.listing()
    outside = here.root / "secret.txt"
    outside.write_text("secret")
    path = images / "dog" / "000.png"
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(AgilError, match="leads out of"):
        source.digest(Found("dog/000.png", 6), lambda _: None)


def test_addresses_are_relative_inside_the_project(here: Project, tmp_path: Path) -> None:
    assert address_of(here, str(here.root / "a" / "b")) == "a/b"
    assert address_of(here, "a/../b") == "b"
    assert address_of(here, str(tmp_path / "x")) == str(tmp_path / "x")
    assert address_of(here, "s3://bucket/prefix/") == "s3://bucket/prefix"


def test_a_version_is_recorded_once_with_its_levels(here: Project, images: Path) -> None:
    first = added(here, images)
    added(here, images)
    with queries.reader(here.ledger) as db:
        rows = datasets(db, "set")
    assert sorted(row.level for row in rows) == ["dev", "prod", "test"]
    assert {row.digest for row in rows} == {first.pin.digest}
    prod = next(row for row in rows if row.level == "prod")
    assert (prod.files, prod.source) == (300, "images")


def test_a_pin_is_read_back_as_it_was_written(here: Project, images: Path, table: Path) -> None:
    first = add(here, "one", str(images), shares={"test": "33.3%"}).pin
    second = add(here, "two", str(table), shares={}).pin
    assert read_pins(here.root) == {"one": first, "two": second}


@pytest.mark.parametrize("text", ["[a", "[set]\n", "[set]\ndigest = 3\n", "x = 1\n", '["../x"]\n'])
def test_a_damaged_data_toml_is_told_and_left_alone(here: Project, text: str) -> None:
    path = here.root / "data.toml"
    path.write_text(text)
    with pytest.raises((ConfigError, UsageError)):
        read_pins(here.root)
    assert path.read_text() == text


def test_odd_sources_survive_data_toml(here: Project, tmp_path: Path) -> None:
    folder = tmp_path / 'a "quoted" \\ folder \x7f'
    folder.mkdir()
    (folder / "file").write_text("x")
    pin = added(here, folder).pin
    assert read_pins(here.root)["set"] == pin


@pytest.mark.slow
def test_an_unchanged_folder_is_added_again_at_once(here: Project) -> None:
    root = here.root / "many"
    root.mkdir()
    for number in range(5_000):
        (root / f"{number}.bin").write_bytes(number.to_bytes(4, "big") * 5_000)
    settle(root)
    time.sleep(hashing.UNSURE_SECONDS)
    began = time.perf_counter()
    added(here, root)
    first = time.perf_counter() - began
    began = time.perf_counter()
    assert added(here, root).hashed == 0
    assert time.perf_counter() - began < max(0.5, first)


def test_many_threads_hash_as_one(here: Project, images: Path) -> None:
    source = FolderSource(images, "images")
    made = make_manifest(here, source, shares={})
    for item in made.manifest.items[::37]:
        assert item.sha256 == digest_of_file(images / item.path)
