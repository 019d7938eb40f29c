CREATE TABLE schedule (
	dataset  TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('proposed','on','off')),
	body     TEXT NOT NULL
);
