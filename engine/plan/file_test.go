package plan

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sealed is a sample with its digest.
func sealed(t testing.TB, change func(*Plan)) *Plan {
	t.Helper()
	p := sample()
	if change != nil {
		change(p)
	}
	p.Digest = digestOf(t, p)
	return p
}

func encoded(t testing.TB, p *Plan) string {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// saved writes a file as the plan command does.
func saved(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadWhatWasSaved(t *testing.T) {
	p := sealed(t, nil)
	text := encoded(t, p)
	if !strings.HasSuffix(text, "}\n") {
		t.Errorf("the file does not end with a line feed: %q", text[len(text)-5:])
	}
	got, err := Load(saved(t, text), noon())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
}

// TestLoadTakesAnyLayout: the digest is over the content, not over the bytes.
func TestLoadTakesAnyLayout(t *testing.T) {
	text := encoded(t, sealed(t, nil))
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\n", ""), "  ", "")
	if _, err := Load(saved(t, text), noon()); err != nil {
		t.Error(err)
	}
}

// TestLoadRefuses files that somebody changed, or made by hand with a digest that
// fits.
func TestLoadRefuses(t *testing.T) {
	replaced := func(old, with string) string {
		text := encoded(t, sealed(t, nil))
		if !strings.Contains(text, old) {
			t.Fatalf("the sample has no %s", old)
		}
		return strings.Replace(text, old, with, 1)
	}
	made := func(change func(*Plan)) string { return encoded(t, sealed(t, change)) }
	entry := func(p *Plan) *Entry { return &p.Waves[0].Batches[0].Hosts[0].Steps[0].Updates[0] }
	tests := []struct{ name, content, want string }{
		{"an empty file", "", "is no plan: EOF"},
		{"another file", "# a shopping list", "is no plan"},
		{"a list", "[]", "is no plan"},
		{"an empty object", "{}", `its schema is "" and not "patchwave/plan/v1"`},
		{"another schema", replaced("patchwave/plan/v1", "patchwave/plan/v2"), `its schema is "patchwave/plan/v2"`},
		{"a version that was changed", replaced(`"to": "2"`, `"to": "3"`), "its digest does not fit its content"},
		{"a host that was added", replaced(`"web-01"`, `"web-09"`), "its digest does not fit its content"},
		{"a digest that was changed", replaced(`"digest": "sha256:`, `"digest": "sha256:0`), "its digest does not fit its content"},
		{"an unknown member", replaced(`"waves"`, `"shell": "rm", "waves"`), `unknown field "shell"`},
		{"an unknown member deep inside", replaced(`"action"`, `"hook": "rm", "action"`), `unknown field "hook"`},
		{"something behind the end", encoded(t, sealed(t, nil)) + "{}", "something stands behind its end"},
		{"cut off", encoded(t, sealed(t, nil))[:400], "is no plan: unexpected EOF"},
		{"numbers that are none", replaced(`"download": 4096`, `"download": 1e99`), "is no plan"},
		{"a host twice", made(func(p *Plan) { p.Waves = append(p.Waves, p.Waves[0]) }), "host web-01 is in it twice"},
		{"a host that is excluded too", made(func(p *Plan) { p.Excluded[0].Host = "web-01" }), "host web-01 is in it twice"},
		{"an option for a name", made(func(p *Plan) { entry(p).Name = "-oDPkg::Pre-Invoke::=id" }), `host web-01: package "-oDPkg::Pre-Invoke::=id"`},
		{"an option for a version", made(func(p *Plan) { entry(p).To = "-o" }), "is not spelled as package names and versions are"},
		{"an option for an old version", made(func(p *Plan) { entry(p).From = "--force" }), "is not spelled"},
		{"an option for an architecture", made(func(p *Plan) { entry(p).Arch = "-a" }), "is not spelled"},
		{"a path", made(func(p *Plan) { entry(p).Name = "../../x.deb" }), "is not spelled"},
		{"a tab", made(func(p *Plan) { entry(p).Name = "a\tb" }), "is not spelled"},
		{"a second line", made(func(p *Plan) { entry(p).To = "1\nremove\tdpkg" }), "is not spelled"},
		{"a glob", made(func(p *Plan) { entry(p).Name = "lib*" }), "is not spelled"},
		{"a space", made(func(p *Plan) { entry(p).To = "1 2" }), "is not spelled"},
		{"a letter that only looks like one", made(func(p *Plan) { entry(p).Name = "l\u0430btool" }), "is not spelled"},
		{"no name", made(func(p *Plan) { entry(p).Name = "" }), `package "" is not spelled`},
		{"an action of its own", made(func(p *Plan) { entry(p).Action = "purge" }), `there is no action "purge"`},
		{"a step of its own", made(func(p *Plan) { p.Waves[0].Batches[0].Hosts[0].Steps[0].Step = "exec" }), `there is no step "exec"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := saved(t, tt.content)
			p, err := Load(path, noon())
			if err == nil || p != nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestLoadOfAnExpiredPlan(t *testing.T) {
	path := saved(t, encoded(t, sealed(t, nil)))
	if _, err := Load(path, noon().Add(Lifetime)); err != nil {
		t.Errorf("at its last instant: %v", err)
	}
	if _, err := Load(path, noon().Add(Lifetime+1)); err == nil || !strings.Contains(err.Error(), "expired on 2026-11-21T12:00:00Z; plan again") {
		t.Errorf("after it: %v", err)
	}
}

// TestLoadLooksAtTheFile: who owns it, who may write it, what it is.
func TestLoadLooksAtTheFile(t *testing.T) {
	good := encoded(t, sealed(t, nil))
	for mode, want := range map[os.FileMode]string{
		0o600: "", 0o400: "", 0o640: "", 0o644: "",
		0o620: "can be written by others (mode 0620); run: chmod 600", 0o602: "can be written by others", 0o666: "can be written by others",
	} {
		path := saved(t, good)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, noon())
		if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(saved(t, good), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(link, noon()); err == nil {
		t.Error("a symbolic link was followed")
	}
	if _, err := Load(t.TempDir(), noon()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none"), noon()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestLoadOfAnothersFile(t *testing.T) {
	path := saved(t, encoded(t, sealed(t, nil)))
	if err := os.Chown(path, 65534, -1); err != nil {
		t.Skipf("only root can give a file away: %v", err)
	}
	if _, err := Load(path, noon()); err == nil || !strings.Contains(err.Error(), "belongs to another user (uid 65534)") {
		t.Errorf("error %v", err)
	}
}

func TestLoadOfAFileWithoutEnd(t *testing.T) {
	path := saved(t, "")
	if err := os.Truncate(path, MaxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path, noon()); err == nil || !strings.Contains(err.Error(), "is larger than 268435456 bytes") {
		t.Errorf("error %v", err)
	}
}

// FuzzLoad: whatever stands in a file, Load returns a plan that is what it says,
// or an error.
func FuzzLoad(f *testing.F) {
	f.Add(encoded(f, sealed(f, nil)))
	f.Add(encoded(f, sealed(f, func(p *Plan) { p.Waves[0].Batches[0].Hosts[0].Steps[0].Updates[0].Name = "-o" })))
	f.Add(`{"schema":"patchwave/plan/v1","waves":[{"batches":[{"hosts":[{"steps":[{"updates":[{"name":"\ud800"}]}]}]}]}]}`)
	f.Add(strings.Repeat("[", 20000))
	path := filepath.Join(f.TempDir(), "plan.json")
	f.Fuzz(func(t *testing.T, content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(path, time.Time{})
		if err != nil {
			return
		}
		if p.Schema != Schema || p.Digest != digestOf(t, p) {
			t.Fatalf("a plan with another digest was taken: %+v", p)
		}
		for _, h := range p.Hosts() {
			for _, c := range h.Changes() {
				if strings.HasPrefix(c.Name, "-") || strings.ContainsAny(c.Name+c.Arch+c.From+c.To, " \t\n/*$`'\"\\;&|<>") {
					t.Fatalf("a hostile change was taken: %+v", c)
				}
			}
		}
	})
}
