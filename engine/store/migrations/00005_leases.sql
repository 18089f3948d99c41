-- +goose Up
-- A lease that is given back is deleted. Its number comes from the controller's
-- counter, which never goes back.
CREATE TABLE leases (
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    fence      INTEGER NOT NULL UNIQUE,
    actor      TEXT    NOT NULL,
    run        TEXT    NOT NULL,
    host       TEXT    NOT NULL,
    pid        INTEGER NOT NULL,
    boot_id    TEXT    NOT NULL,
    proc_start TEXT    NOT NULL,
    machine_id TEXT    NOT NULL,
    pid_space  TEXT    NOT NULL,
    acquired   TEXT    NOT NULL,
    renewed    TEXT    NOT NULL,
    -- of the machine of that boot, in nanoseconds
    uptime     INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- What an operator released by hand, whose it was, and why. Nothing is deleted.
CREATE TABLE lease_releases (
    id     INTEGER PRIMARY KEY,
    at     TEXT    NOT NULL,
    actor  TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    fence  INTEGER NOT NULL,
    owner  TEXT    NOT NULL
) STRICT;
