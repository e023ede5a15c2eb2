"""Schema 2: searches, their decisions and budgets; fewer indexes."""

# Nothing that is read often is sorted by an index on metrics, and each of these two dirtied one page
# somewhere in the file for every metric of every trial: a third of what a million trials cost. The state of
# an attempt changes twice, so that it is in no index but the small one of those that are open.
STATEMENTS = """
ALTER TABLE trial ADD COLUMN reason TEXT;
DROP INDEX metric_high;
DROP INDEX metric_last;
DROP INDEX attempt_sweep;
CREATE INDEX attempt_sweep ON attempt (sweep);
CREATE INDEX attempt_open ON attempt (sweep) WHERE state IN ('leased', 'started');
CREATE TABLE candidate (
  sweep TEXT NOT NULL, number INTEGER NOT NULL, choice TEXT NOT NULL, trials TEXT NOT NULL, by TEXT NOT NULL,
  proposed REAL NOT NULL, PRIMARY KEY (sweep, number)
) WITHOUT ROWID;
CREATE TABLE decision (
  attempt TEXT PRIMARY KEY, trial TEXT NOT NULL, action TEXT NOT NULL, stopper TEXT NOT NULL, step INTEGER,
  value REAL, reason TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX decision_trial ON decision (trial);
CREATE TABLE budget_notice (
  sweep TEXT NOT NULL, name TEXT NOT NULL, share REAL NOT NULL, used REAL NOT NULL, "limit" REAL NOT NULL,
  at REAL NOT NULL, PRIMARY KEY (sweep, name, share, "limit")
) WITHOUT ROWID;
UPDATE trial SET reason = (
  SELECT json_extract(body, '$.reason') FROM fact WHERE kind = 'trial.cancelled' AND subject = trial.id
  ORDER BY rowid DESC LIMIT 1
) WHERE state = 'cancelled';
"""
