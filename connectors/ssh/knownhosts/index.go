package knownhosts

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/ssh"
)

// entry is one usable line.
type entry struct {
	typ, blob string
	// hosts is kept for lines with wildcards only.
	hosts  string
	file   int32
	line   int32
	marker marker
}

// ref is one link of the chain of entries of a name; next is -1 at its end.
type ref struct{ entry, next int32 }

// chain is the first and the last ref of a name.
type chain struct{ head, tail int32 }

// index holds all lines, by the ways in which they can name a host.
type index struct {
	entries []entry
	refs    []ref
	plain   map[string]chain
	// patterns are the entries with wildcards or negations.
	patterns []int32
	hashed   []hashed
	// revoked goes from the key's bytes to its entry.
	revoked map[string]int32
	// problems are in the order found.
	problems []Problem
	files    []string
}

// grow makes room for n more lines.
func (x *index) grow(n int) {
	if x.plain == nil {
		x.plain = make(map[string]chain, n)
		x.revoked = map[string]int32{}
	}
	if cap(x.entries)-len(x.entries) < n && n > 64 {
		x.entries = append(make([]entry, 0, len(x.entries)+n), x.entries...)
		x.refs = append(make([]ref, 0, len(x.refs)+n), x.refs...)
	}
}

// read indexes the text of a file whose lines begin with number first.
func (x *index) read(file, first int32, text string) {
	for n := first; text != ""; n++ {
		var s string
		s, text, _ = strings.Cut(text, "\n")
		l, ok, problem := parseLine(s)
		if ok {
			problem = x.add(l, file, n)
		}
		if problem != "" {
			x.problem(file, n, problem)
		}
	}
}

func (x *index) problem(file, line int32, message string) {
	x.problems = append(x.problems, Problem{File: x.files[file], Line: int(line), Message: message})
}

// add indexes one line, or says why it cannot be used.
func (x *index) add(l line, file, number int32) (problem string) {
	e := entry{typ: l.typ, blob: l.blob, file: file, line: number, marker: l.marker}
	id := int32(len(x.entries))
	switch {
	case l.marker == markRevoked:
		_, key := e.decode()
		if key == nil {
			return "revoked key cannot be read, so the line revokes nothing"
		}
		raw := string(plainKey(key).Marshal())
		if _, dup := x.revoked[raw]; !dup {
			x.revoked[raw] = id
		}
	case l.hosts[0] == '|':
		h, ok := parseHashed(l.hosts)
		if !ok {
			return "hashed host name cannot be read"
		}
		h.entry = id
		x.hashed = append(x.hashed, h)
	case isPlain(l.hosts):
		for list := l.hosts; list != ""; {
			var name string
			name, list, _ = strings.Cut(list, ",")
			if name != "" {
				x.link(strings.ToLower(name), id)
			}
		}
	default:
		e.hosts = l.hosts
		x.patterns = append(x.patterns, id)
	}
	x.entries = append(x.entries, e)
	return ""
}

func (x *index) link(name string, id int32) {
	at := int32(len(x.refs))
	x.refs = append(x.refs, ref{entry: id, next: -1})
	c, ok := x.plain[name]
	if !ok {
		x.plain[name] = chain{head: at, tail: at}
		return
	}
	x.refs[c.tail].next = at
	c.tail = at
	x.plain[name] = c
}

// byName appends the entries whose plain names hold name.
func (x *index) byName(ids []int32, name string) []int32 {
	c, ok := x.plain[name]
	if !ok {
		return ids
	}
	for at := c.head; at >= 0; at = x.refs[at].next {
		ids = append(ids, x.refs[at].entry)
	}
	return ids
}

// byPattern returns the entries whose wildcards match name.
func (x *index) byPattern(name string) (ids []int32) {
	for _, id := range x.patterns {
		if matchList(x.entries[id].hosts, name) {
			ids = append(ids, id)
		}
	}
	return ids
}

// byHash returns the entries whose hashed name is name.
func (x *index) byHash(name string) (ids []int32) {
	m := newMatcher(name)
	for i := range x.hashed {
		if m.match(&x.hashed[i]) {
			ids = append(ids, x.hashed[i].entry)
		}
	}
	return ids
}

func (x *index) public(id int32) Entry {
	e := &x.entries[id]
	raw, _ := base64.StdEncoding.DecodeString(e.blob) // an entry that does not decode is not handed out
	sum := sha256.Sum256(raw)
	return Entry{
		File: x.files[e.file], Line: int(e.line), Type: e.typ,
		Fingerprint: "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]),
	}
}

// decode returns the key's bytes and the key, or nil if it cannot be read.
func (e *entry) decode() ([]byte, ssh.PublicKey) {
	raw, err := base64.StdEncoding.DecodeString(e.blob)
	if err != nil {
		return nil, nil
	}
	key, err := ssh.ParsePublicKey(raw)
	if err != nil || key.Type() != e.typ {
		return nil, nil
	}
	return raw, key
}

// plainKey returns the key inside a certificate, and any other key as it is.
func plainKey(k ssh.PublicKey) ssh.PublicKey {
	if cert, ok := k.(*ssh.Certificate); ok {
		return cert.Key
	}
	return k
}

// presented is a key as a host showed it, ready to be compared.
type presented struct {
	raw  []byte
	text []byte
	typ  string
}

func present(k ssh.PublicKey, buf []byte) presented {
	raw := k.Marshal()
	return presented{raw: raw, text: base64.StdEncoding.AppendEncode(buf, raw), typ: k.Type()}
}

// is compares with the text of the file.
func (p *presented) is(e *entry) bool { return string(p.text) == e.blob }

// isDecoded compares the decoded bytes, for base64 that is written otherwise
// (the last bits before the padding are free).
func (p *presented) isDecoded(e *entry) bool {
	if e.typ != p.typ || len(e.blob) != len(p.text) {
		return false
	}
	raw, _ := e.decode()
	return raw != nil && bytes.Equal(raw, p.raw)
}
