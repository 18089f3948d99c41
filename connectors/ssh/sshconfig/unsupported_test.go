package sshconfig

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnsupported(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		// what is the option of the error, "" for none.
		what string
		// hint and listed are parts of the error and of Unsupported.
		hint, listed string
	}{
		{"command", "ProxyCommand /usr/bin/nc %h %p", "ProxyCommand", "write ProxyJump", "ProxyCommand at /home/ops/.ssh/config:1 is never run"},
		{"command with open quotes", "ProxyCommand sh -c 'x", "ProxyCommand", "write ProxyJump", "never run"},
		{"command that is a jump", "ProxyCommand ssh -q -W %h:%p ops@bastion", "ProxyCommand", "`ProxyJump ops@bastion`", "never run"},
		{"command before jump", "ProxyCommand x\nProxyJump bastion", "ProxyCommand", "", "never run"},
		{"command of another host", "Host db\n ProxyCommand x", "", "", ""},
		{"match exec that matters", "Match exec \"touch CANARY\"\n User a", "Match exec", "Host line", "Match exec at /home/ops/.ssh/config:1 is not tried"},
		{"match exec of another host", "Match host db exec \"touch CANARY\"\n User a", "", "", ""},
		{"match exec after a false one", "Match exec \"touch CANARY\" host db\n User a", "", "", ""},
		{"match exec that sets nothing of use", "Match exec \"touch CANARY\"\n Compression yes", "", "", "is not tried"},
		{"match exec that comes too late", "User x\nMatch exec \"touch CANARY\"\n User a", "", "", "is not tried"},
		{"match exec with a key file", "IdentityFile /a\nMatch exec \"touch CANARY\"\n IdentityFile /b", "Match exec", "", "is not tried"},
		{"negated match exec", "Match !exec \"touch CANARY\"\n User a", "Match exec", "", ""},
		{"match final", "Match final all\n User a", "Match final", "", ""},
		{"match canonical without use", "Match canonical\n Ciphers x", "", "", "Match canonical"},
		{"match of the future", "Match weather rain\n Port 24", "Match weather", "", ""},
		{"match exec with an include", "Match exec \"touch CANARY\"\n Include other", "Match exec", "", ""},
		{"match exec with an include of no use", "Match exec \"touch CANARY\"\n Include ciphers", "", "", "is not tried"},
		{"match exec with an include for others", "Match exec \"touch CANARY\"\n Include for-db", "", "", "is not tried"},
		{"other options", "HostKeyAlgorithms ssh-rsa", "", "", "hostkeyalgorithms at /home/ops/.ssh/config:1 has no effect"},
		{"command for keys", "KnownHostsCommand touch CANARY", "", "", "knownhostscommand"},
		{"token", "IdentityFile /k/%C", "", "", "the token %C is not supported"},
		{"environment", "IdentityFile ${SECRET}/k", "", "", "only ${HOME}"},
		{"home of another", "CertificateFile ~bob/k", "", "", "another user"},
		{"percent at the end", "CertificateFile /k%", "", "", "write %%"},
		{"empty path", "CertificateFile \"\"", "", "", "path is empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			c, back, err := loadText(t, tc.text, map[string]string{
				".ssh/other": "User a", ".ssh/ciphers": "Ciphers x", ".ssh/for-db": "Host db\n User a",
			})
			if err != nil {
				t.Fatal(err)
			}
			s, err := c.Host("web")
			e, _ := errors.AsType[*UnsupportedError](err)
			switch {
			case tc.what == "" && err != nil:
				t.Error(err)
			case tc.what != "" && (e == nil || e.What != tc.what || !strings.Contains(e.Error(), tc.hint) || e.Line == 0):
				t.Errorf("%v, want %s", err, tc.what)
			}
			if listed := back(strings.Join(s.Unsupported, "\n")); !strings.Contains(listed, tc.listed) {
				t.Errorf("%q is not in %q", tc.listed, listed)
			}
			if _, err := os.Stat("CANARY"); err == nil {
				t.Fatal("something was executed")
			}
		})
	}
}

func TestSettingsBesideAnError(t *testing.T) {
	s, err := host(t, "Host web\n HostName x.example\n ProxyCommand nc\n User a", "web")
	if err == nil || s.HostName != "x.example" || s.User != "a" {
		t.Error(s, err)
	}
}

func FuzzConfig(f *testing.F) {
	for _, name := range []string{"config", "odd"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "web-01")
	}
	f.Fuzz(func(t *testing.T, text []byte, alias string) {
		c := &Config{home: "/home/ops", localUser: "ops"}
		r := &reader{home: "/nonexistent"}
		if strings.Contains(strings.ToLower(string(text)), "include") {
			return // it would read the files of this machine
		}
		root, err := r.parse("config", text, 0)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x1b\x00") {
				t.Fatalf("%q", err)
			}
			return
		}
		c.root = root
		s, err := c.Host(alias)
		if err != nil {
			return
		}
		for _, h := range append(s.ProxyJump, Hop{Host: s.HostName, User: s.User}) {
			if strings.HasPrefix(h.Host, "-") || strings.ContainsAny(h.Host+h.User, " /$`;\n\x00") {
				t.Fatalf("%+v", h)
			}
		}
	})
}

func FuzzSplitLine(f *testing.F) {
	for _, s := range []string{"Host a", "User=\"x y\" # c", `IdentityFile a\ b 'c"d'`, "=", "a = = b", `x "\\"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, ok, err := splitLine(s)
		if !ok || err != nil {
			return
		}
		got := decode(encode(w.args))
		if strings.Join(got, "\x00") != strings.Join(w.args, "\x00") || len(got) != len(w.args) {
			t.Fatalf("%q became %q", w.args, got)
		}
	})
}
