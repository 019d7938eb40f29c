-- An entry on the list changes by work order alone (Article 11): a new stage,
-- and no dictionary that waits by itself. The name, without case, blanks and
-- punctuation, stands beside, so that the same name is found.
CREATE TABLE openlist_listed (
	slug      TEXT PRIMARY KEY,
	version   INTEGER NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('draft','review','published','suspended','withdrawn')),
	publisher TEXT NOT NULL,
	plain     TEXT NOT NULL,
	body      TEXT NOT NULL
);

INSERT INTO openlist_listed (slug, version, stage, publisher, plain, body)
SELECT slug, version, stage, publisher, '', body
FROM   openlist_entry;

DROP TABLE openlist_entry;

ALTER TABLE openlist_listed RENAME TO openlist_entry;

CREATE INDEX openlist_entry_publisher ON openlist_entry (publisher, stage);
CREATE INDEX openlist_entry_plain ON openlist_entry (plain);
