"""What can be asked of every run, besides its metrics and its configuration."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from agilml.model import Cause, TrialState


class Kind(StrEnum):
    """How the values of a field compare."""

    NUMBER = "number"
    TEXT = "text"
    ID = "id"
    TIME = "time"


class Field(NamedTuple):
    """One field of a run.

    Attributes:
        kind: how its values compare; an id equals every beginning of it.
        column: its value as SQL over the trial ``t``, its latest attempt ``a`` and its sweep ``s``.
        within: where the field has several values, what must hold for one of them, in place of ``{}``.
        table: where its values lie, if older ledgers do not have it.
        options: the only values that it can have; empty for any.
    """

    kind: Kind
    column: str
    within: str = "{}"
    table: str = ""
    options: tuple[str, ...] = ()


_BEST = (
    "(SELECT CASE s.mode WHEN 'min' THEN b.low ELSE b.high END FROM metric b"
    " WHERE b.attempt = t.attempt AND b.name = s.metric)"
)
_SECONDS = (
    "coalesce(a.seconds, CASE t.state WHEN 'running' THEN"
    " max(0.0, (julianday('now') - 2440587.5) * 86400.0 - a.started) END)"
)
_OF_SWEEPS = "EXISTS (SELECT 1 FROM sweep_trial w WHERE w.trial = t.id AND {})"
_OF_TAGS = "EXISTS (SELECT 1 FROM tag g WHERE g.target IN (t.id, s.id) AND {})"
_OF_NOTES = "EXISTS (SELECT 1 FROM note g WHERE g.target IN (t.id, s.id) AND g.text != '' AND {})"
_OF_DATA = "EXISTS (SELECT 1 FROM data_read r WHERE r.attempt = t.attempt AND {})"

FIELDS = {
    "run": Field(Kind.ID, "t.id"),
    "sweep": Field(Kind.ID, "w.sweep", _OF_SWEEPS),
    "state": Field(Kind.TEXT, "t.state", options=tuple(TrialState)),
    "tag": Field(Kind.TEXT, "g.tag", _OF_TAGS),
    "note": Field(Kind.TEXT, "g.text", _OF_NOTES, "note"),
    "branch": Field(Kind.TEXT, "s.git_branch"),
    "commit": Field(Kind.ID, "s.git_commit"),
    "user": Field(Kind.TEXT, "s.user"),
    "host": Field(Kind.TEXT, "a.host"),
    "executor": Field(Kind.TEXT, "s.executor"),
    "slot": Field(Kind.TEXT, "a.slot"),
    "conf": Field(Kind.TEXT, "s.conf"),
    "recipe": Field(Kind.TEXT, "s.recipe"),
    "dataset": Field(Kind.TEXT, "r.dataset", _OF_DATA, "data_read"),
    "cause": Field(Kind.TEXT, "a.cause", options=tuple(Cause)),
    "error": Field(Kind.TEXT, "a.error"),
    "attempts": Field(Kind.NUMBER, "t.attempts"),
    "seconds": Field(Kind.NUMBER, _SECONDS),
    "best": Field(Kind.NUMBER, _BEST),
    "planned": Field(Kind.TIME, "t.planned"),
    "started": Field(Kind.TIME, "coalesce(a.started, t.started)"),
    "ended": Field(Kind.TIME, "t.ended"),
}
"""By the name that is written; docs/reference/where.md says what each means."""
