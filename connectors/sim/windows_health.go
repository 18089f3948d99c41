package sim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// always are services of every Windows, with the ports on which they listen.
func always() []Service {
	return []Service{{Name: "EventLog"}, {Name: "LanmanServer", Port: 445}, {Name: "RpcSs", Port: 135}, {Name: "Schedule"}, {Name: "W32Time"},
		{Name: "WinRM"}, {Name: "wuauserv"}}
}

// service is the state of a service, in the words of engine/health/health.ps1.
func (w *windows) service(name string) (known bool, state string) {
	if slices.ContainsFunc(always(), func(s Service) bool { return strings.EqualFold(s.Name, name) }) {
		return true, "running"
	}
	for _, s := range w.h.spec.Services {
		switch {
		case !strings.EqualFold(s.Name, name):
		case w.h.stops(s), w.broken(s.Name):
			return true, "stopped"
		case w.h.starting() || w.settling():
			return true, "start_pending"
		default:
			return true, "running"
		}
	}
	return false, "stopped"
}

// broken reports whether a service cannot run with an update that is installed.
func (w *windows) broken(service string) bool {
	for name, breaks := range w.h.faults.Breaks {
		if breaks != service {
			continue
		}
		if slices.ContainsFunc(w.updates, func(u *winUpdate) bool {
			return u.called(name) && (u.state == winInstalled || u.state == winStaged)
		}) {
			return true
		}
	}
	return false
}

func (w *windows) all() []Service { return slices.Concat(always(), w.h.spec.Services) }

// pid is the process of a service, which differs from boot to boot.
func (w *windows) pid(i int) int { return 1000 + 4*(i+7*w.h.seen.boots) }

// health prints what engine/health/health.ps1 prints: the parts that were asked
// for.
func (w *windows) health(a frames, args map[string]string) {
	a.put("basics", fmt.Sprintf("boot_id=%s\nkernel=%s\ninit=windows\nmanager=cbs\nuptime=%d\n",
		w.h.bootID, w.build, int(time.Since(w.h.bootedAt).Seconds())))
	parts := strings.Fields(args["parts"])
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(parts, n) })
	}
	if has("services", "failed_units", "listeners") {
		a.put("services", w.services())
	}
	if has("failed_units") {
		a.put("failed_units", w.crashes())
	}
	if has("listeners") {
		a.put("range", "49152 65535\n")
		a.put("listeners", w.listeners())
	}
	if has("mounts") {
		a.put("mounts", "C:\\\t3\tNTFS\n")
	}
	if has("broken_packages") {
		text := ""
		if w.pends() {
			text = "component-store\tpending\t0\n"
		}
		a.put("broken_packages", text)
	}
	if has("kernel") {
		text := w.build + "\n"
		if w.pends() {
			text += "pending\n"
		}
		a.put("kernels", text)
	}
	if has("routes") {
		a.put("routes", "Ethernet\t0.0.0.0/0\t10.0.2.2\nEthernet\t10.0.2.0/24\t0.0.0.0\n")
	}
	if has("event_errors") {
		a.put("event_errors", w.errors())
	}
	if has("time") {
		a.put("time", "service=running\nstart=auto\nleap=0\nstratum=3\nreference=10.0.2.2\n")
	}
}

// pends reports whether servicing waits for a reboot.
func (w *windows) pends() bool { return slices.Contains(w.reasons, ReasonServicing) }

func (w *windows) services() string {
	var b strings.Builder
	for i, s := range w.all() {
		_, state := w.service(s.Name)
		exit, pid := "0", "-"
		if state == "running" {
			pid = strconv.Itoa(w.pid(i))
		}
		if w.broken(s.Name) {
			exit = "1067"
		}
		fmt.Fprintf(&b, "%s\t%s\tauto\t-\t%s\t%s\n", s.Name, state, exit, pid)
	}
	return b.String()
}

func (w *windows) crashes() string {
	var b strings.Builder
	for _, s := range w.h.spec.Services {
		if w.broken(s.Name) {
			fmt.Fprintf(&b, "%s\t3\n", s.Name)
		}
	}
	return b.String()
}

// errors are those of the event log: some that every machine has, and what came with
// updates.
func (w *windows) errors() string {
	var b strings.Builder
	b.WriteString("Microsoft-Windows-DistributedCOM\t10016\t40\t2\nService Control Manager\t7023\t3\t1\n")
	for _, update := range slices.Sorted(maps.Keys(w.h.faults.Windows.Logs)) {
		provider, id := w.h.faults.Windows.Logs[update], ""
		if at := strings.LastIndexByte(provider, ' '); at >= 0 {
			provider, id = provider[:at], provider[at+1:]
		}
		if slices.ContainsFunc(w.updates, func(u *winUpdate) bool { return u.called(update) && u.state == winInstalled }) {
			fmt.Fprintf(&b, "%s\t%s\t2\t2\n", provider, id)
		}
	}
	return b.String()
}

func (w *windows) listeners() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tcp\t0.0.0.0\t%d\t4\n", 5985)
	for i, s := range w.all() {
		if s.Port != 0 && w.listens(s.Port) {
			fmt.Fprintf(&b, "tcp\t0.0.0.0\t%d\t%d\n", s.Port, w.pid(i))
		}
	}
	return b.String()
}

func (w *windows) listens(port int) bool {
	for _, s := range w.all() {
		if _, state := w.service(s.Name); s.Port == port && state == "running" {
			return true
		}
	}
	return port == 5985
}

// probe answers one question about the machine's health: engine/health/probe.ps1.
func (w *windows) probe(a frames, args map[string]string) {
	var r Reply
	switch args["kind"] {
	case "service":
		known, state := w.service(args["name"])
		r.Out = state + "\n"
		switch {
		case !known:
			r = Reply{Out: "there is no service of this name\n", RC: 4}
		case state != "running":
			r.RC = 3
		}
	case "tcp":
		port, err := strconv.Atoi(args["port"])
		if err != nil || !w.listens(port) {
			r.RC = 1
		}
	case "command":
		r = w.reply(args["run"])
	case "program":
		var argv []string
		for _, name := range strings.Fields(args["words"]) {
			argv = append(argv, args[name])
		}
		r = w.reply(strings.Join(argv, " "))
	case "http":
		r = w.reply("curl " + args["url"])
	case "boot":
		if w.h.starting() || w.settling() {
			r.RC = 1
		}
	}
	a.run("probe", r.Out, r.Err, r.RC)
}
