package knownhosts

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
)

// tail is how much of a file is in the index for good: the bytes up to and with
// the last line feed, and the number of the line that comes next.
type tail struct {
	size int64
	line int32
}

// after returns the tail once text was read, too. A last line without its end is
// in the index but not behind the tail, for somebody may yet write more of it.
func (t tail) after(text string) tail {
	return tail{
		size: t.size + int64(strings.LastIndexByte(text, '\n')+1),
		line: t.line + int32(strings.Count(text, "\n")),
	}
}

// Add remembers a key as the host's: it appends one line to the first file given and
// to the index. When it returns nil the line is on the disk. A file that is not
// there is made (0600, its directory 0700). What other processes appended since
// is read first, under a lock on the file, so of two that meet the same host
// only one adds its key. Of a certificate the key inside is added.
//
// A key that is already there is not added again. A host that is known with
// another key is a *ChangedError, a revoked key a *RevokedError: neither is
// ever written.
func (db *DB) Add(hostport string, key ssh.PublicKey) error {
	key = plainKey(key)
	name, host, err := lookupName(hostport, nil)
	if err != nil {
		return err
	}
	if err := checkName(host); err != nil {
		return err
	}
	if !db.writable {
		return errors.New("add host key: there is no known_hosts file to write to; name one as the first of known_hosts")
	}
	if known, err := db.known(name, host, key); known || err != nil {
		return err
	}
	if err := db.append(name, host, key); err != nil {
		return fmt.Errorf("add the key of host %s to %s: %w", name, db.names[0], err)
	}
	return nil
}

// known says whether a key is already there; an unknown host is no error.
func (db *DB) known(name, host string, key ssh.PublicKey) (bool, error) {
	err := db.checkPlain(name, host, key)
	if _, ok := errors.AsType[*UnknownError](err); ok {
		return false, nil
	}
	return err == nil, err
}

// checkName refuses a name that would be read as something else in the file.
func checkName(host string) error {
	for _, r := range host {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`*?!,|@#[]"`, r) {
			return fmt.Errorf("add host key: %q is not a host name or address", host)
		}
	}
	return nil
}

func (db *DB) append(name, host string, key ssh.PublicKey) (err error) {
	path := db.names[0]
	made, err := makeDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// Closing the file releases the lock.
	if err := lockFile(f); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	ends, created, err := db.catchUp(f)
	if err != nil {
		return err
	}
	if known, err := db.known(name, host, key); known || err != nil {
		return err
	}
	text := name + " " + key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal()) + "\n"
	if !ends {
		text = "\n" + text
	}
	if err := writeLine(f, text); err != nil {
		return err
	}
	if _, _, err := db.catchUp(f); err != nil {
		return err
	}
	if created || made {
		return syncDir(filepath.Dir(path))
	}
	return nil
}

// writeLine appends a text and sees it to the disk. A part of it that was
// written before an error is taken away again.
func writeLine(f *os.File, text string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		return errors.Join(err, f.Truncate(info.Size()))
	}
	return f.Sync()
}

// catchUp indexes what was appended to the first file by others. It says whether
// the file ends with a line feed and whether it is new. The caller holds the
// file's lock.
func (db *DB) catchUp(f *os.File) (ends, empty bool, err error) {
	info, err := f.Stat()
	if err != nil {
		return false, false, err
	}
	if err := checkMode(f.Name(), info); err != nil {
		return false, false, err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	size := info.Size()
	switch {
	case size > db.seen.size:
		text, err := readRange(f, db.seen.size, size)
		if err != nil {
			return false, false, err
		}
		db.absorb(text)
	case size < db.seen.size:
		// Lines were taken out by hand. What is in the index stays until the next
		// Load; only the count starts anew.
		text, err := readRange(f, 0, size)
		if err != nil {
			return false, false, err
		}
		db.seen = tail{line: 1}.after(text)
	}
	last := make([]byte, 1)
	if size > 0 {
		if _, err := f.ReadAt(last, size-1); err != nil {
			return false, false, err
		}
	}
	return size == 0 || last[0] == '\n', size == 0, nil
}

// absorb indexes text that was appended to the first file. The caller holds
// db.mu.
func (db *DB) absorb(text string) {
	patterns, hashed := len(db.x.patterns), len(db.x.hashed)
	db.x.read(0, db.seen.line, text)
	db.seen = db.seen.after(text)
	if len(db.x.patterns) != patterns || len(db.x.hashed) != hashed {
		db.memo.forget()
	}
}

// makeDir makes a directory and says whether it had to.
func makeDir(dir string) (bool, error) {
	if _, err := os.Stat(dir); err == nil {
		return false, nil
	}
	return true, os.MkdirAll(dir, 0o700)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
