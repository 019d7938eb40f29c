CREATE TABLE account (
	id           TEXT PRIMARY KEY,
	name         TEXT NOT NULL,
	organisation TEXT NOT NULL,
	roles        TEXT NOT NULL
);

CREATE TABLE token (
	hash      TEXT PRIMARY KEY,
	account   TEXT NOT NULL REFERENCES account (id),
	label     TEXT NOT NULL,
	issued_at TEXT NOT NULL
);
