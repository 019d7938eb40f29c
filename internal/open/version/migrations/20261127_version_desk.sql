-- Versions can be returned and discarded, and know their dataset's publisher,
-- so that a desk's list is filtered in the query. The old table's CHECK cannot
-- be changed, so its rows move.
CREATE TABLE dataset_version_next (
	id        TEXT PRIMARY KEY,
	dataset   TEXT NOT NULL,
	publisher TEXT NOT NULL,
	number    INTEGER NOT NULL,
	revision  INTEGER NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('ingested','refused','profiled','blocked','staged','returned','discarded','released','superseded','recalled')),
	set_aside INTEGER NOT NULL DEFAULT 0,
	body      TEXT NOT NULL,
	UNIQUE (dataset, number)
);

INSERT INTO dataset_version_next (id, dataset, publisher, number, revision, stage, body)
SELECT v.id, v.dataset, COALESCE(e.publisher, ''), v.number, v.revision, v.stage, v.body
FROM   dataset_version v
LEFT   JOIN openlist_entry e ON e.slug = v.dataset;

DROP TABLE dataset_version;

ALTER TABLE dataset_version_next RENAME TO dataset_version;

CREATE INDEX dataset_version_stage ON dataset_version (stage, dataset, number);

CREATE INDEX dataset_version_publisher ON dataset_version (publisher, stage);

-- Files on their way: bytes that have arrived lie in a file of the id's name.
CREATE TABLE version_upload (
	id         TEXT PRIMARY KEY,
	account    TEXT NOT NULL,
	dataset    TEXT NOT NULL,
	name       TEXT NOT NULL,
	bytes      INTEGER NOT NULL,
	begun_at   TEXT NOT NULL,
	expires_at TEXT NOT NULL
);

CREATE INDEX version_upload_account ON version_upload (account, dataset);
