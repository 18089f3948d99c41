package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"patchwave/connectors/sim"
)

// cmdExample puts an example into patchwave.d, with a simulated machine for each
// host that is named with its address and its services:
//
//	example cluster 10.0. 127.77. etcd-1=127.77.3.1:etcd pg-1=127.77.2.1:patroni
//
// The first two words are what all addresses of the example begin with, and what
// they begin with here. What else is changed is what a reader has to change: where
// the keys and the database are.
func cmdExample(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: example NAME FROM TO HOST=ADDRESS[:SERVICE,…]…")
	}
	port, err := freePort()
	ts.Check(err)
	fleet, err := sim.NewFleet(sim.Options{JobTime: 60 * time.Millisecond, RebootTime: 80 * time.Millisecond, Second: 5 * time.Millisecond,
		Addresses: true, Port: port, SharedHostKey: true})
	ts.Check(err)
	ts.Defer(fleet.Close)
	storyOf(ts).fleet = &fleetOf{fleet}
	for _, arg := range args[3:] {
		name, rest, _ := strings.Cut(arg, "=")
		address, services, _ := strings.Cut(rest, ":")
		m := machine(name)
		m.Address, m.Services, m.Commands = address, nil, clusterCommands()
		for _, s := range splitList(services) {
			m.Services = append(m.Services, sim.Service{Name: s})
		}
		_, err := fleet.Add(m)
		ts.Check(err)
	}
	dir := ts.MkAbs("patchwave.d")
	ts.Check(os.MkdirAll(dir, 0o700))
	edit := strings.NewReplacer(`"`+args[1], `"`+args[2],
		"/var/lib/patchwave/patchwave.db\"", filepath.Join(ts.MkAbs("state"), "patchwave.db")+"\"\n  known_hosts = [\"known_hosts\"]",
		"/etc/patchwave/id_ed25519", "id_ed25519", `user           = "patch"`, `user           = "patch"`+"\n  port           = "+strconv.Itoa(port),
		`password = secret("cred:sudo")`, `method = "sudo"`,
		"/usr/local/bin/end-silence", filepath.Join(ts.MkAbs("bin"), "end-silence"),
		`clock_skew = "2s"`, `clock_skew = "9000d"`) // the machines know nothing of the story's time
	from := filepath.Join(ts.Getenv("EXAMPLES"), args[0])
	files, err := filepath.Glob(filepath.Join(from, "*.hcl"))
	ts.Check(err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		ts.Check(err)
		ts.Check(os.WriteFile(filepath.Join(dir, filepath.Base(path)), []byte(edit.Replace(string(data))), 0o600))
	}
	for name, data := range map[string][]byte{"known_hosts": fleet.KnownHosts(), "id_ed25519": fleet.ClientKey()} {
		ts.Check(os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
}

// clusterCommands are the programs of examples/cluster, all of them content.
func clusterCommands() map[string]sim.Reply {
	out := map[string]sim.Reply{}
	for _, line := range []string{
		"etcdctl endpoint health --cluster", "etcdctl endpoint health",
		`if patronictl -c /etc/patroni.yml list -f tsv | grep -w "$(hostname)" | grep -qw Leader; then`,
		`patronictl -c /etc/patroni.yml switchover --leader "$(hostname)" --force`, "fi",
		"patronictl -c /etc/patroni.yml list -f json | /usr/local/bin/lag-below 16MB",
	} {
		out[line] = sim.Reply{}
	}
	return out
}

// served are the listeners of a script, by address.
type served struct {
	mu   sync.Mutex
	open map[string]net.Listener
}

// cmdServe answers http, and so tcp, at addresses; with ! nobody does any more.
func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	if s.served == nil {
		s.served = &served{open: map[string]net.Listener{}}
		ts.Defer(s.served.close)
	}
	s.served.mu.Lock()
	defer s.served.mu.Unlock()
	for _, address := range args {
		if neg {
			ts.Check(s.served.open[address].Close())
			delete(s.served.open, address)
			continue
		}
		l, err := net.Listen("tcp", address)
		ts.Check(err)
		s.served.open[address] = l
		server := &http.Server{ReadHeaderTimeout: time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })}
		go func() { _ = server.Serve(l) }() // until it is closed
	}
}

func (s *served) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.open {
		_ = l.Close() // the script is over
	}
}
