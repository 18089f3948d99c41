package health

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/powershell"
	"patchwave/connectors/script"
	"patchwave/engine/journal"
)

//go:embed health.sh
var healthShell string

//go:embed health.ps1
var healthPowerShell string

func healthScript() script.Script {
	return script.Script{Name: "health", Version: 1, Sh: healthShell, PowerShell: powershell.Boot() + healthPowerShell}
}

// The parts of a host's health; see policies.HealthParts.
const (
	partServices  = "services"
	partListeners = "listeners"
	partMounts    = "mounts"
	partFailed    = "failed_units"
	partBroken    = "broken_packages"
	partKernel    = "kernel"
	partRoutes    = "routes"
	partTime      = "time"
	partErrors    = "event_errors"
)

const (
	// takeTimeout bounds one look at a host.
	takeTimeout = time.Minute
	// takeOutput bounds what a host says, in bytes.
	takeOutput = 8 << 20
	// mostItems is how many things of one part are compared, mostName how long the
	// name of one is, in bytes.
	mostItems, mostName = 2000, 200
)

// Fingerprint is what was seen of a host's health at one time.
type Fingerprint struct {
	journal.HealthData
	// Runs are all services that run, those too that do so on demand and are not
	// compared; States says of the others what they do instead.
	Runs   map[string]bool
	States map[string]string
	// Errors is how often each kind of error came since the boot.
	Errors map[string]int
	// Missing says of parts that were asked for why the host did not tell them.
	Missing map[string]string
}

// Err says which parts the host did not tell; nil if it told all.
func (f Fingerprint) Err() error {
	var out []error
	for _, part := range slices.Sorted(maps.Keys(f.Missing)) {
		out = append(out, fmt.Errorf("%s: %s", part, f.Missing[part]))
	}
	return errors.Join(out...)
}

// Fingerprint looks at parts of the host's health, in one remote command. manager is
// what knows about broken packages, as DatabaseOf says; "" lets the host choose. The
// error is the connection's; what the host did not tell is in Missing.
func (p Prober) Fingerprint(ctx context.Context, parts []string, manager string) (Fingerprint, error) {
	if p.Session == nil {
		return Fingerprint{}, errNoSession
	}
	a, err := script.Run(ctx, p.Session, healthScript(), map[string]string{"parts": strings.Join(parts, " "), "manager": manager},
		script.Options{Host: p.Host, Command: connectors.Command{Become: true, Timeout: takeTimeout, MaxOutput: takeOutput}})
	switch {
	case err == nil:
		return parseFingerprint(a, parts), nil
	case context.Cause(ctx) == nil && connectors.CodeOf(err) == connectors.CodeTimeout:
		return silent(parts, fmt.Sprintf("the host did not answer within %s", takeTimeout)), nil
	case connectors.CodeOf(err) == connectors.CodeExit:
		return silent(parts, clean(err.Error())), nil
	default:
		return Fingerprint{}, fmt.Errorf("look at the health: %w", err)
	}
}

// DatabaseOf is the database behind a package manager: dpkg, rpm, pacman, or "".
func DatabaseOf(manager string) string {
	return map[string]string{"apt": "dpkg", "dnf": "rpm", "dnf5": "rpm", "yum": "rpm", "zypper": "rpm", "pacman": "pacman"}[manager]
}

// silent is a fingerprint of a host that told nothing.
func silent(parts []string, why string) Fingerprint {
	f := Fingerprint{Missing: map[string]string{}}
	for _, part := range parts {
		f.Missing[part] = why
	}
	return f
}

// reader reads the answer of a host part by part.
type reader struct {
	framing.Answer
	f Fingerprint
}

// parseFingerprint reads what the script printed. It is pure.
func parseFingerprint(a framing.Answer, parts []string) Fingerprint {
	r := &reader{Answer: a, f: Fingerprint{Runs: map[string]bool{}, States: map[string]string{}, Errors: map[string]int{}, Missing: map[string]string{}}}
	basics := a.Values("basics")
	r.f.BootID, r.f.Init, r.f.Manager = clean(basics["boot_id"]), clean(basics["init"]), clean(basics["manager"])
	read := map[string]func(*reader){
		partServices: (*reader).services, partListeners: (*reader).listeners, partMounts: (*reader).mounts, partFailed: (*reader).failed,
		partBroken: (*reader).broken, partRoutes: (*reader).routes, partTime: (*reader).time,
		partKernel: func(r *reader) { r.kernel(clean(basics["kernel"])) },
		partErrors: func(*reader) {}, // a log with kinds of errors is what Windows has
	}
	if r.f.Init == initWindows {
		read = windowsParts(clean(basics["kernel"]), basics["uptime"])
	}
	for _, part := range parts {
		if one := read[part]; one != nil {
			one(r)
		} else {
			r.miss(part, "this version does not know it")
		}
	}
	return r.f
}

func (r *reader) miss(part, why string) { r.f.Missing[part] = why }

// lines are those of a part; false if the host did not tell it, which is noted.
func (r *reader) lines(part string) ([]string, bool) {
	f, ok := r.Get(part)
	switch {
	case !ok:
		r.miss(part, "the host does not tell")
	case f.RC != 0:
		why := fmt.Sprintf("exit status %d", f.RC)
		if said := strings.TrimSpace(strings.Join(f.ErrLines(), " ")); said != "" {
			why += " " + clean(said)
		}
		r.miss(part, why)
	default:
		out := f.Lines()
		if n := len(out); n > 0 && out[n-1] == "@cut" {
			r.miss(part, "there is too much of it")
			return nil, false
		}
		return out, true
	}
	return nil, false
}

// list is a part of a fingerprint: sorted, each once, none too long. It is never
// nil. If there are too many the part counts as not told.
func (r *reader) list(part string, names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > mostItems {
		r.miss(part, fmt.Sprintf("there are %d, more than the %d that are compared", len(names), mostItems))
		names = nil
	}
	return append([]string{}, names...)
}

// clean is what a host calls something, without what a terminal would obey, and not
// too long.
func clean(s string) string {
	return shorten(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s), mostName)
}

// shorten cuts a text after so many bytes.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
