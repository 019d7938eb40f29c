-- A body gets its place in the tree, its code, its contact and its life (SM-24).
-- Bodies that were there before are active; their history begins with the next
-- change.
CREATE TABLE organisation_next (
	id            TEXT PRIMARY KEY,
	revision      INTEGER NOT NULL,
	stage         TEXT NOT NULL CHECK (stage IN ('invited','verified','active','suspended')),
	name_zh       TEXT NOT NULL,
	name_en       TEXT NOT NULL,
	kind          TEXT NOT NULL CHECK (kind IN ('organ','institution','authorised','utility','other','enterprise','unincorporated')),
	level         TEXT NOT NULL CHECK (level IN ('','national','city','district')),
	district      TEXT NOT NULL,
	sample        BOOLEAN NOT NULL,
	uscc          TEXT NOT NULL,
	parent        TEXT NOT NULL,
	contact_name  TEXT NOT NULL,
	contact_phone TEXT NOT NULL,
	contact_email TEXT NOT NULL,
	reason        TEXT NOT NULL,
	did           TEXT NOT NULL
);

INSERT INTO organisation_next (id, revision, stage, name_zh, name_en, kind, level, district, sample,
                               uscc, parent, contact_name, contact_phone, contact_email, reason, did)
SELECT id, 0, 'active', name_zh, name_en, kind, level, district, sample, '', '', '', '', '', '', '{}'
FROM   organisation;

DROP TABLE organisation;
ALTER TABLE organisation_next RENAME TO organisation;
CREATE INDEX organisation_parent ON organisation (parent);
CREATE INDEX organisation_uscc ON organisation (uscc);
