package stage_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"patchwave/connectors/framing"
	"patchwave/engine/stage"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
)

func frames(pairs ...string) framing.Answer {
	a := framing.Answer{Complete: true}
	for i := 0; i+1 < len(pairs); i += 2 {
		f := framing.Frame{Name: pairs[i], Out: []byte(pairs[i+1])}
		if f.Name == "stage.room" {
			f.RC = 1
		}
		a.Frames = append(a.Frames, f)
	}
	return a
}

// three changes, of which two download something.
func three() stage.Host {
	return stage.Host{Name: "web", Manager: apt.New(), Changes: []updates.Change{nginx(),
		{Action: updates.ActionInstall, Name: "new", Arch: "all", To: "1.0"}, {Action: updates.ActionRemove, Name: "old", Arch: "all", From: "1"}}}
}

func TestParse(t *testing.T) {
	both := "nginx\tamd64\t2\tstaged\nnew\tall\t1.0\tstaged"
	for name, tt := range map[string]struct {
		answer  framing.Answer
		staged  int
		code    string
		words   string
		yielded bool
	}{
		"all":                   {frames("apt.stage", "done", "stage.end", "", "stage.files", both), 2, "", "", false},
		"all, whatever it says": {frames("apt.stage", "E: sorry", "stage.end", "late", "stage.files", both), 2, "", "", false},
		"nothing":               {framing.Answer{}, 0, "exit", "2 not downloaded (nginx 2, new 1.0)", false},
		"one": {frames("apt.stage", "Get:1 x\nE: Failed to fetch http://m/x  404  Not Found", "stage.files", "nginx\tamd64\t2\tstaged\nnew\tall\t1.0\tmissing"), 1, "exit",
			"1 not downloaded (new 1.0): E: Failed to fetch http://m/x 404 Not Found", false},
		"full":            {frames("apt.stage", "E: You don't have enough free space in /var/cache/apt/archives/."), 0, "disk", "enough free space", false},
		"another version": {frames("stage.files", "nginx\tamd64\t3\tstaged\nnew\tall\t1.0\tstaged"), 1, "exit", "nginx 2", false},
		"gave way":        {frames("stage.end", "yielded"), 0, "locked", "gave way", true},
		"late":            {frames("stage.end", "late\n"), 0, "timeout", "before the window opened", false},
		"no room": {frames("stage.room", "-2048\t65536\t/var/cache\n1048576\t2097152\t/\n?\t1\t/boot\nnonsense\n"), 0, "disk",
			"/var/cache lacks 2 MiB for the download; the download would leave 1.0 GiB on /, 2.0 GiB wanted; the free space on /boot cannot be told; nothing was downloaded", false},
		"no room, no reason": {frames("stage.room", ""), 0, "disk", "too little space", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := stage.Parse(tt.answer, three())
			if p.Staged != tt.staged || p.Total != 2 || p.Yielded != tt.yielded || (p.Problem == nil) != (tt.code == "") {
				t.Fatalf("%+v %+v", p, p.Problem)
			}
			if p.Problem != nil && (p.Problem.Code != tt.code || !strings.Contains(p.Problem.Message, tt.words)) {
				t.Errorf("%+v", p.Problem)
			}
		})
	}
}

// TestParseOld: that an old version cannot be had is told hours before the window, if
// it was asked for, and only of what was asked for.
func TestParseOld(t *testing.T) {
	both := "nginx\tamd64\t2\tstaged\nnew\tall\t1.0\tstaged"
	h := three()
	a := frames("stage.files", both, "stage.old", "old\tall\t1\tmissing\nnginx\tamd64\t"+h.Changes[0].From+"\tkept\nevil\tall\t1\tmissing\n")
	if p := stage.Parse(a, h); p.Problem != nil {
		t.Errorf("it was not asked for: %+v", p.Problem)
	}
	h.Old = true
	p := stage.Parse(a, h)
	if p.Staged != 2 || p.Problem == nil || p.Problem.Code != "guard" || !strings.HasPrefix(p.Problem.Message, "the old versions that the restore point needs: old 1: neither the host nor") {
		t.Errorf("%+v", p.Problem)
	}
	if p := stage.Parse(frames("stage.files", both, "stage.old", "old\tall\t1\tlater\n"), h); p.Problem != nil {
		t.Errorf("%+v", p.Problem)
	}
}

// FuzzParse: whatever a host prints, the words are a short line, and no more is there
// than was wanted.
func FuzzParse(f *testing.F) {
	f.Add("", "", "", "")
	f.Add("E: \x1b[31mboom", "late", "nginx\tamd64\t2\tstaged", "x\ty\tz")
	f.Add("", "yielded", strings.Repeat("new\tall\t1.0\tstaged\n", 9), "-9223372036854775808\t1\t/\n9\t9223372036854775807\t/\x00")
	f.Fuzz(func(t *testing.T, said, end, files, room string) {
		for _, a := range []framing.Answer{frames("apt.stage", said, "stage.end", end, "stage.files", files), frames("stage.room", room)} {
			p := stage.Parse(a, three())
			if p.Staged < 0 || p.Staged > p.Total || p.Total != 2 || (p.Problem == nil) != (p.Staged == p.Total) {
				t.Fatalf("%+v %+v", p, p.Problem)
			}
			if p.Problem != nil && (len(p.Problem.Message) > 700 || !utf8.ValidString(p.Problem.Message) || strings.ContainsAny(p.Problem.Message, "\n\x1b\x00")) {
				t.Fatalf("%q", p.Problem.Message)
			}
		}
	})
}
