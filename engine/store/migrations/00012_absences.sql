-- +goose Up
-- One row a host that a run works on: availabilities are counted over all of them.
CREATE TABLE absences (
    host  TEXT PRIMARY KEY,
    run   TEXT NOT NULL,
    since TEXT NOT NULL
) STRICT;
