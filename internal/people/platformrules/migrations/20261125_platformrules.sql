CREATE TABLE platform_rules (
	number       INTEGER PRIMARY KEY,
	revision     INTEGER NOT NULL,
	stage        TEXT NOT NULL CHECK (stage IN ('draft','published','effective','superseded')),
	effective_on TEXT NOT NULL,
	body         TEXT NOT NULL
);

CREATE INDEX platform_rules_stage ON platform_rules (stage, number);

CREATE TABLE platform_rules_acceptance (
	account TEXT NOT NULL,
	number  INTEGER NOT NULL REFERENCES platform_rules (number),
	at      TEXT NOT NULL,
	request TEXT NOT NULL,
	PRIMARY KEY (account, number)
);
