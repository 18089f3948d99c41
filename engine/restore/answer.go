package restore

import (
	"slices"
	"strconv"
	"strings"

	"patchwave/connectors"
	"patchwave/connectors/framing"
)

// Frame is the frame in which the script restore-point answers.
const Frame = "restore-point"

// maxPoints and maxWords bound what is read of one answer.
const (
	maxPoints = 1000
	maxWords  = 100
)

// ParseAnswer reads the frame of the script restore-point, as the package comment
// has it. What is missing or malformed is as if it had not been said: an answer
// that says nothing says neither that something is possible nor that it was done.
func ParseAnswer(op Op, a framing.Answer) Said {
	f, ok := a.Get(Frame)
	if !ok {
		return Said{Code: string(connectors.CodeExit), Why: failed(a)}
	}
	var s Said
	seen := map[string]bool{}
	for _, l := range f.Lines() {
		key, value, ok := strings.Cut(l, "=")
		if !ok {
			continue
		}
		switch key {
		case "undoes":
			s.Undoes = add(s.Undoes, value)
		case "cannot":
			s.Cannot = add(s.Cannot, value)
		case "point":
			if p, ok := parseListed(value); ok && op == OpList && len(s.Points) < maxPoints {
				s.Points = append(s.Points, p)
			}
		default:
			if !seen[key] { // a later line never takes the place of an earlier one
				seen[key] = true
				s.set(op, key, value)
			}
		}
	}
	if s.Why == "" && !s.said(op) {
		s.Code, s.Why = string(connectors.CodeExit), failed(a)
	}
	return s
}

// said reports whether the answer has what an operation is asked for.
func (s *Said) said(op Op) bool {
	switch op {
	case OpDetect:
		return s.Possible
	case OpList:
		return true
	case OpCreate, OpCheck, OpRollback, OpProve, OpRemove:
		return s.State != ""
	default:
		return false
	}
}

// set takes one line of the answer.
func (s *Said) set(op Op, key, value string) {
	switch key {
	case "possible":
		s.Possible = value == "yes" && op == OpDetect
	case "code":
		if knownCode(value) {
			s.Code = value
		}
	case "why":
		s.Why = Line(value)
	case "state":
		if st := State(value); slices.Contains(statesOf(op), st) {
			s.State = st
		}
	case "id":
		s.ID = token(value)
	case "identity":
		s.Identity = token(value)
	case "free":
		s.Free = bytesOf(value)
	case "need":
		s.Need = bytesOf(value)
	case "size":
		s.Size = bytesOf(value)
	}
}

// statesOf are the states that may be the answer to an operation.
func statesOf(op Op) []State {
	switch op {
	case OpCreate:
		return []State{Whole, Partial, Unusable}
	case OpCheck:
		return []State{Absent, Whole, Partial, Unusable, Pending}
	case OpRollback:
		return []State{Pending, Restored, NotRestored}
	case OpProve:
		return []State{Restored, NotRestored, Pending}
	case OpRemove:
		return []State{Removed, Absent, Kept}
	case OpDetect, OpList:
		return nil
	default:
		return nil
	}
}

// failed are the words of an answer that is none.
func failed(a framing.Answer) string {
	if f, ok := a.Get("error"); ok {
		if why := Line(string(f.Out)); why != "" {
			return why
		}
	}
	return "the host did not say what came of it"
}

func knownCode(s string) bool {
	switch connectors.Code(s) {
	case connectors.CodeDisk, connectors.CodeLocked, connectors.CodeUnsupported, connectors.CodeExit, connectors.CodeGuard,
		connectors.CodeInterrupted, connectors.CodeTimeout, connectors.CodeSudo:
		return true
	default:
		return false
	}
}

func add(list []string, value string) []string {
	if value = Line(value); value == "" || len(list) >= maxWords {
		return list
	}
	return append(list, value)
}

// parseListed reads TAG<TAB>ID<TAB>SECONDS<TAB>BYTES. A point that is not
// patchwave's is not read at all.
func parseListed(s string) (Listed, bool) {
	v := strings.Split(s, "\t")
	if len(v) != 4 || !OwnTag(v[0]) || token(v[1]) == "" {
		return Listed{}, false
	}
	at, err := strconv.ParseInt(v[2], 10, 64)
	if err != nil || at < 0 || at > 1<<40 {
		return Listed{}, false
	}
	return Listed{Tag: v[0], ID: token(v[1]), Created: at, Size: bytesOf(v[3])}, true
}

// token is an identity as a provider says it: one short word, which is only ever
// compared and handed back as an argument.
func token(s string) string {
	const most = 128
	s = strings.TrimSpace(s)
	if s == "" || len(s) > most || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return s
}

func bytesOf(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > 1<<60 {
		return 0
	}
	return n
}
