-- +goose Up
-- One policy in one opening of its window. The primary key is what makes it run at
-- most once: the row is there before its run begins.
CREATE TABLE occurrences (
    policy   TEXT    NOT NULL,
    opens    TEXT    NOT NULL,
    -- the hosts' zone of a host-local window, else ''
    zone     TEXT    NOT NULL,
    window   TEXT    NOT NULL,
    closes   TEXT    NOT NULL,
    launch   TEXT,
    state    TEXT    NOT NULL CHECK (state IN ('launched', 'ran', 'empty', 'frozen', 'suspended', 'unattended', 'missed')),
    reason   TEXT    NOT NULL,
    -- fixed before the run begins, so that whoever finds the row after a crash begins no other
    run      TEXT    NOT NULL,
    rollout  TEXT    NOT NULL,
    launched TEXT,
    finished TEXT,
    -- hosts that were not reached and may come back before the close
    late     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (policy, opens, zone)
) STRICT, WITHOUT ROWID;
CREATE INDEX occurrences_closes ON occurrences (closes);
CREATE INDEX occurrences_open ON occurrences (policy) WHERE finished IS NULL;
CREATE INDEX occurrences_rollout ON occurrences (rollout);

-- When run looked last: what closed up to then is settled.
CREATE TABLE looked (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  TEXT NOT NULL
) STRICT;

-- When a run that soaks may go on, and whose hosts wait, so that nobody reads its
-- journal before.
CREATE TABLE soaks (
    run      TEXT PRIMARY KEY,
    over     TEXT NOT NULL,
    policies TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Asked of the process that carries out a run. Nothing is deleted.
CREATE TABLE cancels (
    run    TEXT PRIMARY KEY,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX runs_state ON runs (state);
