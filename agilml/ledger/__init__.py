"""The SQLite database of facts: append-only underneath, ordinary tables on top.

schema     tables and their migrations
files      where a ledger may live, and who holds it
facts      numbered, hash-chained facts of one origin
tables     how each fact changes the tables
ledger     what people ask for: plan, stop, resume, tag
control    what a controller writes, under its epoch
queries    reads, with plain sqlite3 and nothing heavy
"""
