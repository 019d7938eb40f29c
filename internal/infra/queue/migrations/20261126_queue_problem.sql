-- The problem that parked a job, as JSON: code and arguments for the page.
ALTER TABLE job ADD COLUMN problem TEXT NOT NULL DEFAULT '';
