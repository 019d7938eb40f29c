CREATE TABLE read_total (
	dataset TEXT NOT NULL,
	day     TEXT NOT NULL,
	route   TEXT NOT NULL,
	reads   INTEGER NOT NULL,
	rows    INTEGER NOT NULL,
	bytes   INTEGER NOT NULL,
	PRIMARY KEY (dataset, day, route)
);

CREATE TABLE read_note (
	id      TEXT PRIMARY KEY,
	dataset TEXT NOT NULL,
	version INTEGER NOT NULL,
	route   TEXT NOT NULL,
	format  TEXT NOT NULL,
	rows    INTEGER NOT NULL,
	bytes   INTEGER NOT NULL,
	actor   TEXT NOT NULL,
	request TEXT NOT NULL,
	at      TEXT NOT NULL
);

CREATE INDEX read_note_dataset ON read_note (dataset, at);
