CREATE TABLE yearlyreview (
	id         TEXT PRIMARY KEY,
	body_id    TEXT NOT NULL,
	year       INTEGER NOT NULL,
	stage      TEXT NOT NULL CHECK (stage IN ('opened','evaluating','complete','signed','returned','reviewed','closed')),
	revision   INTEGER NOT NULL,
	due        TEXT NOT NULL,
	next_on    TEXT NOT NULL,
	changed_at TEXT NOT NULL,
	tally      TEXT NOT NULL,
	body       TEXT NOT NULL
);

CREATE UNIQUE INDEX yearlyreview_body ON yearlyreview (body_id, year);
CREATE INDEX yearlyreview_year ON yearlyreview (year, body_id);
CREATE INDEX yearlyreview_open ON yearlyreview (id) WHERE stage <> 'closed';

-- What is to be decided, and what was.
CREATE TABLE yearlyreview_item (
	review TEXT NOT NULL REFERENCES yearlyreview (id),
	item   TEXT NOT NULL,
	kind   TEXT NOT NULL CHECK (kind IN ('listed','unopened')),
	body   TEXT NOT NULL,
	PRIMARY KEY (review, item)
);
