CREATE TABLE assessment_waiver (
	id       TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	dataset  TEXT NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('asked','granted','refused','ended')),
	ends_on  TEXT NOT NULL,
	body     TEXT NOT NULL
);

CREATE INDEX assessment_waiver_dataset ON assessment_waiver (dataset, id);
CREATE INDEX assessment_waiver_ends ON assessment_waiver (stage, ends_on);
