package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// receiverOf is somebody who is told, in a script: an HTTP server on loopback.
type receiverOf struct {
	server *httptest.Server
	mu     sync.Mutex
	mode   string
	got    []map[string]any
	hung   chan struct{}
}

type receiversKey struct{}

// cmdReceiver: receiver NAME MODE makes the receiver of a notify block, whose url is
// put into NAME.url: a generic webhook with a secret path. Its mode can be changed:
// ok, refused (nobody listens), hang, drip, close, status-500, redirect.
func cmdReceiver(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: receiver NAME MODE")
	}
	all, _ := ts.Value(receiversKey{}).(map[string]*receiverOf)
	r := all[args[0]]
	if r == nil {
		r = &receiverOf{hung: make(chan struct{})}
		r.server = httptest.NewServer(r)
		ts.Defer(r.server.Close)
		ts.Defer(func() { close(r.hung) })
		all[args[0]] = r
	}
	r.mu.Lock()
	r.mode = args[1]
	r.mu.Unlock()
	host := strings.TrimPrefix(r.server.URL, "http://")
	if args[1] == "refused" {
		host = "127.0.0.1:1" // one that was free a moment ago may be somebody else's now
	}
	url := fmt.Sprintf("generic://%s/hook/canary-7f3a-%s?disabletls=yes\n", host, args[0])
	ts.Check(os.WriteFile(ts.MkAbs(filepath.Join("patchwave.d", args[0]+".url.txt")), []byte(url), 0o600))
}

// ServeHTTP answers by the mode.
func (r *receiverOf) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	mode := r.mode
	if err == nil && mode == "ok" {
		var m map[string]any
		if json.Unmarshal(body, &m) == nil && strings.HasPrefix(req.URL.Path, "/hook/canary-7f3a-") {
			r.got = append(r.got, m)
		}
	}
	r.mu.Unlock()
	switch mode {
	case "hang":
		<-r.hung
	case "close":
		panic(http.ErrAbortHandler)
	case "status-500":
		http.Error(w, "no: "+req.URL.Path, http.StatusInternalServerError)
	case "redirect":
		http.Redirect(w, req, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
	}
}

// cmdTold: told NAME EVENT… – a receiver got exactly these events, in any order, each
// with an id of its own; with PATH=VALUE behind an event its message says so.
func cmdTold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: told NAME EVENT… [PATH=VALUE…]")
	}
	all, _ := ts.Value(receiversKey{}).(map[string]*receiverOf)
	r := all[args[0]]
	if r == nil {
		ts.Fatalf("no receiver %s", args[0])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var got, want []string
	ids := map[string]bool{}
	for _, m := range r.got {
		got = append(got, fmt.Sprint(m["event"]))
		ids[fmt.Sprint(m["id"])] = true
		if m["schema"] != "patchwave/notification/v1" {
			ts.Fatalf("schema %v", m["schema"])
		}
	}
	for _, a := range args[1:] {
		path, value, ok := strings.Cut(a, "=")
		if !ok {
			want = append(want, a)
			continue
		}
		if !slices.ContainsFunc(r.got, func(m map[string]any) bool { return says(m, path) == value }) {
			ts.Fatalf("no message has %s; they are %v", a, r.got)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		ts.Fatalf("told %v, not %v", got, want)
	}
	if len(ids) != len(r.got) {
		ts.Fatalf("an id was told twice: %v", r.got)
	}
}

// says follows a path of names and numbers with dots between.
func says(v any, path string) string {
	for _, name := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	return fmt.Sprint(v)
}
