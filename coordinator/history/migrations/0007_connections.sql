-- TCP connections that the process asked for in its life; NULL: not known.
ALTER TABLE execution ADD COLUMN connections INTEGER;
