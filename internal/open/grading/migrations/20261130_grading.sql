CREATE TABLE grading (
	slug         TEXT PRIMARY KEY,
	publisher    TEXT NOT NULL,
	stage        TEXT NOT NULL CHECK (stage IN ('not_graded','scanned','graded','rejected','confirmed','review_due','evidence_needed')),
	type         TEXT NOT NULL CHECK (type IN ('','unconditional','conditional','closed')),
	confirmed_on TEXT NOT NULL,
	since        TEXT NOT NULL,
	revision     INTEGER NOT NULL,
	body         TEXT NOT NULL
);

CREATE INDEX grading_stage ON grading (stage, publisher, slug);
CREATE INDEX grading_yearly ON grading (stage, confirmed_on);

-- Fields of gradings in force by which a table can be joined with others. It
-- follows from them.
CREATE TABLE grading_link (
	field TEXT NOT NULL,
	slug  TEXT NOT NULL,
	PRIMARY KEY (field, slug)
);

CREATE INDEX grading_link_slug ON grading_link (slug);
