"""``agil sql``: questions to the ledger that no option asks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agilml.cli.options import AsJson, Quiet
from agilml.errors import Exit, UsageError

if TYPE_CHECKING:
    from agilml.ledger.guarded import Answer
    from agilml.project import Project

Statement = Annotated[
    str | None,
    typer.Argument(metavar="SQL", help="One statement; - or nothing reads it from standard input."),
]
File = Annotated[
    Path | None, typer.Option("--file", "-f", metavar="FILE", help="Read the statement from FILE.")
]
Tables = Annotated[
    bool, typer.Option("--tables", help="List the tables and what their columns hold.")
]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV on standard output.")]
Export = Annotated[
    str | None,
    typer.Option("--export", metavar="FILE", help="Write a .csv, .jsonl or .parquet file instead."),
]
Force = Annotated[
    bool, typer.Option("--force", help="With --export: replace a file that is there.")
]
Everything = Annotated[
    bool, typer.Option("--all", help="All rows in the table, not only the first 1,000.")
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="End it after so long.")
]

SHOWN = 1_000
"""Rows in a table unless told otherwise. JSON, CSV and files are complete."""


def sql(
    statement: Statement = None,
    file: File = None,
    tables: Tables = False,
    everything: Everything = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    export: Export = None,
    force: Force = False,
    timeout: Timeout = 60.0,
    quiet: Quiet = False,
) -> int:
    """Ask the ledger in SQL. Nothing can be changed; --tables says what there is."""
    from agilml.ledger.guarded import asked
    from agilml.project import find_project

    if as_json + as_csv + (export is not None) > 1:
        raise UsageError("--json, --csv and --export exclude each other", next="agil sql --help")
    project = find_project()
    if tables:
        if statement is not None or file is not None or as_csv or export is not None:
            raise UsageError("--tables stands alone, or with --json", next="agil sql --tables")
        return _print_tables(project, as_json=as_json)
    if export is not None:
        from agilml.cli.exporting import check

        check(export, force=force)
    text = _statement(statement, file)
    with asked(project.ledger, text, timeout) as answer:
        if export is not None:
            from agilml.cli.exporting import export_answer

            export_answer(answer.names, answer.rows, export, quiet=quiet)
        elif as_json:
            _print_json(answer)
        elif as_csv:
            _print_csv(answer)
        else:
            _print_table(answer, None if everything else SHOWN, quiet=quiet)
    return Exit.DONE


def _statement(statement: str | None, file: Path | None) -> str:
    if statement not in (None, "-"):
        if file is not None:
            raise UsageError("one statement at a time: SQL or --file", next="agil sql --help")
        return str(statement)
    try:
        if file is not None:
            return file.read_text(encoding="utf-8")
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("sql wants a statement", next="agil sql 'SELECT id, state FROM trial'")
        return sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the statement cannot be read: {error}", next="agil sql --help"
        ) from error


def _print_tables(project: Project, *, as_json: bool) -> int:
    from agilml.cli.screen import screen_width
    from agilml.ledger.meanings import tables_of
    from agilml.report.fields import to_json
    from agilml.report.tables import table_lines

    found = tables_of(project.ledger)
    if as_json:
        print(to_json([item.as_json() for item in found]))
    else:
        print("\n".join(table_lines(found, width=screen_width())))
    return Exit.DONE


def _print_json(answer: Answer) -> None:
    from agilml.report.export.answer import batches, untyped
    from agilml.report.export.writers import json_line, json_rows

    columns = untyped(answer.names)
    opening = "["
    for batch in batches(answer.rows):
        for row in json_rows(columns, batch):
            print(f"{opening}{json_line(columns, row)}", end="")
            opening = ",\n "
    print("[]" if opening == "[" else "]")


def _print_csv(answer: Answer) -> None:
    import csv

    from agilml.report.export.answer import batches, untyped
    from agilml.report.export.writers import csv_rows
    from agilml.report.runs import csv_cell

    columns = untyped(answer.names)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in answer.names])
    for batch in batches(answer.rows):
        writer.writerows(csv_rows(columns, batch))


def _print_table(answer: Answer, limit: int | None, *, quiet: bool) -> None:
    from itertools import islice

    from agilml.cli.screen import screen_width
    from agilml.report.tables import answer_lines

    rows = list(islice(answer.rows, limit))
    print("\n".join(answer_lines(answer.names, rows, width=screen_width())))
    if not quiet and next(answer.rows, None) is not None:
        sys.stdout.flush()
        print("there are more · --all shows them, --csv prints them", file=sys.stderr)
