package winupdate

import (
	"regexp"
	"strconv"
	"strings"

	"patchwave/engine/updates/parse"
)

// Class says what an HRESULT asks for.
type Class string

// The classes.
const (
	// ClassSuccess is no failure.
	ClassSuccess Class = "success"
	// ClassReboot wants a reboot first.
	ClassReboot Class = "reboot"
	// ClassRetry may pass by itself: the network, a service, another installation.
	ClassRetry Class = "retry"
	// ClassGone is about an update that is not wanted any more; a new scan tells.
	ClassGone Class = "gone"
	// ClassSkip is about one update that cannot be installed from afar.
	ClassSkip Class = "skip"
	// ClassConfig has to be set right by somebody; trying again does not help.
	ClassConfig Class = "config"
	// ClassBroken is about a host whose servicing, or whose disk, needs repair.
	ClassBroken Class = "broken"
	// ClassPrivilege means that it was not done as SYSTEM on the host itself.
	ClassPrivilege Class = "privilege"
)

// Result is what one HRESULT means.
type Result struct {
	Code    uint32
	Name    string
	Class   Class
	Meaning string
	// Advice says what to do; "" where the meaning does.
	Advice string
}

// String is the meaning, the advice and the code.
func (r Result) String() string {
	s := r.Meaning
	if r.Advice != "" {
		s += "; " + r.Advice
	}
	return s + " (" + r.Name + ", 0x" + strings.ToUpper(strconv.FormatUint(uint64(r.Code), 16)) + ")"
}

// problemCode is the code of a problem that has this reason.
func (r Result) problemCode() string {
	switch {
	case r.Code == 0x80070070 || r.Code == 0x80070027 || r.Code == 0x8A150105:
		return parse.Disk
	case r.Class == ClassPrivilege:
		return parse.Sudo
	case r.Class == ClassReboot:
		return parse.Interrupted
	case r.Code == 0x80240009 || r.Code == 0x80070652 || r.Code == 0x8A150102:
		return parse.Locked
	case r.Code == 0x80070422 || r.Code == 0x80240037 || r.Code == 0xC0000135:
		return parse.Unsupported
	default:
		return parse.Exit
	}
}

var hresult = regexp.MustCompile(`^0x([0-9a-fA-F]{1,8})$`)

// Lookup reads an HRESULT in hex (0x80240022) and says what it means, if that is
// known.
func Lookup(s string) (Result, bool) {
	m := hresult.FindStringSubmatch(s)
	if m == nil {
		return Result{}, false
	}
	code, err := strconv.ParseUint(m[1], 16, 32)
	if err != nil {
		return Result{}, false
	}
	for _, r := range Results() {
		if uint64(r.Code) == code {
			return r, true
		}
	}
	return Result{}, false
}
