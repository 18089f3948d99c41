-- +goose Up
-- One row a host that a process wakes for planning and has not put back: whoever comes
-- after a process that died does.
CREATE TABLE woken (
    host  TEXT PRIMARY KEY,
    at    TEXT NOT NULL,
    -- what it was, '' as long as it has not answered
    found TEXT NOT NULL,
    owner TEXT NOT NULL
) STRICT;
