CREATE TABLE idempotency (
	id          TEXT PRIMARY KEY, -- whose, which route and which key, as one digest
	state       TEXT NOT NULL CHECK (state IN ('running','kept','told')),
	holder      TEXT NOT NULL,    -- the claim that may settle it
	fingerprint TEXT NOT NULL,    -- of the command; '' while it runs
	length      INTEGER NOT NULL, -- bytes of its body, if that came as a stream
	status      INTEGER NOT NULL,
	headers     TEXT NOT NULL,    -- JSON
	body        TEXT NOT NULL,
	till        TEXT NOT NULL     -- from then on it counts no more
);

CREATE INDEX idempotency_till ON idempotency (till);
