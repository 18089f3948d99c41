-- +goose Up
-- A feed is imported in many small transactions, so that nobody waits for it, under
-- an import of its own that nobody reads until it is whole: then it becomes the
-- current one of its kind and scope, and the one before is taken away.
CREATE TABLE feed_imports (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT    NOT NULL,
    scope    TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('loading', 'current', 'dead')),
    file     TEXT    NOT NULL,
    sha256   TEXT    NOT NULL,
    size     INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    dated    TEXT,
    dated_by TEXT    NOT NULL,
    imported TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX feed_imports_current ON feed_imports (kind, scope) WHERE state = 'current';

CREATE TABLE feed_fixes (
    import     INTEGER NOT NULL,
    scope      TEXT    NOT NULL,
    release    TEXT    NOT NULL,
    package    TEXT    NOT NULL,
    cve        TEXT    NOT NULL,
    introduced TEXT    NOT NULL,
    fixed      TEXT    NOT NULL,
    after      INTEGER NOT NULL,
    severity   TEXT    NOT NULL,
    own        INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_fixes_package ON feed_fixes (import, package);

CREATE TABLE feed_exploited (
    import INTEGER NOT NULL,
    cve    TEXT    NOT NULL,
    added  TEXT,
    due    TEXT,
    PRIMARY KEY (import, cve)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_scores (
    import INTEGER NOT NULL,
    cve    TEXT    NOT NULL,
    score  REAL    NOT NULL,
    PRIMARY KEY (import, cve)
) STRICT, WITHOUT ROWID;
