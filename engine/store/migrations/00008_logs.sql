-- +goose Up
-- What jobs print, as it is read: the beginning and the end of it. It is no part of the
-- record of events; once the outcome of a job is there with its whole log, the copy here
-- is taken away. The pieces are numbered as they come, so that they can be followed.
CREATE TABLE job_logs (
    id   INTEGER PRIMARY KEY,
    run  TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    host TEXT    NOT NULL,
    job  TEXT    NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (run, host, job)
) STRICT;

CREATE TABLE job_log_pieces (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    log   INTEGER NOT NULL REFERENCES job_logs (id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    data  BLOB    NOT NULL
) STRICT;
CREATE INDEX job_log_pieces_log ON job_log_pieces (log, start);
