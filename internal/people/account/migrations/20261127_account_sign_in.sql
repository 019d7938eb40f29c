ALTER TABLE account ADD COLUMN realm TEXT NOT NULL DEFAULT 'office' CHECK (realm IN ('public','office'));
ALTER TABLE account ADD COLUMN stage TEXT NOT NULL DEFAULT 'active' CHECK (stage IN
	('registered','contact_verified','verified','restricted','invited','active','suspended','closed'));
ALTER TABLE account ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN body TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN lang TEXT NOT NULL DEFAULT 'zh';
ALTER TABLE account ADD COLUMN password TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN factor_step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN recovery TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX account_email ON account (email) WHERE email <> '';

CREATE TABLE membership (
	id           TEXT PRIMARY KEY,
	account      TEXT NOT NULL REFERENCES account (id),
	organisation TEXT NOT NULL,
	roles        TEXT NOT NULL,
	from_on      TEXT NOT NULL,
	until_on     TEXT NOT NULL,
	behalf       TEXT NOT NULL,
	source       TEXT NOT NULL,
	proposed_by  TEXT NOT NULL,
	granted_by   TEXT NOT NULL,
	ended_at     TEXT NOT NULL
);
CREATE INDEX membership_account ON membership (account);
CREATE INDEX membership_organisation ON membership (organisation);
CREATE INDEX membership_source ON membership (source);

INSERT INTO membership (id, account, organisation, roles, from_on, until_on, behalf, source, proposed_by, granted_by, ended_at)
SELECT 'home-' || id, id, organisation, roles, '2026-11-23', '', '', '', 'console', 'console', ''
FROM   account;
ALTER TABLE account DROP COLUMN organisation;
ALTER TABLE account DROP COLUMN roles;

CREATE TABLE account_act (
	id      TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	act     TEXT NOT NULL,
	done_by TEXT NOT NULL,
	reason  TEXT NOT NULL,
	at      TEXT NOT NULL
);
CREATE INDEX account_act_account ON account_act (account, at);

CREATE TABLE attempt (
	name         TEXT PRIMARY KEY,
	failures     INTEGER NOT NULL,
	locked_until TEXT NOT NULL,
	at           TEXT NOT NULL
);
CREATE INDEX attempt_at ON attempt (at);

CREATE TABLE ticket (
	hash       TEXT PRIMARY KEY,
	purpose    TEXT NOT NULL CHECK (purpose IN ('enrol','recover','contact','step')),
	account    TEXT NOT NULL,
	method     TEXT NOT NULL,
	made_at    TEXT NOT NULL,
	expires_at TEXT NOT NULL,
	used_at    TEXT NOT NULL
);
CREATE INDEX ticket_account ON ticket (account, purpose);
CREATE INDEX ticket_expires ON ticket (expires_at);

CREATE TABLE sign_in (
	hash       TEXT PRIMARY KEY,
	id         TEXT NOT NULL UNIQUE,
	account    TEXT NOT NULL REFERENCES account (id),
	membership TEXT NOT NULL,
	realm      TEXT NOT NULL CHECK (realm IN ('public','office')),
	method     TEXT NOT NULL CHECK (method IN ('password','totp','oidc','dev','recovery')),
	network    TEXT NOT NULL,
	agent      TEXT NOT NULL,
	began_at   TEXT NOT NULL,
	seen_at    TEXT NOT NULL,
	ends_at    TEXT NOT NULL,
	ended_at   TEXT NOT NULL,
	ended_why  TEXT NOT NULL CHECK (ended_why IN ('','left','revoked','switched','password','reset','closed'))
);
CREATE INDEX sign_in_account ON sign_in (account, began_at);

ALTER TABLE token ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN membership TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN until_on TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN used_at TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN ended_at TEXT NOT NULL DEFAULT '';
UPDATE token SET id = 'tok_' || substr(hash, 1, 26), membership = 'home-' || account;
CREATE INDEX token_account ON token (account);

CREATE TABLE identity (
	issuer    TEXT NOT NULL,
	subject   TEXT NOT NULL,
	account   TEXT NOT NULL REFERENCES account (id),
	linked_at TEXT NOT NULL,
	PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_account ON identity (account);
