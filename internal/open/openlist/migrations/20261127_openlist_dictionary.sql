-- Whether a new dictionary waits for the lead, or was given back to the editor.
ALTER TABLE openlist_entry ADD COLUMN dictionary TEXT NOT NULL DEFAULT '' CHECK (dictionary IN ('','proposed','returned'));

CREATE INDEX openlist_entry_dictionary ON openlist_entry (dictionary, publisher);
