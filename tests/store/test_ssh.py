"""A folder on another host as a remote: what is particular to ssh."""

from __future__ import annotations

import os
import random
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agilml.store.base import Remote
from agilml.store.digests import sha256_of
from agilml.store.errors import DamagedObject, RemoteRefused, RemoteUnavailable
from agilml.store.keys import is_key
from agilml.store.opening import open_remote
from agilml.store.retry import Retry
from agilml.store.ssh_program import COMMAND, PROGRAM, word
from agilml.testing.remotes import keys, put
from agilml.testing.ssh import SshServer, ssh_server, why_no_server
from tests.store.conftest import QUICK

pytestmark = pytest.mark.skipif(why_no_server() is not None, reason=why_no_server() or "")

HOSTILE_NAMES = 1_000
CHARACTERS = "abz09 .-_~/$`'\"\\;|&<>(){}[]*?!#%^=+,:@é日😀"
WRITER = """
import os, sys
from agilml.store.opening import open_remote
from agilml.store.digests import sha256_of
remote = open_remote(sys.argv[1], {"ssh_config": sys.argv[2]})
for n in range(10**6):
    body = os.urandom(2_000_000)
    remote.put_new(f"ledger/{n:06}", body, sha256_of(body))
    print(n, flush=True)
"""


@pytest.fixture
def far(tmp_path: Path) -> Path:
    folder = tmp_path / "far side's folder"
    folder.mkdir()
    return folder


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture
def remote(server: SshServer, far: Path) -> Iterator[Remote]:
    address = server.address(far).replace(" ", "%20")
    with open_remote(address, {**server.settings, "retry": QUICK}) as made:
        yield made


def test_the_far_side_is_one_constant_in_single_quotes() -> None:
    assert "'" not in PROGRAM
    assert shlex.split(COMMAND) == ["exec", "sh", "-c", PROGRAM]


def test_a_folder_can_be_reached_as_a_folder_and_through_ssh(remote: Remote, far: Path) -> None:
    near = open_remote(f"file://{far}")
    put(near, "from/here", b"1")
    put(remote, "from/there", b"2")
    assert keys(remote) == keys(near) == ["from/here", "from/there"]
    assert (remote.get("from/here"), near.get("from/there")) == (b"1", b"2")
    assert remote.stat("from/here") == near.stat("from/here")
    (far / "from/here").write_bytes(b"x")
    (far / "from/there").write_bytes(b"x")
    for place, key in ((remote, "from/here"), (near, "from/there")):
        with pytest.raises(DamagedObject):
            place.get(key)
    near.delete("from/there")
    remote.delete("from/here")
    assert not [path for path in (far / ".agil/sums").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_new_folders_and_files_are_shared_as_the_folder_is(server: SshServer, far: Path) -> None:
    for mode, expected in ((0o2770, (0o2770, 0o660)), (0o700, (0o700, 0o600))):
        far.chmod(mode)
        address = server.address(far).replace(" ", "%20")
        with open_remote(address, server.settings) as remote:
            put(remote, f"x{mode}/a", b"1")
        folder, file = far / f"x{mode}", far / f"x{mode}/a"
        assert (folder.stat().st_mode & 0o7777, file.stat().st_mode & 0o7777) == expected


@pytest.mark.slow
def test_links_lead_nowhere(remote: Remote, far: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (far / "way").symlink_to(outside)
    (far / "file").symlink_to(outside / "secret")
    with pytest.raises(RemoteRefused):
        put(remote, "way/new", b"1")
    with pytest.raises(RemoteRefused):
        remote.delete("way/secret")
    assert remote.stat("way/secret") is None
    assert remote.stat("file") is None
    assert keys(remote) == keys(remote, "way/") == []
    assert [path.name for path in outside.iterdir()] == ["secret"]


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_no_empty_remote(server: SshServer, tmp_path: Path) -> None:
    with open_remote(server.address(tmp_path / "none"), server.settings) as remote:
        for ask in (lambda: keys(remote), lambda: put(remote, "a", b"1")):
            with pytest.raises(RemoteRefused, match="not there"):
                ask()


def test_a_host_key_that_changed_is_refused_and_nothing_is_sent(
    server: SshServer, far: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    pinned = f"[127.0.0.1]:{server.port} {other.with_suffix('.pub').read_text()}"
    for known in (
        pinned,
        "",
    ):  # another key, and none: the configuration says `no`, AgilML says yes
        server.known_hosts.write_text(known)
        remote = open_remote(server.address(far).replace(" ", "%20"), server.settings)
        with pytest.raises(RemoteRefused, match="host key is unknown or has changed"):
            put(remote, "a", b"1")
        assert server.known_hosts.read_text() == known
    assert not list(far.iterdir())


def test_a_key_that_is_not_accepted_is_told(server: SshServer, far: Path) -> None:
    (server.config.parent / "user.pub").write_text("")
    remote = open_remote(server.address(far).replace(" ", "%20"), server.settings)
    with pytest.raises(RemoteRefused, match="does not accept your key") as caught:
        remote.get("a")
    assert "ssh-copy-id" in caught.value.next


def test_a_host_that_is_away_is_given_up_after_the_agreed_tries(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host *\n  GlobalKnownHostsFile /dev/null\n")
    settings = {"ssh_config": str(config), "retry": Retry(tries=2, first=0.001)}
    with pytest.raises(RemoteUnavailable, match=r"refused.*2 tries"):
        open_remote("ssh://127.0.0.1:9/srv", settings).get("a")


@pytest.mark.slow
def test_a_connection_that_is_cut_is_made_again(remote: Remote) -> None:
    put(remote, "a", b"1")
    for number in (signal.SIGTERM, signal.SIGKILL):
        for child in psutil.Process().children():
            if child.name() == "ssh":
                child.send_signal(number)
        assert remote.get("a") == b"1"


@pytest.mark.slow
def test_what_a_login_shell_prints_is_not_taken_for_an_answer(
    server: SshServer, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy = server.config.parent / "noisy"
    noisy.write_text('#!/bin/sh\necho "Welcome!"; printf "ok 0\\nno\\n"; exec sh -c "$1"\n')
    noisy.chmod(0o755)
    with (server.config.parent / "user.pub").open() as file:
        public = file.read()
    command = f'command="{noisy} \\"$SSH_ORIGINAL_COMMAND\\""'
    (server.config.parent / "user.pub").write_text(f"{command} {public}")
    with open_remote(server.address(far).replace(" ", "%20"), server.settings) as remote:
        put(remote, "a", b"1")
        assert remote.get("a") == b"1"


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_objects_only(server: SshServer, far: Path) -> None:
    address = server.address(far).replace(" ", "%20")
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, address, str(server.config)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline() for _ in range(5)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.stdout.readlines()
    writer.wait()
    writer.stdout.close()
    with open_remote(address, server.settings) as remote:
        found = keys(remote)
        assert len(found) >= len(acknowledged)
        assert all(len(remote.get(key)) == 2_000_000 for key in found)


@pytest.mark.slow
def test_a_thousand_hostile_names_start_no_process_of_their_own(
    remote: Remote, far: Path, tmp_path: Path
) -> None:
    bait = tmp_path / "pwned"
    gadgets = [f"$(touch {bait})", f"`touch {bait}`", f";touch {bait};", f"'\"|touch {bait}|\"'"]
    dice = random.Random(3)
    names: set[str] = set()
    while len(names) < HOSTILE_NAMES:
        letters = "".join(dice.choices(CHARACTERS, k=dice.randrange(1, 30)))
        gadget = dice.choice(gadgets).replace("/", dice.choice("/_"))
        name = f"fuzz/{letters}{gadget if dice.random() < 0.5 else ''}"
        if is_key(name) and not any(other.startswith(f"{name}/") for other in names):
            parents = {name.rsplit("/", n)[0] for n in range(1, name.count("/") + 1)}
            if not parents & names:
                names.add(name)
    for name in names:
        remote.put(name, name.encode(), sha256_of(name.encode()))
    assert keys(remote, "fuzz/") == sorted(names)
    assert all(os.path.exists(far / name) for name in names)
    for name in dice.sample(sorted(names), 100):
        assert remote.get(name) == name.encode()
    assert not bait.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [far.name]


def test_a_name_on_the_wire_is_plain_ascii_without_blanks() -> None:
    for character in map(chr, (*range(1, 0x250), 0x2028, 0x1F600)):
        assert set(word(character)) <= set(
            "=\\0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._/-"
        )
    back = subprocess.run(
        ["sh", "-c", 'printf %b "${1#=}"', "sh", word("a $(id) 'é\\0")],
        capture_output=True,
        check=True,
    )
    assert back.stdout.decode() == "a $(id) 'é\\0"
