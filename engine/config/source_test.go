package config_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/engine/config"
	"patchwave/inventory"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestSources(t *testing.T) {
	dir, _ := fixture(t, "testdata/valid/sources")
	cfg, ds := config.Load(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	inv, _, _ := cfg.Resolve(nil)
	var names []string
	for _, h := range inv.Hosts {
		names = append(names, h.Name+" "+h.Source)
	}
	want := []string{"csv-01 table", "db1.example.net cmdb", "jumped mine", "old-01 legacy", "old-02 legacy", "proxy ", "yam-01 yaml"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	old := inv.Host("old-02")
	if old.Target.Port != 2222 || old.Target.User != "root" || old.Target.Address != "10.0.9.2" || old.Vars["rack"] != 12.0 {
		t.Errorf("host %+v", old)
	}
	if first := inv.Host("old-01"); first.Target.User != "patch" || first.Target.Port != 0 || first.Pos.File != "hosts.ini" {
		t.Errorf("host %+v", first)
	}
	if diff := cmp.Diff([]string{"named", "old"}, old.Groups); diff != "" {
		// named has the group old, and so its members.
		t.Error(diff)
	}
	db := inv.Host("db1.example.net")
	if db.Site != "fra1" || db.Timezone != "Europe/Berlin" || db.Labels["role"] != "db" {
		t.Errorf("host %+v", db)
	}
	if csv := inv.Host("csv-01"); csv.Labels["role"] != "web" || csv.Connection != "linux" {
		t.Errorf("host %+v", csv)
	}
	if got := inv.Host("proxy").DependsOn; !slices.Equal(got, []string{"old-02"}) {
		t.Errorf("depends on %q", got)
	}
	jumped := inv.Host("jumped").Target
	if len(jumped.Jump) != 1 || jumped.User != "op" {
		t.Fatalf("target %+v", jumped)
	}
	if hop := jumped.Jump[0]; hop.Address != "10.0.5.9" || hop.Port != 2200 || hop.User != "gate" || hop.Become.Method != connectors.BecomeNone || hop.Keys.Policy != connectors.HostKeysStrict {
		t.Errorf("jump %+v", hop)
	}
}

const cloud = `
patchwave { database = "pw.db" }
connection "c" { type = "ssh" }
source "command" "cloud" {
  command    = ["./cloud", "--list"]
  connection = connection.c
}
group "g" { members = [host.cloud-1] }
`

// TestSourceCommand: what a command printed is asked for, and what was asked for
// decides the digest.
func TestSourceCommand(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", cloud)
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	loadWith := func(out string, err error) (*config.Config, config.Diagnostics) {
		opt := options(dir)
		opt.SourceOutput = func(c config.SourceCommand) ([]byte, time.Time, error) {
			want := config.SourceCommand{Name: "cloud", Command: []string{"./cloud", "--list"}, Dir: dir, Database: dir + "/pw.db"}
			if diff := cmp.Diff(want, c); diff != "" {
				t.Error(diff)
			}
			return []byte(out), at, err
		}
		return config.Load(opt)
	}
	cfg, ds := loadWith(`[{"name": "cloud-1", "address": "10.0.0.1"}]`, nil)
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	inv, _, _ := cfg.Resolve(nil)
	if h := inv.Host("cloud-1"); h == nil || h.Source != "cloud" || !slices.Equal(h.Groups, []string{"g"}) {
		t.Errorf("host %+v", h)
	}
	want := []config.Source{{Name: "cloud", Kind: "command", Command: []string{"./cloud", "--list"}, Read: at, Hosts: 1}}
	if diff := cmp.Diff(want, cfg.Sources, cmpopts.IgnoreFields(config.Source{}, "Pos")); diff != "" {
		t.Error(diff)
	}
	other, _ := loadWith(`[{"name": "cloud-1", "address": "10.0.0.2"}]`, nil)
	if other.Digest == cfg.Digest {
		t.Error("another address, the same digest")
	}
	if _, ds := loadWith("", errors.New("exit status 1")); !strings.Contains(fmt.Sprint(ds), `source "cloud" failed`) || !ds.HasErrors() {
		t.Errorf("%v", ds)
	}
	if _, ds := loadWith("", config.ErrNoOutput); ds.HasErrors() || len(ds) != 2 {
		t.Errorf("%v", ds)
	}
	if _, ds := loadWith("<html>", nil); !ds.HasErrors() {
		t.Errorf("%v", ds)
	}
	// A host that the output does not have is an error as any other.
	if _, ds := loadWith(`[{"name": "cloud-2"}]`, nil); !strings.Contains(fmt.Sprint(ds), `there is no host "cloud-1"`) {
		t.Errorf("%v", ds)
	}
}

// TestSourceFilesCount: a file of a source is part of the digest, and must be as
// trusted as the configuration.
func TestSourceFilesCount(t *testing.T) {
	dir, _ := fixture(t, "testdata/valid/sources")
	first, _ := config.Load(options(dir))
	write(t, dir, "group_vars/old.yml", "rack: 13\n")
	second, ds := config.Load(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if first.Digest == second.Digest {
		t.Error("another variable, the same digest")
	}
	inv, _, _ := second.Resolve(map[string]inventory.Facts{})
	if got := inv.Host("old-01").Vars["rack"]; got != 13.0 {
		t.Errorf("rack %v", got)
	}
}

// TestCalendarFilesCount: so are the holidays of a file.
func TestCalendarFilesCount(t *testing.T) {
	dir, _ := fixture(t, "testdata/warning/ics")
	first, _ := config.Load(options(dir))
	got := first.Declared(nil).Calendars[0].Holidays
	if len(got) != 3 || got[1].Name != "Christmas" || got[1].Date.String() != "2026-12-25" || got[2].Date.String() != "2026-12-26" {
		t.Errorf("holidays %+v", got)
	}
	write(t, dir, "past.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
	second, _ := config.Load(options(dir))
	if first.Digest == second.Digest {
		t.Error("other holidays, the same digest")
	}
}
