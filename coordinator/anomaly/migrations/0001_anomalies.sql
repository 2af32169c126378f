-- What was unusual in series, and why. Forgotten by age.

CREATE TABLE anomaly (
  time_ms   INTEGER NOT NULL,  -- start of the step, since 1970 (UTC)
  host_id   INTEGER NOT NULL,  -- host.id in the history
  cgroup    TEXT    NOT NULL,  -- empty: the host itself
  quantity  TEXT    NOT NULL,
  value     REAL    NOT NULL,  -- in the quantity's unit
  score     REAL    NOT NULL,  -- in [.5, 1)
  agreeing  INTEGER NOT NULL,  -- detectors that find it unusual
  detector  TEXT    NOT NULL,  -- the most suspicious one
  reason    TEXT    NOT NULL,
  PRIMARY KEY (time_ms, host_id, cgroup, quantity)
) WITHOUT ROWID;
