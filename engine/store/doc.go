// Package store keeps everything in one SQLite database: the events of the
// journal, plans, scans, the first-seen ledger, suspensions, occurrences, imported
// feeds and leases.
//
// An occurrence is on record before its run begins, with the id of that run: whoever
// finds it after a crash begins that run or none.
//
//	one writer   a goroutine that owns the only writing connection; it takes all
//	             requests that are waiting, runs them in one transaction (each in
//	             a savepoint of its own, so that one that fails harms no other)
//	             and answers after the commit: group commit
//	n readers    a pool of connections that can only read
//
// The write-ahead log is on and synchronous is FULL, on every connection (they
// are in the DSN): what Append acknowledged survives a crash of the process and
// of the machine.
//
// events is append-only and hash-chained: every row holds the SHA-256 of the row
// before it and its own content, so that a later change shows.
//
// Scans are deduplicated by content: facts and updates that did not change since
// the last scan are stored once.
//
// Migrations are embedded, forward only, each in a transaction. A database with
// a newer schema than this program knows is refused. The file has mode 0600.
package store
