-- What was decided, written before it is carried out, and what became of it. Kept for ever.
-- Times *_ms are UTC milliseconds since 1970-01-01. Unit of limits: of cpu_max thousandths of a core, of cpu_weight
-- 1..10000, of memory_high and memory_max bytes; NULL: no limit.

CREATE TABLE decision (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again
  time_ms      INTEGER NOT NULL,  -- of the facts
  policy       TEXT    NOT NULL,  -- its name
  mode         TEXT    NOT NULL,  -- observe, auto
  host_id      INTEGER NOT NULL,  -- host.id in the history
  host_name    TEXT    NOT NULL,
  cgroup       TEXT    NOT NULL,
  cgroup_id    INTEGER NOT NULL,  -- inode of its directory
  knob         TEXT    NOT NULL,  -- cpu_max, cpu_weight, memory_high, memory_max
  outcome      TEXT    NOT NULL,  -- keep, raise, lower, hold
  limit_before INTEGER,           -- as the host reported it last
  wanted       INTEGER NOT NULL,  -- limit that the policy wants
  reason       TEXT    NOT NULL,  -- one sentence for people
  details      TEXT    NOT NULL   -- the whole decision: JSON
);
CREATE INDEX decision_by_policy ON decision (policy, id);
CREATE INDEX decision_by_cgroup ON decision (cgroup, id);
-- The few decisions that change something.
CREATE INDEX decision_change ON decision (id) WHERE outcome IN ('raise', 'lower');

CREATE TABLE action_outcome (
  id          INTEGER PRIMARY KEY,
  decision_id INTEGER NOT NULL REFERENCES decision (id),
  command_id  INTEGER NOT NULL,  -- of the command that carried it to the agent
  time_ns     INTEGER NOT NULL,  -- UTC nanoseconds since 1970-01-01, by the host's clock
  status      TEXT    NOT NULL,  -- applied, refused, failed
  refusal     TEXT    NOT NULL,  -- why it was refused; none
  detail      TEXT    NOT NULL,  -- for people
  cgroup      TEXT    NOT NULL,
  cgroup_id   INTEGER NOT NULL,  -- inode of its directory
  knob        TEXT    NOT NULL,
  limit_before INTEGER,          -- before the agent wrote
  requested   INTEGER,           -- limit asked for
  limit_after INTEGER,           -- limit read back
  UNIQUE (decision_id, command_id, time_ns)
);

-- One row: how many lives the coordinator has begun with this file. Agents refuse commands of an earlier life.
CREATE TABLE epoch (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  value INTEGER NOT NULL
);
INSERT INTO epoch VALUES (1, 0);
