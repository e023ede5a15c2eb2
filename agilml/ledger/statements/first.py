"""Schema 1: facts, sweeps, trials, attempts, metrics, checkpoints, tags."""

STATEMENTS = """
CREATE TABLE origin (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, user TEXT NOT NULL, created REAL NOT NULL, own INTEGER NOT NULL
);
CREATE TABLE fact (
  origin TEXT NOT NULL, seq INTEGER NOT NULL, time REAL NOT NULL, kind TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (origin, seq)
);
CREATE INDEX fact_points ON fact (subject, seq) WHERE kind = 'metrics.logged';
CREATE TABLE structure (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, choices TEXT NOT NULL, unresolved TEXT NOT NULL,
  resolved TEXT NOT NULL
);
CREATE TABLE sweep (
  id TEXT PRIMARY KEY, conf TEXT NOT NULL, recipe TEXT NOT NULL, metric TEXT NOT NULL, mode TEXT NOT NULL,
  executor TEXT NOT NULL, state TEXT NOT NULL, total INTEGER NOT NULL, epoch INTEGER NOT NULL DEFAULT 0,
  controller_host TEXT, controller_pid INTEGER, stop_requested INTEGER NOT NULL DEFAULT 0,
  planned REAL NOT NULL, started REAL, ended REAL, user TEXT, git_commit TEXT, git_branch TEXT,
  spec TEXT NOT NULL, provenance TEXT NOT NULL
);
CREATE INDEX sweep_planned ON sweep (planned);
CREATE INDEX sweep_branch ON sweep (git_branch, planned);
CREATE TABLE trial (
  id TEXT PRIMARY KEY, structure TEXT NOT NULL, delta TEXT NOT NULL,
  state TEXT NOT NULL, attempt TEXT, attempts INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,
  lost INTEGER NOT NULL DEFAULT 0,
  cancel_requested INTEGER NOT NULL DEFAULT 0, planned REAL NOT NULL, started REAL, ended REAL
);
CREATE INDEX trial_planned ON trial (planned);
CREATE TABLE sweep_trial (
  sweep TEXT NOT NULL, idx INTEGER NOT NULL, trial TEXT NOT NULL, params TEXT NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sweep, idx)
) WITHOUT ROWID;
CREATE INDEX sweep_trial_trial ON sweep_trial (trial);
CREATE TABLE attempt (
  id TEXT PRIMARY KEY, trial TEXT NOT NULL, n INTEGER NOT NULL, sweep TEXT NOT NULL, epoch INTEGER NOT NULL,
  fence INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, slot TEXT NOT NULL, folder TEXT NOT NULL,
  host TEXT, pid INTEGER, pid_started INTEGER, isolation TEXT, start_ms REAL,
  resumed_from TEXT, resumed_step INTEGER, spool_offset INTEGER NOT NULL DEFAULT 0,
  leased REAL NOT NULL, started REAL, ended REAL, seconds REAL, cpu_seconds REAL, max_rss_mb REAL,
  exit_code INTEGER, signal INTEGER, error TEXT, UNIQUE (trial, n)
);
CREATE INDEX attempt_sweep ON attempt (sweep, state);
CREATE TABLE metric (
  attempt TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, last REAL, last_kind TEXT NOT NULL,
  last_step INTEGER, low REAL, low_step INTEGER, high REAL, high_step INTEGER,
  PRIMARY KEY (attempt, name)
) WITHOUT ROWID;
CREATE INDEX metric_high ON metric (name, high);
CREATE INDEX metric_last ON metric (name, last);
CREATE TABLE checkpoint (
  attempt TEXT NOT NULL, step INTEGER NOT NULL, trial TEXT NOT NULL, folder TEXT NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, value REAL, saved REAL NOT NULL, PRIMARY KEY (attempt, step)
) WITHOUT ROWID;
CREATE INDEX checkpoint_trial ON checkpoint (trial, step);
CREATE TABLE warning (attempt TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL);
CREATE INDEX warning_attempt ON warning (attempt);
CREATE TABLE tag (
  target TEXT NOT NULL, tag TEXT NOT NULL, by TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (target, tag)
) WITHOUT ROWID;
CREATE INDEX tag_tag ON tag (tag);
CREATE VIEW metric_point AS
  SELECT fact.subject AS attempt, series.key AS name,
         json_extract(series.value, '$[0][' || point.key || ']') AS step,
         point.value AS value,
         json_extract(series.value, '$[2][' || point.key || ']') AS seconds
    FROM fact, json_each(fact.body, '$.series') AS series, json_each(series.value, '$[1]') AS point
   WHERE fact.kind = 'metrics.logged';
"""
