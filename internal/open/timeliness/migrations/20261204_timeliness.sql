-- What the platform has noticed of each dataset: its class, and the reminders
-- of its cycle.
CREATE TABLE timeliness (
	dataset     TEXT PRIMARY KEY,
	revision    INTEGER NOT NULL,
	body_id     TEXT NOT NULL,
	class       TEXT NOT NULL CHECK (class IN ('','on_time','late','seriously_late','static','not_due','unknown')),
	since       TEXT NOT NULL,
	reminded    TEXT NOT NULL CHECK (reminded IN ('','before','due')),
	reminded_on TEXT NOT NULL,
	body        TEXT NOT NULL
);

CREATE INDEX timeliness_since ON timeliness (since, class);
CREATE INDEX timeliness_reminded ON timeliness (reminded_on) WHERE reminded_on <> '';
