package updatestest

import (
	"maps"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
)

// Played is what came of a call.
type Played struct {
	// Answer has the frames of the call, and its status in frame "status".
	Answer framing.Answer
	// Log is what the fakes wrote to $pw_arg_log.
	Log string
	// Dir is the directory $pw_arg_dir.
	Dir string
}

// Text is what a frame of the answer holds, without white space around it.
func (p Played) Text(frame string) string { return Text(p.Answer, frame) }

// Play runs a call of a manager's shell in every shell at hand, and checks each.
// The fakes are shell functions, put in place of the host's commands.
func Play(t *testing.T, shell, fakes, call string, args map[string]string, check func(t *testing.T, p Played)) {
	t.Helper()
	for _, sh := range Shells(t) {
		t.Run(sh.String(), func(t *testing.T) {
			h := NewHost(t)
			all := map[string]string{"log": h.Path("log"), "dir": h.Dir}
			maps.Copy(all, args)
			body := shell + "\n" + fakes + "\n" + call + "\npw_status=$?\npw_put status \"$pw_status\"\npw_status=0\n"
			a, rc := h.Run(sh, script.Script{Name: "test", Version: 1, Sh: body}, all)
			if rc != 0 {
				t.Fatalf("the shell ended with %d: %+v", rc, a)
			}
			check(t, Played{Answer: a, Log: h.Read("log"), Dir: h.Dir})
		})
	}
}
