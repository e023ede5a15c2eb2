from __future__ import annotations

import csv
import hashlib
import io
import os
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from agilml.errors import LedgerError, UsageError
from agilml.ledger.guarded import asked, unique
from agilml.ledger.ledger import Ledger
from agilml.testing.ledgers import SampleSweep
from tests.cli.conftest import Agil

REFUSED = [
    "attach '{folder}/new.db' as x",
    "attach ':memory:' as x",
    "attach '/etc/passwd' as x",
    "vacuum",
    "vacuum into '{folder}/copy.db'",
    "select load_extension('/x.so')",
    "select readfile('/etc/passwd')",
    "select writefile('{folder}/out', 'x')",
    "select edit('x')",
    "select fts3_tokenizer('x', x'00')",
    "pragma user_version = 9",
    "pragma writable_schema = 1",
    "pragma journal_mode = delete",
    "pragma wal_checkpoint(truncate)",
    "pragma query_only = 0",
    "pragma temp_store_directory = '{folder}'",
    "pragma hard_heap_limit = 1",
    "update trial set state = 'succeeded'",
    "insert into tag values ('a', 'b', 'c', 1)",
    "delete from fact",
    "drop table fact",
    "alter table fact rename to lost",
    "create table x (a)",
    "create temp table x (a)",
    "create view x as select 1",
    "create trigger x after insert on fact begin select 1; end",
    "create virtual table x using fts5(a)",
    "create virtual table x using csv(filename='/etc/passwd')",
    "with x as (select 1) delete from fact",
    "insert into fact select * from fact returning seq",
    "begin",
    "begin immediate",
    "savepoint x",
    "commit",
    "rollback",
    "detach main",
    "analyze",
    "reindex",
    "select 1; drop table fact",
    "select zeroblob(2000000000)",
    "",
    "-- nothing",
    "select",
    "select * from nowhere",
    "select ?",
    "select '\ud800'",
    "select 1\0; drop table fact",
]


@pytest.fixture
def ledger(sample: SampleSweep, project: Path) -> Path:
    return project / ".agil" / "ledger.db"


def digests(folder: Path) -> dict[str, str]:
    """Return what is in the folder, without the log that every reader opens."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if not path.name.endswith(("-shm", "-wal"))
    }


@pytest.mark.parametrize("statement", REFUSED)
def test_nothing_but_one_question_is_let_through(
    statement: str, ledger: Path, tmp_path: Path
) -> None:
    before = digests(ledger.parent)
    folder = tmp_path / "outside"
    folder.mkdir()
    with (
        pytest.raises(UsageError),
        asked(ledger, statement.replace("{folder}", str(folder))) as answer,
    ):
        list(answer.rows)
    assert digests(ledger.parent) == before
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "with recursive c(x) as (select 1 union all select x + 1 from c) select max(x) from c",
        "select count(*) from fact a, fact b, fact c, fact d, fact e",
        "select a.body from fact a, fact b, fact c, fact d order by random()",
    ],
)
def test_what_takes_too_long_is_ended(statement: str, ledger: Path) -> None:
    began = time.monotonic()
    with (
        pytest.raises(LedgerError, match=r"longer than 0\.2 seconds"),
        asked(ledger, statement, 0.2) as answer,
    ):
        list(answer.rows)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("select 1 as a, 2 as a", [(1, 2)]),
        ("explain query plan select 1", None),
        ("pragma table_info(tag)", None),
        ("select count(*) from trial", [(12,)]),
        ("select cast(x'ff' as text)", [("\\xff",)]),
        ("select null, 1.5, x'00', 'é'", [(None, 1.5, b"\0", "é")]),
        ("select * from pragma_table_info('tag')", None),
        ("values (1), (2)", [(1,), (2,)]),
        (
            "select count(*) > 0 from fact, json_each(points(body)) where kind = 'metrics.logged'",
            [(1,)],
        ),
    ],
)
def test_questions_are_answered(
    statement: str, rows: list[tuple[object, ...]] | None, ledger: Path
) -> None:
    with asked(ledger, statement) as answer:
        found = list(answer.rows)
        assert len(set(answer.names)) == len(answer.names)
    assert found
    assert rows is None or found == rows


def test_curves_are_reached_through_the_view(ledger: Path, sample: SampleSweep) -> None:
    statement = (
        "select p.name, p.step, p.value from metric_point p join trial on p.attempt = trial.attempt"
        f" where trial.id = '{sample.trials[4]}' and p.name = 'loss' order by p.step"
    )
    with asked(ledger, statement) as answer:
        assert [step for _, step, _ in answer.rows] == [0, 1, 2]


def test_a_ledger_that_is_being_written_is_read_and_unharmed(ledger: Path) -> None:
    with Ledger.open(ledger) as writer:
        writer.tag("s-1", "one", on=True, by="ada")
        with asked(ledger, "select count(*) from tag where tag = 'one'") as answer:
            writer.tag("s-2", "one", on=True, by="ada")
            assert next(answer.rows) == (1,)
    with asked(ledger, "select count(*) from tag where tag = 'one'") as answer:
        assert next(answer.rows) == (2,)


def test_a_table_is_printed_for_people(agil: Agil, sample: SampleSweep) -> None:
    said = agil("sql", "select tag, target, 1.50 as n, null as empty from tag")
    assert said.code == 0
    assert said.out.splitlines()[0].split() == ["tag", "target", "n", "empty"]
    assert said.out.splitlines()[1].split() == ["baseline", sample.trials[0], "1.5", "-"]
    many = agil("sql", "select a.seq from fact a, fact b")
    assert len(many.out.splitlines()) == 1 + 1_000
    assert "--all" in many.err
    assert agil("sql", "select 1 from fact a, fact b limit 1000").err == ""
    assert len(agil("sql", "--all", "select 1 from fact a, fact b limit 1500").out.split()) == 1_501


def test_json_and_csv_are_complete(agil: Agil, sample: SampleSweep) -> None:
    statement = "select seq, kind, 9e999 as big from fact order by seq"
    rows = agil("sql", statement, "--json").json
    assert rows[0] == {"seq": 1, "kind": "structure.composed", "big": "inf"}
    lines = list(csv.reader(io.StringIO(agil("sql", statement, "--csv").out)))
    assert [[str(row["seq"]), row["kind"], "inf"] for row in rows] == lines[1:]
    assert agil("sql", "select 1 as a where 0", "--json").json == []
    assert agil("sql", "select 1 as a where 0", "--csv").out == "a\n"
    assert agil("sql", "select 1 as a, 2 as a", "--json").json == [{"a": 1, "a_2": 2}]


def test_a_statement_comes_from_a_file_or_from_standard_input(
    agil: Agil, sample: SampleSweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "question.sql"
    file.write_text("select count(*) as n from trial")
    assert agil("sql", "--file", str(file), "--json").json == [{"n": 12}]
    monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text()))
    assert agil("sql", "--json").json == [{"n": 12}]
    monkeypatch.setattr(sys, "stdin", io.StringIO(file.read_text()))
    assert agil("sql", "-", "--json").json == [{"n": 12}]
    assert agil("sql", "select 1", "--file", str(file)).code == 2
    assert agil("sql", "--file", str(tmp_path / "none.sql")).code == 2


def test_text_from_outside_does_nothing_to_a_screen(agil: Agil, project: Path) -> None:
    (project / ".agil").mkdir()
    evil = "\x1b[2J\u202egnp\x07"
    with Ledger.open(project / ".agil" / "ledger.db") as ledger:
        ledger.tag("s-1", evil, on=True, by="=cmd|' /c calc'!A1")
    for words in ([], ["--csv"], ["--json"]):
        said = agil("sql", f'select tag, by, 1 as "{evil}" from tag', *words)
        assert said.code == 0
        assert said.out.replace("\n", "").isprintable()
    cells = next(csv.reader(io.StringIO(agil("sql", "select by from tag", "--csv").out[3:])))
    assert cells == ["'=cmd|' /c calc'!A1"]


def test_errors_say_what_to_do(agil: Agil, sample: SampleSweep) -> None:
    said = agil("sql", "drop table fact")
    assert (said.code, said.out) == (2, "")
    assert "it only reads" in said.err
    assert agil("sql", "selec 1").code == 2
    assert agil("sql", "select 1", "--json", "--csv").code == 2
    assert agil("sql", "--tables", "select 1").code == 2
    slow = agil("sql", "select count(*) from fact a, fact b, fact c, fact d", "--timeout", "0.1")
    assert slow.code == 1
    assert "--timeout" in slow.err


def test_no_ledger_is_an_error_with_a_next_step(agil: Agil, project: Path) -> None:
    said = agil("sql", "select 1")
    assert said.code == 1
    assert "next: agil sweep" in said.err


def test_tables_are_listed_with_their_meaning(agil: Agil, sample: SampleSweep) -> None:
    tables = {item["table"]: item for item in agil("sql", "--tables", "--json").json}
    assert tables["metric_point"]["columns"]["seconds"] == "since the attempt began"
    assert all(text for item in tables.values() for text in item["columns"].values())
    said = agil("sql", "--tables").out
    assert "fact  Everything that was ever recorded." in said
    assert "\n  digest" in said


def test_columns_of_one_name_are_told_apart() -> None:
    assert unique(["a", "a", "a_2", "b", "a"]) == ["a", "a_2", "a_2_2", "b", "a_3"]


def test_the_limits_leave_other_connections_alone(ledger: Path) -> None:
    with asked(ledger, "select 1"):
        db = sqlite3.connect(ledger)
        db.execute(f"attach '{os.devnull}' as x")
        db.close()
