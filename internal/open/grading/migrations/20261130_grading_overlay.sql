CREATE TABLE grading_overlay (
	publisher TEXT NOT NULL,
	number    INTEGER NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('proposed','returned','in_force','superseded')),
	revision  INTEGER NOT NULL,
	body      TEXT NOT NULL,
	PRIMARY KEY (publisher, number)
);

CREATE UNIQUE INDEX grading_overlay_in_force ON grading_overlay (publisher) WHERE stage = 'in_force';
