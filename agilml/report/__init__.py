"""What a person, a pull request or a program is given to read.

fields, run_fields   JSON
table, words         aligned text and how values are written in it
runs, show           lists of runs, one run, one sweep
compare_*            a comparison as text, Markdown, JSON, CSV
plan                 a dry run
"""
