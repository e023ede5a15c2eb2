"""Schema 3: the facts of several origins in one ledger; data, artifacts, notes, hardware use."""

# A row of `trial` or `sweep` shows what all origins together say. `here` is the state in the hands of this
# ledger's own controllers, which act on nothing else. Where several origins know the same trial or sweep
# (`shared`), each one's part is kept beside it: what is shown must not depend on the order of arrival.
_SHARED = """
ALTER TABLE trial ADD COLUMN origin TEXT;
ALTER TABLE trial ADD COLUMN here TEXT;
ALTER TABLE trial ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trial ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
UPDATE trial SET here = state, origin = (SELECT id FROM origin WHERE own = 1);
UPDATE trial SET round = reopened.times FROM (
  SELECT subject, count(*) AS times FROM fact WHERE kind = 'trial.reopened' GROUP BY subject
) AS reopened WHERE trial.id = reopened.subject;
CREATE TABLE trial_part (
  id TEXT NOT NULL, origin TEXT NOT NULL, state TEXT NOT NULL, attempt TEXT, attempts INTEGER NOT NULL,
  planned REAL NOT NULL, started REAL, ended REAL, reason TEXT, round INTEGER NOT NULL,
  PRIMARY KEY (id, origin)
) WITHOUT ROWID;
ALTER TABLE sweep ADD COLUMN origin TEXT;
ALTER TABLE sweep ADD COLUMN here TEXT;
ALTER TABLE sweep ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
UPDATE sweep SET here = state, origin = (SELECT id FROM origin WHERE own = 1);
CREATE TABLE sweep_request (sweep TEXT PRIMARY KEY, go REAL NOT NULL, stop REAL NOT NULL) WITHOUT ROWID;
INSERT INTO sweep_request SELECT subject,
  max(iif(kind = 'sweep.stop_requested', 0.0, time)), max(iif(kind = 'sweep.stop_requested', time, 0.0))
  FROM fact WHERE kind IN ('sweep.planned', 'sweep.resumed', 'sweep.stop_requested') GROUP BY subject;
ALTER TABLE structure ADD COLUMN here INTEGER NOT NULL DEFAULT 0;
UPDATE structure SET here = 1;
CREATE TABLE sweep_part (
  id TEXT NOT NULL, origin TEXT NOT NULL, conf TEXT NOT NULL, recipe TEXT NOT NULL, metric TEXT NOT NULL,
  mode TEXT NOT NULL, executor TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL,
  epoch INTEGER NOT NULL, controller_host TEXT, controller_pid INTEGER, planned REAL NOT NULL, started REAL,
  ended REAL, user TEXT, git_commit TEXT, git_branch TEXT, spec TEXT NOT NULL, provenance TEXT NOT NULL,
  PRIMARY KEY (id, origin)
) WITHOUT ROWID;
"""

# Tables whose keys assumed one origin. Columns of a key come first in all that have no row ids: the integrity
# check of SQLite 3.40 reports damage where they do not.
_KEYED_ANEW = """
ALTER TABLE attempt RENAME TO attempt_before;
CREATE TABLE attempt (
  id TEXT PRIMARY KEY, trial TEXT NOT NULL, n INTEGER NOT NULL, sweep TEXT NOT NULL, epoch INTEGER NOT NULL,
  fence INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, slot TEXT NOT NULL, folder TEXT NOT NULL,
  host TEXT, pid INTEGER, pid_started INTEGER, isolation TEXT, start_ms REAL,
  resumed_from TEXT, resumed_step INTEGER, spool_offset INTEGER NOT NULL DEFAULT 0,
  leased REAL NOT NULL, started REAL, ended REAL, seconds REAL, cpu_seconds REAL, max_rss_mb REAL,
  exit_code INTEGER, signal INTEGER, error TEXT, origin TEXT NOT NULL
);
INSERT INTO attempt SELECT *, (SELECT id FROM origin WHERE own = 1) FROM attempt_before ORDER BY rowid;
DROP TABLE attempt_before;
CREATE INDEX attempt_trial ON attempt (trial, n);
CREATE INDEX attempt_sweep ON attempt (sweep);
CREATE INDEX attempt_open ON attempt (sweep) WHERE state IN ('leased', 'started');
CREATE INDEX attempt_resumed ON attempt (resumed_from) WHERE resumed_from IS NOT NULL;
ALTER TABLE sweep_trial RENAME TO sweep_trial_before;
CREATE TABLE sweep_trial (
  sweep TEXT NOT NULL, idx INTEGER NOT NULL, trial TEXT NOT NULL, params TEXT NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep, idx, trial)
) WITHOUT ROWID;
INSERT INTO sweep_trial SELECT * FROM sweep_trial_before;
DROP TABLE sweep_trial_before;
CREATE UNIQUE INDEX sweep_trial_trial ON sweep_trial (trial, sweep);
ALTER TABLE candidate RENAME TO candidate_before;
CREATE TABLE candidate (
  sweep TEXT NOT NULL, origin TEXT NOT NULL, number INTEGER NOT NULL, choice TEXT NOT NULL,
  trials TEXT NOT NULL, by TEXT NOT NULL, proposed REAL NOT NULL, PRIMARY KEY (sweep, origin, number)
) WITHOUT ROWID;
INSERT INTO candidate
  SELECT sweep, (SELECT id FROM origin WHERE own = 1), number, choice, trials, by, proposed
  FROM candidate_before;
DROP TABLE candidate_before;
ALTER TABLE budget_notice RENAME TO budget_notice_before;
CREATE TABLE budget_notice (
  sweep TEXT NOT NULL, origin TEXT NOT NULL, name TEXT NOT NULL, share REAL NOT NULL, "limit" REAL NOT NULL,
  used REAL NOT NULL, at REAL NOT NULL, PRIMARY KEY (sweep, origin, name, share, "limit")
) WITHOUT ROWID;
INSERT INTO budget_notice
  SELECT sweep, (SELECT id FROM origin WHERE own = 1), name, share, "limit", used, at
  FROM budget_notice_before;
DROP TABLE budget_notice_before;
"""

_NEW = """
CREATE TABLE tag_word (
  target TEXT NOT NULL, tag TEXT NOT NULL, "on" INTEGER NOT NULL, by TEXT NOT NULL, at REAL NOT NULL,
  clock REAL NOT NULL, origin TEXT NOT NULL, PRIMARY KEY (target, tag)
) WITHOUT ROWID;
INSERT INTO tag_word SELECT json_extract(body, '$.target'), json_extract(body, '$.tag'),
  json_extract(body, '$.on'), json_extract(body, '$.by'), max(time), time, origin
  FROM fact WHERE kind = 'tag.set' GROUP BY 1, 2;
CREATE TABLE note (
  target TEXT PRIMARY KEY, text TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL, clock REAL NOT NULL,
  origin TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE artifact (
  owner TEXT NOT NULL, name TEXT NOT NULL, origin TEXT NOT NULL, role TEXT NOT NULL, sha256 TEXT NOT NULL,
  size INTEGER NOT NULL, at REAL NOT NULL, PRIMARY KEY (owner, name, origin)
) WITHOUT ROWID;
CREATE INDEX artifact_sha256 ON artifact (sha256);
CREATE TABLE hardware (
  attempt TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, mean REAL, low REAL, high REAL,
  interval REAL NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (attempt, name)
) WITHOUT ROWID;
CREATE TABLE dataset (
  name TEXT NOT NULL, level TEXT NOT NULL, digest TEXT NOT NULL, files INTEGER NOT NULL,
  size INTEGER NOT NULL, source TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (name, level, digest)
) WITHOUT ROWID;
CREATE TABLE data_read (
  attempt TEXT NOT NULL, dataset TEXT NOT NULL, level TEXT NOT NULL, split TEXT NOT NULL,
  digest TEXT NOT NULL, files INTEGER NOT NULL, size INTEGER NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (attempt, dataset, level, split)
) WITHOUT ROWID;
CREATE TABLE purge (
  origin TEXT NOT NULL, seq INTEGER NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, by TEXT NOT NULL,
  reason TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (origin, seq, digest)
) WITHOUT ROWID;
CREATE TABLE segment (
  origin TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, sha256 TEXT NOT NULL,
  size INTEGER NOT NULL, state TEXT NOT NULL, told TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (origin, first)
) WITHOUT ROWID;
DROP VIEW metric_point;
CREATE VIEW metric_point AS
  SELECT fact.subject AS attempt, series.key AS name,
         json_extract(series.value, '$[0][' || point.key || ']') AS step,
         point.value AS value,
         json_extract(series.value, '$[2][' || point.key || ']') AS seconds
    FROM fact, json_each(points(fact.body), '$.series') AS series, json_each(series.value, '$[1]') AS point
   WHERE fact.kind = 'metrics.logged';
"""

STATEMENTS = _SHARED + _KEYED_ANEW + _NEW
