package framing

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// Frame is the answer of one command of a script. Out and Err are hostile.
type Frame struct {
	Name string
	// RC is the exit status.
	RC       int
	Out, Err []byte
}

// Lines returns the lines of Out without their ends: NUL and CR are dropped,
// invalid UTF-8 is replaced, empty lines are kept.
func (f Frame) Lines() []string { return lines(f.Out) }

// ErrLines is Lines of Err.
func (f Frame) ErrLines() []string { return lines(f.Err) }

func lines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	s = strings.NewReplacer("\x00", "", "\r", "").Replace(s)
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// Answer is what one call of a script printed, frame by frame.
type Answer struct {
	// Frames stand in the order in which they were opened. A name may come more
	// than once; Get returns the last.
	Frames []Frame
	// Complete says that the script came to its end, and that nothing is known to be
	// missing of what it printed.
	Complete bool
}

// Get returns the frame of a name.
func (a Answer) Get(name string) (Frame, bool) {
	for i := len(a.Frames) - 1; i >= 0; i-- {
		if a.Frames[i].Name == name {
			return a.Frames[i], true
		}
	}
	return Frame{}, false
}

// Values reads the frame of a name as lines of KEY=VALUE. Lines without "=" are
// passed over; the first of two equal keys counts, so that a value that a
// program printed later cannot replace one that the script printed first.
func (a Answer) Values(name string) map[string]string {
	values := map[string]string{}
	f, ok := a.Get(name)
	if !ok {
		return values
	}
	for _, line := range f.Lines() {
		if k, v, ok := strings.Cut(line, "="); ok {
			if _, dup := values[k]; !dup {
				values[k] = v
			}
		}
	}
	return values
}

var (
	endMark  = regexp.MustCompile(`^END ([A-Za-z0-9._-]+) rc=([0-9]{1,3})(?: len=([0-9]{1,18}))?$`)
	doneMark = regexp.MustCompile(`^DONE(?: frames=([0-9]{1,18}))?$`)
)

// Parse reads the two streams of a call. Whatever stands outside frames is
// passed over. A frame without its end is not returned, nor one of another length than
// its end says; then, and when there are more or fewer frames than DONE says or one
// of them says no length, the answer is not complete.
func Parse(nonce string, stdout, stderr []byte) Answer {
	out, errs := split(nonce, stdout, true), split(nonce, stderr, true)
	used := make([]bool, len(errs.frames))
	for i := range out.frames {
		for j := range errs.frames {
			if !used[j] && errs.frames[j].Name == out.frames[i].Name {
				out.frames[i].Err, used[j] = errs.frames[j].Out, true
				break
			}
		}
	}
	return Answer{Frames: out.frames, Complete: out.done && !out.damaged && !errs.damaged}
}

// stream is what one stream holds.
type stream struct {
	frames []Frame
	// done says that DONE was seen, damaged that something is missing or was repeated.
	done, damaged bool
	// silent says that an end said no length.
	silent bool
}

// split cuts one stream into its frames. exact says whether lengths and numbers are
// compared.
func split(nonce string, text []byte, exact bool) (s stream) {
	mark := []byte("@@" + nonce + " ")
	open, start := "", 0
	for pos := 0; pos < len(text); {
		end := bytes.IndexByte(text[pos:], '\n')
		next := len(text)
		if end >= 0 {
			next = pos + end + 1
		}
		line := bytes.TrimRight(text[pos:next], "\r\n")
		if rest, ok := bytes.CutPrefix(line, mark); ok {
			word := string(rest)
			if name, ok := strings.CutPrefix(word, "BEGIN "); ok && open == "" {
				open, start = name, next
			} else if m := endMark.FindStringSubmatch(word); m != nil && m[1] == open {
				content := bytes.TrimSuffix(text[start:pos], []byte("\n"))
				s.silent = s.silent || m[3] == ""
				s.add(Frame{Name: open, RC: status(m[2]), Out: content}, exact && differs(m[3], len(content)))
				open = ""
			} else if m := doneMark.FindStringSubmatch(word); m != nil && open == "" {
				s.done = true
				s.damaged = s.damaged || exact && m[1] != "" && (s.silent || differs(m[1], len(s.frames)))
			}
		}
		pos = next
	}
	return s
}

// add takes a frame, unless it is damaged.
func (s *stream) add(f Frame, damaged bool) {
	if damaged {
		s.damaged = true
		return
	}
	s.frames = append(s.frames, f)
}

// differs reports whether a mark says another number than n; one that says none does
// not.
func differs(said string, n int) bool {
	if said == "" {
		return false
	}
	v, err := strconv.ParseInt(said, 10, 64)
	return err != nil || v != int64(n)
}

// status reads an exit status.
func status(digits string) int {
	rc, err := strconv.Atoi(digits)
	if err != nil {
		return 255
	}
	return rc
}

// ParseLog reads the log of a script whose two streams went into one file. Each
// frame has both in Out, in the order in which they were written; lengths are not
// compared, for they are those of one stream.
func ParseLog(nonce string, log []byte) Answer {
	s := split(nonce, log, false)
	for i, f := range s.frames {
		s.frames[i].Out = bytes.ReplaceAll(f.Out, []byte("@@"+nonce+" BEGIN "+f.Name+"\n"), nil)
	}
	return Answer{Frames: s.frames, Complete: s.done}
}
