package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxFileSize bounds one file in bytes: an inventory of forty thousand hosts
// fits, and what is larger was not written by hand or by a careful generator.
const maxFileSize = 8 << 20

// maxFiles bounds how many files and directories are looked at.
const maxFiles = 100_000

// sourceFile is one file as it was read.
type sourceFile struct {
	// name is relative to the configuration directory, with forward slashes.
	name string
	text []byte
}

// kindOf says how a file is read: "hcl", "json", or "" for files that are none
// of the configuration.
func kindOf(name string) string {
	switch {
	case isTest(name):
		return ""
	case strings.HasSuffix(name, ".hcl"):
		return "hcl"
	case strings.HasSuffix(name, ".hcl.json"):
		return "json"
	default:
		return ""
	}
}

// isTest says that a file holds policy tests, see LoadTests.
func isTest(name string) bool {
	return strings.HasSuffix(name, ".pwtest.hcl") || strings.HasSuffix(name, ".pwtest.hcl.json")
}

// readAll finds and reads every file of the configuration, in order of name.
func (l *loader) readAll() []sourceFile {
	info, err := os.Stat(l.opt.Dir)
	if err != nil {
		l.failFile("", "the configuration directory cannot be read", err)
		return nil
	}
	if !info.IsDir() {
		l.failFile("", "the configuration is not a directory", fmt.Errorf("%s is a file; name the directory that holds it with -C", l.opt.Dir))
		return nil
	}
	var out []sourceFile
	found := 0
	l.walk("", func(rel string) {
		if kindOf(rel) == "" {
			l.checkOther(rel)
			return
		}
		found++
		if text, err := l.readTrusted(rel); err != nil {
			l.failFile(rel, "a configuration file cannot be used", err)
		} else {
			out = append(out, sourceFile{name: rel, text: text})
			l.text.bytes[rel] = text
		}
	})
	slices.SortFunc(out, func(a, b sourceFile) int { return cmp.Compare(a.name, b.name) })
	if found == 0 && len(l.diags) == 0 {
		l.failFile("", "the configuration directory is empty",
			fmt.Errorf("%s holds no *.hcl and no *.hcl.json file; run `patchwave init` to write one", l.opt.Dir))
	}
	return out
}

// checkOther checks the trust of a file that is not read now: file() may read it,
// and whoever can replace it can put a configuration file beside it.
func (l *loader) checkOther(rel string) {
	info, err := os.Stat(l.inDir(rel))
	if err != nil {
		return // a link to nowhere; whoever reads it will say so
	}
	if err := trusted(info); err != nil {
		l.failFile(rel, "a file of the configuration directory cannot be trusted", err)
	}
}

// failFile reports an error about a whole file, or about the directory.
func (l *loader) failFile(rel, summary string, err error) {
	d := Diagnostic{Severity: "error", Summary: summary, Detail: explain(err)}
	d.Pos.File = rel
	l.diags = append(l.diags, d)
}

// explain says the cause of a file error without the words of the system call.
func explain(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Sprintf("%s: %s", pe.Path, pe.Err)
	}
	return err.Error()
}

// walk visits what lies in a directory and below, in order of name, and checks
// the trust of each. Names with a leading dot are skipped, links to directories
// are not followed.
func (l *loader) walk(root string, visit func(rel string)) {
	seen := 0
	var step func(rel string)
	step = func(rel string) {
		entries, err := l.readDir(rel)
		if err != nil {
			l.failFile(rel, "a configuration directory cannot be used", err)
			return
		}
		for _, e := range entries {
			if seen++; seen > maxFiles {
				return
			}
			if strings.HasPrefix(e.Name(), ".") {
				continue
			}
			child := e.Name()
			if rel != "" {
				child = rel + "/" + child
			}
			switch {
			case e.IsDir():
				step(child)
			case e.Type()&fs.ModeSymlink != 0 && l.isDir(child):
			default:
				visit(child)
			}
		}
	}
	step(root)
	if seen > maxFiles {
		l.failFile("", "the configuration directory holds too many files",
			fmt.Errorf("more than %d below %s", maxFiles, l.opt.Dir))
	}
}

func (l *loader) inDir(rel string) string { return filepath.Join(l.opt.Dir, filepath.FromSlash(rel)) }

func (l *loader) isDir(rel string) bool {
	info, err := os.Stat(l.inDir(rel))
	return err == nil && info.IsDir()
}

func (l *loader) readDir(rel string) ([]fs.DirEntry, error) {
	d, err := os.Open(l.inDir(rel))
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // nothing was written
	info, err := d.Stat()
	if err != nil {
		return nil, err
	}
	if err := trusted(info); err != nil {
		return nil, err
	}
	return os.ReadDir(l.inDir(rel))
}

// readTrusted reads a file of the configuration after checking, on the opened
// file, that nobody else could have written it.
func (l *loader) readTrusted(rel string) ([]byte, error) {
	f, err := os.OpenFile(l.inDir(rel), os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return nil, err
	}
	return readOpened(f)
}

// nonBlock keeps the opening of a named pipe from waiting for its other end.
const nonBlock = syscall.O_NONBLOCK

// readNamed reads a file that the configuration names by an absolute path: a
// calendar, a source. It must be as trusted as the configuration itself, and what
// it says is part of the digest. A link to it is followed.
func (l *loader) readNamed(path string) (string, error) {
	return l.functions.once("path\x00"+path, func() (string, error) {
		f, err := os.OpenFile(path, os.O_RDONLY|nonBlock, 0)
		if err != nil {
			return "", errors.New(explain(err))
		}
		text, err := readOpened(f)
		if err != nil {
			return "", fmt.Errorf("%s cannot be used: %w", path, err)
		}
		return string(text), nil
	})
}

// readOpened reads and closes a file that must be a trusted, regular one.
func readOpened(f *os.File) ([]byte, error) {
	defer func() { _ = f.Close() }() // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	if err := trusted(info); err != nil {
		return nil, err
	}
	if info.Size() > maxFileSize {
		return nil, errTooLarge
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(text) > maxFileSize {
		err = errTooLarge
	}
	return text, err
}

var errTooLarge = fmt.Errorf("it is larger than %d MiB; split it into several files", maxFileSize>>20)
