CREATE TABLE assessment_run (
	version  TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	dataset  TEXT NOT NULL,
	number   INTEGER NOT NULL,
	body     TEXT NOT NULL
);

CREATE INDEX assessment_run_dataset ON assessment_run (dataset, number);
