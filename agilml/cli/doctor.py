"""``agil doctor``: look at this machine and this project, and say what is wrong and what to type."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from agilml.cli.options import AsJson
from agilml.errors import AgilError, Exit

Deep = Annotated[
    bool, typer.Option("--deep", help="Check every fact and every checkpoint, however many.")
]

Repair = Annotated[
    bool,
    typer.Option(
        "--repair",
        help="Make a damaged ledger anew from what is readable of it and from the remote.",
    ),
]


def doctor(deep: Deep = False, repair: Repair = False, as_json: AsJson = False) -> int:
    """Check Python, libraries, disk, ledger, sweeps and checkpoints."""
    from agilml.doctor import examine
    from agilml.project import find_project
    from agilml.text import safe_text

    if repair:
        return _repair(as_json)
    findings = examine(find_project(), deep=deep)
    bad = [item for item in findings if item.level == "bad"]
    if as_json:
        print(json.dumps([item.as_json() for item in findings]))
        return Exit.FAILED if bad else Exit.DONE
    signs = {"good": "✓", "odd": "!", "bad": "✗"}
    for item in findings:
        print(f"{signs[item.level]} {item.what:<12} {safe_text(item.said, 300)}")
        if item.next:
            print(f"  next: {safe_text(item.next, 300)}")
    verdict = f"{len(bad)} of {len(findings)} checks failed" if bad else "all is well"
    print(verdict, file=sys.stderr)
    return Exit.FAILED if bad else Exit.DONE


def _repair(as_json: bool) -> int:
    from agilml.doctor import examine
    from agilml.project import find_project
    from agilml.store.settings import remote_of
    from agilml.sync.rebuild import rebuild
    from agilml.sync.telling import rebuilt_lines

    project = find_project()
    found = examine(project)
    sound = not any(item.what == "ledger" and item.level == "bad" for item in found)
    if sound and project.ledger.exists():
        if as_json:
            print(json.dumps({"rebuilt": False}))
        print("the ledger is sound; nothing was changed", file=sys.stderr)
        return Exit.DONE

    def tell(line: str) -> None:
        print(line, file=sys.stderr)

    remote = remote_of(project)
    if remote is None and not project.state.exists():
        raise AgilError(
            "there is no ledger here, and no remote to make one from",
            kept="nothing was changed",
            next="agil sync --remote ADDRESS takes what a remote has",
        )
    report = rebuild(project, remote, tell=tell)
    if as_json:
        print(json.dumps({"rebuilt": True, **report.as_json()}))
    else:
        print("\n".join(rebuilt_lines(report)), file=sys.stderr)
    return Exit.FAILED if report.lost or report.problems else Exit.DONE
