CREATE TABLE dataset_version (
	id       TEXT PRIMARY KEY,
	dataset  TEXT NOT NULL,
	number   INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('ingested','refused','profiled','blocked','staged','released','superseded','recalled')),
	body     TEXT NOT NULL,
	UNIQUE (dataset, number)
);

CREATE INDEX dataset_version_stage ON dataset_version (stage, dataset, number);
