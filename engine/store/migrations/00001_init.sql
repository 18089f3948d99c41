-- +goose Up
CREATE TABLE controller (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    id      TEXT    NOT NULL,
    fence   INTEGER NOT NULL DEFAULT 0,
    created TEXT    NOT NULL
) STRICT;

CREATE TABLE runs (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    state   TEXT NOT NULL,
    started TEXT NOT NULL,
    ended   TEXT,
    fence   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_started ON runs (started);

CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    run  TEXT    NOT NULL REFERENCES runs (id),
    at   TEXT    NOT NULL,
    host TEXT    NOT NULL,
    type TEXT    NOT NULL,
    v    INTEGER NOT NULL,
    data TEXT    NOT NULL,
    hash BLOB    NOT NULL
) STRICT;
CREATE INDEX events_run ON events (run, seq);

-- +goose StatementBegin
CREATE TRIGGER events_append_only_u BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_append_only_d BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
-- +goose StatementEnd

CREATE TABLE plans (
    id            TEXT PRIMARY KEY,
    digest        TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    created       TEXT NOT NULL,
    data          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    sha  BLOB PRIMARY KEY,
    data TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE scans (
    id       INTEGER PRIMARY KEY,
    host     TEXT    NOT NULL,
    at       TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    index_age INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    problem  TEXT,
    notes    TEXT    NOT NULL,
    facts    BLOB    NOT NULL REFERENCES blobs (sha),
    updates  BLOB    NOT NULL REFERENCES blobs (sha)
) STRICT;
CREATE INDEX scans_host ON scans (host, id);

CREATE TABLE first_seen (
    manager TEXT NOT NULL,
    origin  TEXT NOT NULL,
    name    TEXT NOT NULL,
    version TEXT NOT NULL,
    at      TEXT NOT NULL,
    PRIMARY KEY (manager, origin, name, version)
) STRICT, WITHOUT ROWID;
