package sim_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
	"patchwave/engine/health"
	"patchwave/engine/job"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
)

// rebootScript is what the engine sends.
func rebootScript(t *testing.T) script.Script {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "engine", "run", "reboot.sh"))
	if err != nil {
		t.Fatal(err)
	}
	return script.Script{Name: "reboot", Version: 1, Sh: string(body)}
}

// again dials until the machine answers.
func (w *world) again(t *testing.T, name string) connectors.Session {
	t.Helper()
	var s connectors.Session
	eventually(t, "the machine's return", func() bool {
		var err error
		s, err = w.dialer.Dial(t.Context(), w.target(name))
		return err == nil
	})
	t.Cleanup(func() { _ = s.Close() }) // it may have been cut
	return s
}

func TestKernelNeedsReboot(t *testing.T) {
	const image = "linux-image-6.1.0-41-amd64"
	for _, tt := range []struct {
		name   string
		offers []sim.Offer
		want   []updates.Want
		kernel string
	}{
		{"the same release, built again", []sim.Offer{{Name: image, Version: "6.1.159-1", Kernel: "6.1.0-41-amd64"}},
			[]updates.Want{{Name: image, Arch: "amd64", Version: "6.1.159-1"}}, "6.1.0-41-amd64"},
		{"a new release", []sim.Offer{{Name: "linux-image-amd64", Version: "6.1.159-1", Needs: []string{"linux-image-6.1.0-100-amd64"}},
			{Name: "linux-image-6.1.0-100-amd64", Version: "6.1.159-1", Kernel: "6.1.0-100-amd64"}},
			[]updates.Want{{Name: "linux-image-amd64", Arch: "amd64", Version: "6.1.159-1"}, {Name: "linux-image-6.1.0-100-amd64", Arch: "amd64", Version: "6.1.159-1"}},
			"6.1.0-100-amd64"},
		{"the flag", []sim.Offer{{Name: "libc6", Version: "3", Reboot: true}}, []updates.Want{{Name: "libc6", Arch: "amd64", Version: "3"}}, "6.1.0-41-amd64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, s := one(t, sim.Machine{Updates: tt.offers})
			before := observe(t, s, scan.Request{})
			if before.Facts.RebootRequired {
				t.Errorf("a reboot is required before anything was done: %q", before.Facts.RebootReasons)
			}
			c := client(t, s)
			var changes []updates.Change
			for _, want := range tt.want {
				changes = append(changes, updates.Change{Action: updates.ActionUpgrade, Name: want.Name, Arch: want.Arch, To: want.Version})
			}
			if rc, answer := step(t, c, "install", updates.InstallScript(apt.New()), args(changes)); rc != 0 {
				t.Fatalf("%d %+v", rc, apt.New().ParseInstall(answer).Problem)
			}
			if a := observe(t, s, scan.Request{}); !a.Facts.RebootRequired || len(a.Facts.RebootReasons) == 0 {
				t.Errorf("no reboot is required: %+v", a.Facts)
			}
			step(t, c, "reboot", rebootScript(t), nil)
			eventually(t, "the reboot", func() bool { return w.host().Snapshot().Boots == 1 })
			after := observe(t, w.again(t, "m1"), scan.Request{})
			if after.Facts.RebootRequired || after.Facts.BootID == before.Facts.BootID || after.Facts.Kernel != tt.kernel || after.Facts.Uptime > time.Minute {
				t.Errorf("%+v", after.Facts)
			}
		})
	}
}

func TestRebootDropsConnectionsAndKeepsTheAddress(t *testing.T) {
	w, s := one(t, sim.Machine{Settle: 200 * time.Millisecond, Services: []sim.Service{{Name: "nginx"}}})
	ip, port := w.host().Addr()
	w.host().Reboot()
	if _, err := s.Run(t.Context(), connectors.Command{Line: "true"}); connectors.CodeOf(err) != connectors.CodeLost {
		t.Errorf("on the old connection: %v", err)
	}
	if _, err := w.dialer.Dial(t.Context(), w.target("m1")); connectors.CodeOf(err) != connectors.CodeUnreachable {
		t.Errorf("while it is down: %v", err)
	}
	s = w.again(t, "m1")
	if ip2, port2 := w.host().Addr(); ip2 != ip || port2 != port {
		t.Errorf("%s:%d became %s:%d", ip, port, ip2, port2)
	}
	if got := w.host().Snapshot().Services["nginx"]; got != "activating" {
		t.Errorf("nginx is %s at once", got)
	}
	if err := (health.Prober{Session: s, Host: "m1"}).Booted(t.Context(), 5*time.Second); err != nil {
		t.Error(err)
	}
	if got := w.host().Snapshot().Services["nginx"]; got != "active" {
		t.Errorf("nginx is %s", got)
	}
}

func TestRebootsThatGoWrong(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		w, s := one(t, sim.Machine{Faults: sim.Faults{NoReboot: true}})
		step(t, client(t, s), "reboot", rebootScript(t), nil)
		if _, err := s.Run(t.Context(), connectors.Command{Line: "true"}); err != nil || w.host().Snapshot().Boots != 0 {
			t.Errorf("%v", err)
		}
	})
	t.Run("no return, until the power is switched on", func(t *testing.T) {
		w, s := one(t, sim.Machine{Faults: sim.Faults{NoReturn: true}})
		c := client(t, s)
		if _, err := c.Start(t.Context(), job.ID{Run: "r1", Host: "m1", Step: "reboot", Round: 1}, rebootScript(t), nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end", func() bool {
			_, err := s.Run(t.Context(), connectors.Command{Line: "true"})
			return err != nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		<-ctx.Done()
		if _, err := w.dialer.Dial(t.Context(), w.target("m1")); connectors.CodeOf(err) != connectors.CodeUnreachable {
			t.Errorf("%v", err)
		}
		w.host().PowerOn()
		w.again(t, "m1")
		w.host().PowerOn() // it is on
		if boots := w.host().Snapshot().Boots; boots != 1 {
			t.Errorf("%d boots", boots)
		}
	})
}
