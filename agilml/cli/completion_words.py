"""The words that can stand somewhere on the command line; no Hydra is needed to know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agilml.cli.completion import Candidate
from agilml.cli.verbs import VERBS
from agilml.config import NOT_IDENTITY, Configs
from agilml.config.outline import outline
from agilml.config.words import top_of
from agilml.model import TrialState, short
from agilml.project import Project, find_project

RECENT = 20
_SWEEPS_ONLY = {"resume", "watch", "runs"}
_RUNS_ONLY = {"logs"}
_ADDRESSED = {"show", "stop", "compare", "tag", *_SWEEPS_ONLY, *_RUNS_ONLY}
_CONFIGURED = {"sweep", "run", "show"}


def verbs() -> list[Candidate]:
    """Return the verbs."""
    return [Candidate(name, verb.summary) for name, verb in VERBS.items()]


def options(verb: str) -> list[Candidate]:
    """Return the options of a verb, or of ``agil`` itself for an empty one."""
    import typer

    from agilml.cli.app import make_app

    command = typer.main.get_command(make_app())
    if verb:
        command = getattr(command, "commands", {}).get(verb, command)
    found = [
        Candidate(name, getattr(param, "help", None) or "")
        for param in command.params
        for name in param.opts
        if name.startswith("--")
    ]
    return [*found, Candidate("--help", "Show the help.")]


def arguments(verb: str, typed: Sequence[str], current: str) -> list[Candidate]:
    """Return what can stand behind the verb and the words typed so far."""
    before = typed[-1] if typed else ""
    if verb == "runs" and before == "--state":
        return [Candidate(state) for state in TrialState]
    if verb == "runs" and before == "--tag":
        return _tags(find_project())
    if (verb, before) in {("runs", "--sort"), ("compare", "--metric")}:
        return _metrics(find_project())
    project = find_project()
    found: list[Candidate] = []
    if verb in _CONFIGURED and not (verb == "show" and typed and "=" not in typed[0]):
        found += _config_words(project, typed, current)
    if verb in _ADDRESSED and "=" not in current and not any("=" in word for word in typed):
        found += _addresses(project, verb, current)
    return found


def _config_words(project: Project, typed: Sequence[str], current: str) -> list[Candidate]:
    """Return ``conf=`` with its values, and config groups with their options."""
    configs = Configs(project.conf)
    name, equals, value = current.partition("=")
    if not equals:
        return _config_names(configs, typed, current)
    known = configs.names() if name == "conf" else configs.groups().get(name, [])
    # A list goes on behind its last comma; what it holds already is not offered again.
    listed, comma, _ = value.rpartition(",")
    chosen = set(listed.split(","))
    return [Candidate(f"{name}={listed}{comma}{item}") for item in known if item not in chosen]


def _config_names(configs: Configs, typed: Sequence[str], current: str) -> list[Candidate]:
    """Return ``conf=`` and all groups; once a conf is typed, its own groups and its keys."""
    set_already = {name: value for name, _, value in (word.partition("=") for word in typed)}
    options = configs.groups()
    if "conf" not in set_already:
        keys: set[str] = set()
        found, groups = [Candidate("conf=", "a conf")], list(options)
    else:
        groups, keys = _groups_and_keys(configs, set_already)
        found = []
    found += [
        Candidate(f"{group}=", ", ".join(options.get(group, ())))
        for group in groups
        if group not in set_already
    ]
    for key in sorted(keys - set_already.keys()):
        # How a sweep is run is rarely typed: offered to whoever begins it.
        if current.partition(".")[0] == key.partition(".")[0] or top_of(key) not in NOT_IDENTITY:
            found.append(Candidate(f"{key}="))
    return found


def _groups_and_keys(configs: Configs, typed: Mapping[str, str]) -> tuple[list[str], set[str]]:
    groups: dict[str, None] = {}
    keys: set[str] = set()
    for conf in typed["conf"].split(","):
        found = outline(configs.folders, conf, {k: v.partition(",")[0] for k, v in typed.items()})
        groups.update(dict.fromkeys(found.groups))
        keys |= found.keys
    return list(groups), keys


def _addresses(project: Project, verb: str, current: str) -> list[Candidate]:
    from agilml.ledger import queries, queries_find

    if not project.ledger.exists():
        return []
    with queries.reader(project.ledger) as db:
        recent = queries_find.recent_ids(db, RECENT)
        tags = queries_find.all_tags(db)
        branches = queries_find.branches(db)
        if current.startswith(("s-", "t-")):
            recent += [(found, "", "") for found in queries_find.with_prefix(db, current, RECENT)]
    sweeps = [Candidate(short(i), f"{s} {w}") for i, s, w in recent if i.startswith("s-")]
    runs = [Candidate(short(i), f"{s} {w}") for i, s, w in recent if i.startswith("t-")]
    named = [Candidate(item.tag, item.target) for item in tags]
    wide = [Candidate("latest", "the newest sweep")]
    wide += [Candidate(f"@{branch}", "the newest sweep of this branch") for branch in branches]
    if verb in _SWEEPS_ONLY:
        return [*wide, *sweeps, *named]
    best = [Candidate(f"best@{item.word}", "its best run") for item in (*wide[:1], *sweeps)]
    if verb in _RUNS_ONLY:
        return [*best, *runs, *named]
    return [*wide, *sweeps, *runs, *best, *named]


def _tags(project: Project) -> list[Candidate]:
    from agilml.ledger import queries, queries_find

    if not project.ledger.exists():
        return []
    with queries.reader(project.ledger) as db:
        return [Candidate(item.tag, item.target) for item in queries_find.all_tags(db)]


def _metrics(project: Project) -> list[Candidate]:
    from agilml.ledger import queries, queries_runs

    if not project.ledger.exists():
        return []
    with queries.reader(project.ledger) as db:
        return [Candidate(name) for name in queries_runs.metric_names(db)]
