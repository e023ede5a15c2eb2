"""What is kept about sweeps, runs and data: tags, notes, artifacts, data sets, and what was purged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from agilml.events.base import Event


@dataclass(frozen=True, slots=True)
class Tagged(Event):
    """A tag was put on (or, with ``on`` false, taken off) a run or a sweep.

    ``clock`` (Unix seconds) is later than that of every earlier word about this tag that the writer knew,
    whatever its clock showed: the last writer wins. 0 in facts of older releases: their own time counts.
    """

    kind: ClassVar[str] = "tag.set"
    target: str
    tag: str
    on: bool
    by: str
    clock: float = 0.0

    @property
    def subject(self) -> str:
        return self.target


@dataclass(frozen=True, slots=True)
class NoteSet(Event):
    """The note on a run or a sweep was replaced; an empty ``text`` takes it off. ``clock`` as in a tag."""

    kind: ClassVar[str] = "note.set"
    target: str
    text: str
    by: str
    clock: float

    @property
    def subject(self) -> str:
        return self.target


@dataclass(frozen=True, slots=True)
class ArtifactStored(Event):
    """A blob belongs to an attempt or a sweep (``owner``), under a name that is unique there.

    ``role`` says what it is for: code, log, checkpoint, tensorboard, model, predictions, notebook,
    manifest, statement or reproduction. ``size`` in bytes.
    """

    kind: ClassVar[str] = "artifact.stored"
    owner: str
    name: str
    role: str
    sha256: str
    size: int

    @property
    def subject(self) -> str:
        return self.owner


@dataclass(frozen=True, slots=True)
class DatasetAdded(Event):
    """A version of a data set is known: ``digest`` is that of its manifest, ``size`` in bytes."""

    kind: ClassVar[str] = "dataset.added"
    dataset: str
    level: str
    digest: str
    files: int
    size: int
    source: str
    by: str

    @property
    def subject(self) -> str:
        return self.dataset


@dataclass(frozen=True, slots=True)
class FactsPurged(Event):
    """Facts lost what they said: each of ``facts`` is ``[origin, seq, digest, new body]``.

    A purged fact keeps its number and its digest, so that the chain still holds; this fact is the proof
    that its body was taken away on purpose.
    """

    kind: ClassVar[str] = "facts.purged"
    reason: str
    by: str
    facts: Sequence[Sequence[Any]]

    @property
    def subject(self) -> str:
        return "purge"
