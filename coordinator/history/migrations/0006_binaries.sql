-- What executed binaries are like. Agents tell each again once a day while it is executed.
CREATE TABLE binary (
  id             INTEGER PRIMARY KEY,  -- of its contents, the 64 bits that the agent made
  build_id       TEXT    NOT NULL,     -- hexadecimal; '': it has none
  path           TEXT    NOT NULL,     -- as it was executed where it was told last
  file_bytes     INTEGER NOT NULL,
  text_bytes     INTEGER NOT NULL,     -- machine code
  instructions   INTEGER NOT NULL,     -- looked at; 0: an unknown architecture
  arithmetic     REAL    NOT NULL,     -- share of the instructions; so for all until 'other'
  multiplication REAL    NOT NULL,
  floating_point REAL    NOT NULL,
  vector         REAL    NOT NULL,
  load           REAL    NOT NULL,
  store          REAL    NOT NULL,
  branch         REAL    NOT NULL,
  call           REAL    NOT NULL,
  other          REAL    NOT NULL,
  cycles         REAL    NOT NULL,     -- of an instruction in the mean, estimated
  complexity     REAL    NOT NULL,     -- log2(1 + basic blocks)
  imports        INTEGER NOT NULL,     -- functions from libraries
  libraries      INTEGER NOT NULL,     -- how many it names
  library_names  TEXT    NOT NULL,     -- 'libc.so.6 libm.so.6'
  last_seen_ms   INTEGER NOT NULL      -- when it was told last
);

ALTER TABLE execution ADD COLUMN binary_id INTEGER;  -- binary.id; NULL: not known
