/**
 * The schema, as steps that are never edited once released: step n brings a database from `user_version` n to n+1.
 *
 * No column but the keys is constrained: a Record that some constraint refused would block every Record behind it. `calls`
 * has a rowid on purpose, its rows being too wide for a clustered key. Failures get an index of their own because they are
 * what is looked for, and it costs the calls that go well nothing.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE calls (
    id TEXT PRIMARY KEY NOT NULL,
    time INTEGER, door TEXT, consumer TEXT, key_id TEXT, model TEXT, major INTEGER,
    version_assigned TEXT, version_served TEXT, assign_reason TEXT, propensity REAL,
    unit_hash TEXT, session TEXT, reference TEXT, tags TEXT, catalog_revision INTEGER,
    outcome TEXT, code TEXT, reason TEXT,
    latency_ms REAL, first_chunk_ms REAL, queue_ms REAL, upstream_ms REAL, streamed INTEGER,
    items INTEGER, items_failed INTEGER, input_tokens INTEGER, output_tokens INTEGER, usage_estimated INTEGER,
    trace_id TEXT, attempts TEXT
  );
  CREATE INDEX calls_time ON calls (time);
  CREATE INDEX calls_not_ok ON calls (time) WHERE outcome <> 'ok';
  CREATE INDEX calls_reference ON calls (consumer, reference, time) WHERE reference IS NOT NULL;

  CREATE TABLE usage_minutes (
    minute INTEGER, model TEXT, version TEXT, consumer TEXT, door TEXT, outcome TEXT, code TEXT,
    calls INTEGER, failed INTEGER, items INTEGER, input_tokens INTEGER, output_tokens INTEGER,
    latency_sum_ms REAL, latency TEXT,
    PRIMARY KEY (minute, model, version, consumer, door, outcome, code)
  ) WITHOUT ROWID;

  CREATE TABLE feedback (
    call_id TEXT, metric TEXT, source TEXT,
    value TEXT, comment TEXT, time INTEGER, consumer TEXT,
    PRIMARY KEY (call_id, metric, source)
  ) WITHOUT ROWID;

  CREATE TABLE catalogs (revision INTEGER PRIMARY KEY, time INTEGER, state TEXT, digests TEXT);
  CREATE TABLE keys (hash TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
  `,
  // What is added to `usage_minutes` begins at 0: a sum with NULL would stay NULL.
  `
  ALTER TABLE calls ADD COLUMN cached_input_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN cache_write_input_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN reasoning_tokens INTEGER;
  ALTER TABLE calls ADD COLUMN upstream_model TEXT;
  ALTER TABLE calls ADD COLUMN cost_usd REAL;
  ALTER TABLE calls ADD COLUMN unpriced INTEGER;

  ALTER TABLE usage_minutes ADD COLUMN cached_input_tokens INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE usage_minutes ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE usage_minutes ADD COLUMN cost_usd REAL NOT NULL DEFAULT 0;
  ALTER TABLE usage_minutes ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;
  `,
  // Of these the Records are there already: their minutes get what they hold. `total` does not throw, however large a count is.
  `
  ALTER TABLE usage_minutes ADD COLUMN cache_write_input_tokens INTEGER NOT NULL DEFAULT 0;
  UPDATE usage_minutes AS u SET cache_write_input_tokens = r.tokens FROM (
    SELECT time / 60000 AS minute, model, coalesce(version_served, version_assigned, '') AS version, consumer, door,
      outcome, coalesce(code, '') AS code, total(cache_write_input_tokens) AS tokens
    FROM calls WHERE cache_write_input_tokens > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7
  ) AS r
  WHERE u.minute = r.minute AND u.model = r.model AND u.version = r.version AND u.consumer = r.consumer
    AND u.door = r.door AND u.outcome = r.outcome AND u.code = r.code;
  `,
  // A primary key cannot be altered: the minutes are copied. What came before had no team.
  `
  ALTER TABLE calls ADD COLUMN team TEXT;
  ALTER TABLE calls ADD COLUMN cache TEXT;
  ALTER TABLE calls ADD COLUMN refused_by TEXT;

  ALTER TABLE usage_minutes RENAME TO usage_minutes_before;
  CREATE TABLE usage_minutes (
    minute INTEGER, model TEXT, version TEXT, consumer TEXT, team TEXT, door TEXT, outcome TEXT, code TEXT,
    calls INTEGER, failed INTEGER, items INTEGER,
    input_tokens INTEGER, cached_input_tokens INTEGER, cache_write_input_tokens INTEGER,
    output_tokens INTEGER, reasoning_tokens INTEGER,
    cost_usd REAL, unpriced INTEGER, cached INTEGER, latency_sum_ms REAL, latency TEXT,
    PRIMARY KEY (minute, model, version, consumer, team, door, outcome, code)
  ) WITHOUT ROWID;
  INSERT INTO usage_minutes (minute, model, version, consumer, team, door, outcome, code,
    calls, failed, items, input_tokens, cached_input_tokens, cache_write_input_tokens,
    output_tokens, reasoning_tokens, cost_usd, unpriced, cached, latency_sum_ms, latency)
  SELECT minute, model, version, consumer, '', door, outcome, code,
    calls, failed, items, input_tokens, cached_input_tokens, cache_write_input_tokens,
    output_tokens, reasoning_tokens, cost_usd, unpriced, 0, latency_sum_ms, latency
  FROM usage_minutes_before;
  DROP TABLE usage_minutes_before;
  `,
  // Even by hand an entry of the audit log cannot be changed or removed without removing the triggers first.
  `
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER, key_id TEXT, consumer TEXT, address TEXT, operation TEXT, target TEXT,
    outcome TEXT, code TEXT, before TEXT, after TEXT
  );
  CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

  CREATE TABLE key_uses (id TEXT PRIMARY KEY, time INTEGER) WITHOUT ROWID;
  `,
  // The Records of what can still count in a budget are there already. `total` does not throw, whatever stands in them. Bound by the
  // present too: one Record of a clock that was ahead must not move the window past all others.
  `
  CREATE TABLE spent_days (
    day INTEGER, key TEXT, consumer TEXT, team TEXT, model TEXT, major TEXT, version TEXT,
    cost_usd REAL,
    PRIMARY KEY (day, key, consumer, team, model, major, version)
  ) WITHOUT ROWID;
  INSERT INTO spent_days (day, key, consumer, team, model, major, version, cost_usd)
  SELECT time / 86400000, coalesce(key_id, ''), coalesce(consumer, ''), coalesce(team, ''), coalesce(model, ''),
    coalesce(CAST(major AS TEXT), ''), coalesce(version_assigned, ''), total(cost_usd)
  FROM calls WHERE time >= (SELECT min(max(time), unixepoch() * 1000) FROM calls) - 31 * 86400000 AND cost_usd > 0
  GROUP BY 1, 2, 3, 4, 5, 6, 7;
  `,
  // What an experiment is judged by. Units are counted where their Records are, so that neither a restart nor a batch that comes again
  // loses or doubles any; "until" is the end of a unit's attribution window.
  `
  ALTER TABLE calls ADD COLUMN experiment TEXT;
  ALTER TABLE calls ADD COLUMN epoch INTEGER;
  ALTER TABLE calls ADD COLUMN arm TEXT;
  ALTER TABLE calls ADD COLUMN unit TEXT;
  ALTER TABLE calls ADD COLUMN attribution_ms INTEGER;
  ALTER TABLE calls ADD COLUMN finish TEXT;

  ALTER TABLE feedback ADD COLUMN counted REAL;
  ALTER TABLE feedback ADD COLUMN counted_time INTEGER;
  CREATE INDEX feedback_counted ON feedback (counted_time) WHERE counted_time IS NOT NULL;

  CREATE TABLE experiment_units (
    experiment TEXT, epoch INTEGER, unit TEXT, arm TEXT,
    first_at INTEGER, until INTEGER, last_at INTEGER, judged INTEGER,
    calls INTEGER, failed INTEGER, invalid INTEGER,
    answered INTEGER, latency_ms REAL, first_chunks INTEGER, first_chunk_ms REAL,
    priced INTEGER, cost_usd REAL, metered INTEGER, output_tokens REAL,
    finished INTEGER, refusals INTEGER, truncations INTEGER,
    PRIMARY KEY (experiment, epoch, unit, arm)
  ) WITHOUT ROWID;
  CREATE TABLE experiment_arms (
    experiment TEXT, epoch INTEGER, arm TEXT,
    units INTEGER, beyond INTEGER, calls INTEGER, server_errors INTEGER, recent TEXT,
    PRIMARY KEY (experiment, epoch, arm)
  ) WITHOUT ROWID;
  CREATE TABLE experiment_buckets (
    experiment TEXT, epoch INTEGER, arm TEXT, metric TEXT, bucket INTEGER, n INTEGER,
    PRIMARY KEY (experiment, epoch, arm, metric, bucket)
  ) WITHOUT ROWID;
  CREATE TABLE experiment_values (
    experiment TEXT, epoch INTEGER, unit TEXT, arm TEXT, metric TEXT, source TEXT, n INTEGER, sum REAL,
    PRIMARY KEY (experiment, epoch, unit, arm, metric, source)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE shadow_sums (
    model TEXT, day INTEGER, major INTEGER, served TEXT, shadow TEXT, name TEXT, value REAL,
    PRIMARY KEY (model, day, major, served, shadow, name)
  ) WITHOUT ROWID;
  `,
  // Payloads, apart from Records: wide, dropped where there is no time to write them, and gone after `until`. The indexes hold all that they are
  // looked for and summed up by, as to read rows of this size costs much more.
  `
  CREATE TABLE payloads (
    call_id TEXT PRIMARY KEY NOT NULL,
    model TEXT, major INTEGER, version TEXT, time INTEGER, until INTEGER, redacted INTEGER, bytes INTEGER,
    inputs TEXT, outputs TEXT
  );
  CREATE INDEX payloads_of ON payloads (model, time, call_id, major, version);
  CREATE INDEX payloads_until ON payloads (until, bytes);
  `,
  // A set's lines are JSON Lines in one value, last in the row: to list sets they are not read.
  `
  CREATE TABLE case_sets (
    name TEXT PRIMARY KEY NOT NULL,
    digest TEXT, cases INTEGER, expected INTEGER, bytes INTEGER, time INTEGER, by_key TEXT, lines TEXT
  );
  CREATE TABLE gate_passes (key TEXT PRIMARY KEY NOT NULL, time INTEGER, words TEXT) WITHOUT ROWID;
  CREATE INDEX gate_passes_time ON gate_passes (time);
  `,
  // Evidence is that of an experiment and its start ("spam-1-1@1795430400000"): what another of its name left is not its own. What an arm
  // got stands beside what breaks its circuit, so that it can be told without reading every unit.
  `
  ${['calls', 'experiment_units', 'experiment_arms', 'experiment_buckets', 'experiment_values']
    .map(
      (table) => `
  UPDATE ${table} SET experiment = experiment || '@' || run.started_at FROM (
    SELECT one.key AS name, json_extract(one.value, '$.progress.startedAt') AS started_at
    FROM catalogs, json_each(catalogs.state, '$.experiments') AS one
    WHERE catalogs.revision = (SELECT max(revision) FROM catalogs)
  ) AS run WHERE run.name = experiment AND run.started_at IS NOT NULL;`,
    )
    .join('')}
  ALTER TABLE experiment_arms ADD COLUMN cost_usd REAL DEFAULT 0;
  UPDATE experiment_arms SET cost_usd = (
    SELECT total(u.cost_usd) FROM experiment_units AS u
    WHERE u.experiment = experiment_arms.experiment AND u.epoch = experiment_arms.epoch AND u.arm = experiment_arms.arm);
  `,
  // One row an hour, of which sketches are merged: those of one contract's hours lie beside each other.
  `
  CREATE TABLE drift_sketches (
    model TEXT, major INTEGER, first INTEGER, hour INTEGER, version TEXT, feature TEXT, sketch TEXT,
    PRIMARY KEY (model, major, first, hour, version, feature)
  ) WITHOUT ROWID;
  CREATE INDEX drift_sketches_hour ON drift_sketches (hour);
  `,
  // What is listed stands apart from the report, which may be large.
  `
  CREATE TABLE evaluations (id TEXT PRIMARY KEY NOT NULL, model TEXT, head TEXT, report TEXT);
  `,
  `
  CREATE TABLE judge_sums (
    model TEXT, day INTEGER, major INTEGER, metric TEXT, version TEXT, judge TEXT, name TEXT, value REAL,
    PRIMARY KEY (model, day, major, metric, version, judge, name)
  ) WITHOUT ROWID;
  `,
  // A gate that was missed is kept, too, so that trying until it passes is seen.
  `
  ALTER TABLE gate_passes RENAME TO gate_results;
  ALTER TABLE gate_results ADD COLUMN passed INTEGER DEFAULT 1;
  ALTER TABLE gate_results ADD COLUMN misses INTEGER DEFAULT 0;
  `,
  // Also by who wrote it: a copy of a data folder goes on under a name of its own (`spent-writer.ts`).
  `
  INSERT INTO settings (name, value) VALUES ('spent-writer', lower(hex(randomblob(8))));
  ALTER TABLE spent_days RENAME TO spent_days_before;
  CREATE TABLE spent_days (
    day INTEGER, key TEXT, consumer TEXT, team TEXT, model TEXT, major TEXT, version TEXT, writer TEXT,
    cost_usd REAL,
    PRIMARY KEY (day, key, consumer, team, model, major, version, writer)
  ) WITHOUT ROWID;
  INSERT INTO spent_days SELECT day, key, consumer, team, model, major, version, settings.value, cost_usd
  FROM spent_days_before, settings WHERE settings.name = 'spent-writer';
  DROP TABLE spent_days_before;
  `,
]
