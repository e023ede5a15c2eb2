from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.config import Configs
from agilml.errors import ConfigError, RecipeError
from agilml.recipes import command
from agilml.recipes.program.arguments import argv_of, fill
from agilml.recipes.program.metrics import MetricsFile
from agilml.recipes.program.process import Program
from agilml.sweep.expand import expand
from agilml.worker.config import Config
from agilml.worker.run import Preempted
from tests.recipes.attempts import execute, handle, read
from tests.recipes.conftest import Compose

VALUES = {"optim": {"lr": 0.001, "betas": [0.9, 0.99]}, "name": "a b", "on": True, "none": None}


def program(code: str) -> list[str]:
    return ["python", "-c", code.replace("{", "{{").replace("}", "}}")]


def config(composed: Compose, argv: Any, **more: Any) -> dict[str, Any]:
    return {**composed("command"), "argv": argv, **more}


def test_a_list_and_a_string_give_the_same_words() -> None:
    expected = [sys.executable, "train.py", "--lr", "0.001", "a b"]
    assert argv_of(["python", "train.py", "--lr", "{optim.lr}", "{name}"], VALUES) == expected
    assert argv_of("python train.py --lr {optim.lr} {name}", VALUES) == expected


def test_values_are_written_as_programs_expect_them() -> None:
    assert fill("{on} {none}|{optim.betas} {{literal}}", VALUES) == "true |0.9,0.99 {literal}"


@given(st.text())
def test_a_value_is_always_one_argument_whatever_it_holds(value: str) -> None:
    assert argv_of("run --name {name}", {"name": value})[2:] == [value]


@given(st.text(alphabet="{}ab.'\" \\", max_size=12))
def test_a_strange_template_is_filled_or_explained(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert all(isinstance(word, str) for word in argv_of(text, {"a": 1, "b": {"a": 2}}))


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (None, "argv is empty"),
        ("", "argv is empty"),
        ("run 'open", "cannot be split"),
        (["run", "{optim.rate}"], "no 'rate'"),
        (["run", "{optim.lr.x}"], "no 'x'"),
        (["run", "{name.__class__}"], "no '__class__'"),
        (["run", "{optim}"], "a group of values"),
        (["run", "{"], "single {"),
    ],
)
def test_a_command_that_cannot_be_built_is_explained(argv: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        argv_of(argv, VALUES)


def test_no_shell_reads_the_command(composed: Compose, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    argv = [*program("import sys; print(sys.argv[1:])"), f"; touch {marker}", "$(id)", "*"]
    execute(command.train, config(composed, argv), tmp_path / "a")
    assert not marker.exists()


def test_metrics_come_back_through_the_file_named_in_the_environment(
    composed: Compose, tmp_path: Path
) -> None:
    code = (
        "import json, os\n"
        "with open(os.environ['AGIL_METRICS'], 'a') as out:\n"
        "    for n in range(3): print(json.dumps({'step': n, 'loss': 1 / (n + 1)}), file=out)\n"
        "    print(json.dumps({'val_acc': 0.5}), end='', file=out)\n"
    )
    attempt = execute(command.train, config(composed, program(code)), tmp_path / "a")
    assert attempt.series("loss") == [1, 1 / 2, 1 / 3]
    assert attempt.steps("val_acc") == [None]


def test_metrics_come_back_through_the_handle(composed: Compose, tmp_path: Path) -> None:
    code = "import agilml; agilml.current_run().log(step=4, loss=0.25)"
    attempt = execute(command.train, config(composed, program(code)), tmp_path / "a")
    assert attempt.steps("loss") == [4]


def test_metrics_are_seen_while_the_program_runs(composed: Compose, tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "open(os.environ['AGIL_METRICS'], 'w').write('{\"step\": 0, \"loss\": 1}\\n')\n"
        "while not os.path.exists('go'): time.sleep(0.01)\n"
    )
    argv = program(f"import os; os.chdir({str(tmp_path)!r})\n{code}")
    run = handle(tmp_path / "a")
    worker = threading.Thread(target=command.train, args=(Config(config(composed, argv)), run))
    worker.start()
    try:
        deadline = time.monotonic() + 20
        while not read(tmp_path / "a").batch.series and time.monotonic() < deadline:
            time.sleep(0.02)
        assert worker.is_alive()
        assert read(tmp_path / "a").series("loss") == [1]
    finally:
        (tmp_path / "go").touch()
        worker.join()


def test_a_json_file_is_read_at_the_end_and_an_old_one_is_not(
    composed: Compose, tmp_path: Path
) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps({"val_acc": 0.1}))
    silent = execute(
        command.train, config(composed, program("pass"), metrics_file=str(path)), tmp_path / "a"
    )
    assert not silent.batch.series
    code = f"open({str(path)!r}, 'w').write('{{\"val_acc\": 0.75, \"loss\": NaN}}')"
    attempt = execute(
        command.train, config(composed, program(code), metrics_file=str(path)), tmp_path / "b"
    )
    assert attempt.final("val_acc") == 0.75
    assert attempt.batch.series["loss"][1] == ["nan"]


def test_what_is_no_metric_is_a_warning_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text("old line\n")
    metrics = MetricsFile(path, handle(tmp_path / "a"))
    lines = ["not json", "[1]", '{"step": 1.5, "a": 1}', '{"step": true}', "", "[" * 10_000]
    with path.open("a") as out:
        out.write("\n".join([*lines, '{"a": "text", "b": 2}', '{"a": 3, "st']))
    metrics.follow()
    with path.open("a") as out:
        out.write('ep": 7}')
    metrics.finish()
    found = read(tmp_path / "a")
    assert found.batch.series["b"][1] == [2]
    assert found.batch.series["a"][:2] == [[7], [3]]
    assert len(found.batch.warnings) == 6


def test_a_file_that_is_started_afresh_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    metrics = MetricsFile(path, handle(tmp_path / "a"))
    path.write_text('{"a": 1}\n{"a": 2}\n')
    metrics.follow()
    path.write_text('{"a": 3}\n')
    metrics.finish()
    assert read(tmp_path / "a").batch.series["a"][1] == [1, 2, 3]


def test_a_failure_carries_the_code_and_the_last_lines(composed: Compose, tmp_path: Path) -> None:
    argv = program("import sys; print('one\\n\\x1b[2Jtwo'); sys.exit(3)")
    with pytest.raises(RecipeError, match=r"exited with code 3: one \| \\x1b\[2Jtwo"):
        execute(command.train, config(composed, argv), tmp_path / "a")
    argv = program("import os; os.abort()")
    with pytest.raises(RecipeError, match="ended by signal 6"):
        execute(command.train, config(composed, argv), tmp_path / "b")


def test_a_program_that_is_not_there_is_named(composed: Compose, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no-such-program cannot be started"):
        execute(command.train, config(composed, ["no-such-program"]), tmp_path / "a")


def test_output_reaches_the_log_even_when_it_is_not_text(
    composed: Compose, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = program("import os; os.write(2, b'caf\\xc3'); os.write(1, b'\\xa9 \\xff\\n')")
    execute(command.train, config(composed, argv), tmp_path / "a")
    assert "café \ufffd" in capsys.readouterr().out


@pytest.mark.slow
def test_a_program_that_closes_its_output_is_still_waited_for(
    composed: Compose, tmp_path: Path
) -> None:
    code = (
        "import os, time; os.close(1); os.close(2); time.sleep(0.15)\n"
        "open(os.environ['AGIL_METRICS'], 'w').write('{\"late\": 1}')"
    )
    attempt = execute(command.train, config(composed, program(code)), tmp_path / "a")
    assert attempt.final("late") == 1


def test_an_ended_trial_ends_its_program_gently(composed: Compose, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, time\n"
        "def end(*_):\n"
        "    open(os.environ['AGIL_METRICS'], 'a').write('{\"saved\": 1}')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(os.environ['AGIL_METRICS'], 'a').write('{\"ready\": 1}\\n')\n"
        "while True: print('x' * 1000)\n"
    )
    folder = tmp_path / "a"
    run = handle(folder)
    metrics = folder / "metrics.jsonl"

    def preempt() -> None:
        while not metrics.exists() or not metrics.stat().st_size:
            time.sleep(0.01)
        run.end_at_boundary(Preempted)

    watcher = threading.Thread(target=preempt)
    watcher.start()
    with pytest.raises(Preempted):
        command.train(Config(config(composed, program(code))), run)
    watcher.join()
    assert read(folder).final("saved") == 1


def test_a_flood_of_output_does_not_keep_a_trial_from_ending() -> None:
    with Program(["yes"], os.environ) as flood:
        assert [flood.wait(0.01) for _ in range(3)] == [None, None, None]


def test_a_program_that_ignores_sigterm_is_killed(
    composed: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open(os.environ['AGIL_METRICS'], 'a').write('{\"ready\": 1}\\n')\n"
        "time.sleep(600)\n"
    )
    folder = tmp_path / "a"
    run = handle(folder)
    log = run.log

    def log_and_end(*values: Any, **more: Any) -> None:
        log(*values, **more)
        run.end_at_boundary(Preempted)

    monkeypatch.setattr(run, "log", log_and_end)
    with pytest.raises(Preempted):
        command.train(Config(config(composed, program(code), grace_seconds=0.1)), run)
    assert read(folder).final("ready") == 1


def test_a_program_dies_with_its_trial(tmp_path: Path) -> None:
    script = tmp_path / "trial.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from agilml.recipes.program.process import Program\n"
        "code = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'\n"
        "with Program([sys.executable, '-c', code], os.environ) as program:\n"
        "    while program.wait(0.1) is None: pass\n"
    )
    trial = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert trial.stdout is not None
    pid = int(trial.stdout.readline())
    trial.send_signal(signal.SIGKILL)
    trial.wait()
    trial.stdout.close()
    deadline = time.monotonic() + 10
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z" and os.path.exists(f"/proc/{pid}")


def test_a_path_that_is_not_in_the_config_is_told_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"did you mean `optim\.lr`"):
        fill("{optim.rl}", VALUES)


def test_a_command_without_argv_is_refused_before_it_starts() -> None:
    with pytest.raises(ConfigError, match="argv"):
        expand(Configs(None), ["conf=command"])
