-- Learned tags that are kept, and what people say to them. An empty cgroup: the host itself.

CREATE TABLE learned_tag (
  host_id    INTEGER NOT NULL,  -- host.id in the history
  cgroup     TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  confidence REAL    NOT NULL,
  evidence   TEXT    NOT NULL,  -- for people
  PRIMARY KEY (host_id, cgroup, key)
) WITHOUT ROWID;

CREATE TABLE tag_choice (
  host_id    INTEGER NOT NULL,
  cgroup     TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  is_locked  INTEGER NOT NULL,  -- 1: it is so; 0: it is not so
  PRIMARY KEY (host_id, cgroup, key, value)
) WITHOUT ROWID;
