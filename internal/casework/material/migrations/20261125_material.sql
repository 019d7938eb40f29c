CREATE TABLE material (
	id        TEXT PRIMARY KEY,
	case_id   TEXT NOT NULL,
	owner     TEXT NOT NULL,
	name      TEXT NOT NULL,
	media     TEXT NOT NULL CHECK (media IN ('application/pdf','image/png','image/jpeg')),
	bytes     INTEGER NOT NULL,
	sha256    TEXT NOT NULL,
	at        TEXT NOT NULL,
	purged_at TEXT NOT NULL
);

CREATE INDEX material_case ON material (case_id, id);
CREATE INDEX material_hash ON material (sha256);
