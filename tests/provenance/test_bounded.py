from __future__ import annotations

import os
import sys
import time

import pytest

from agilml.provenance.bounded import Output, run_bounded


def run(code: str, *, limit: int = 1000, seconds: float = 20.0) -> Output:
    return run_bounded(
        [sys.executable, "-SIc", f"import os, sys, time\n{code}"],
        env=os.environ,
        limit=limit,
        seconds=seconds,
    )


def test_all_it_says_comes_back() -> None:
    done = run("os.write(1, b'out'); os.write(2, b'err'); sys.exit(3)")
    assert done == Output(3, b"out", b"err")
    assert not done.ok


def test_it_has_no_input() -> None:
    assert run("os.write(1, repr(os.read(0, 1)).encode())").stdout == b"b''"


def test_what_is_exactly_the_limit_is_not_cut() -> None:
    assert run("os.write(1, b'x' * 1000)") == Output(0, b"x" * 1000, b"")


def test_output_without_end_is_cut_and_ended() -> None:
    done = run("while True: os.write(1, b'x' * 4096)")
    assert (done.stdout, done.cut, done.late, done.ok) == (b"x" * 1000, True, False, False)


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(60)",
        "os.close(1); os.close(2); time.sleep(60)",
        "while True: os.write(2, b'x' * 4096)",
        "os.fork(); time.sleep(60)",
    ],
)
def test_a_program_that_does_not_end_is_ended_with_its_children(code: str) -> None:
    started = time.monotonic()
    done = run(code, seconds=0.1)
    assert done.late
    assert not done.ok
    assert time.monotonic() - started < 10


def test_what_was_cut_or_late_is_not_ok_even_if_it_ended_well_meanwhile() -> None:
    assert Output(0, b"", b"").ok
    assert not Output(0, b"", b"", late=True).ok
    assert not Output(0, b"", b"", cut=True).ok


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="no-such-program"):
        run_bounded(["/no-such-program"], env={}, limit=1, seconds=1)
