package sshconfig

import (
	"errors"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// loadText loads a configuration that stands at ~/.ssh/config of a new home. In
// it and in all that comes out, that home is written as /home/ops.
func loadText(t testing.TB, text string, included map[string]string) (*Config, func(string) string, error) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	files := map[string]string{".ssh/config": text}
	maps.Copy(files, included)
	for name, s := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(s, "/home/ops", home)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(filepath.Join(home, ".ssh/config"))
	return c, func(s string) string { return strings.ReplaceAll(s, home, "/home/ops") }, err
}

func host(t testing.TB, text, alias string) (Settings, error) {
	t.Helper()
	c, back, err := loadText(t, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Host(alias)
	return restore(s, back), err
}

func restore(s Settings, back func(string) string) Settings {
	for _, list := range []*[]string{&s.IdentityFiles, &s.CertificateFiles, &s.UserKnownHostsFiles, &s.Unsupported} {
		for i := range *list {
			(*list)[i] = back((*list)[i])
		}
	}
	return s
}

func localUser(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

func TestHost(t *testing.T) {
	for _, tc := range []struct {
		name, text, alias string
		want              Settings
	}{
		{"nothing", "", "web", Settings{}},
		{"before any Host", "User root", "web", Settings{User: "root"}},
		{"its block", "Host web\n HostName 10.0.0.1\n Port 2222\n User ops\nHost db\n User x", "web", Settings{HostName: "10.0.0.1", Port: 2222, User: "ops"}},
		{"the first counts", "Host web\n User a\nHost *\n User b\n Port 24", "web", Settings{User: "a", Port: 24}},
		{"patterns", "Host web-? db-*\n User a", "db-17", Settings{User: "a"}},
		{"negated", "Host * !web\n User a", "web", Settings{}},
		{"negated, other", "Host * !web\n User a", "db", Settings{User: "a"}},
		{"equals sign", "Host=web\nUser = a\nPort=24", "web", Settings{User: "a", Port: 24}},
		{"letter case of keywords", "hOST web\n uSER a", "web", Settings{User: "a"}},
		{"letter case of names", "Host web\n User a", "Web", Settings{}},
		{"quotes", "Host \"web\"\n IdentityFile \"/keys/my key\"", "web", Settings{IdentityFiles: []string{"/keys/my key"}}},
		{"comments", "# User x\nUser a # not b\nIdentityFile /keys/a#b # c", "web", Settings{User: "a", IdentityFiles: []string{"/keys/a#b"}}},
		{"crlf", "Host web\r\n User a\r\n", "web", Settings{User: "a"}},
		{"last line without end", "Host web\n User a", "web", Settings{User: "a"}},
		{"host name from the alias", "Host *\n HostName %h.example.com", "web", Settings{HostName: "web.example.com"}},
		{"percent in a host name", "HostName fe80::1%%eth0", "web", Settings{HostName: "fe80::1%eth0"}},
		{"files add up", "Host web\n IdentityFile /a\nHost *\n IdentityFile /b\n IdentityFile /a\n CertificateFile /c", "web",
			Settings{IdentityFiles: []string{"/a", "/b"}, CertificateFiles: []string{"/c"}}},
		{"none", "IdentityFile none\nUserKnownHostsFile none\nProxyJump none", "web", Settings{IdentityFiles: []string{}, UserKnownHostsFiles: []string{}}},
		{"tokens", "HostName x.example\nUser ops\nPort 24\nIdentityFile ~/k/%h-%n-%r-%p-%d-%%", "web",
			Settings{HostName: "x.example", User: "ops", Port: 24, IdentityFiles: []string{"/home/ops/k/x.example-web-ops-24-/home/ops-%"}}},
		{"home", "IdentityFile ~/.ssh/a\nIdentityFile ${HOME}/b\nCertificateFile %d/c", "web",
			Settings{IdentityFiles: []string{"/home/ops/.ssh/a", "/home/ops/b"}, CertificateFiles: []string{"/home/ops/c"}}},
		{"known hosts", "UserKnownHostsFile ~/a /etc/b\nUserKnownHostsFile /c", "web", Settings{UserKnownHostsFiles: []string{"/home/ops/a", "/etc/b"}}},
		{"alias for keys", "HostKeyAlias cluster", "web", Settings{HostKeyAlias: "cluster"}},
		{"identities only", "IdentitiesOnly yes", "web", Settings{IdentitiesOnly: true}},
		{"jump", "ProxyJump ops@bastion:2222,ssh://[2001:db8::1]:22,2001:db8::2", "web",
			Settings{ProxyJump: []Hop{{User: "ops", Host: "bastion", Port: 2222}, {Host: "2001:db8::1", Port: 22}, {Host: "2001:db8::2"}}}},
		{"jump before command", "ProxyJump bastion\nProxyCommand nc %h %p", "web", Settings{ProxyJump: []Hop{{Host: "bastion"}}}},
		{"no command", "ProxyCommand none\nProxyJump bastion", "web", Settings{}},
		{"match all", "Match all\n User a", "web", Settings{User: "a"}},
		{"match host", "Match host web,db\n User a", "db", Settings{User: "a"}},
		{"match host takes the host name", "HostName x.example\nMatch host *.example\n User a", "web", Settings{HostName: "x.example", User: "a"}},
		{"match original host", "HostName x.example\nMatch originalhost web\n User a", "web", Settings{HostName: "x.example", User: "a"}},
		{"match not", "Match !host web\n User a", "web", Settings{}},
		{"match two criteria", "Match host web user nobody-else\n User a", "web", Settings{}},
		{"match user", "User ops\nMatch user ops\n Port 24", "web", Settings{User: "ops", Port: 24}},
		{"match with equals sign", "Match host=web\n User a", "web", Settings{User: "a"}},
		{"match negated in the list", "Match host *,!web\n User a", "web", Settings{}},
		{"unknown options", "Compression yes\nFooBar x\nUser a", "web", Settings{User: "a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := host(t, tc.text, tc.alias)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLocalUserIsKnown(t *testing.T) {
	s, err := host(t, "Match localuser "+localUser(t)+"\n Port 24\nIdentityFile /k/%u-%r", "web")
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{Port: 24, IdentityFiles: []string{"/k/" + localUser(t) + "-" + localUser(t)}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

func TestHostErrors(t *testing.T) {
	for _, tc := range []struct{ name, text, alias, want string }{
		{"port", "Port 70000", "web", "config:1: port"},
		{"port zero", "Host web\nPort 0", "web", "config:2: port"},
		{"jump", "ProxyJump a b,c d", "web", ""},
		{"jump to nothing", "ProxyJump ,", "web", "config:1: proxyjump"},
		{"jump with an option", "ProxyJump -oProxyCommand=x", "web", "config:1: proxyjump"},
		{"jump with a command", "ProxyJump $(x)", "web", "config:1: proxyjump"},
		{"host name with a path", "HostName ../x", "web", "config:1: hostname"},
		{"host name with an unknown token", "HostName %q", "web", "config:1: hostname"},
		{"user with an option", "User -x", "web", "config:1: user"},
		{"identities only", "IdentitiesOnly maybe", "web", "config:1: identitiesonly"},
		{"alias that is none", "", "a b", "is no host name"},
		{"alias that is an option", "", "-oProxyCommand=x", "is no host name"},
		{"alias that is a path", "", "../web", "is no host name"},
		{"alias of dots", "", "..", "is no host name"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := host(t, tc.text, tc.alias)
			if tc.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
			if _, ok := errors.AsType[*UnsupportedError](err); ok {
				t.Error("a mistake is called unsupported")
			}
		})
	}
}

func TestLoadErrors(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"quote", "User a\nIdentityFile \"x", "config:2: a quote is not closed"},
		{"no value", "User", "config:1: user has no value"},
		{"no keyword", "= x", "config:1: there is no keyword"},
		{"odd keyword", "Us\"er x", "is no keyword"},
		{"control character", "User a\x1b[2J", "config:1: the line holds a control character"},
		{"not utf-8", "User \xff", "config:1: the line is not UTF-8"},
		{"long line", "User " + strings.Repeat("a", 5000), "config:1: the line is longer"},
		{"every problem", "User\nPort", "config:2: port has no value"},
		{"host pattern", "Host !", "config:1: \"!\" is no host pattern"},
		{"match without a value", "Match host", "config:1: Match host has no value"},
		{"match with an empty list", "Match host ,", "config:1: \",\" is no list"},
		{"include of another user", "Include ~bob/config", "config:1: ~bob/config"},
		{"include pattern", "Include [", "config:1: include"},
		{"include itself", "Include config", "look for a loop"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := loadText(t, tc.text, nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestLoadMissingFile(t *testing.T) {
	c, err := Load(filepath.Join(t.TempDir(), "config"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := c.Host("web"); err != nil || s.HostName != "" {
		t.Error(s, err)
	}
}

func TestLoadRefusesOpenFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o602); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), "chmod o-w") {
		t.Error(err)
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Error(err)
	}
}

func TestInclude(t *testing.T) {
	c, back, err := loadText(t, "Include conf.d/*.conf nothing-*\nHost web\n Include web.conf\n Port 25\nHost db\n Include web.conf\nHost *\n User last\n Include ~/abs.conf", map[string]string{
		".ssh/conf.d/10.conf": "Host web\n User ten\nHost *\n IdentityFile /ten",
		".ssh/conf.d/20.conf": "Host web\n User twenty\n Port 20",
		".ssh/web.conf":       "HostName %h.example\nHost x\n HostName never\nHost web\n HostKeyAlias w",
		"abs.conf":            "IdentityFile /abs",
	})
	if err != nil {
		t.Fatal(err)
	}
	for alias, want := range map[string]Settings{
		"web": {HostName: "web.example", User: "ten", Port: 20, HostKeyAlias: "w", IdentityFiles: []string{"/ten", "/abs"}},
		"db":  {HostName: "db.example", User: "last", IdentityFiles: []string{"/ten", "/abs"}},
		"x":   {User: "last", IdentityFiles: []string{"/ten", "/abs"}},
	} {
		got, err := c.Host(alias)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, restore(got, back)); diff != "" {
			t.Errorf("%s: %s", alias, diff)
		}
	}
}
