from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agilml.data.tables import NotATable, look, write_sample

CELL = st.text(st.sampled_from('ab1," \n\r;é'), max_size=5)


def sample(path: Path, name: str, share: str) -> bytes:
    out = io.BytesIO()
    write_sample(path, name, share, out)
    return out.getvalue()


def spelled(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@given(
    rows=st.lists(st.tuples(CELL, CELL).map(list), max_size=20),
    more=st.lists(st.tuples(CELL, CELL).map(list), max_size=5),
)
def test_rows_stay_whole_and_more_of_them_change_nothing_for_the_others(
    rows: list[list[str]], more: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    header = ["one", "two"]
    path.write_bytes(spelled([header, *rows]))
    before = read(sample(path, "t.csv", "50%"))
    path.write_bytes(spelled([header, *rows, *more]))
    after = read(sample(path, "t.csv", "50%"))
    assert before[:1] == after[:1] == [header]
    assert after[: len(before)] == before
    assert all(row in rows for row in before[1:])


def test_a_sample_is_what_was_recorded_of_it(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f'{{"n":{n}}}\n' for n in range(500)))
    found = look(path, "t.jsonl", {"dev": "10%"})
    content = sample(path, "t.jsonl", "10%")
    assert found.total == 500
    assert found.samples["dev"].rows == len(content.splitlines())
    assert found.samples["dev"].size == len(content)
    assert found.samples["dev"].sha256 == hashlib.sha256(content).hexdigest()
    assert 20 < found.samples["dev"].rows < 90


def test_a_row_is_chosen_by_its_content_and_not_by_its_line_end(tmp_path: Path) -> None:
    unix, dos = tmp_path / "unix.csv", tmp_path / "dos.csv"
    lines = ["x,y", *(f"{n},{n}" for n in range(200))]
    unix.write_bytes("\n".join(lines).encode())
    dos.write_bytes("\r\n".join(lines).encode())
    kept = sample(unix, "unix.csv", "20%").splitlines()
    assert kept == sample(dos, "dos.csv", "20%").splitlines()


def test_the_header_is_in_every_sample(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n")
    assert sample(path, "t.csv", "0.000001%") == b"a,b\n"


def test_a_quote_that_is_never_closed_makes_it_no_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"2\n3,4\n')
    with pytest.raises(NotATable):
        look(path, "t.csv", {})
