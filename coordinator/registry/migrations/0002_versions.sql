-- Versions of the models of series: who trained them, on what, how they did. Times *_ms are UTC milliseconds since
-- 1970-01-01. Losses and errors are in the quantity's unit.

CREATE TABLE model_version (
  host_id    INTEGER NOT NULL,  -- host.id in the history
  cgroup     TEXT    NOT NULL,  -- empty: the host itself
  quantity   TEXT    NOT NULL,
  version    INTEGER NOT NULL,  -- counts up from 1 for each series
  trained_ms INTEGER NOT NULL,
  cause      TEXT    NOT NULL,  -- first, grown, schedule, drift, person, unfit
  program    TEXT    NOT NULL,  -- version of the program that trained it
  from_ms    INTEGER NOT NULL,  -- what it learned from
  to_ms      INTEGER NOT NULL,
  step_ms    INTEGER NOT NULL,
  points     INTEGER NOT NULL,  -- known values in there
  horizon    INTEGER NOT NULL,  -- steps ahead that it is made for
  loss       REAL,              -- pinball loss in the rolling back-test; NULL: there was none
  rival      INTEGER NOT NULL,  -- the version that served then; 0: none
  rival_loss REAL,              -- its loss in the same back-test
  held_back  INTEGER NOT NULL,  -- 1: it lost that back-test
  reason     TEXT    NOT NULL,  -- for people
  shares     TEXT    NOT NULL,  -- what it learned; see member_shares_text.h
  PRIMARY KEY (host_id, cgroup, quantity, version)
) WITHOUT ROWID;

-- Of the back-test within its own training.
CREATE TABLE model_score (
  host_id    INTEGER NOT NULL,
  cgroup     TEXT    NOT NULL,
  quantity   TEXT    NOT NULL,
  version    INTEGER NOT NULL,
  place      INTEGER NOT NULL,  -- of the member, largest share first
  up_to      INTEGER NOT NULL,  -- steps ahead at which this range ends; 0: over all ranges
  model      TEXT    NOT NULL,  -- the member
  pinball    REAL    NOT NULL,
  error      REAL    NOT NULL,  -- mean distance of the median
  scaled     REAL    NOT NULL,  -- the same in units of the naive member's; 0: not known, or one range only
  inside80   REAL    NOT NULL,  -- shares of the points
  inside95   REAL    NOT NULL,
  points     INTEGER NOT NULL,
  weight     REAL    NOT NULL,  -- share in what the version says; over all ranges
  beats      INTEGER NOT NULL,  -- 1: its pinball loss is below the naive member's
  PRIMARY KEY (host_id, cgroup, quantity, version, place, up_to)
) WITHOUT ROWID;

CREATE TABLE model_choice (
  host_id  INTEGER NOT NULL,
  cgroup   TEXT    NOT NULL,
  quantity TEXT    NOT NULL,
  serving  INTEGER NOT NULL,  -- version
  pinned   INTEGER NOT NULL,  -- 1: by a person; nothing replaces it
  PRIMARY KEY (host_id, cgroup, quantity)
) WITHOUT ROWID;
