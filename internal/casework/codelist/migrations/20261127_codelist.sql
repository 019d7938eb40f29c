-- Codes that were entered, and delivered codes that were changed or ended.
CREATE TABLE codelist_entry (
	list     TEXT NOT NULL,
	code     TEXT NOT NULL,
	revision INTEGER NOT NULL,
	body     TEXT NOT NULL,
	PRIMARY KEY (list, code)
);
