package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"unicode/utf8"
)

// canonical writes a plan as RFC 8785 has it, without what the digest leaves out:
// no white space, and the members of each object in the order of their names. It
// hashes what it writes: the plan of a large fleet has many megabytes.
type canonical struct {
	sum hash.Hash
	buf []byte
}

// flushAt is how many bytes are hashed at once, about.
const flushAt = 32 << 10

// canonicalSum is the hexadecimal SHA-256 of the canonical form.
func canonicalSum(p *Plan) string {
	c := &canonical{sum: sha256.New(), buf: make([]byte, 0, 2*flushAt)}
	c.plan(p)
	c.flush()
	return hex.EncodeToString(c.sum.Sum(nil))
}

func (c *canonical) flush() {
	c.sum.Write(c.buf)
	c.buf = c.buf[:0]
}

func (c *canonical) raw(s string) { c.buf = append(c.buf, s...) }

// member writes what stands before a string, and the string.
func (c *canonical) member(before, s string) {
	c.raw(before)
	c.text(s)
}

// list writes a list; one that is nil is null, as it is in JSON.
func list[T any](c *canonical, items []T, each func(*T)) {
	if items == nil {
		c.raw("null")
		return
	}
	c.raw("[")
	for i := range items {
		if i > 0 {
			c.raw(",")
		}
		each(&items[i])
	}
	c.raw("]")
}

func (c *canonical) plan(p *Plan) {
	c.member(`{"config_digest":`, p.ConfigDigest)
	c.raw(`,"excluded":`)
	list(c, p.Excluded, c.excluded)
	c.raw(`,"waves":`)
	list(c, p.Waves, c.wave)
	c.raw("}")
}

func (c *canonical) excluded(x *Excluded) {
	c.member(`{"code":`, x.Code)
	c.member(`,"host":`, x.Host)
	c.raw("}")
}

func (c *canonical) wave(w *Wave) {
	c.raw(`{"batches":`)
	list(c, w.Batches, c.batch)
	c.member(`,"name":`, w.Name)
	c.member(`,"policy":`, w.Policy)
	c.raw("}")
}

func (c *canonical) batch(b *Batch) {
	c.raw(`{"hosts":`)
	list(c, b.Hosts, c.host)
	c.raw("}")
}

func (c *canonical) host(h *Host) {
	c.member(`{"name":`, h.Name)
	c.raw(`,"skipped":`)
	list(c, h.Skipped, c.skipped)
	c.raw(`,"steps":`)
	list(c, h.Steps, c.step)
	c.raw("}")
	if len(c.buf) > flushAt {
		c.flush()
	}
}

func (c *canonical) skipped(s *Skipped) {
	c.member(`{"arch":`, s.Arch)
	c.member(`,"decision":`, s.Decision)
	c.member(`,"name":`, s.Name)
	c.member(`,"rule":`, s.Rule)
	c.member(`,"to":`, s.To)
	c.raw("}")
}

func (c *canonical) step(s *Step) {
	c.raw(`{"download":`)
	c.buf = strconv.AppendInt(c.buf, s.Download, 10)
	if len(s.Prune) > 0 {
		c.raw(`,"prune":`)
		list(c, s.Prune, c.oldPoint)
	}
	c.raw(`,"reboot":`)
	c.buf = strconv.AppendBool(c.buf, s.Reboot)
	c.raw(`,"restore_point":`)
	c.point(s.RestorePoint)
	c.member(`,"step":`, s.Step)
	c.raw(`,"updates":`)
	list(c, s.Updates, c.entry)
	c.raw("}")
}

func (c *canonical) point(p *Point) {
	if p == nil {
		c.raw("null")
		return
	}
	text := func(s *string) { c.text(*s) }
	c.raw("{")
	if p.Always {
		c.raw(`"always":true,`)
	}
	c.raw(`"cannot_undo":`)
	list(c, p.CannotUndo, text)
	if p.ID != "" {
		c.member(`,"id":`, p.ID)
	}
	if len(p.Newer) > 0 {
		c.raw(`,"newer":`)
		list(c, p.Newer, c.oldPoint)
	}
	c.member(`,"provider":`, p.Provider)
	c.raw(`,"required":`)
	c.buf = strconv.AppendBool(c.buf, p.Required)
	c.raw(`,"undoes":`)
	list(c, p.Undoes, text)
	c.raw("}")
}

func (c *canonical) oldPoint(o *OldPoint) {
	c.member(`{"id":`, o.ID)
	if o.Native != "" {
		c.member(`,"native":`, o.Native)
	}
	c.member(`,"provider":`, o.Provider)
	c.member(`,"run":`, o.Run)
	c.member(`,"tag":`, o.Tag)
	c.member(`,"why":`, o.Why)
	c.raw("}")
}

func (c *canonical) entry(e *Entry) {
	c.member(`{"action":`, string(e.Action))
	c.member(`,"arch":`, e.Arch)
	c.member(`,"decision":`, e.Decision)
	c.member(`,"from":`, e.From)
	c.member(`,"name":`, e.Name)
	c.member(`,"rule":`, e.Rule)
	if e.Title != "" {
		c.member(`,"title":`, e.Title)
	}
	c.member(`,"to":`, e.To)
	c.raw("}")
}

// text writes a string with the escapes of RFC 8785, section 3.2.2.2. What is no
// UTF-8 is U+FFFD, as in the JSON of a plan.
func (c *canonical) text(s string) {
	c.buf = append(c.buf, '"')
	for i := 0; i < len(s); {
		start := i
		for i < len(s) && s[i] >= ' ' && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
			i++
		}
		c.buf = append(c.buf, s[start:i]...)
		if i == len(s) {
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if esc := escape(r); esc != "" {
			c.buf = append(c.buf, esc...)
		} else {
			c.buf = utf8.AppendRune(c.buf, r)
		}
	}
	c.buf = append(c.buf, '"')
}

// escape is how a character is written that cannot stand for itself, else "".
func escape(r rune) string {
	switch r {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\b':
		return `\b`
	case '\t':
		return `\t`
	case '\n':
		return `\n`
	case '\f':
		return `\f`
	case '\r':
		return `\r`
	}
	if r < ' ' {
		const digits = "0123456789abcdef"
		return `\u00` + string(digits[r>>4]) + string(digits[r&15])
	}
	return ""
}
