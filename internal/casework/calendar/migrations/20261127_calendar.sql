CREATE TABLE calendar_notice (
	id       TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('entered','in_force','replaced','discarded')),
	year     INTEGER NOT NULL,
	body     TEXT NOT NULL
);

CREATE INDEX calendar_notice_year ON calendar_notice (year, stage);

CREATE TABLE calendar_term (
	id       TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('entered','in_force','discarded')),
	body     TEXT NOT NULL
);

-- How many open due days each concept moved when a notice came into force.
CREATE TABLE calendar_recomputed (
	notice  TEXT NOT NULL,
	concept TEXT NOT NULL,
	changed INTEGER NOT NULL,
	at      TEXT NOT NULL,
	PRIMARY KEY (notice, concept)
);
