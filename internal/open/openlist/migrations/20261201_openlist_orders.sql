-- An entry on the list changes by work order alone (Article 11): a new stage,
-- and no dictionary that waits by itself. The name stands beside, to be compared.
CREATE TABLE openlist_listed (
	slug      TEXT PRIMARY KEY,
	version   INTEGER NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('draft','review','published','suspended','withdrawn')),
	publisher TEXT NOT NULL,
	title     TEXT NOT NULL,
	body      TEXT NOT NULL
);

INSERT INTO openlist_listed (slug, version, stage, publisher, title, body)
SELECT slug, version, stage, publisher, '', body
FROM   openlist_entry;

DROP TABLE openlist_entry;

ALTER TABLE openlist_listed RENAME TO openlist_entry;

CREATE INDEX openlist_entry_publisher ON openlist_entry (publisher, stage);
