-- Reflexes: hosts act by themselves, and tell why and how fast.
ALTER TABLE action_outcome ADD COLUMN cause TEXT NOT NULL DEFAULT 'command';  -- command, arming, reflex, reflex_end
ALTER TABLE action_outcome ADD COLUMN reaction_ns INTEGER;  -- of a reflex: from the exec to the write; else NULL
