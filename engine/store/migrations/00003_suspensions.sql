-- +goose Up
-- Nothing is deleted: who suspended what, until when and why belongs to the record.
CREATE TABLE suspensions (
    id     INTEGER PRIMARY KEY,
    policy TEXT NOT NULL,
    since  TEXT NOT NULL,
    until  TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor  TEXT NOT NULL,
    -- when it was ended before its time, and by whom
    lifted    TEXT,
    lifted_by TEXT
) STRICT;
CREATE INDEX suspensions_policy ON suspensions (policy, until);
