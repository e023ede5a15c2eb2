"""The facts that can happen, as frozen dataclasses, and their JSON.

A fact is an event that was given a place in the ledger: an origin, a gapless number, a time and the digest
of its predecessor. Tables are folded from facts and from nothing else, so every fact carries all that its
tables need.

base       what every event is
sweeps     events about sweeps
trials     events about trials and their attempts
records    tags, notes, artifacts, data sets, purges
reading    from stored facts back to events
"""

from agilml.events.base import Event
from agilml.events.reading import event_of
from agilml.events.records import (
    ArtifactStored,
    DatasetAdded,
    FactsPurged,
    NoteSet,
    Tagged,
)
from agilml.events.sweeps import (
    BudgetReached,
    CandidateProposed,
    ControllerStarted,
    StopRequested,
    StructureComposed,
    SweepEnded,
    SweepPlanned,
    SweepRespecified,
    SweepResumed,
    TrialsPlanned,
)
from agilml.events.trials import (
    AttemptEnded,
    AttemptLeased,
    AttemptResumed,
    AttemptStarted,
    AttemptWarned,
    CheckpointSaved,
    DataRead,
    HardwareSampled,
    LateRefused,
    MetricsLogged,
    StopDecided,
    TrialCancelled,
    TrialCancelRequested,
    TrialReopened,
)

__all__ = [
    "ArtifactStored",
    "AttemptEnded",
    "AttemptLeased",
    "AttemptResumed",
    "AttemptStarted",
    "AttemptWarned",
    "BudgetReached",
    "CandidateProposed",
    "CheckpointSaved",
    "ControllerStarted",
    "DataRead",
    "DatasetAdded",
    "Event",
    "FactsPurged",
    "HardwareSampled",
    "LateRefused",
    "MetricsLogged",
    "NoteSet",
    "StopDecided",
    "StopRequested",
    "StructureComposed",
    "SweepEnded",
    "SweepPlanned",
    "SweepRespecified",
    "SweepResumed",
    "Tagged",
    "TrialCancelRequested",
    "TrialCancelled",
    "TrialReopened",
    "TrialsPlanned",
    "event_of",
]
