package updates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKeptOfDpkg: what a real dpkg said.
func TestKeptOfDpkg(t *testing.T) {
	for _, name := range []string{"install-apt2.6.txt", "install-apt3.0.txt", "install-broken-apt2.6.txt"} {
		log, err := os.ReadFile(filepath.Join("apt", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Conffile{{"/etc/confpkg.conf", "/etc/confpkg.conf.dpkg-dist"}}, Kept(log)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestKept(t *testing.T) {
	asked := "Configuration file '/etc/a b.conf'\n ==> Modified (by you or by a script) since installation.\n ==> Package distributor has shipped an updated version.\n"
	for name, test := range map[string]struct {
		log  string
		want []Conffile
	}{
		"nothing":                 {"Setting up nginx (1.0) ...\n", nil},
		"as requested":            {asked + " ==> Using current old file as you requested.\n", []Conffile{{"/etc/a b.conf", "/etc/a b.conf.dpkg-dist"}}},
		"an old dpkg":             {strings.Replace(asked, "'/", "`/", 1) + " ==> Keeping old config file as default.\r\n", []Conffile{{"/etc/a b.conf", "/etc/a b.conf.dpkg-dist"}}},
		"replaced":                {asked + " ==> Using new config file as default.\n", nil},
		"with something between":  {asked + "Setting up other (1) ...\n ==> Keeping old config file as default.\n", []Conffile{{"/etc/a b.conf", "/etc/a b.conf.dpkg-dist"}}},
		"replaced, then nothing":  {asked + " ==> Using new config file as default.\n ==> Keeping old config file as default.\n", nil},
		"dnf 4":                   {"warning: /etc/labtool.conf created as /etc/labtool.conf.rpmnew\n", []Conffile{{"/etc/labtool.conf", "/etc/labtool.conf.rpmnew"}}},
		"dnf 5":                   {">>> [RPM] /etc/labtool.conf created as /etc/labtool.conf.rpmnew\n", []Conffile{{"/etc/labtool.conf", "/etc/labtool.conf.rpmnew"}}},
		"zypper":                  {"    Output of labtool-1.1-1.noarch.rpm %posttrans script:\n    warning: /etc/labtool.conf created as /etc/labtool.conf.rpmnew\n", []Conffile{{"/etc/labtool.conf", "/etc/labtool.conf.rpmnew"}}},
		"pacman":                  {"warning: /etc/labtool.conf installed as /etc/labtool.conf.pacnew\n", []Conffile{{"/etc/labtool.conf", "/etc/labtool.conf.pacnew"}}},
		"twice":                   {strings.Repeat("warning: /etc/a created as /etc/a.rpmnew\n", 2), []Conffile{{"/etc/a", "/etc/a.rpmnew"}}},
		"a package in pacman":     {"newdep: install reason has been set to 'installed as dependency'\n", nil},
		"of two files":            {"warning: /etc/a created as /etc/b.rpmnew\n", nil},
		"not from the root":       {"warning: etc/a created as etc/a.rpmnew\n", nil},
		"more than anybody reads": {"warning: /" + strings.Repeat("a", 500) + " created as /" + strings.Repeat("a", 500) + ".rpmnew\n", nil},
	} {
		if diff := cmp.Diff(test.want, Kept([]byte(test.log))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var many strings.Builder
	for i := range 1000 {
		many.WriteString("warning: /etc/" + strings.Repeat("a", i%400) + " created as /etc/" + strings.Repeat("a", i%400) + ".rpmnew\n")
	}
	if n := len(Kept([]byte(many.String()))); n != maxConffiles {
		t.Errorf("%d files", n)
	}
}
