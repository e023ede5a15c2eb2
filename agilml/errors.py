"""Every error AgilML raises on purpose, and the exit code each one ends in.

Exception
└── AgilError                 1   agil could not do it
    ├── UsageError            2   wrong words or wrong config; nothing was started
    │   └── ConfigError       2   the configuration cannot be composed or does not fit its base
    │       └── UnknownRecipe 2   it names a recipe that does not exist
    ├── LedgerError           1   the ledger cannot be read or written
    │   ├── LedgerLocked      1   another process holds it
    │   ├── LedgerDamaged     1   its bytes do not add up
    │   └── LedgerFromFuture  1   written by a newer AgilML; readable, not writable
    ├── RecipeError           1   the recipe cannot be loaded, or cannot go on
    ├── CheckpointError       1   a checkpoint is incomplete or damaged
    ├── ExecutorError         1   slots cannot be had
    └── StaleWrite            1   an old fence or epoch tried to write; refused

An error carries three things a person needs: what happened, what is safe, and what to type next.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of ``agil``; part of the command-line contract."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    GATE_REFUSED = 3
    TRIALS_FAILED = 4
    GATE_INCONCLUSIVE = 5
    INTERRUPTED = 130


class AgilError(Exception):
    """Base of all errors with a cause, what was kept, and the next command.

    Args:
        cause: one sentence without a full stop.
        kept: what is safe in spite of it.
        next: the command (or the change) that helps.
    """

    exit_code: Exit = Exit.FAILED

    def __init__(self, cause: str, *, kept: str = "nothing was changed", next: str = "agil doctor"):
        super().__init__(cause)
        self.cause = cause
        self.kept = kept
        self.next = next


class UsageError(AgilError):
    """Wrong words on the command line."""

    exit_code = Exit.USAGE

    def __init__(self, cause: str, *, kept: str = "nothing was started", next: str = "agil --help"):
        super().__init__(cause, kept=kept, next=next)


class ConfigError(UsageError):
    """A configuration that cannot be composed, or a value that does not fit its base."""


class LedgerError(AgilError):
    """The ledger cannot be read or written."""


class LedgerLocked(LedgerError):
    """Another process holds the ledger for longer than we are willing to wait."""


class LedgerDamaged(LedgerError):
    """The bytes of the ledger do not add up."""


class LedgerFromFuture(LedgerError):
    """The ledger was written by a newer AgilML: it can be read, not written."""


class UnknownRecipe(ConfigError):
    """The config names a recipe that does not exist."""


class RecipeError(AgilError):
    """The recipe cannot be loaded, or cannot go on."""


class CheckpointError(AgilError):
    """A checkpoint is incomplete or damaged."""


class ExecutorError(AgilError):
    """Slots cannot be had."""


class StaleWrite(AgilError):
    """A write under an old fence or epoch, refused."""
