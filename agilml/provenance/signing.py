"""Signatures by keys that people have: OpenSSH's, through ``ssh-keygen -Y``. No key is ever read here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from agilml.errors import AgilError
from agilml.provenance.proof import Check
from agilml.text import safe_text

NAMESPACE = "agilml"
"""What a signature is for: one made for Git commits or mail does not count as one for a run."""

_SECONDS = 60


def signature_of(path: Path) -> Path:
    """Return where the signature of a file lies: beside it."""
    return path.with_name(f"{path.name}.sig")


def sign(path: Path, key: Path) -> Path:
    """Sign the file with an SSH key (or the public half of one that an agent holds); return the signature.

    Raises:
        AgilError: there is no such key, or it cannot be used.
    """
    if not key.is_file():
        raise AgilError(f"no key at {safe_text(key)}", next="--sign ~/.ssh/id_ed25519")
    with path.open("rb") as content:
        # A passphrase is asked for on the terminal, by ssh-keygen itself.
        signed = _run(["sign", "-q", "-f", str(key), "-n", NAMESPACE], content.fileno())
    if signed.returncode or not signed.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise AgilError(
            f"{safe_text(key)} did not sign: {_last_line(signed.stderr)}",
            kept=f"{safe_text(path)}, unsigned",
            next=f"ssh-keygen -Y sign -n {NAMESPACE} -f KEY {safe_text(path)}",
        )
    made = signature_of(path)
    made.write_bytes(signed.stdout)
    return made


def check_signature(path: Path, signers: Path | None) -> Check:
    """Return whether the signature beside the file is one of the file, and whose.

    Args:
        path: the signed file.
        signers: OpenSSH's ``allowed_signers``: who may sign, and with which key. Without it a signature says
            that the file is unchanged, and not who signed it.
    """
    signature = signature_of(path)
    if not signature.is_file():
        return Check("signature", False if signers else None, "there is none")
    if signers is None:
        with path.open("rb") as content:
            found = _run(
                ["check-novalidate", "-n", NAMESPACE, "-s", str(signature)], content.fileno()
            )
        if found.returncode:
            return Check("signature", False, "it is not one of this file")
        told = "of this file; nobody says whose: --signers FILE"
        return Check("signature", None, told)
    named = _run(["find-principals", "-f", str(signers), "-s", str(signature)], None)
    if named.returncode:
        return Check("signature", False, f"its key is not in {safe_text(signers)}")
    for who in named.stdout.decode(errors="replace").splitlines():
        with path.open("rb") as content:
            words = ["verify", "-f", str(signers), "-I", who, "-n", NAMESPACE, "-s", str(signature)]
            if _run(words, content.fileno()).returncode == 0:
                return Check("signature", True, f"by {safe_text(who)}")
    return Check("signature", False, "it is not one of this file")


def _run(words: list[str], stdin: int | None) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise AgilError("signing needs OpenSSH's ssh-keygen", next="install OpenSSH 8.2 or newer")
    try:
        return subprocess.run(
            [program, "-Y", *words],
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise AgilError(
            f"ssh-keygen took longer than {_SECONDS} s", next="unlock the key with ssh-add first"
        ) from error


def _last_line(raw: bytes) -> str:
    lines = raw.decode(errors="replace").strip().splitlines()
    return safe_text(lines[-1]) if lines else "no reason given"
