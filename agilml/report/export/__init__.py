"""Runs, curves and answers of SQL as files for other tools: CSV, JSON lines, Parquet."""
