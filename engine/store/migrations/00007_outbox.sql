-- +goose Up
-- What is to be told is written down before anybody is told. The message is that of
-- engine/notify, without an address: that is a secret of the configuration.
CREATE TABLE outbox (
    id       TEXT    PRIMARY KEY,
    run      TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    receiver TEXT    NOT NULL,
    message  TEXT    NOT NULL,
    created  TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('pending', 'sent', 'given-up')),
    attempts INTEGER NOT NULL DEFAULT 0,
    tried    TEXT,
    error    TEXT    NOT NULL DEFAULT '',
    -- until when a process is at it
    claimed  TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_pending ON outbox (created) WHERE state = 'pending';
CREATE INDEX outbox_run ON outbox (run);

-- The ends of runs that were looked at. One that is missing here is looked at by the
-- next process: a crash between the end of a run and its outbox loses nothing.
CREATE TABLE announced (
    run   TEXT NOT NULL,
    ended TEXT NOT NULL,
    PRIMARY KEY (run, ended)
) STRICT, WITHOUT ROWID;
-- what ended before there was an outbox is not told
INSERT INTO announced (run, ended) SELECT id, ended FROM runs WHERE ended IS NOT NULL;
