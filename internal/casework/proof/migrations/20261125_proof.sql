CREATE TABLE proof (
	id        TEXT PRIMARY KEY,
	number    TEXT NOT NULL UNIQUE,
	subject   TEXT NOT NULL CHECK (subject IN ('person','organisation')),
	applicant TEXT NOT NULL,
	stage     TEXT NOT NULL CHECK (stage IN ('draft','submitted','returned','accepted','refused','withdrawn','lapsed')),
	revision  INTEGER NOT NULL,
	due       TEXT NOT NULL,
	body      TEXT NOT NULL,
	sealed    TEXT NOT NULL
);

CREATE INDEX proof_applicant ON proof (applicant, id);
CREATE INDEX proof_stage ON proof (stage, due, id);
