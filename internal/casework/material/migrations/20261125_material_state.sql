-- Office documents are taken, and a file may wait for the virus scanner. The
-- old table's CHECK cannot be changed, so its rows move; they are clear.
CREATE TABLE material_next (
	id        TEXT PRIMARY KEY,
	case_id   TEXT NOT NULL,
	owner     TEXT NOT NULL,
	name      TEXT NOT NULL,
	media     TEXT NOT NULL CHECK (media IN ('application/pdf','image/png','image/jpeg','application/vnd.openxmlformats-officedocument.wordprocessingml.document','application/vnd.openxmlformats-officedocument.spreadsheetml.sheet','application/vnd.openxmlformats-officedocument.presentationml.presentation')),
	bytes     INTEGER NOT NULL,
	sha256    TEXT NOT NULL,
	at        TEXT NOT NULL,
	purged_at TEXT NOT NULL,
	state     TEXT NOT NULL CHECK (state IN ('clear','held','infected')),
	found     TEXT NOT NULL
);

INSERT INTO material_next (id, case_id, owner, name, media, bytes, sha256, at, purged_at, state, found)
SELECT id, case_id, owner, name, media, bytes, sha256, at, purged_at, 'clear', ''
FROM   material;

DROP TABLE material;

ALTER TABLE material_next RENAME TO material;

CREATE INDEX material_case ON material (case_id, id);

CREATE INDEX material_hash ON material (sha256);
