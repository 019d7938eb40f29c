CREATE TABLE rightsclaim (
	id         TEXT PRIMARY KEY,
	number     TEXT NOT NULL,
	dataset    TEXT NOT NULL,
	body_id    TEXT NOT NULL,
	stage      TEXT NOT NULL CHECK (stage IN ('received','asked','invalid','suspended_verifying','verifying','result_withdraw','result_resume','result_process','reopened','closed')),
	held       INTEGER NOT NULL CHECK (held IN (0,1)),
	public     INTEGER NOT NULL CHECK (public IN (0,1)),
	live       INTEGER NOT NULL CHECK (live IN (0,1)),
	revision   INTEGER NOT NULL,
	due        TEXT NOT NULL,
	next_on    TEXT NOT NULL,
	changed_at TEXT NOT NULL,
	body       TEXT NOT NULL
);

CREATE UNIQUE INDEX rightsclaim_number ON rightsclaim (number);
CREATE INDEX rightsclaim_held ON rightsclaim (dataset) WHERE held = 1;
CREATE INDEX rightsclaim_public ON rightsclaim (id) WHERE public = 1;
CREATE INDEX rightsclaim_live ON rightsclaim (due, id) WHERE live = 1;
CREATE INDEX rightsclaim_body ON rightsclaim (body_id, due, id) WHERE live = 1;
CREATE INDEX rightsclaim_next ON rightsclaim (next_on) WHERE next_on <> '';

-- What a complainant wrote and how he can be reached: see package filing.
CREATE TABLE rightsclaim_author (
	case_id TEXT PRIMARY KEY REFERENCES rightsclaim (id),
	account TEXT NOT NULL,
	code    TEXT NOT NULL,
	words   TEXT NOT NULL,
	contact TEXT NOT NULL,
	once    TEXT NOT NULL
);

CREATE UNIQUE INDEX rightsclaim_author_once ON rightsclaim_author (once) WHERE once <> '';
CREATE INDEX rightsclaim_author_account ON rightsclaim_author (account, case_id) WHERE account <> '';

-- Who was told to delete, to find one's own.
CREATE TABLE rightsclaim_user (
	case_id      TEXT NOT NULL REFERENCES rightsclaim (id),
	application  TEXT NOT NULL,
	account      TEXT NOT NULL,
	organisation TEXT NOT NULL,
	PRIMARY KEY (case_id, application)
);

CREATE INDEX rightsclaim_user_account ON rightsclaim_user (account, case_id);
CREATE INDEX rightsclaim_user_organisation ON rightsclaim_user (organisation, case_id) WHERE organisation <> '';
