-- States of the online forecasters, one a series that no model is trained for.

CREATE TABLE online_state (
  host_id  INTEGER NOT NULL,  -- host.id in the history
  cgroup   TEXT    NOT NULL,  -- empty: the host itself
  quantity TEXT    NOT NULL,
  saved_ms INTEGER NOT NULL,  -- UTC milliseconds since 1970-01-01
  state    BLOB    NOT NULL,  -- see online_forecaster.cpp
  PRIMARY KEY (host_id, cgroup, quantity)
) WITHOUT ROWID;
