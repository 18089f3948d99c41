-- +goose Up
-- The downloads ahead of one opening, for one policy. The primary key is what makes
-- them happen at most once: the row is there before any host is asked.
CREATE TABLE stagings (
    policy   TEXT NOT NULL,
    opens    TEXT NOT NULL,
    -- the hosts' zone of a host-local window, else ''
    zone     TEXT NOT NULL,
    -- begins the ids of its jobs, so that whoever finds the row after a crash finds them
    id       TEXT NOT NULL,
    began    TEXT NOT NULL,
    -- NULL as long as a process is at it, or has to go on with it
    finished TEXT,
    -- why nothing was downloaded at all, else ''
    reason   TEXT NOT NULL,
    PRIMARY KEY (policy, opens, zone)
) STRICT, WITHOUT ROWID;

CREATE TABLE staged (
    id      TEXT    NOT NULL,
    host    TEXT    NOT NULL,
    staged  INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    -- '' where all is there
    code    TEXT    NOT NULL,
    message TEXT    NOT NULL,
    at      TEXT    NOT NULL,
    PRIMARY KEY (id, host)
) STRICT, WITHOUT ROWID;
