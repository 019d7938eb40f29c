CREATE TABLE organisation (
	id       TEXT PRIMARY KEY,
	name_zh  TEXT NOT NULL,
	name_en  TEXT NOT NULL,
	kind     TEXT NOT NULL CHECK (kind IN ('organ','institution','authorised','utility','other')),
	level    TEXT NOT NULL CHECK (level IN ('national','city','district')),
	district TEXT NOT NULL,
	sample   BOOLEAN NOT NULL
);
