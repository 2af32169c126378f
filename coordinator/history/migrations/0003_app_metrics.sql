-- What applications told about themselves, in their own units.
CREATE TABLE app_metric (
  id           INTEGER PRIMARY KEY,
  host_id      INTEGER NOT NULL REFERENCES host (id),
  name         TEXT    NOT NULL,
  labels       TEXT    NOT NULL,  -- 'method=GET,status=200', sorted by name; '': none
  kind         TEXT    NOT NULL,  -- counter, gauge, distribution, set
  last_seen_ms INTEGER NOT NULL,  -- newest sample
  UNIQUE (host_id, name, labels)
);

CREATE TABLE app_metric_sample (
  metric_id INTEGER NOT NULL,  -- app_metric.id
  time_ms   INTEGER NOT NULL,  -- when the agent took it
  value     REAL    NOT NULL,  -- counter: total; gauge: as it was; distribution: mean; set: how many different ones
  count     INTEGER,           -- of a distribution: values since the sample before; so for all below
  p50       REAL,
  p90       REAL,
  p99       REAL,
  max       REAL,
  PRIMARY KEY (metric_id, time_ms)
) WITHOUT ROWID;
