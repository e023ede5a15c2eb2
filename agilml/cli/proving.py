"""What ``agil show`` proves: the chain behind a run, a statement about it, and whether one still holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agilml.errors import AgilError, Exit, UsageError
from agilml.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agilml.project import Project
    from agilml.provenance.proof import Check

SIGNERS = "allowed_signers"
"""File of a project that says who may sign, where ``--signers`` names none."""


def show_provenance(
    project: Project, address: str, *, verified: bool, as_json: bool, quiet: bool
) -> int:
    """Print what a run rests on, checked where asked; the exit code says whether anything is wrong."""
    from agilml.ledger import queries
    from agilml.provenance import proof
    from agilml.report.fields import iso_time, strict, to_json
    from agilml.sweep.address import find_run

    run = find_run(project, address)
    checks: list[Check] = []
    with queries.reader(project.ledger) as db:
        found = proof.proof_of(db, run)
        if verified:
            checks = proof.verify(db, project, run, _teller(quiet=quiet or as_json))
    if as_json:
        fields = {**found, "planned": iso_time(found["planned"])}
        fields["checks"] = proof.as_json(checks)
        print(to_json(strict(fields)))
    else:
        from agilml.cli.screen import screen_width
        from agilml.report.provenance import next_line, provenance_text

        print("\n".join(provenance_text(found, checks, screen_width())))
        if not quiet:
            sys.stdout.flush()
            print(f"next: {next_line(found, checks)}", file=sys.stderr)
    return _exit(checks)


def write_statement(
    project: Project, address: str, path: Path, key: Path | None, *, quiet: bool
) -> int:
    """Write the statement about a run into a file, and its signature beside it."""
    from agilml.ledger import queries
    from agilml.provenance.signing import sign, signature_of
    from agilml.provenance.statement import statement_of
    from agilml.sweep.address import find_run

    run = find_run(project, address)
    key = None if key is None else key.expanduser()
    if key is not None and not key.is_file():
        raise UsageError(f"no key at {safe_text(key)}", next="--sign ~/.ssh/id_ed25519")
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        content = statement_of(db, run)
    try:
        path.write_bytes(content)
        # A signature of what the file said before would make this one look forged.
        signature_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise AgilError(
            f"{safe_text(path)} cannot be written: {error.strerror}",
            next="--statement FILE in a folder that is yours",
        ) from error
    signed = None if key is None else sign(path, key)
    if not quiet:
        told = f" and {safe_text(signed)}" if signed else ", unsigned: --sign KEY signs it"
        print(f"wrote {safe_text(path)}{told}", file=sys.stderr)
        print(f"next: agil show --verify-statement {safe_text(path)}", file=sys.stderr)
    return Exit.DONE


def verify_statement(project: Project, path: Path, signers: Path | None, *, as_json: bool) -> int:
    """Print whether a statement is signed by whom it should be, and says what this ledger says."""
    from agilml.ledger import queries
    from agilml.provenance import proof
    from agilml.provenance.signing import check_signature
    from agilml.provenance.statement import check_statement, read_statement
    from agilml.report.fields import to_json
    from agilml.report.provenance import checks_text

    if signers is None and (project.root / SIGNERS).is_file():
        signers = project.root / SIGNERS
    if signers is not None and not signers.is_file():
        raise UsageError(f"no file {safe_text(signers)}", next="--signers allowed_signers")
    statement = read_statement(path)
    checks = [check_signature(path, signers)]
    with queries.reader(project.ledger) as db, queries.snapshot(db):
        checks += check_statement(db, statement)
    if as_json:
        run = statement["predicate"]["run"]
        print(to_json({"run": run, "checks": proof.as_json(checks)}))
    else:
        print("\n".join(checks_text(checks)))
    return _exit(checks)


def _teller(*, quiet: bool) -> Callable[[str], None]:
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda text: print(f"checking {safe_text(text, 60)}", file=sys.stderr)


def _exit(checks: Sequence[Check]) -> int:
    return Exit.FAILED if any(check.ok is False for check in checks) else Exit.DONE
