package knownhosts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// MaxFileSize is the largest known_hosts file that is read, in bytes.
const MaxFileSize = 256 << 20

// Load reads known_hosts files in order. A file that is not there is not an
// error (see Missing), nor is a line that cannot be read (see Problems). A file
// that anybody may write to, that is no regular file or that cannot be read is;
// os.DevNull is an empty file. Paths are used as they are: "~" is not expanded.
func Load(files []string) (*DB, error) {
	db := &DB{now: time.Now, writable: len(files) > 0 && files[0] != os.DevNull}
	db.x.grow(0)
	for _, name := range files {
		if name == os.DevNull || slices.Contains(db.names, name) {
			continue
		}
		db.names = append(db.names, name)
		db.x.files = append(db.x.files, name)
		text, err := readFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			db.missing = append(db.missing, name)
			text, err = "", nil
		}
		if err != nil {
			return nil, fmt.Errorf("read known_hosts: %w", err)
		}
		file := int32(len(db.names) - 1)
		if file == 0 {
			db.seen = tail{line: 1}.after(text)
		}
		db.x.grow(strings.Count(text, "\n") + 1)
		db.x.read(file, 1, strings.TrimPrefix(text, "\ufeff"))
	}
	return db, nil
}

func readFile(name string) (text string, err error) {
	f, err := openRegular(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	return readRange(f, 0, info.Size())
}

// openRegular opens a file for reading without waiting on a pipe, and refuses
// what cannot be trusted.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := checkMode(name, info); err != nil {
		return nil, err
	}
	return os.Open(name)
}

func checkMode(name string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file; name a known_hosts file", name)
	case info.Mode().Perm()&0o002 != 0:
		return fmt.Errorf("%s can be written by anybody, so its keys cannot be trusted; run `chmod o-w %s` after looking through it", name, name)
	case info.Size() > MaxFileSize:
		return fmt.Errorf("%s is larger than %d MiB; remove keys of hosts that are gone", name, MaxFileSize>>20)
	default:
		return nil
	}
}

// readRange reads the bytes from one offset up to another, fewer if the file
// ends before.
func readRange(f *os.File, from, to int64) (string, error) {
	var b strings.Builder
	b.Grow(int(to - from))
	_, err := io.Copy(&b, io.NewSectionReader(f, from, to-from))
	return b.String(), err
}
