"""What one attempt's process does, from its first line to ``os._exit``.

Started either as a fork of the warm template or as ``python -m agilml.worker.child`` with the order on its
standard input.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import errno
import itertools
import json
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from agilml.crashpoints import crash_point
from agilml.errors import AgilError
from agilml.worker import logs, recipe
from agilml.worker.config import Config
from agilml.worker.order import Order
from agilml.worker.rng import seed_everything
from agilml.worker.run import Finished, Preempted, Pruned, Run, set_current_run
from agilml.worker.spool import SpoolWriter

MANY_IMPORTS = 50
_DISK_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
_REASONS = {signal.SIGUSR1: Pruned, signal.SIGUSR2: Finished, signal.SIGTERM: Preempted}
"""What a signal to an attempt asks for."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None)


def die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when ``parent``, which must be its parent, ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def set_process_name(name: str) -> None:
    """Show ``name`` (at most 15 bytes of it) in process lists."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def start_time(pid: int) -> int:
    """Return when ``pid`` started, in clock ticks since boot; 0 if it is gone. Guards against pid reuse."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(text.rpartition(")")[2].split()[19])


def main(order: Order, parent: int, isolation: str, asked: float) -> NoReturn:
    """Execute the order in this process and end it.

    Args:
        order: what to execute.
        parent: pid whose death ends this process.
        isolation: ``fork`` or ``spawn``; recorded.
        asked: ``time.monotonic()`` just before this process was made.
    """
    code = 1
    try:
        _enter(order, parent)
        order = replace(order, seed=int(Config({"seed": order.config.get("seed")}).seed or 0))
        spool = SpoolWriter(order.path)
        run = Run(order, spool)
        _listen(run)
        start_beating(spool, order.beat_seconds)
        code = _execute(order, run, spool, isolation, asked)
    except BaseException as error:
        # What the recipe raised was caught below; this came from the spool itself.
        if isinstance(error, OSError):
            code = os.EX_IOERR
        _print_traceback()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _enter(order: Order, parent: int) -> None:
    os.setsid()
    die_with_parent(parent)
    set_process_name(f"agil {order.attempt[2:10]}")
    order.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    log = os.open(order.path / logs.NAME, flags, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.close(null)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    threads = str(order.threads)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = threads
    # NVML, which counted the GPUs, numbers them by bus; CUDA would number them by speed.
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, order.gpus))
    if Path(order.project).is_dir():
        os.chdir(order.project)


def _listen(run: Run) -> None:
    """Let SIGTERM (and SIGUSR1 and SIGUSR2 for a stopper) end the trial at its next boundary."""

    def end(signum: int, _frame: Any) -> None:
        reason = _REASONS[signal.Signals(signum)]
        run.end_at_boundary(reason)
        if not run.cooperative:
            # The recipe has shown no boundary so far: here is as good a place as any.
            raise reason

    for signum in _REASONS:
        signal.signal(signum, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def start_beating(spool: SpoolWriter, seconds: float) -> None:
    """Append a beat to the spool every ``seconds`` from now on, while this process can run at all."""

    def beat() -> None:
        n = 0
        while True:
            time.sleep(seconds)
            n += 1
            # A full disk silences the heart, but metrics would be lost then too.
            with contextlib.suppress(OSError):
                spool.write({"e": "beat", "n": n})

    # threading.Thread.start waits for the thread to run, which costs a forked child several milliseconds.
    _thread.start_new_thread(beat, ())


def _execute(order: Order, run: Run, spool: SpoolWriter, isolation: str, asked: float) -> int:
    set_current_run(run)
    inherited, started = len(sys.modules), False
    try:
        train = recipe.load(order.recipe, Path(order.project))
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(order.threads)
        seed_everything(order.seed)
        config = Config(order.config)
        spool.write(
            {
                "e": "start",
                "pid": os.getpid(),
                "pid_started": start_time(os.getpid()),
                "isolation": isolation,
                "start_ms": round((time.monotonic() - asked) * 1e3, 3),
                "at": round(time.time(), 3),
            }
        )
        started = True
        crash_point("child.started")
        train(config, run)
        _tell_imports(spool, inherited)
        crash_point("child.finished")
        return _end(spool, "succeeded")
    except Finished:
        return _end(spool, "succeeded")
    except Pruned:
        return _end(spool, "pruned")
    except Preempted:
        return _end(spool, "cancelled", "preempted")
    except SystemExit as error:
        if started and error.code in (None, 0):
            return _end(spool, "succeeded")
        return _end(spool, "failed", "user", f"the recipe exited with {error.code!r}")
    except BaseException as error:
        _print_traceback()
        return _end(spool, "failed", _cause_of(error), _one_line(error))


def _tell_imports(spool: SpoolWriter, inherited: int) -> None:
    """Say what the recipe imported as it ran, if that was much: the next template imports it ahead."""
    # Counted first: to look at every module's name would copy a thousand pages that we share.
    if len(sys.modules) - inherited >= MANY_IMPORTS:
        new = set(itertools.islice(sys.modules, inherited, None))
        names = sorted(n for n in new if not n.startswith("_") and n.rpartition(".")[0] not in new)
        spool.write({"e": "imports", "names": names})


def _end(spool: SpoolWriter, state: str, cause: str | None = None, error: str | None = None) -> int:
    for signum in _REASONS:
        # What ends now ends so: a signal during the last fsync would be taken for another end.
        signal.signal(signum, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    spool.write({"e": "end", "state": state, "cause": cause, "error": error})
    spool.sync()
    return 0 if state in ("succeeded", "pruned") else 1


def _print_traceback() -> None:
    """Print the exception being handled; the log may lie on the very disk that is full."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _cause_of(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in _DISK_TROUBLE:
        # A disk that is full or failing is the fault of a machine, not of a trial.
        return "node"
    return "oom" if _is_out_of_memory(error) else "user"


def _is_out_of_memory(error: BaseException) -> bool:
    name = type(error).__name__
    return (
        isinstance(error, MemoryError)
        or name == "OutOfMemoryError"
        or "out of memory" in str(error)
    )


def _one_line(error: BaseException) -> str:
    if isinstance(error, AgilError):
        return error.cause
    text = "".join(traceback.format_exception_only(error)).strip()
    # A SyntaxError's type stands last; every other exception begins with its own.
    lines = text.splitlines() or [type(error).__name__]
    return (lines[-1] if isinstance(error, SyntaxError) else lines[0])[:500]


if __name__ == "__main__":
    _request = json.loads(sys.stdin.readline())
    main(Order.from_json(_request["order"]), _request["parent"], "spawn", _request["asked"])
