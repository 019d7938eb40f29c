-- Who is told when the list changes what it says of an entry.
CREATE TABLE adjustment_follower (
	entry   TEXT NOT NULL,
	account TEXT NOT NULL,
	since   TEXT NOT NULL,
	PRIMARY KEY (entry, account)
);

CREATE INDEX adjustment_follower_account ON adjustment_follower (account, entry);
