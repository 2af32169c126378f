-- A signature may be the work of several executables: `sudo pg_dump` and `pg_dump`, or what a person's rule makes one.
CREATE TABLE signature_executable (
  signature_id INTEGER NOT NULL,  -- signature.id
  base_name    TEXT    NOT NULL,
  PRIMARY KEY (signature_id, base_name)
) WITHOUT ROWID;

INSERT INTO signature_executable SELECT id, base_name FROM signature WHERE base_name <> '';
ALTER TABLE signature DROP COLUMN base_name;
