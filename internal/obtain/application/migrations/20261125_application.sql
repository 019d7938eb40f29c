CREATE TABLE application (
	id           TEXT PRIMARY KEY,
	number       TEXT NOT NULL,
	account      TEXT NOT NULL,
	organisation TEXT NOT NULL,
	applicant    TEXT NOT NULL CHECK (applicant IN ('person','legal','unincorporated')),
	stage        TEXT NOT NULL CHECK (stage IN ('draft','submitted','intake','not_accepted','accepted','approved','rejected','withdrawn','expired')),
	revision     INTEGER NOT NULL,
	due          TEXT NOT NULL,
	next_on      TEXT NOT NULL,
	late_faults  INTEGER NOT NULL,
	changed_at   TEXT NOT NULL,
	body         TEXT NOT NULL,
	draft        TEXT NOT NULL,
	identity     TEXT NOT NULL
);

CREATE UNIQUE INDEX application_number ON application (number) WHERE number <> '';
CREATE INDEX application_account ON application (account, id);
CREATE INDEX application_organisation ON application (organisation, id) WHERE organisation <> '';
CREATE INDEX application_queue ON application (due, id) WHERE stage IN ('submitted','intake');
CREATE INDEX application_next ON application (next_on) WHERE next_on <> '';
CREATE INDEX application_late ON application (late_faults) WHERE late_faults > 0;
