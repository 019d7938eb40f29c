CREATE TABLE job (
	id          TEXT PRIMARY KEY,
	kind        TEXT NOT NULL,
	args        TEXT NOT NULL,
	request     TEXT NOT NULL,
	state       TEXT NOT NULL CHECK (state IN ('waiting','leased','parked')),
	run_at      TEXT NOT NULL,
	leased_to   TEXT NOT NULL,
	leased_till TEXT NOT NULL,
	attempts    INTEGER NOT NULL,
	fault       TEXT NOT NULL,
	added_at    TEXT NOT NULL
);

CREATE INDEX job_due ON job (state, run_at);
