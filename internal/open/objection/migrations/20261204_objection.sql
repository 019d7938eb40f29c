CREATE TABLE objection (
	id         TEXT PRIMARY KEY,
	number     TEXT NOT NULL,
	dataset    TEXT NOT NULL,
	body_id    TEXT NOT NULL,
	stage      TEXT NOT NULL CHECK (stage IN ('submitted','triaged','not_in_scope','marked','traced','verifying','confirmed','corrected','not_established','closed')),
	public     INTEGER NOT NULL CHECK (public IN (0,1)),
	told       INTEGER NOT NULL CHECK (told IN (0,1)),
	turn       TEXT NOT NULL CHECK (turn IN ('','centre','publisher')),
	revision   INTEGER NOT NULL,
	due        TEXT NOT NULL,
	next_on    TEXT NOT NULL,
	changed_at TEXT NOT NULL,
	body       TEXT NOT NULL
);

CREATE UNIQUE INDEX objection_number ON objection (number);
CREATE INDEX objection_dataset ON objection (dataset, id);
CREATE INDEX objection_public ON objection (id) WHERE public = 1;
CREATE INDEX objection_body ON objection (body_id, id);
CREATE INDEX objection_turn ON objection (due, id) WHERE turn <> '';
CREATE INDEX objection_next ON objection (next_on) WHERE next_on <> '';

-- What an objector wrote and how he can be reached: sealed, and erased after a
-- term. The code is the SHA-256 of 75 random bits, once that of the form's key.
CREATE TABLE objection_author (
	case_id TEXT PRIMARY KEY REFERENCES objection (id),
	account TEXT NOT NULL,
	code    TEXT NOT NULL,
	words   TEXT NOT NULL,
	contact TEXT NOT NULL,
	once    TEXT NOT NULL
);

CREATE UNIQUE INDEX objection_author_once ON objection_author (once) WHERE once <> '';
CREATE INDEX objection_author_account ON objection_author (account, case_id) WHERE account <> '';
