CREATE TABLE agreement (
	id           TEXT PRIMARY KEY,
	number       TEXT NOT NULL UNIQUE,
	application  TEXT NOT NULL,
	review       TEXT NOT NULL UNIQUE,
	publisher    TEXT NOT NULL,
	account      TEXT NOT NULL,
	organisation TEXT NOT NULL,
	stage        TEXT NOT NULL CHECK (stage IN ('generated','negotiating','signed_utl','effective','amended','breached','expired','terminated','lapsed')),
	revision     INTEGER NOT NULL,
	next_on      TEXT NOT NULL,
	body         TEXT NOT NULL
);

CREATE INDEX agreement_application ON agreement (application);
CREATE INDEX agreement_publisher ON agreement (publisher, id);
CREATE INDEX agreement_account ON agreement (account, id);
CREATE INDEX agreement_organisation ON agreement (organisation, id) WHERE organisation <> '';
CREATE INDEX agreement_next ON agreement (next_on) WHERE next_on <> '';

-- The texts name the parties: they are sealed, and proved by their hash, which
-- stands in the ledger.
CREATE TABLE agreement_text (
	agreement TEXT NOT NULL,
	sha256    TEXT NOT NULL,
	sealed    TEXT NOT NULL,
	PRIMARY KEY (agreement, sha256)
);

CREATE TABLE agreement_seal (
	agreement TEXT NOT NULL,
	edition   INTEGER NOT NULL,
	ed25519   TEXT NOT NULL,
	sm2       TEXT NOT NULL,
	public    TEXT NOT NULL,
	PRIMARY KEY (agreement, edition)
);

CREATE TABLE agreement_dataset (
	agreement TEXT NOT NULL,
	dataset   TEXT NOT NULL,
	until     TEXT NOT NULL,
	PRIMARY KEY (agreement, dataset)
);

CREATE INDEX agreement_dataset_of ON agreement_dataset (dataset, until);
