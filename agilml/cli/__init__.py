"""The ``agil`` command: one file per verb, which parses, calls and prints.

main         the entry point: what is answered at once, and what errors become
verbs        the table of verbs
app          the typer application made of it
quick        the forms of ``agil runs`` that are answered without typer
failures     errors and exit codes
completion   what a shell offers after <TAB>
"""
