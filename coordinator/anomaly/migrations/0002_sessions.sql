-- Users whose commands became unlike what they usually run. Forgotten by age.
CREATE TABLE unusual_session (
  time_ms  INTEGER NOT NULL,  -- of the command that made it so, since 1970 (UTC)
  host_id  INTEGER NOT NULL,  -- host.id in the history
  uid      INTEGER NOT NULL,  -- who logged in, where somebody did
  score    REAL    NOT NULL,  -- 1: at the detector's limit
  detector TEXT    NOT NULL,  -- surprise, masquerade
  command  TEXT    NOT NULL,  -- signature of the one that was least to be expected
  reason   TEXT    NOT NULL,
  PRIMARY KEY (time_ms, host_id, uid, detector)
) WITHOUT ROWID;
