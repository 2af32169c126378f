-- Regular files that the arguments of a command name, as they were at its exec; NULL: nobody looked.
ALTER TABLE execution ADD COLUMN input_files INTEGER;          -- how many
ALTER TABLE execution ADD COLUMN input_bytes INTEGER;          -- of all of them
ALTER TABLE execution ADD COLUMN largest_input_bytes INTEGER;  -- of the largest
