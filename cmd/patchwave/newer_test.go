package main

import (
	"database/sql"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdNewer gives a database the schema version of a program to come.
func cmdNewer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newer FILE")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	ts.Check(err)
	ts.Check(db.Close())
}
