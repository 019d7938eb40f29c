CREATE TABLE ledger (
	seq          INTEGER PRIMARY KEY,
	stream       TEXT NOT NULL,
	version      INTEGER NOT NULL,
	kind         TEXT NOT NULL,
	body         TEXT NOT NULL,
	actor        TEXT NOT NULL,
	organisation TEXT NOT NULL,
	request      TEXT NOT NULL,
	at           TEXT NOT NULL,
	UNIQUE (stream, version)
);

CREATE INDEX ledger_kind ON ledger (kind, seq);

CREATE TABLE ledger_cursor (
	reaction TEXT PRIMARY KEY,
	seq      INTEGER NOT NULL
);
