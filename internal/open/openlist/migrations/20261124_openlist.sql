CREATE TABLE openlist_entry (
	slug      TEXT PRIMARY KEY,
	version   INTEGER NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('draft','published','suspended','withdrawn')),
	publisher TEXT NOT NULL,
	body      TEXT NOT NULL
);

CREATE INDEX openlist_entry_publisher ON openlist_entry (publisher, stage);
