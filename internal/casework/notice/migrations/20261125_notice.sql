CREATE TABLE notice (
	id       TEXT PRIMARY KEY,
	account  TEXT NOT NULL,
	kind     TEXT NOT NULL,
	topic    TEXT NOT NULL,
	args     TEXT NOT NULL,
	title_zh TEXT NOT NULL,
	title_en TEXT NOT NULL,
	text_zh  TEXT NOT NULL,
	text_en  TEXT NOT NULL,
	about    TEXT NOT NULL,
	at       TEXT NOT NULL,
	read_at  TEXT NOT NULL,
	request  TEXT NOT NULL
);

CREATE INDEX notice_account ON notice (account, at, id);

CREATE TABLE notice_choice (
	account TEXT PRIMARY KEY,
	lang    TEXT NOT NULL CHECK (lang IN ('zh','en')),
	mute    TEXT NOT NULL
);

CREATE TABLE notice_hook (
	id         TEXT PRIMARY KEY,
	account    TEXT NOT NULL,
	url        TEXT NOT NULL,
	secret     TEXT NOT NULL,
	state      TEXT NOT NULL CHECK (state IN ('on','off','removed')),
	made_at    TEXT NOT NULL
);

CREATE INDEX notice_hook_account ON notice_hook (account);

CREATE TABLE notice_letter (
	id     TEXT PRIMARY KEY,
	sealed TEXT NOT NULL
);

CREATE TABLE notice_delivery (
	id       TEXT PRIMARY KEY,
	notice   TEXT NOT NULL,
	account  TEXT NOT NULL,
	channel  TEXT NOT NULL CHECK (channel IN ('mail','webhook','letter')),
	target   TEXT NOT NULL,
	state    TEXT NOT NULL CHECK (state IN ('waiting','sent','failed','given_up')),
	attempts INTEGER NOT NULL,
	status   INTEGER NOT NULL,
	fault    TEXT NOT NULL,
	at       TEXT NOT NULL
);

CREATE INDEX notice_delivery_notice ON notice_delivery (notice);
CREATE INDEX notice_delivery_target ON notice_delivery (target, at);
