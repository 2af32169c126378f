-- What people type is little among what machines run: it is found without looking at the rest.
CREATE INDEX execution_typed ON execution (start_ms) WHERE tty <> '';
