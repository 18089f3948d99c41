package health

import (
	"strings"
	"testing"

	"patchwave/engine/journal"
)

func TestDifference(t *testing.T) {
	running := func(names ...string) map[string]bool {
		out := map[string]bool{}
		for _, n := range names {
			out[n] = true
		}
		return out
	}
	type data = journal.HealthData
	tests := []struct {
		name, part    string
		before, after data
		runs          map[string]bool
		states        map[string]string
		updated       []string
		missing       string
		ok            bool
		detail        string
	}{
		{name: "services as before", part: "services", before: data{Services: []string{"a", "b"}}, runs: running("a", "b", "new"), ok: true, detail: "2 as before"},
		{name: "a service failed", part: "services", before: data{Services: []string{"a", "b"}}, runs: running("b"), states: map[string]string{"a": "failed"},
			detail: "service a ran before and is failed now"},
		{name: "a service is gone", part: "services", before: data{Services: []string{"a"}}, detail: "service a ran before and is not there now"},
		{name: "started on demand now", part: "services", before: data{Services: []string{"a"}}, runs: running("a"), ok: true, detail: "1 as before"},
		{name: "many", part: "services", before: data{Services: []string{"a", "b", "c", "d", "e", "f", "g"}}, detail: "is not there now; and 2 more"},
		{name: "not looked at", part: "services", before: data{Init: "systemd"}, detail: notTaken},
		{name: "not told any more", part: "services", before: data{Services: []string{"a"}}, missing: "exit status 1", detail: "the host does not tell it any more: exit status 1"},

		{name: "listeners as before, and more", part: "listeners", before: data{Listeners: []string{"tcp/80"}}, after: data{Listeners: []string{"tcp/443", "tcp/80"}}, ok: true, detail: "1 as before"},
		{name: "a listener is gone", part: "listeners", before: data{Listeners: []string{"tcp/80", "udp/53"}}, after: data{Listeners: []string{"tcp/80"}}, detail: "nothing listens on udp/53 any more"},
		{name: "on loopback only", part: "listeners", before: data{Listeners: []string{"tcp/80"}}, after: data{Listeners: []string{"tcp/80 on loopback"}}, detail: "tcp/80 is open on loopback only"},
		{name: "wider open", part: "listeners", before: data{Listeners: []string{"tcp/80 on loopback"}}, after: data{Listeners: []string{"tcp/80"}}, ok: true, detail: "1 as before"},
		{name: "the kernel picked another port", part: "listeners", before: data{Listeners: []string{"tcp/40001 of user 106", "tcp/40002 of user 106"}},
			after: data{Listeners: []string{"tcp/50001 of user 106", "tcp/40002 of user 106"}}, ok: true, detail: "2 as before"},
		{name: "one of a user's is gone", part: "listeners", before: data{Listeners: []string{"tcp/33060 of user 106", "tcp/40002 of user 106"}},
			after: data{Listeners: []string{"tcp/40002 of user 106"}}, detail: "nothing listens on tcp/33060 of user 106 any more"},
		{name: "another user's does not count", part: "listeners", before: data{Listeners: []string{"tcp/33060 of user 106"}},
			after: data{Listeners: []string{"tcp/50000 of user 7"}}, detail: "nothing listens on tcp/33060"},

		{name: "a mount is gone", part: "mounts", before: data{Mounts: []string{"/", "/data"}}, after: data{Mounts: []string{"/"}}, detail: "/data is not mounted any more"},
		{name: "read-only now", part: "mounts", before: data{Mounts: []string{"/"}}, after: data{Mounts: []string{"/ (read-only)"}}, detail: "/ is read-only now"},
		{name: "writable now", part: "mounts", before: data{Mounts: []string{"/ (read-only)"}}, after: data{Mounts: []string{"/"}}, ok: true, detail: "1 as before"},

		{name: "failed before", part: "failed_units", before: data{FailedUnits: []string{"a.service"}}, after: data{FailedUnits: []string{"a.service"}}, ok: true, detail: "1 failed before, and no more now"},
		{name: "failed now", part: "failed_units", before: data{FailedUnits: []string{}}, after: data{FailedUnits: []string{"a.service"}}, detail: "a.service has failed"},

		{name: "broken before, otherwise now", part: "broken_packages", before: data{BrokenPackages: []string{"a unpacked"}}, after: data{BrokenPackages: []string{"a half-configured"}}, ok: true, detail: "1 broken before"},
		{name: "broken now", part: "broken_packages", before: data{BrokenPackages: []string{}}, after: data{BrokenPackages: []string{"a half-configured"}}, detail: "package a is half-configured"},

		{name: "a route is gone", part: "routes", before: data{Routes: []string{"10.0.0.0/8", "default"}}, after: data{Routes: []string{"10.0.0.0/8"}}, detail: "there is no route to default any more"},

		{name: "the same kernel", part: "kernel", before: data{Kernel: "6.1.0-41-amd64"}, after: data{Kernel: "6.1.0-41-amd64"}, ok: true, detail: "6.1.0-41-amd64 as before"},
		{name: "a kernel of the plan", part: "kernel", before: data{Kernel: "6.1.0-40-amd64"}, after: data{Kernel: "6.1.0-41-amd64"}, updated: []string{"linux-image-6.1.0-41-amd64"}, ok: true, detail: "as was to be expected"},
		{name: "one of rpm", part: "kernel", before: data{Kernel: "5.14.0-503.el9.x86_64"}, after: data{Kernel: "5.14.0-570.el9.x86_64"}, updated: []string{"kernel-core"}, ok: true, detail: "as was to be expected"},
		{name: "one that waited", part: "kernel", before: data{Kernel: "6.1.0-9-amd64", Kernels: []string{"6.1.0-10-amd64"}}, after: data{Kernel: "6.1.0-10-amd64"}, ok: true, detail: "as was to be expected"},
		{name: "one from nowhere", part: "kernel", before: data{Kernel: "6.1.0-9-amd64"}, after: data{Kernel: "6.1.0-10-amd64"}, updated: []string{"linux-doc", "nginx"}, detail: "none was among the updates"},
		{name: "an older one", part: "kernel", before: data{Kernel: "6.1.0-10-amd64", Kernels: []string{"6.1.0-9-amd64"}}, after: data{Kernel: "6.1.0-9-amd64"}, updated: []string{"kernel"}, detail: "kernel 6.1.0-9-amd64 runs, and the newer 6.1.0-10-amd64 did before"},
		{name: "no kernel", part: "kernel", detail: notTaken},

		{name: "time as before", part: "time", before: data{Time: "yes"}, after: data{Time: "yes"}, ok: true, detail: "held by a time server as before"},
		{name: "time lost", part: "time", before: data{Time: "yes"}, after: data{Time: "no"}, detail: "no time server holds the clock any more"},
		{name: "time untold", part: "time", before: data{Time: "yes"}, detail: "no time server holds the clock any more"},
		{name: "no time before", part: "time", before: data{Time: "no"}, after: data{Time: "no"}, ok: true, detail: "no time server held the clock before either"},
		{name: "cannot tell", part: "time", ok: true, detail: "cannot tell"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after := Fingerprint{HealthData: tt.after, Runs: tt.runs, States: tt.states, Missing: map[string]string{}}
			if tt.missing != "" {
				after.Missing[tt.part] = tt.missing
			}
			got := Difference(tt.before, after, []string{tt.part}, tt.updated)
			if len(got) != 1 || got[0].OK != tt.ok || !strings.Contains(got[0].Detail, tt.detail) || got[0].Name != tt.part {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestDetailsAreBounded: hosts may name things at length.
func TestDetailsAreBounded(t *testing.T) {
	before := journal.HealthData{}
	for range 100 {
		before.Services = append(before.Services, strings.Repeat("é", 90))
	}
	if got := Difference(before, Fingerprint{}, []string{"services"}, nil)[0]; len(got.Detail) > mostDetail+10 || got.OK {
		t.Errorf("%d bytes", len(got.Detail))
	}
}
