"""The table of verbs: everything that lists, completes or looks up a verb reads it."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """Where a verb's function lies, and what it does in one line."""

    module: str
    function: str
    summary: str


VERBS = {
    "init": Verb("agilml.cli.init", "init", "Make a folder a project with a first example."),
    "sweep": Verb("agilml.cli.sweep", "sweep", "Run a grid of values, or search open ranges."),
    "run": Verb("agilml.cli.sweep", "run", "Run one configuration."),
    "watch": Verb("agilml.cli.watch", "watch", "Show a sweep's progress until it ends."),
    "runs": Verb("agilml.cli.runs", "runs", "List runs."),
    "sql": Verb("agilml.cli.sql", "sql", "Ask the ledger in SQL; it only reads."),
    "show": Verb("agilml.cli.show", "show", "Show one run, one sweep or a composed configuration."),
    "logs": Verb("agilml.cli.logs", "logs", "Print what a run wrote."),
    "stop": Verb("agilml.cli.stop", "stop", "End a sweep or a run."),
    "resume": Verb("agilml.cli.resume", "resume", "Run what is left of a sweep."),
    "compare": Verb("agilml.cli.compare", "compare", "Say what differs between runs or sweeps."),
    "reproduce": Verb("agilml.cli.reproduce", "reproduce", "Run a run again and compare the two."),
    "tag": Verb("agilml.cli.tag", "tag", "Name runs and sweeps."),
    "purge": Verb("agilml.cli.purge", "purge", "Take away for good what a run or a text left."),
    "data": Verb("agilml.cli.data", "data", "Version data sets and stage them for runs."),
    "sync": Verb(
        "agilml.cli.sync", "sync", "Send what is new to the remote, take what others sent."
    ),
    "doctor": Verb("agilml.cli.doctor", "doctor", "Look for what is wrong here."),
}
"""In the order in which a person meets them, which is the order of the help."""
