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
	// Complete says that the script came to its end.
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

var endMark = regexp.MustCompile(`^END ([A-Za-z0-9._-]+) rc=([0-9]{1,3})$`)

// Parse reads the two streams of a call. Whatever stands outside frames is
// passed over. A frame without its end is not returned.
func Parse(nonce string, stdout, stderr []byte) Answer {
	frames, complete := split(nonce, stdout)
	errs, _ := split(nonce, stderr)
	used := make([]bool, len(errs))
	for i := range frames {
		for j := range errs {
			if !used[j] && errs[j].Name == frames[i].Name {
				frames[i].Err, used[j] = errs[j].Out, true
				break
			}
		}
	}
	return Answer{Frames: frames, Complete: complete}
}

// split cuts one stream into its frames and says whether DONE was seen.
func split(nonce string, stream []byte) (frames []Frame, done bool) {
	mark := []byte("@@" + nonce + " ")
	open, start := "", 0
	for pos := 0; pos < len(stream); {
		end := bytes.IndexByte(stream[pos:], '\n')
		next := len(stream)
		if end >= 0 {
			next = pos + end + 1
		}
		line := bytes.TrimRight(stream[pos:next], "\r\n")
		if rest, ok := bytes.CutPrefix(line, mark); ok {
			word := string(rest)
			if name, ok := strings.CutPrefix(word, "BEGIN "); ok && open == "" {
				open, start = name, next
			} else if m := endMark.FindStringSubmatch(word); m != nil && m[1] == open {
				rc, err := strconv.Atoi(m[2])
				if err != nil {
					rc = 255
				}
				content := stream[start:pos]
				content = bytes.TrimSuffix(content, []byte("\n"))
				frames = append(frames, Frame{Name: open, RC: rc, Out: content})
				open = ""
			} else if word == "DONE" && open == "" {
				done = true
			}
		}
		pos = next
	}
	return frames, done
}

// ParseLog reads the log of a script whose two streams went into one file. Each
// frame has both in Out, in the order in which they were written.
func ParseLog(nonce string, log []byte) Answer {
	frames, complete := split(nonce, log)
	for i, f := range frames {
		frames[i].Out = bytes.ReplaceAll(f.Out, []byte("@@"+nonce+" BEGIN "+f.Name+"\n"), nil)
	}
	return Answer{Frames: frames, Complete: complete}
}
