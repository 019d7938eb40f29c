CREATE TABLE condition_set (
	id        TEXT PRIMARY KEY,
	entry     TEXT NOT NULL,
	publisher TEXT NOT NULL,
	number    INTEGER NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('draft','proposed','in_force','returned','superseded','discarded')),
	other     INTEGER NOT NULL CHECK (other IN (0, 1)),
	revision  INTEGER NOT NULL,
	body      TEXT NOT NULL,
	UNIQUE (entry, number)
);

-- One set of an entry is in force, and one is worked on.
CREATE UNIQUE INDEX condition_set_in_force ON condition_set (entry) WHERE stage = 'in_force';
CREATE UNIQUE INDEX condition_set_open ON condition_set (entry) WHERE stage IN ('draft','proposed','returned');
CREATE INDEX condition_set_stage ON condition_set (stage, publisher, id);
