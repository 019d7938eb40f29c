CREATE TABLE assessment (
	dataset  TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('proposed','settled')),
	body     TEXT NOT NULL
);
