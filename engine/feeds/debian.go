package feeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"patchwave/inventory"
	"patchwave/inventory/version"
)

// debianReleases are Debian's code names, which the tracker goes by.
var debianReleases = map[string]string{
	"jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15",
}

// trackerFlaw is one flaw of one source package in the tracker; its other fields
// are not looked at.
type trackerFlaw struct {
	Releases map[string]struct {
		Status  string `json:"status"`
		Fixed   string `json:"fixed_version"`
		Urgency string `json:"urgency"`
	} `json:"releases"`
}

// ParseDebian reads the JSON of Debian's security tracker: source package, flaw,
// release. The file has no date.
func ParseDebian(r io.Reader, limits Limits, sink Sink) (Meta, error) {
	g := &jsonGuard{r: r, limits: limits}
	dec := json.NewDecoder(g)
	m := Meta{Scopes: map[string]int{}}
	err := object(dec, g, func(pkg string) error {
		return object(dec, g, func(id string) error {
			g.next()
			var f trackerFlaw
			if err := dec.Decode(&f); err != nil {
				return broken(err)
			}
			if m.Entries++; m.Entries > limits.Entries {
				return tooMuch("it has more than %d entries", limits.Entries)
			}
			return m.tracker(pkg, id, f, sink)
		})
	})
	if err != nil {
		return m, err
	}
	return m, end(dec)
}

// tracker hands on where a flaw is mended. A version of "0" says that the
// release never had it.
func (m *Meta) tracker(pkg, id string, f trackerFlaw, sink Sink) error {
	if !cveForm.MatchString(id) || !nameForm.MatchString(pkg) {
		return nil
	}
	used := false
	for codename, in := range f.Releases {
		v, ok := debianReleases[codename]
		if !ok || in.Status != "resolved" || in.Fixed == "" || in.Fixed == "0" || version.Valid(version.Deb, in.Fixed) != nil {
			continue
		}
		used = true
		m.Scopes["Debian"]++
		sev := ofWord(in.Urgency)
		if err := sink.Fix(Fix{Scope: "Debian", Release: "debian:" + v, Package: pkg, CVE: id, Fixed: in.Fixed,
			Severity: sev, Own: sev != inventory.UnknownSeverity}); err != nil {
			return err
		}
	}
	if used {
		m.Used++
	}
	return nil
}

// object reads an object and calls do for each member, which must read its
// value.
func object(dec *json.Decoder, g *jsonGuard, do func(name string) error) error {
	if err := delim(dec, g, '{'); err != nil {
		return err
	}
	for dec.More() {
		g.next()
		t, err := dec.Token()
		if err != nil {
			return broken(err)
		}
		name, ok := t.(string)
		if !ok {
			return fmt.Errorf("a name is expected at byte %d", dec.InputOffset())
		}
		if err := do(name); err != nil {
			return err
		}
	}
	return delim(dec, g, '}')
}

func delim(dec *json.Decoder, g *jsonGuard, want json.Delim) error {
	g.next()
	t, err := dec.Token()
	if err != nil {
		return broken(err)
	}
	if t != want {
		return fmt.Errorf("%q is expected before byte %d", want.String(), dec.InputOffset())
	}
	return nil
}

// end says what is wrong if something follows.
func end(dec *json.Decoder) error {
	t, err := dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return broken(err)
	default:
		return fmt.Errorf("something follows the end at byte %d: %T", dec.InputOffset(), t)
	}
}

// broken says in words what is wrong with a text of JSON.
func broken(err error) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it breaks off in the middle; fetch it again")
	case errors.As(err, &syntax):
		return fmt.Errorf("it is no JSON: %w at byte %d", err, syntax.Offset)
	case errors.As(err, &typ):
		return fmt.Errorf("it has another form than this feed: %s where %s is expected at byte %d", typ.Value, typ.Type, typ.Offset)
	default:
		return err
	}
}
