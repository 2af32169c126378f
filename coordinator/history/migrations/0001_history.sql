-- What agents reported. Times *_ms are UTC milliseconds since 1970-01-01; *_ns counters and spans are nanoseconds.
-- Unsigned 64-bit numbers are kept bit for bit. Texts are the bytes that were reported, whatever they are.
-- The big tables name rows of the small ones without a foreign key: looking for children at each deletion would
-- scan them. Instead every row they name is at least as new (last_seen_ms) as they are, and goes after them.

CREATE TABLE host (
  id            INTEGER PRIMARY KEY,
  public_key    TEXT    NOT NULL UNIQUE,  -- of its agent; this is what a host is known by
  name          TEXT    NOT NULL,         -- as the agent said last
  agent_version TEXT    NOT NULL,         -- as the agent said last
  first_seen_ms INTEGER NOT NULL,         -- end of the oldest period, by the host's clock
  last_seen_ms  INTEGER NOT NULL,         -- end of the newest period, by the host's clock
  executions    INTEGER NOT NULL,         -- recorded since first seen, also those that retention has removed
  losses        INTEGER NOT NULL          -- records lost at any hop since first seen
);

CREATE TABLE boot (
  id           INTEGER PRIMARY KEY,
  host_id      INTEGER NOT NULL REFERENCES host (id),
  boot_id      TEXT    NOT NULL,  -- of the kernel, 32 hex digits
  last_seen_ms INTEGER NOT NULL,  -- newest record of it
  UNIQUE (host_id, boot_id)
);

-- What was received from each life of an agent's spool, in the same transaction as the records themselves.
CREATE TABLE delivery (
  id           INTEGER PRIMARY KEY,
  host_id      INTEGER NOT NULL REFERENCES host (id),
  incarnation  TEXT    NOT NULL,  -- of the spool, 32 hex digits
  committed    TEXT    NOT NULL,  -- sequence numbers of the batches, as ranges: "1-500,502-600"
  last_seen_ms INTEGER NOT NULL,  -- end of the newest period
  UNIQUE (host_id, incarnation)
);

CREATE TABLE workload (
  id           INTEGER PRIMARY KEY,
  host_id      INTEGER NOT NULL REFERENCES host (id),
  cgroup       TEXT    NOT NULL,  -- path below the hierarchy's root; '' is the host itself
  cgroup_id    INTEGER NOT NULL,  -- inode of its directory, as reported last; 0: not reported
  last_seen_ms INTEGER NOT NULL,  -- newest record of it
  UNIQUE (host_id, cgroup)
);

-- One look at a workload, or at a host. Counters as the kernel keeps them. NULL: not offered there.
CREATE TABLE sample (
  workload_id          INTEGER NOT NULL,  -- workload.id
  time_ms              INTEGER NOT NULL,  -- when it was read
  cpu_usage_ns         INTEGER,           -- counter: CPU time; of a host: not idle and not waiting for I/O
  cpu_throttled_ns     INTEGER,           -- counter: time its limit held it back
  memory_used_bytes    INTEGER,           -- working set; of a host: total less available
  memory_current_bytes INTEGER,           -- with page cache
  process_count        INTEGER,           -- processes
  cpu_pressure_ns      INTEGER,           -- counter: PSI "some"
  memory_pressure_ns   INTEGER,           -- counter: PSI "some"
  oom_kills            INTEGER,           -- counter: processes killed
  load1_permille       INTEGER,           -- thousandths of the one-minute load average; hosts only
  PRIMARY KEY (workload_id, time_ms)
) WITHOUT ROWID;

-- Normalised command lines. Bounded: when it is full, new ones are counted under 'other' (id 1).
CREATE TABLE signature (
  id           INTEGER PRIMARY KEY,
  text         TEXT    NOT NULL UNIQUE,
  base_name    TEXT    NOT NULL,  -- of the executable
  last_seen_ms INTEGER NOT NULL   -- newest execution
);
INSERT INTO signature (id, text, base_name, last_seen_ms) VALUES (1, '<other>', '', 0);

-- One command: exec joined with exit.
CREATE TABLE execution (
  id                   INTEGER PRIMARY KEY,
  host_id              INTEGER NOT NULL,  -- host.id
  boot_id              INTEGER NOT NULL,  -- boot.id
  pid                  INTEGER NOT NULL,
  process_start_ns     INTEGER NOT NULL,  -- since boot; tells the process from a later one with its pid
  exec_ns              INTEGER NOT NULL,  -- since boot: the last execve
  start_ms             INTEGER NOT NULL,  -- exec_ns as UTC
  parent_pid           INTEGER NOT NULL,
  parent_start_ns      INTEGER NOT NULL,  -- since boot
  uid                  INTEGER NOT NULL,
  gid                  INTEGER NOT NULL,
  login_uid            INTEGER,           -- who logged in; NULL: nobody (a daemon)
  session_id           INTEGER,           -- audit session; NULL: none
  workload_id          INTEGER NOT NULL,  -- workload.id; the host itself when the cgroup was not resolved
  cgroup_id            INTEGER NOT NULL,  -- inode of the cgroup's directory
  signature_id         INTEGER NOT NULL,  -- signature.id
  comm                 TEXT    NOT NULL,
  filename             TEXT    NOT NULL,  -- executed file
  argv                 TEXT    NOT NULL,  -- words of the command line, joined by spaces
  argv_word_bytes      TEXT,              -- lengths of the words "3,5,0"; NULL: argv splits at its spaces
  argv_true_bytes      INTEGER NOT NULL,  -- size with a NUL after each word, before it was cut
  truncated            INTEGER NOT NULL,  -- 1: argv was cut
  redacted             INTEGER NOT NULL,  -- 1: a secret was taken out on the host
  existing             INTEGER NOT NULL,  -- 1: ran before the agent started
  exec_seen            INTEGER NOT NULL,  -- 0: its execve was not seen
  earlier_execs        INTEGER NOT NULL,  -- execve calls of this process before this one
  end_ms               INTEGER,           -- UTC; NULL: has not ended, or its end was lost; so for all below
  wait_status          INTEGER,           -- as wait(2): exit code in bits 8..15, signal in bits 0..6
  cpu_ns               INTEGER,           -- of all threads in its whole life
  user_ns              INTEGER,
  system_ns            INTEGER,
  peak_rss_bytes       INTEGER,
  read_bytes           INTEGER,           -- from storage
  written_bytes        INTEGER,           -- to storage
  read_calls           INTEGER,
  write_calls          INTEGER,
  minor_faults         INTEGER,
  major_faults         INTEGER,
  voluntary_switches   INTEGER,
  involuntary_switches INTEGER
);
-- Who it is: the record at its end replaces the one at its start. In the order of time, so that the index grows at its end.
CREATE UNIQUE INDEX execution_identity ON execution (boot_id, process_start_ns, pid, exec_ns);
-- Holds all that the learning of leads reads.
CREATE INDEX execution_by_start ON execution (start_ms, host_id, signature_id, existing, exec_seen);
CREATE INDEX execution_by_signature ON execution (signature_id, start_ms);

-- Records lost before they could be stored.
CREATE TABLE loss (
  minute_ms INTEGER NOT NULL,  -- begin of the minute in which it was reported, by the host's clock
  host_id   INTEGER NOT NULL,  -- host.id
  hop       TEXT    NOT NULL,  -- where: kernel_exec, kernel_exit, decode, lifetime, spool, sampler, unknown
  count     INTEGER NOT NULL,  -- records
  PRIMARY KEY (minute_ms, host_id, hop)
) WITHOUT ROWID;

-- What became of commands, as the agents reported it. Units of values: see the knob; NULL: no limit.
CREATE TABLE action_outcome (
  time_ms     INTEGER NOT NULL,  -- when it was carried out or refused
  host_id     INTEGER NOT NULL,  -- host.id
  command_id  INTEGER NOT NULL,
  decision_id INTEGER NOT NULL,  -- in the coordinator's decision log
  status      TEXT    NOT NULL,  -- applied, refused, failed
  refusal     TEXT    NOT NULL,  -- why it was refused; none
  detail      TEXT    NOT NULL,  -- for people
  cgroup      TEXT    NOT NULL,
  cgroup_id   INTEGER NOT NULL,  -- inode of its directory
  knob        TEXT    NOT NULL,  -- cpu_max (thousandths of a core), cpu_weight, memory_high, memory_max (bytes)
  before      INTEGER,           -- value of the knob before
  requested   INTEGER,           -- value asked for
  after       INTEGER,           -- value read back
  PRIMARY KEY (time_ms, host_id, command_id)
) WITHOUT ROWID;

-- How many rows the big tables have: counting them would take seconds.
CREATE TABLE tally (
  name  TEXT    PRIMARY KEY,  -- of the table
  count INTEGER NOT NULL      -- rows
) WITHOUT ROWID;
INSERT INTO tally VALUES ('execution', 0), ('sample', 0);
