CREATE TABLE grading_profile (
	version  TEXT PRIMARY KEY,
	stage    TEXT NOT NULL CHECK (stage IN ('draft','consult','effective','superseded')),
	revision INTEGER NOT NULL,
	body     TEXT NOT NULL
);

-- One version is in force, and one is being made.
CREATE UNIQUE INDEX grading_profile_effective ON grading_profile (stage) WHERE stage = 'effective';
