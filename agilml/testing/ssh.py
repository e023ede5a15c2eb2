"""An ssh server on this machine, for tests: OpenSSH's own, on loopback, with keys of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 20.0

PRIVILEGE_SEPARATION = Path("/run/sshd")
"""An empty folder that sshd needs when it runs as root; its service makes it at each boot."""


@dataclass(frozen=True, slots=True)
class SshServer:
    """A server that accepts the one key in ``config``.

    Attributes:
        port: on 127.0.0.1.
        config: for ``ssh -F``: the key, and the server's host key.
        known_hosts: where the host key is written.
    """

    port: int
    config: Path
    known_hosts: Path

    def address(self, folder: Path) -> str:
        """Return the address of a remote in ``folder``."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{folder}"

    @property
    def settings(self) -> dict[str, str]:
        """What :func:`agilml.store.opening.open_remote` needs to reach it."""
        return {"ssh_config": str(self.config)}


def why_no_server() -> str | None:
    """Return why there can be no ssh server here; None if there can."""
    missing = [name for name in ("sshd", "ssh", "ssh-keygen") if _program(name) is None]
    if missing:
        return f"no {' and no '.join(missing)} on this machine"
    return None


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Yield a server that keeps its files in ``folder``.

    Raises:
        RuntimeError: it does not start; :func:`why_no_server` tells beforehand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
    host_key, user_key = (_key(folder / name) for name in ("host", "user"))
    port = _free_port()
    known_hosts = folder / "known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{port} {host_key.with_suffix('.pub').read_text()}")
    config = folder / "ssh_config"
    # Careless on purpose: what AgilML asks for goes before it.
    config.write_text(
        f'Host *\n  IdentityFile "{user_key}"\n  IdentitiesOnly yes\n'
        f'  UserKnownHostsFile "{known_hosts}"\n  GlobalKnownHostsFile /dev/null\n'
        "  StrictHostKeyChecking no\n  ForwardAgent yes\n"
    )
    log = folder / "sshd.log"
    process = subprocess.Popen(
        [str(_program("sshd")), "-D", "-f", str(_server_config(folder, port)), "-E", str(log)],
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process, log)
        yield SshServer(port, config, known_hosts)
    finally:
        process.terminate()
        process.wait(10)


def _server_config(folder: Path, port: int) -> Path:
    path = folder / "sshd_config"
    path.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n"
    )
    return path


def _key(path: Path) -> Path:
    if not path.exists():
        subprocess.run(
            [str(_program("ssh-keygen")), "-q", "-t", "ed25519", "-N", "", "-f", str(path)],
            check=True,
        )
    return path


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                if probe.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"sshd does not start: {log.read_text() if log.exists() else ''}")


def _program(name: str) -> str | None:
    # Servers are often left out of a user's PATH; sshd insists on an absolute path.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
