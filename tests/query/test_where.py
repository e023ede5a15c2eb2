from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agilml.ledger import queries
from agilml.ledger.where import WhereError, condition
from agilml.ledger.where.fields import FIELDS
from agilml.ledger.where.parse import DEEPEST, MOST, parse
from agilml.ledger.where.values import Span, number_of, span_of
from agilml.ledger.where.words import LONGEST, Word
from agilml.testing.ledgers import START, SampleSweep
from tests.cli.conftest import Agil

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "where.md"


@pytest.fixture
def db(sample: SampleSweep, project: Path) -> Iterator[sqlite3.Connection]:
    with queries.reader(project / ".agil" / "ledger.db") as db:
        yield db


def runs(agil: Agil, expression: str, *words: str) -> list[str]:
    return [run["run"] for run in agil("runs", "--json", "--where", expression, *words).json]


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("", ""),
        ("val_acc", ""),
        ("val_acc >", ""),
        ("val_acc > and tag = x", "and"),
        ("val_acc > 0.9 tag = x", "tag"),
        ("val_acc > 0.9 and", ""),
        ("(val_acc > 0.9", "("),
        ("val_acc > 0.9)", ")"),
        ("val_acc ! 0.9", "!"),
        ("tag = 'best", "'best"),
        ('tag = "best', '"best'),
        ("tag in best", "best"),
        ("tag in (best", ""),
        ("tag in (best worst)", "worst"),
        ("tag in ()", ")"),
        ("tag is best", "best"),
        ("= 3", "="),
        ("best(val_acc > 3", ">"),
        ("best() > 3", ")"),
        ("not", ""),
        ("val_acc like x", "like"),
    ],
)
def test_a_broken_expression_is_told_where_it_breaks(expression: str, wrong: str) -> None:
    with pytest.raises(WhereError) as told:
        parse(expression)
    error = told.value
    assert error.expression[error.start : error.stop] == wrong
    assert error.start == (expression.rindex(wrong) if wrong else len(expression))


@pytest.mark.parametrize(
    ("expression", "wrong", "said"),
    [
        ("val_acc > fast", "fast", "no number"),
        ("val_acc > '0.9'", "'0.9'", "in quotes it is a text"),
        ("optim.lr < fast", "fast", "no number"),
        ("val_acc ~ 0.9", "~", "looks into texts"),
        ("tag < best", "<", "is for numbers and times"),
        ("started > soon", "soon", "no time"),
        ("state = fialed", "fialed", "none of its values"),
        ("cause = bug", "bug", "none of its values"),
        ("seconds = long", "long", "no number"),
        ("val_ac > 1", "val_ac", "no field, key of the configuration or metric"),
        ("metric.seed > 1", "metric.seed", "no metric"),
        ("param.val_acc > 1", "param.val_acc", "no key of the configuration"),
        ("best(nope) > 1", "best(nope)", "no metric"),
    ],
)
def test_what_does_not_fit_is_told_where_it_stands(
    db: sqlite3.Connection, expression: str, wrong: str, said: str
) -> None:
    with pytest.raises(WhereError, match=said) as told:
        condition(db, expression, START)
    assert expression[told.value.start : told.value.stop] == wrong


def test_size_and_depth_are_bounded_and_what_is_allowed_runs(db: sqlite3.Connection) -> None:
    for bad in (
        "(" * (DEEPEST + 1) + "seed = 1" + ")" * (DEEPEST + 1),
        "not " * (DEEPEST + 1) + "seed = 1",
        " or ".join(["seed = 1"] * (MOST + 1)),
        "seed = " + "1" * LONGEST,
    ):
        with pytest.raises(WhereError):
            condition(db, bad, START)
    many = " or ".join(["(seed = 1 and not val_acc > 2)"] * (MOST // 2))
    deep = "not (" * (DEEPEST // 2) + "seed = 1" + ")" * (DEEPEST // 2)
    for good in (many, deep):
        asked = condition(db, good, START)
        source = f"trial t LEFT JOIN attempt a ON a.id = t.attempt {asked.joins.text}"
        values = (*asked.joins.values, *asked.test.values)
        count = db.execute(f"SELECT count(*) FROM {source} WHERE {asked.test.text}", values)
        assert count.fetchone() == (4 if good is many else 8 if DEEPEST // 2 % 2 else 4,)


def test_runs_are_chosen_by_what_they_are(agil: Agil, sample: SampleSweep) -> None:
    all_runs = agil("runs", "--json").json
    good = [run["run"] for run in all_runs if run["metrics"].get("val_acc", 0) > 0.92]
    assert 0 < len(good) < 12
    assert runs(agil, "val_acc > 0.92") == good
    assert runs(agil, "val_acc>0.92 and optim.lr<0.1 and tag = baseline") == []
    assert runs(agil, "tag = baseline") == [sample.trials[0]]
    assert runs(agil, "state = failed") == [sample.trials[3]]
    assert runs(agil, "loss = nan") == [sample.trials[2]]
    assert runs(agil, "error ~ exploded") == [sample.trials[3]]
    assert runs(agil, f"run = {sample.trials[5][:9]}") == [sample.trials[5]]
    assert len(runs(agil, "commit = 3f786 and branch = main and user = ada")) == 12
    assert runs(agil, "sweep = s-ffff") == []
    assert len(runs(agil, "model = resnet8 and executor in (local, ray) and conf = resnet")) == 12
    assert runs(agil, "attempts > 1") == [sample.trials[1]]


def test_it_goes_together_with_the_other_options(agil: Agil, sample: SampleSweep) -> None:
    best_first = [run["run"] for run in agil("runs", "latest", "--json").json]
    chosen = runs(agil, "seed in (0, 1)", "latest")
    assert chosen == [run for run in best_first if run in set(sample.trials[:8])]
    assert runs(agil, "seed in (0, 1)", "latest", "--limit", "3") == chosen[:3]
    by_time = [run["run"] for run in agil("runs", "--json", "--sort", "-started").json]
    assert runs(agil, "seed = 1", "--sort", "-started") == [
        run for run in by_time if run in set(sample.trials[4:8])
    ]
    by_metric = agil("runs", "--json", "--sort", "val_acc", "--where", "val_acc exists").json
    values = [run["metrics"]["val_acc"] for run in by_metric]
    assert values == sorted(values)
    assert len(values) == 11
    assert runs(agil, "seed = 0", "--state", "failed") == [sample.trials[3]]
    assert runs(agil, "seed = 0", "--tag", "baseline") == [sample.trials[0]]


def test_without_an_order_runs_come_as_they_do_without_an_expression(
    agil: Agil, sample: SampleSweep
) -> None:
    plain = [run["run"] for run in agil("runs", "--json").json]
    assert runs(agil, "run exists") == plain
    assert runs(agil, "run exists", "--limit", "5") == plain[:5]
    assert runs(agil, "run exists", "latest") == [
        run["run"] for run in agil("runs", "latest", "--json").json
    ]


def test_the_quick_path_and_typer_answer_alike(agil: Agil, sample: SampleSweep) -> None:
    quick = agil("runs", "--where", "seed = 1")
    slow = agil("runs", "--where", "seed = 1", "--sort", "-planned")
    assert sorted(quick.out.split()) == sorted(slow.out.split())
    assert agil("runs", "--where=seed = 1").out == quick.out


def test_the_table_says_how_many_are_left(agil: Agil, sample: SampleSweep) -> None:
    said = agil("runs", "--where", "seed < 2", "--limit", "5")
    assert len(said.out.splitlines()) == 1 + 5
    assert said.err == "3 more · --all or --limit N shows them\n"
    none = agil("runs", "--where", "seed > 99")
    assert (none.code, none.out) == (0, "")
    assert none.err == "no runs are like that · agil runs lists all\n"
    assert agil("runs", "latest", "--where", "seed > 99").err == none.err


def test_a_mistake_is_underlined_and_the_closest_name_offered(
    agil: Agil, sample: SampleSweep
) -> None:
    said = agil("runs", "--where", "seed = 1 and val_ac > 0.9")
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert lines[0] == "  seed = 1 and val_ac > 0.9"
    assert lines[1] == "               ^^^^^^"
    assert "did you mean `val_acc`?" in lines[2]
    assert "metrics: loss, test_acc, val_acc" in lines[4]
    assert "did you mean `failed`?" in agil("runs", "--where", "state = fialed").err


def test_a_mistake_in_hostile_text_is_underlined_and_does_nothing_to_a_screen(
    agil: Agil, sample: SampleSweep
) -> None:
    said = agil("runs", "--where", "tag = '\x1b[2J漢字' and \u202enope\x07 > 1" + " and x = 1" * 50)
    assert said.code == 2
    lines = said.err.splitlines()
    assert all(line.isprintable() for line in lines)
    assert len(lines[0]) < 120
    assert lines[0].startswith("  tag = '\\x1b[2J漢字' and \\u202enope\\x07")
    assert lines[1].strip() == "^" * len("\\u202enope\\x07")


def test_a_ledger_of_an_older_release_is_asked_too(
    project: Path, agil: Agil, tmp_path: Path
) -> None:
    folder = Path(__file__).parents[1] / "ledger" / "released"
    (project / ".agil").mkdir()
    with sqlite3.connect(project / ".agil" / "ledger.db") as db:
        db.executescript((folder / "v1.sql").read_text())
    db.close()
    everything = len(agil("runs", "--json").json)
    assert everything > 0
    assert runs(agil, "note ~ x or dataset = mnist") == []
    assert len(runs(agil, "note is null and run exists")) == everything


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("-1", -1),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("5.", 5.0),
        ("9223372036854775808", 9.223372036854775808e18),
        ("inf", float("inf")),
        ("1_000", None),
        ("0x10", None),
        ("1e", None),
        ("nan", None),
        ("1" * 400, float("inf")),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float | None) -> None:
    found = number_of(Word("word", text, 0, len(text)))
    assert (found, type(found)) == (number, type(number))
    assert number_of(Word("quoted", text, 0, len(text))) is None


def test_times_are_days_minutes_seconds_or_so_long_ago() -> None:
    def span(text: str) -> Span | None:
        return span_of(Word("word", text, 0, len(text)), 1_000_000.0)

    day = 1_793_491_200.0
    assert span("2026-11-01") == (day, day + 86_400)
    assert span("2026-11-01T10:30") == (day + 37_800, day + 37_860)
    assert span("2026-11-01T10:30:15Z") == (day + 37_815, day + 37_816)
    assert span("-2h") == (992_800.0, 992_800.0)
    assert span("-1w") == (395_200.0, 395_200.0)
    for text in ("2026-13-01", "2026-11-01Z", "7d", "-d", "-9999999d", "yesterday", "9999-12-31"):
        assert span(text) is None


def test_times_select_runs(agil: Agil, sample: SampleSweep) -> None:
    assert len(runs(agil, "planned = 2026-05-28")) == 12
    assert len(runs(agil, "planned >= 2026-05-28T20:26 and planned < 2026-05-28T20:27")) == 12
    for none in ("planned > 2026-05-28", "planned < 2026-05-28", "planned != 2026-05-28"):
        assert runs(agil, none) == []
    assert len(runs(agil, "planned <= 2026-05-28 and planned >= 2026-05-28")) == 12
    early = runs(agil, "started < 2026-05-28T20:26:43")
    late = runs(agil, "started >= 2026-05-28T20:26:43")
    assert len(early) + len(late) == 12
    assert early
    assert late


def test_every_field_is_documented_and_can_be_asked_for(db: sqlite3.Connection) -> None:
    page = PAGE.read_text()
    for name in FIELDS:
        assert f"| `{name}` |" in page
        asked = condition(db, f"{name} exists or {name} is null", START)
        assert asked.test.text.count("?") == len(asked.test.values)
