CREATE TABLE directory_source (
	id       TEXT PRIMARY KEY,
	body_id  TEXT NOT NULL,
	kind     TEXT NOT NULL CHECK (kind IN ('file','http','postgresql')),
	revision INTEGER NOT NULL,
	body     TEXT NOT NULL
);

CREATE TABLE directory_snapshot (
	source TEXT NOT NULL REFERENCES directory_source (id),
	number INTEGER NOT NULL,
	body   TEXT NOT NULL,
	PRIMARY KEY (source, number)
);

CREATE TABLE directory_resource (
	id      TEXT PRIMARY KEY,
	source  TEXT NOT NULL REFERENCES directory_source (id),
	body_id TEXT NOT NULL,
	title   TEXT NOT NULL,
	gone    INTEGER NOT NULL CHECK (gone IN (0, 1)),
	body    TEXT NOT NULL
);

CREATE INDEX directory_resource_source ON directory_resource (source);
CREATE INDEX directory_resource_body ON directory_resource (body_id, title, id) WHERE gone = 0;
CREATE INDEX directory_resource_title ON directory_resource (title, id) WHERE gone = 0;

-- What each import changed.
CREATE TABLE directory_difference (
	source   TEXT NOT NULL,
	snapshot INTEGER NOT NULL,
	place    INTEGER NOT NULL,
	body     TEXT NOT NULL,
	PRIMARY KEY (source, snapshot, place),
	FOREIGN KEY (source, snapshot) REFERENCES directory_snapshot (source, number)
);

CREATE TABLE directory_hook (
	entry    TEXT PRIMARY KEY,
	body_id  TEXT NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('unhooked','hooked','verified','broken','exempt')),
	revision INTEGER NOT NULL,
	due      TEXT NOT NULL,
	next_on  TEXT NOT NULL,
	body     TEXT NOT NULL
);

CREATE INDEX directory_hook_broken ON directory_hook (due, entry) WHERE stage = 'broken';
CREATE INDEX directory_hook_next ON directory_hook (next_on) WHERE next_on <> '';

-- Which entries take data items from which resources.
CREATE TABLE directory_pair (
	entry    TEXT NOT NULL REFERENCES directory_hook (entry),
	resource TEXT NOT NULL,
	PRIMARY KEY (entry, resource)
);

CREATE INDEX directory_pair_resource ON directory_pair (resource);
