package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"patchwave/engine/updates"
)

// MaxFile bounds a plan file, in bytes: that of 10,000 hosts with thirty updates
// each has half as many.
const MaxFile = 256 << 20

// Encode writes a plan as a file holds it. One that Load would refuse for its size
// is an error.
func (p *Plan) Encode() ([]byte, error) {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the plan: %w", err)
	}
	if len(b) >= MaxFile {
		return nil, fmt.Errorf("the plan would be a file of more than %d bytes, which apply does not take; plan fewer hosts at once, with --policy or --limit", MaxFile)
	}
	return append(b, '\n'), nil
}

// Load reads a plan file. The file must belong to the running user or root and
// be writable by nobody else; what stands in it is checked as a stranger's, its
// digest above all.
func Load(path string, now time.Time) (*Plan, error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("%s is no plan: %w", path, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s is no plan: something stands behind its end", path)
	}
	if err := p.validate(now); err != nil {
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	return &p, nil
}

func readPrivate(path string) (b []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open the plan: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open the plan: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if info.Size() > MaxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, MaxFile)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return nil, fmt.Errorf("%s belongs to another user (uid %d)", path, st.Uid)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s can be written by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	b, err = io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if len(b) > MaxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, MaxFile)
	}
	return b, nil
}

// validate checks a plan that came from outside.
func (p *Plan) validate(now time.Time) error {
	if p.Schema != Schema {
		return fmt.Errorf("its schema is %q and not %q", p.Schema, Schema)
	}
	if p.ComputeDigest() != p.Digest {
		return errors.New("its digest does not fit its content: it was changed after it was made; plan again")
	}
	if p.Expires.After(p.Created.Add(Lifetime)) {
		return errors.New("its expiry was changed after it was made; plan again")
	}
	if now.After(p.Expires) {
		return fmt.Errorf("it expired on %s; plan again", p.Expires.Format(time.RFC3339))
	}
	seen := map[string]bool{}
	for _, x := range p.Excluded {
		seen[x.Host] = true
	}
	for _, h := range p.Hosts() {
		if seen[h.Name] {
			return fmt.Errorf("host %s is in it twice", h.Name)
		}
		seen[h.Name] = true
		if err := h.validate(); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	return nil
}

// validate checks the steps of a host, of which parts go to the host as
// arguments of its package manager.
func (h Host) validate() error {
	for _, s := range h.Steps {
		if s.Step != StepUpdates {
			return fmt.Errorf("there is no step %q", s.Step)
		}
		for _, e := range s.Updates {
			switch e.Action {
			case updates.ActionInstall, updates.ActionUpgrade, updates.ActionDowngrade, updates.ActionRemove:
			default:
				return fmt.Errorf("there is no action %q", e.Action)
			}
			if e.Name == "" || !harmless(e.Name) || !harmless(e.Arch) || !harmless(e.From) || !harmless(e.To) {
				return fmt.Errorf("package %q is not spelled as package names and versions are", e.Name)
			}
		}
	}
	return nil
}

// harmless reports whether s holds only what names, architectures and versions
// of packages hold in any family, and cannot be taken for an option.
func harmless(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case r == '.', r == '+', r == '-', r == '_', r == '~', r == ':', r == '^', r == '@':
		default:
			return false
		}
	}
	return true
}
