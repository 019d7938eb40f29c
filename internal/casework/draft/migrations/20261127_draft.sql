CREATE TABLE draft (
	account  TEXT NOT NULL,
	form     TEXT NOT NULL,
	body     TEXT NOT NULL,
	saved_at TEXT NOT NULL,
	PRIMARY KEY (account, form)
);
