CREATE TABLE invitation (
	id           TEXT PRIMARY KEY,
	organisation TEXT NOT NULL,
	roles        TEXT NOT NULL,
	hash         TEXT NOT NULL UNIQUE,
	sealed       TEXT NOT NULL,
	made_by      TEXT NOT NULL,
	at           TEXT NOT NULL,
	until_on     TEXT NOT NULL,
	state        TEXT NOT NULL CHECK (state IN ('open','joined','revoked'))
);

CREATE INDEX invitation_organisation ON invitation (organisation, state, id);
