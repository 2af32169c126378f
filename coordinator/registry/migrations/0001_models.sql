-- How forecasts came out, by day. Days are UTC, counted from 1970-01-01. Sums, so that days and series add up.

CREATE TABLE forecast_accuracy (
  day         INTEGER NOT NULL,  -- of the values that came
  host_id     INTEGER NOT NULL,  -- host.id in the history
  cgroup      TEXT    NOT NULL,  -- empty: the host itself
  quantity    TEXT    NOT NULL,
  horizon     TEXT    NOT NULL,  -- how far ahead: 1min, 5min, 15min, 1h, 6h, 48h
  model       TEXT    NOT NULL,
  points      INTEGER NOT NULL,
  error       REAL    NOT NULL,  -- sum of |mean - value|, in the quantity's unit
  naive_error REAL    NOT NULL,  -- the same for the last value known when the forecast was made
  pinball     REAL    NOT NULL,  -- sum of the mean over the seven quantiles
  inside80    INTEGER NOT NULL,  -- points inside [.1, .9]
  inside95    INTEGER NOT NULL,  -- points inside [.025, .975]
  above95     INTEGER NOT NULL,  -- points above .95
  PRIMARY KEY (day, host_id, cgroup, quantity, horizon, model)
) WITHOUT ROWID;
