CREATE TABLE review (
	id          TEXT PRIMARY KEY,
	number      TEXT NOT NULL UNIQUE,
	application TEXT NOT NULL,
	publisher   TEXT NOT NULL,
	stage       TEXT NOT NULL CHECK (stage IN ('assigned','in_review','expert_review','proposed','decided','withdrawn')),
	revision    INTEGER NOT NULL,
	due         TEXT NOT NULL,
	score       INTEGER NOT NULL,
	next_on     TEXT NOT NULL,
	late        INTEGER NOT NULL,
	decided_on  TEXT NOT NULL,
	body        TEXT NOT NULL
);

CREATE INDEX review_application ON review (application);
CREATE INDEX review_queue ON review (publisher, due, score DESC, id) WHERE stage IN ('assigned','in_review','expert_review','proposed');
CREATE INDEX review_open ON review (due, score DESC, id) WHERE stage IN ('assigned','in_review','expert_review','proposed');
CREATE INDEX review_done ON review (publisher, decided_on, id) WHERE stage = 'decided';

CREATE TABLE review_expert (
	review  TEXT NOT NULL,
	account TEXT NOT NULL,
	open    INTEGER NOT NULL,
	PRIMARY KEY (review, account)
);

CREATE INDEX review_expert_account ON review_expert (account, open, review);

CREATE TABLE review_recused (
	review  TEXT NOT NULL,
	account TEXT NOT NULL,
	PRIMARY KEY (account, review)
);

CREATE TABLE review_decision (
	review     TEXT NOT NULL,
	dataset    TEXT NOT NULL,
	publisher  TEXT NOT NULL,
	applicant  TEXT NOT NULL CHECK (applicant IN ('person','legal','unincorporated')),
	scenario   TEXT NOT NULL,
	approved   INTEGER NOT NULL,
	narrowed   INTEGER NOT NULL,
	reasons    TEXT NOT NULL,
	days       INTEGER NOT NULL,
	late       INTEGER NOT NULL,
	decided_on TEXT NOT NULL,
	PRIMARY KEY (review, dataset)
);

CREATE INDEX review_decision_dataset ON review_decision (dataset, decided_on);
CREATE INDEX review_decision_day ON review_decision (decided_on, applicant, approved, days, late);
