CREATE TABLE adjustment (
	id         TEXT PRIMARY KEY,
	number     TEXT NOT NULL,
	entry      TEXT NOT NULL,
	body_id    TEXT NOT NULL,
	kind       TEXT NOT NULL CHECK (kind IN ('list','change','withdraw')),
	stage      TEXT NOT NULL CHECK (stage IN ('draft','submitted','reviewing','returned','accepted','effective','cancelled')),
	revision   INTEGER NOT NULL,
	due        TEXT NOT NULL,
	next_on    TEXT NOT NULL,
	changed_at TEXT NOT NULL,
	body       TEXT NOT NULL
);

CREATE UNIQUE INDEX adjustment_number ON adjustment (number) WHERE number <> '';
CREATE UNIQUE INDEX adjustment_open ON adjustment (entry) WHERE stage NOT IN ('effective','cancelled');
CREATE INDEX adjustment_entry ON adjustment (entry, id);
CREATE INDEX adjustment_body ON adjustment (body_id, id);
CREATE INDEX adjustment_queue ON adjustment (due, id) WHERE stage IN ('submitted','reviewing');
CREATE INDEX adjustment_effective ON adjustment (changed_at, id) WHERE stage = 'effective';
CREATE INDEX adjustment_next ON adjustment (next_on) WHERE next_on <> '';
