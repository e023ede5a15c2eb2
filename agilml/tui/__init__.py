"""Watching a sweep: three reporters over one view that is read from the ledger.

view     what the ledger says now, windowed
follow   reads it again and again and hands it to a reporter
live     a table that is redrawn on a terminal (frame, layout, region)
lines    one line per change, elsewhere
stream   JSON lines
summary  what is printed when a sweep has ended
"""
