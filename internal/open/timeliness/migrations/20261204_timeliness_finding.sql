-- Problems of datasets that detectors found (Article 16).
CREATE TABLE timeliness_finding (
	id       TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	problem  TEXT NOT NULL,
	body_id  TEXT NOT NULL,
	stage    TEXT NOT NULL CHECK (stage IN ('open','kept','ended')),
	found_on TEXT NOT NULL,
	body     TEXT NOT NULL
);

CREATE INDEX timeliness_finding_body ON timeliness_finding (body_id, stage, id);
CREATE INDEX timeliness_finding_stage ON timeliness_finding (stage, id);
