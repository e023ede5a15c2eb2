"""``agil sweep`` and ``agil run``: plan, make it durable, start it, watch it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agilml.errors import Exit, UsageError
from agilml.text import safe_text

if TYPE_CHECKING:
    from agilml.executors.base import Quote
    from agilml.project import Project
    from agilml.provenance.refs import Ref
    from agilml.sweep.launch import Launch
    from agilml.sweep.plan import Plan

Words = Annotated[
    list[str],
    typer.Argument(
        help="Configuration in Hydra's grammar: conf=NAME and key=value; a=1,2,3 is a grid, "
        "a=interval(0,1) a search; ref=BRANCH runs a commit instead of the files here.",
        metavar="conf=NAME [KEY=VALUE]…",
    ),
]
Detach = Annotated[
    bool, typer.Option("--detach", "-d", help="Return once the sweep is durable and runs.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the plan and what would start; start nothing.")
]
Retry = Annotated[bool, typer.Option("--retry", help="Run trials again that failed.")]
Rerun = Annotated[bool, typer.Option("--rerun", help="Run trials again that succeeded.")]
AllowFailed = Annotated[
    bool, typer.Option("--allow-failed", help="Exit 0 although some trials failed.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results only, no progress.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer yes to every question.")]


def sweep(
    words: Words,
    detach: Detach = False,
    dry_run: DryRun = False,
    retry: Retry = False,
    rerun: Rerun = False,
    allow_failed: AllowFailed = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    yes: Yes = False,
) -> int:
    """Run every combination of the given values, or search open ranges; nothing runs twice."""
    del yes  # an answer to questions that this executor has no reason to ask
    return execute(
        words,
        detach=detach,
        dry_run=dry_run,
        retry=retry,
        rerun=rerun,
        allow_failed=allow_failed,
        as_json=as_json,
        quiet=quiet,
        single=False,
    )


def run(
    words: Words,
    detach: Detach = False,
    dry_run: DryRun = False,
    retry: Retry = False,
    rerun: Rerun = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    yes: Yes = False,
) -> int:
    """Run one configuration; a sweep of one."""
    del yes
    return execute(
        words,
        detach=detach,
        dry_run=dry_run,
        retry=retry,
        rerun=rerun,
        allow_failed=False,
        as_json=as_json,
        quiet=quiet,
        single=True,
    )


def execute(
    words: Sequence[str],
    *,
    detach: bool,
    dry_run: bool,
    retry: bool,
    rerun: bool,
    allow_failed: bool,
    as_json: bool,
    quiet: bool,
    single: bool,
) -> int:
    """Plan, record, start and follow; return the exit code."""
    from agilml.config.layers import layers
    from agilml.project import find_project, user
    from agilml.sweep.guess import likely_recipe
    from agilml.sweep.launch import Launch

    began = time.time()
    project = find_project()
    words, ref = _take_ref(project, words)
    if dry_run:
        with _elsewhere(project, ref) as at:
            return _dry_run(
                at, words, ref, as_json=as_json, single=single, retry=retry, rerun=rerun
            )
    project.make_state()
    at = _at_ref(project, ref)
    with Launch(project) as launch:
        guess = likely_recipe(layers(at.conf), words)
        if guess:
            # The template warms up on another core while Hydra is imported and composes on this one.
            launch.preload(guess, at.root)

        from agilml.cli.following import follow_to_end, say_detached
        from agilml.ledger.ledger import Ledger
        from agilml.sweep.plan import make_plan

        plan = make_plan(at, words, ref)
        _refuse_many(plan, single)
        plan = _affordable(plan, project, _quote(plan, at))
        _warn(plan)
        launch.preload(plan.recipe, at.root)
        seen = _provenance(at, ref)
        with Ledger.open(project.ledger) as ledger:
            planned = plan.record(ledger, seen, retry=retry, rerun=rerun, by=user())
            over = ledger.end_if_complete(plan.sweep)
        if not planned.created:
            # What attempts ran from now on is told by when it was kept.
            _keep_code(at, plan, seen)
        if not over:
            _start(launch, plan)
        if planned.created:
            # The first code of a sweep is kept behind the start, so that no trial waits for it.
            _keep_code(at, plan, seen)
        if detach and not over:
            say_detached(plan.sweep, as_json=as_json)
            return Exit.DONE
        return follow_to_end(
            project,
            plan.sweep,
            launch,
            as_json=as_json,
            quiet=quiet,
            allow_failed=allow_failed,
            since=began,
        )


def _start(launch: Launch, plan: Plan) -> None:
    answer = launch.run(plan.sweep)
    if answer["is"] == "taken":
        print(f"{plan.sweep} runs already (pid {answer['pid']}): watching it", file=sys.stderr)


def _refuse_many(plan: Plan, single: bool) -> None:
    if single and (plan.search is not None or len(plan.trials) != 1):
        many = "a search" if plan.search is not None else f"{len(plan.trials):,} runs"
        raise UsageError(
            f"these words make {many}",
            next="agil sweep " + " ".join(plan.spec["words"]),
        )


def _warn(plan: Plan) -> None:
    """Say on standard error what is allowed and most likely not meant."""
    from agilml.report.warm_start import useless_warm_starts, warm_start_fits

    for text in useless_warm_starts(warm_start_fits(plan.spec.get("search"))):
        print(f"warning: {text}", file=sys.stderr)


def _quote(plan: Plan, project: Project) -> Quote:
    """Return what the executor would give, or raise before anything is recorded."""
    from agilml.executors import executor_class

    settings = plan.spec["executor"] or {}
    made = executor_class(str(settings.get("name", "local")))(
        settings, plan.recipe, project.root, project.state
    )
    quote: Quote = made.quote()
    return quote


def _affordable(plan: Plan, project: Project, quote: Quote) -> Plan:
    """Return the plan with the price of its slots; raise where it cannot fit into its budget."""
    from agilml.ledger import queries
    from agilml.sweep.budget import Budget
    from agilml.sweep.estimate import estimate

    spec = {**plan.spec, "price": quote.usd_per_slot_hour}
    budget = Budget.of(spec)
    if plan.search is not None and budget.usd and not quote.usd_per_slot_hour:
        name = (spec["executor"] or {}).get("name", "local")
        raise UsageError(
            f"slots of executor {name} cost nothing, so budget.usd is no limit",
            next="say what they cost: executor.usd_per_slot_hour=2.5, or limit budget.hours",
        )
    if plan.search is None and (budget.usd or budget.slot_hours) and project.ledger.exists():
        with queries.reader(project.ledger) as db:
            states = queries.trial_states(db, [trial[0] for trial in plan.trials])
            new = [trial for trial in plan.trials if trial[0] not in states]
            expected = estimate(
                db,
                plan.recipe,
                new,
                plan.structures,
                slots=quote.slots,
                price=quote.usd_per_slot_hour,
            )
        budget.refuse_plan(expected)
    return replace(plan, spec=spec)


def _provenance(project: Project, ref: Ref | None) -> dict[str, Any]:
    from agilml.provenance.capture import capture

    seen: dict[str, Any] = capture(
        project.root, ["agil", *sys.argv[1:]], caches=project.state / "cache"
    )
    if ref is not None:
        # A checkout is on no branch; people look for the one that they named.
        seen["git"] = {**(seen["git"] or {}), "branch": ref.branch, "ref": ref.name}
    return seen


def _keep_code(project: Project, plan: Plan, seen: Mapping[str, Any]) -> None:
    from agilml.sweep.code_snapshot import configs_of, keep_code

    for text in keep_code(project, plan.sweep, plan.code, configs_of(plan), seen["git"]):
        print(f"warning: {safe_text(text, 500)}", file=sys.stderr)


def _take_ref(project: Project, words: Sequence[str]) -> tuple[Sequence[str], Ref | None]:
    """Return the words without ``ref=…``, and the commit that it names, where there is one."""
    if not any(word.startswith("ref=") for word in words):
        return words, None
    from agilml.provenance.refs import resolve_ref, take_ref

    left, name = take_ref(words)
    return left, None if name is None else resolve_ref(project, name)


def _at_ref(project: Project, ref: Ref | None, refs: Path | None = None) -> Project:
    """Return the project as ``ref`` has it; say on standard error what of it is not here."""
    if ref is None:
        return project
    from agilml.provenance.refs import at_ref

    found, missing = at_ref(project, ref, refs=refs)
    for text in missing:
        print(f"warning: {safe_text(text)}", file=sys.stderr)
    return found


@contextmanager
def _elsewhere(project: Project, ref: Ref | None) -> Iterator[Project]:
    """Give a dry run the project as ``ref`` has it, and leave nothing behind."""
    if ref is None:
        yield project
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="agil-ref-") as folder:
        yield _at_ref(project, ref, Path(folder))


def _dry_run(
    project: Project,
    words: Sequence[str],
    ref: Ref | None,
    *,
    as_json: bool,
    single: bool,
    retry: bool,
    rerun: bool,
) -> int:
    import json

    from agilml.sweep.plan import make_plan
    from agilml.sweep.preview import preview

    plan = make_plan(project, words, ref)
    _refuse_many(plan, single)
    _warn(plan)
    found: Mapping[str, Any] = preview(
        project, plan, quote=_quote(plan, project), retry=retry, rerun=rerun
    )
    if as_json:
        print(json.dumps(found))
        return Exit.DONE
    from agilml.report.plan import plan_text

    print(plan_text(found))
    return Exit.DONE
