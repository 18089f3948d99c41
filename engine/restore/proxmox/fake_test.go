package proxmox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// token is what the fake lets in.
const token = "patchwave@pve!points=11111111-2222-3333-4444-555555555555"

// fakeAPI is a fake of the API of Proxmox VE with a state, written after its published
// schema (https://pve.proxmox.com/pve-docs/api-viewer/; the same as types:
// https://docs.rs/crate/clientapi-pve) and after what it was seen to say in
// https://github.com/Telmate/terraform-provider-proxmox/issues/173 (locks),
// https://github.com/Corsinvest/cv4pve-autosnap/issues/46 and
// https://github.com/apprell/proxmox-autosnap/issues/24 (what an interrupted removal
// leaves). It is no Proxmox: no such one was at hand.
type fakeAPI struct {
	mu     sync.Mutex
	kind   string
	node   string
	name   string
	lock   string
	run    bool
	pid    int64
	uptime int64
	parent string
	disk   string // what is written in the machine
	snaps  []fakeSnap
	tasks  map[string]*fakeTask
	n      int
	// what goes wrong: by method and the end of the path
	trouble map[string]func(w http.ResponseWriter) bool
	fails   map[string]string // kind of a task: what it ends with
	noSnaps bool
	noPID   bool
	asked   []string
	server  *httptest.Server
}

type fakeSnap struct{ name, description, parent, disk, state string }

type fakeTask struct {
	polls int
	do    func() string
	exit  string
}

func newFake(t *testing.T, kind string) *fakeAPI {
	t.Helper()
	f := &fakeAPI{kind: kind, node: "pve2", name: "web-01", run: true, pid: 4711, uptime: 86400, disk: "old", tasks: map[string]*fakeTask{},
		trouble: map[string]func(http.ResponseWriter) bool{}, fails: map[string]string{}}
	f.server = httptest.NewTLSServer(f)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/api2/json")
	f.asked = append(f.asked, r.Method+" "+path)
	if r.Header.Get("Authorization") != "PVEAPIToken="+token {
		refuse(w, http.StatusUnauthorized, "no such user ('nobody@pve')")
		return
	}
	for end, what := range f.trouble {
		method, suffix, _ := strings.Cut(end, " ")
		if r.Method == method && strings.HasSuffix(path, suffix) && what(w) {
			return
		}
	}
	own := "/nodes/" + f.node + "/" + f.kind + "/100"
	switch {
	case path == "/cluster/resources" && r.URL.Query().Get("type") == "vm":
		say(w, []map[string]any{
			{"id": "qemu/9000", "type": "qemu", "vmid": 9000, "node": "pve1", "name": "template", "template": 1, "status": "stopped"},
			{"id": f.kind + "/100", "type": f.kind, "vmid": 100, "node": f.node, "name": f.name, "template": 0, "status": "running", "maxmem": 1 << 30},
			{"id": "qemu/101", "type": "qemu", "vmid": 101, "node": "pve1", "name": "twin"}, {"id": "lxc/102", "type": "lxc", "vmid": 102, "node": "pve1", "name": "twin"},
		})
	case strings.Contains(path, "/tasks/"):
		f.task(w, strings.TrimSuffix(path[strings.Index(path, "UPID:"):], "/status"))
	case !strings.HasPrefix(path, own):
		refuse(w, http.StatusInternalServerError, "Configuration file 'nodes/x/qemu-server/100.conf' does not exist")
	default:
		f.machine(w, r, strings.TrimPrefix(path, own))
	}
}

func (f *fakeAPI) machine(w http.ResponseWriter, r *http.Request, path string) {
	name, roll := strings.CutSuffix(strings.TrimPrefix(path, "/snapshot/"), "/rollback")
	switch {
	case r.Method == http.MethodGet && path == "/status/current":
		say(w, f.current())
	case r.Method == http.MethodGet && path == "/feature":
		say(w, map[string]any{"hasFeature": map[bool]int{true: 0, false: 1}[f.noSnaps], "nodes": []string{f.node}})
	case r.Method == http.MethodGet && path == "/snapshot":
		say(w, f.list())
	case f.lock != "":
		f.begin(w, "qmsnapshot", func() string { return "VM is locked (" + f.lock + ")" })
	case r.Method == http.MethodPost && path == "/snapshot":
		f.create(w, r)
	case r.Method == http.MethodPost && roll:
		f.begin(w, "qmrollback", func() string { return f.rollback(name) })
	case r.Method == http.MethodPost && path == "/status/start":
		f.begin(w, "qmstart", func() string { f.run, f.uptime, f.pid = true, 1, f.pid+1; return "OK" })
	case r.Method == http.MethodDelete && strings.HasPrefix(path, "/snapshot/"):
		f.begin(w, "qmdelsnapshot", func() string { return f.remove(name) })
	default:
		refuse(w, http.StatusNotImplemented, "Method '"+r.Method+" "+path+"' not implemented")
	}
}

func (f *fakeAPI) current() map[string]any {
	s := map[string]any{"vmid": 100, "name": f.name, "status": "stopped", "uptime": 0}
	if f.run {
		s["status"], s["uptime"] = "running", f.uptime
		if !f.noPID {
			s["pid"] = f.pid
		}
	}
	if f.lock != "" {
		s["lock"] = f.lock
	}
	return s
}

func (f *fakeAPI) list() []map[string]any {
	out := []map[string]any{}
	for _, s := range f.snaps {
		one := map[string]any{"name": s.name, "description": s.description + "\n", "snaptime": 1700000000, "parent": s.parent}
		if s.state != "" {
			one["snapstate"] = s.state
		}
		out = append(out, one)
	}
	return append(out, map[string]any{"name": "current", "description": "You are here!", "digest": "x", "running": 1, "parent": f.parent})
}

func (f *fakeAPI) create(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("snapname")
	switch {
	case name == "" || len(name) > 40:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"data":null,"errors":{"snapname":"value may only be 40 characters long\n"}}`))
		return
	case f.kind == "lxc" && r.PostForm.Has("vmstate"):
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"data":null,"errors":{"vmstate":"property is not defined in schema and the schema does not allow additional properties"}}`))
		return
	case f.kind == "qemu" && r.PostFormValue("vmstate") != "0":
		refuse(w, http.StatusInternalServerError, "the memory was asked for")
		return
	}
	description := r.PostFormValue("description")
	f.begin(w, "qmsnapshot", func() string {
		if f.find(name) >= 0 {
			return "snapshot name '" + name + "' already used"
		}
		f.snaps = append(f.snaps, fakeSnap{name, description, f.parent, f.disk, ""})
		f.parent = name
		return "OK"
	})
}

func (f *fakeAPI) find(name string) int {
	for i, s := range f.snaps {
		if s.name == name {
			return i
		}
	}
	return -1
}

// rollback is that of a storage on ZFS: to the newest only.
func (f *fakeAPI) rollback(name string) string {
	i := f.find(name)
	switch {
	case i < 0:
		return "snapshot '" + name + "' does not exist"
	case i != len(f.snaps)-1:
		return "can't rollback, '" + name + "' is not most recent snapshot on 'vm-100-disk-0'"
	}
	f.run, f.disk, f.parent = false, f.snaps[i].disk, name
	return "OK"
}

func (f *fakeAPI) remove(name string) string {
	i := f.find(name)
	if i < 0 {
		return "snapshot '" + name + "' does not exist"
	}
	if f.parent == name {
		f.parent = f.snaps[i].parent
	}
	f.snaps = append(f.snaps[:i], f.snaps[i+1:]...)
	return "OK"
}

func (f *fakeAPI) begin(w http.ResponseWriter, kind string, do func() string) {
	f.n++
	upid := fmt.Sprintf("UPID:%s:0003%04X:0123ABCD:65000000:%s:100:patchwave@pve!points:", f.node, f.n, kind)
	if exit := f.fails[kind]; exit != "" {
		do = func() string { return exit }
	}
	f.tasks[upid] = &fakeTask{polls: 2, do: do}
	say(w, upid)
}

func (f *fakeAPI) task(w http.ResponseWriter, upid string) {
	t := f.tasks[upid]
	if t == nil {
		refuse(w, http.StatusInternalServerError, "no such task")
		return
	}
	if t.polls--; t.polls > 0 {
		say(w, map[string]any{"status": "running", "upid": upid, "node": f.node})
		return
	}
	if t.exit == "" {
		t.exit = t.do()
	}
	if t.exit == "never" {
		t.exit = ""
		say(w, map[string]any{"status": "running", "upid": upid})
		return
	}
	say(w, map[string]any{"status": "stopped", "exitstatus": t.exit, "upid": upid})
}

func say(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

// refuse answers as the API does: its words stand in the status line.
func refuse(w http.ResponseWriter, status int, words string) {
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	body := `{"data":null}`
	_, _ = buf.WriteString("HTTP/1.1 " + strconv.Itoa(status) + " " + words + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	_ = buf.Flush()
}
