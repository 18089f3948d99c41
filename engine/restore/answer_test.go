package restore

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/inventory"
)

func frame(lines ...string) framing.Answer {
	return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: Frame, Out: []byte(strings.Join(lines, "\n"))}}}
}

func TestParseAnswer(t *testing.T) {
	tests := []struct {
		name string
		op   Op
		in   framing.Answer
		want Said
	}{
		{"possible", OpDetect, frame("possible=yes", "free=5", "need=3", "cannot=data"), Said{Possible: true, Free: 5, Need: 3, Cannot: []string{"data"}}},
		{"impossible", OpDetect, frame("possible=no", "code=disk", "why=full"), Said{Code: "disk", Why: "full"}},
		{"the first counts", OpCreate, frame("state=unusable", "why=no", "state=whole"), Said{State: Unusable, Why: "no"}},
		{"a state of another operation", OpCreate, frame("state=restored"), Said{Code: "exit", Why: "the host did not say what came of it"}},
		{"possible is of detect", OpCreate, frame("possible=yes"), Said{Code: "exit", Why: "the host did not say what came of it"}},
		{"an unknown code", OpDetect, frame("code=rm -rf", "why=x"), Said{Why: "x"}},
		{"identity of two words", OpCheck, frame("state=whole", "identity=a b"), Said{State: Whole}},
		{"sizes", OpCheck, frame("state=whole", "size=-1", "free=99999999999999999999"), Said{State: Whole}},
		{"an error", OpCreate, framing.Answer{Frames: []framing.Frame{{Name: "error", Out: []byte("denied\n")}}}, Said{Code: "exit", Why: "denied"}},
		{"points", OpList, frame("point=patchwave-r1-a\t7\t12\t0", "point=other\t8\t12\t0", "point=patchwave-r1-b\t9\t-1\t0", "point=patchwave-x"),
			Said{Points: []Listed{{Tag: "patchwave-r1-a", ID: "7", Created: 12}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ParseAnswer(tt.op, tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add("possible=yes\nfree=1\ncannot=x", 0)
	f.Add("state=whole\nid=17\nidentity=4", 2)
	f.Add("point=patchwave-r1-00ff00\t17\t1700000000\t5\nstate=removed", 6)
	f.Add("why=\x1b[2J\xff\xfe", 1)
	f.Fuzz(func(t *testing.T, text string, n int) {
		op := Ops()[uint(n)%uint(len(Ops()))]
		s := ParseAnswer(op, frame(text))
		for _, w := range append(append([]string{s.Why, s.ID, s.Identity}, s.Undoes...), s.Cannot...) {
			if len(w) > 400 || strings.ContainsFunc(w, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Fatalf("%q", w)
			}
		}
		for _, p := range s.Points {
			if !OwnTag(p.Tag) || p.Created < 0 {
				t.Fatalf("%+v", p)
			}
		}
		if s.Possible && op != OpDetect {
			t.Fatalf("%s: %+v", op, s)
		}
	})
}

func TestTag(t *testing.T) {
	a, b := Tag("r20261122-020000-a1b2c3", "web-01"), Tag("r20261122-020000-a1b2c3", "web-02")
	long := Tag(strings.Repeat("x/", 50), "h")
	if a == b || !OwnTag(a) || !OwnTag(b) || !OwnTag(long) || len(a) > maxTag || len(long) > maxTag || !strings.Contains(a, "r20261122-020000-a1b2c3") {
		t.Errorf("%q %q %q", a, b, long)
	}
	for _, s := range []string{"", "patchwave-", "daily", "patchwave-a b", "xpatchwave-a", "patchwave-" + strings.Repeat("a", 31)} {
		if OwnTag(s) {
			t.Errorf("%q counts as ours", s)
		}
	}
}

func TestBeyond(t *testing.T) {
	now := time.Unix(1000000, 0)
	day := int64(24 * 3600)
	points := []Listed{{Tag: "patchwave-c", Created: 1000000 - 3*day}, {Tag: "patchwave-a", Created: 1000000 - day}, {Tag: "other", Created: 1},
		{Tag: "patchwave-b", Created: 1000000 - 2*day}, {Tag: "patchwave-d", Created: 1000000 - 4*day}}
	tests := []struct {
		keep   int
		expire time.Duration
		spare  string
		want   string
	}{
		{3, 0, "", "patchwave-d"}, {0, 0, "", ""}, {0, 50 * time.Hour, "", "patchwave-d patchwave-c"},
		{1, 0, "", "patchwave-d patchwave-c patchwave-b"}, {1, 0, "patchwave-c", "patchwave-d patchwave-b"}, {3, 36 * time.Hour, "patchwave-d", "patchwave-c patchwave-b"},
	}
	for _, tt := range tests {
		var got []string
		for _, p := range Beyond(points, tt.keep, tt.expire, now, tt.spare) {
			got = append(got, p.Tag)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("keep %d, expire %s, spare %q: %q, not %q", tt.keep, tt.expire, tt.spare, s, tt.want)
		}
	}
}

func TestFitsSaysWhy(t *testing.T) {
	h := &inventory.Host{Name: "a"}
	for _, kind := range []string{"timeshift", Hypervisor, "libvirt", "hyperv", SystemRestore, VSS} {
		if ok, why := Fits(kind, h, inventory.Facts{OS: inventory.OS{Family: "debian"}}); ok || why == "" {
			t.Errorf("%s: %v %q", kind, ok, why)
		}
	}
	if s := ScopeOf("timeshift"); s.Kind != "" || s.Rollback {
		t.Errorf("%+v", s)
	}
}
