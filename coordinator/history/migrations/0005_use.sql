-- Of disks and networks. Hosts have all disks' and all interfaces' sums, workloads what their processes sent and received.
ALTER TABLE sample ADD COLUMN disk_read_bytes INTEGER;         -- counter
ALTER TABLE sample ADD COLUMN disk_written_bytes INTEGER;      -- counter
ALTER TABLE sample ADD COLUMN disk_busy_ns INTEGER;            -- counter: time with requests in flight, of all disks
ALTER TABLE sample ADD COLUMN network_received_bytes INTEGER;  -- counter
ALTER TABLE sample ADD COLUMN network_sent_bytes INTEGER;      -- counter
ALTER TABLE sample ADD COLUMN connections_accepted INTEGER;    -- counter: TCP connections from others
ALTER TABLE sample ADD COLUMN connections_opened INTEGER;      -- counter: TCP connections to others
ALTER TABLE sample ADD COLUMN service_time_p95_us INTEGER;     -- from accepting to closing, since the look before

-- What the processes of a command used in a minute: exact sums, whatever their number. No row: they used nothing.
CREATE TABLE command_use (
  minute_ms     INTEGER NOT NULL,  -- begin of the minute
  workload_id   INTEGER NOT NULL,  -- workload.id
  signature_id  INTEGER NOT NULL,  -- signature.id
  running       INTEGER NOT NULL,  -- processes: the most at one time
  ended         INTEGER NOT NULL,  -- processes
  failed        INTEGER NOT NULL,  -- of those, with another status than 0
  withheld      INTEGER NOT NULL,  -- executions that the table `execution` does not have: see exec_storm
  cpu_ns        INTEGER NOT NULL,
  rss_bytes     INTEGER NOT NULL,  -- of all together: the most at one time
  read_bytes    INTEGER NOT NULL,  -- from storage
  written_bytes INTEGER NOT NULL,  -- to storage
  minor_faults  INTEGER NOT NULL,
  major_faults  INTEGER NOT NULL,
  PRIMARY KEY (minute_ms, workload_id, signature_id)
) WITHOUT ROWID;

-- Workloads that started more processes than are told one by one.
CREATE TABLE exec_storm (
  workload_id INTEGER NOT NULL,  -- workload.id
  began_ms    INTEGER NOT NULL,
  ended_ms    INTEGER,           -- NULL: goes on, or its agent has died
  withheld    INTEGER NOT NULL,  -- executions that were only counted
  PRIMARY KEY (workload_id, began_ms)
) WITHOUT ROWID;

-- From here on an execution without an end may have cpu_ns and what follows it: its use so far, told once a minute.
